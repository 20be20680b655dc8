//! Who a customer is to us: an id as text, its hash, and the bucket that sorts and partitions every table.
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// How many buckets the hash space is cut into. Parts are sorted by bucket and row groups end only between buckets.
pub const BUCKETS: u16 = 4096;

/// SHA-256 of a customer id's UTF-8 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomerHash(pub [u8; 32]);

impl CustomerHash {
    /// The hash of an id as it stands in the canonical tables (normalised by [`crate::upload`]).
    pub fn of(customer_id: &str) -> CustomerHash {
        CustomerHash(Sha256::digest(customer_id.as_bytes()).into())
    }

    /// The hash's first 12 bits: `0..BUCKETS`. Order by hash is order by bucket first.
    pub fn bucket(&self) -> Bucket {
        Bucket(u16::from_be_bytes([self.0[0], self.0[1]]) >> 4)
    }

    /// 64 lower-case hexadecimal digits.
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }
}

impl fmt::Debug for CustomerHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

/// A slice of the customers, by hash: `0..BUCKETS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bucket(pub u16);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_the_order_of_hashes() {
        let mut hashes: Vec<CustomerHash> = (0..2000).map(|n| CustomerHash::of(&n.to_string())).collect();
        hashes.sort();
        assert!(hashes.is_sorted_by_key(CustomerHash::bucket));
        assert!(hashes.iter().all(|hash| hash.bucket().0 < BUCKETS));
    }
}
