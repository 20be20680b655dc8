//! The checksums that clients send with a body, as headers or as trailers, compared with the body that arrived.
//!
//! Every current AWS client sends one (CRC-32 or CRC-64/NVME by default). It never asks for one: a request without
//! a checksum passes.

use http::HeaderMap;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
use s3s::{S3Result, TrailingHeaders, s3_error};

const CRC32: &str = "x-amz-checksum-crc32";
const CRC32C: &str = "x-amz-checksum-crc32c";
const CRC64NVME: &str = "x-amz-checksum-crc64nvme";
const SHA1: &str = "x-amz-checksum-sha1";
const SHA256: &str = "x-amz-checksum-sha256";

/// What one request announced about its body.
pub(crate) struct Announced {
    headers: HeaderMap,
    trailers: Option<TrailingHeaders>,
    hasher: ChecksumHasher,
}

impl Announced {
    /// Reads the headers of a request, and remembers where its trailers will be.
    pub(crate) fn new(headers: HeaderMap, trailers: Option<TrailingHeaders>) -> Self {
        let announced = headers.get("x-amz-trailer").and_then(|names| names.to_str().ok()).unwrap_or_default();
        let wanted = |name: &str| {
            headers.contains_key(name) || announced.split(',').any(|trailer| trailer.trim().eq_ignore_ascii_case(name))
        };
        let hasher = ChecksumHasher {
            crc32: wanted(CRC32).then(Crc32::new),
            crc32c: wanted(CRC32C).then(Crc32c::new),
            crc64nvme: wanted(CRC64NVME).then(Crc64Nvme::new),
            sha1: wanted(SHA1).then(Sha1::new),
            sha256: wanted(SHA256).then(Sha256::new),
        };
        Self { headers, trailers, hasher }
    }

    /// Is there any?
    pub(crate) fn is_any(&self) -> bool {
        let ChecksumHasher { crc32, crc32c, crc64nvme, sha1, sha256 } = &self.hasher;
        crc32.is_some() || crc32c.is_some() || crc64nvme.is_some() || sha1.is_some() || sha256.is_some()
    }

    /// Takes the next bytes of the body.
    pub(crate) fn update(&mut self, chunk: &[u8]) {
        self.hasher.update(chunk);
    }

    /// Compares, after the last byte.
    ///
    /// # Errors
    /// `BadDigest` when a checksum sent is not that of the body received.
    pub(crate) fn verify(self) -> S3Result<()> {
        let received = self.hasher.finalize();
        let trailers = self.trailers.and_then(|trailers| trailers.take()).unwrap_or_default();
        let checksums = [
            (CRC32, received.checksum_crc32),
            (CRC32C, received.checksum_crc32c),
            (CRC64NVME, received.checksum_crc64nvme),
            (SHA1, received.checksum_sha1),
            (SHA256, received.checksum_sha256),
        ];
        for (name, received) in checksums {
            let sent = self.headers.get(name).or_else(|| trailers.get(name));
            if let (Some(sent), Some(received)) = (sent, received)
                && sent.as_bytes() != received.as_bytes()
            {
                return Err(s3_error!(BadDigest, "{name} is {sent:?}, but the body received has {received}"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn verify(body: &[u8], checksum: &'static str) -> S3Result<()> {
        let headers = HeaderMap::from_iter([(CRC32.parse().unwrap(), HeaderValue::from_static(checksum))]);
        let mut announced = Announced::new(headers, None);
        announced.update(body);
        announced.verify()
    }

    #[test]
    fn a_body_that_changed_on_the_way_is_refused() {
        // CRC-32 of "123456789" is 0xcbf43926, the check value of the algorithm's definition.
        assert!(verify(b"123456789", "y/Q5Jg==").is_ok());
        assert_eq!(verify(b"123456780", "y/Q5Jg==").unwrap_err().code().as_str(), "BadDigest");
    }

    #[test]
    fn a_body_without_a_checksum_passes() {
        let mut announced = Announced::new(HeaderMap::new(), None);
        announced.update(b"anything");
        assert!(announced.verify().is_ok());
    }
}
