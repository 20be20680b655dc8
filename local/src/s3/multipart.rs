//! Multipart uploads: parts in any order in, one body out when the client completes them.
//!
//! An upload is a folder: `upload.json` names its object, and each part is a file `NNNNN.<entity tag>`. It survives a
//! restart; it never shows as an object before it is complete. All functions here block.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};
use s3s::dto::{CompletedPart, ETag};
use s3s::{S3Error, S3Result, s3_error};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::body::{Arrived, concatenate};
use super::locks::KeyLocks;
use super::object::Headers;

/// Every part but the last has at least this many bytes, in S3 as here.
const SMALLEST_PART: u64 = 5 << 20;
/// Part numbers are 1 to this.
const LAST_PART: i32 = 10_000;

/// The uploads that have begun and are neither complete nor aborted.
pub(crate) struct Multipart {
    root: PathBuf,
    locks: KeyLocks,
}

#[derive(Serialize, Deserialize)]
struct Begun {
    bucket: String,
    key: String,
    headers: Headers,
}

/// A part that is there.
struct Part {
    path: PathBuf,
    size: u64,
    etag: String,
}

impl Multipart {
    /// Uploads kept in the folder `root`.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root, locks: KeyLocks::new() }
    }

    /// Begins an upload and names it.
    pub(crate) fn begin(&self, bucket: &str, key: &str, headers: Headers) -> S3Result<String> {
        let folder = tempfile::Builder::new().prefix("u").rand_bytes(31).tempdir_in(&self.root);
        let folder = folder.map_err(S3Error::internal_error)?;
        let begun = Begun { bucket: bucket.to_owned(), key: key.to_owned(), headers };
        let json = serde_json::to_vec(&begun).map_err(S3Error::internal_error)?;
        fs::write(folder.path().join("upload.json"), json).map_err(S3Error::internal_error)?;
        let kept = folder.keep();
        let name = kept.file_name().and_then(|name| name.to_str()).expect("temporary names are ASCII");
        Ok(name.to_owned())
    }

    /// Keeps a part that has arrived, in place of an earlier one of the same number; returns its entity tag.
    pub(crate) fn put(&self, bucket: &str, key: &str, id: &str, number: i32, arrived: Arrived) -> S3Result<String> {
        if !(1..=LAST_PART).contains(&number) {
            return Err(s3_error!(InvalidArgument, "part number {number} is not between 1 and {LAST_PART}"));
        }
        let _writing = self.locks.write(id);
        let (folder, _) = self.find(bucket, key, id)?;
        let before = part(&folder, number)?;
        let path = folder.join(format!("{number:05}.{}", arrived.etag));
        arrived.file.persist(&path).map_err(|error| S3Error::internal_error(error.error))?;
        if let Some(before) = before.filter(|before| before.path != path) {
            fs::remove_file(before.path).map_err(S3Error::internal_error)?;
        }
        Ok(arrived.etag)
    }

    /// Joins the parts that the client names, and hands the body, its entity tag (MD5 of the parts' MD5s, a dash
    /// and their number) and headers to `commit`. The upload ends when that succeeds; when it fails, for instance
    /// because of a condition, it can still be aborted or completed.
    pub(crate) fn complete<T>(
        &self,
        (bucket, key, id): (&str, &str, &str),
        named: &[CompletedPart],
        incoming: &Path,
        commit: impl FnOnce(NamedTempFile, String, Headers) -> S3Result<T>,
    ) -> S3Result<T> {
        let _writing = self.locks.write(id);
        let (folder, begun) = self.find(bucket, key, id)?;
        let parts = check(&folder, named)?;

        let mut md5 = Md5::new();
        for part in &parts {
            md5.update(hex::decode(&part.etag).map_err(S3Error::internal_error)?);
        }
        let etag = format!("{}-{}", hex::encode(md5.finalize()), parts.len());
        let files: Result<Vec<File>, _> = parts.iter().map(|part| File::open(&part.path)).collect();
        let files = files.map_err(S3Error::internal_error)?;
        let joined = concatenate(files, incoming).map_err(S3Error::internal_error)?;
        let done = commit(joined, etag, begun.headers)?;
        fs::remove_dir_all(folder).map_err(S3Error::internal_error)?;
        Ok(done)
    }

    /// Ends an upload and forgets its parts.
    pub(crate) fn abort(&self, bucket: &str, key: &str, id: &str) -> S3Result<()> {
        let _writing = self.locks.write(id);
        let (folder, _) = self.find(bucket, key, id)?;
        fs::remove_dir_all(folder).map_err(S3Error::internal_error)
    }

    fn find(&self, bucket: &str, key: &str, id: &str) -> S3Result<(PathBuf, Begun)> {
        let unknown = || s3_error!(NoSuchUpload, "no such upload; it may be complete or aborted");
        // The identifier comes from the client: it must not lead anywhere else.
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(unknown());
        }
        let folder = self.root.join(id);
        let json = fs::read(folder.join("upload.json")).map_err(|_| unknown())?;
        let begun: Begun = serde_json::from_slice(&json).map_err(|_| unknown())?;
        if begun.bucket != bucket || begun.key != key {
            return Err(unknown());
        }
        Ok((folder, begun))
    }
}

/// The parts that a completion names, in order, all there and large enough.
fn check(folder: &Path, named: &[CompletedPart]) -> S3Result<Vec<Part>> {
    if named.is_empty() {
        return Err(s3_error!(MalformedXML, "a completion names at least one part"));
    }
    let mut parts: Vec<Part> = Vec::with_capacity(named.len());
    let mut last_number = 0;
    for named in named {
        let number = named.part_number.unwrap_or_default();
        if number <= last_number {
            return Err(s3_error!(InvalidPartOrder, "part {number} comes after part {last_number}"));
        }
        last_number = number;
        let found = part(folder, number)?;
        let named_etag = named.e_tag.as_ref().map(ETag::value);
        let Some(found) = found.filter(|found| named_etag.is_none_or(|etag| etag == found.etag)) else {
            return Err(s3_error!(InvalidPart, "part {number} was not uploaded with this entity tag"));
        };
        parts.push(found);
    }
    let (_, all_but_last) = parts.split_last().expect("at least one part, checked above");
    if let Some(small) = all_but_last.iter().find(|part| part.size < SMALLEST_PART) {
        return Err(s3_error!(EntityTooSmall, "a part of {} bytes that is not the last one", small.size));
    }
    Ok(parts)
}

fn part(folder: &Path, number: i32) -> S3Result<Option<Part>> {
    let start = format!("{number:05}.");
    for entry in fs::read_dir(folder).map_err(S3Error::internal_error)? {
        let entry = entry.map_err(S3Error::internal_error)?;
        if let Some(etag) = entry.file_name().to_str().and_then(|name| name.strip_prefix(&start)) {
            let size = entry.metadata().map_err(S3Error::internal_error)?.len();
            return Ok(Some(Part { path: entry.path(), size, etag: etag.to_owned() }));
        }
    }
    Ok(None)
}
