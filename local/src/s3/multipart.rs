//! Multipart uploads: parts in any order in, one body out when the client completes them.
//!
//! An upload is a folder: `upload.json` names its object, `body` holds the parts in the order in which they began to
//! arrive, and an empty file `NNNNN.<offset>.<bytes>.<entity tag>` says of each where it stands there. Parts that began in
//! the order of their numbers are the object already. It survives a restart; it never shows as an object before it is
//! complete. All functions here block.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use md5::{Digest, Md5};
use s3s::dto::{CompletedPart, ETag};
use s3s::{S3Error, S3Result, s3_error};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::body::Arrived;
use super::locks::KeyLocks;
use super::object::Headers;

/// Every part but the last has at least this many bytes, in S3 as here.
const SMALLEST_PART: u64 = 5 << 20;
/// The file of all parts.
const BODY: &str = "body";
/// Says that the body may be an object already, and takes no more parts.
const JOINED: &str = "joined";
/// No part has more bytes.
const LARGEST_PART: u64 = 5 << 30;
/// How long an upload waits for its next part before a start removes it, as the bucket's lifecycle rule does in the cloud.
const FORGOTTEN: Duration = Duration::from_hours(24);
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

/// The upload that a request names, and the object that it should be of.
#[derive(Clone)]
pub(crate) struct Named {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) id: String,
}

/// A part that is there.
struct Part {
    /// The file that says so.
    mark: PathBuf,
    offset: u64,
    size: u64,
    etag: String,
}

/// The place of a part in the body: takes as many bytes as it has, not one more.
pub(crate) struct Section {
    body: File,
    offset: u64,
    size: u64,
    left: u64,
}

impl Write for Section {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).map_or(bytes.len(), |left| left.min(bytes.len()));
        let written = self.body.write(&bytes[..most])?;
        self.left -= written as u64;
        Ok(written)
    }

    /// What arrived is on the disk before it counts as a part.
    fn flush(&mut self) -> io::Result<()> {
        if self.left > 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { self.body.sync_data() }
    }
}

impl Multipart {
    /// Uploads kept in the folder `root`, but for those that nobody completes any more: [`FORGOTTEN`], or complete already.
    ///
    /// # Errors
    /// A folder that cannot be listed, or not be removed.
    pub(crate) fn open(root: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&root)?;
        for entry in fs::read_dir(&root)? {
            let folder = entry?.path();
            let age = fs::metadata(folder.join(BODY)).and_then(|body| body.modified()).map(|time| time.elapsed());
            let is_fresh = matches!(age, Ok(Ok(age)) if age < FORGOTTEN);
            if !is_fresh || folder.join(JOINED).exists() {
                fs::remove_dir_all(folder)?;
            }
        }
        Ok(Self { root, locks: KeyLocks::new() })
    }

    /// Begins an upload and names it.
    pub(crate) fn begin(&self, bucket: &str, key: &str, headers: Headers) -> S3Result<String> {
        let folder = tempfile::Builder::new().prefix("u").rand_bytes(31).tempdir_in(&self.root);
        let folder = folder.map_err(S3Error::internal_error)?;
        let begun = Begun { bucket: bucket.to_owned(), key: key.to_owned(), headers };
        let json = serde_json::to_vec(&begun).map_err(S3Error::internal_error)?;
        fs::write(folder.path().join("upload.json"), json).map_err(S3Error::internal_error)?;
        // With the rights of any file that is being received.
        let body = tempfile::Builder::new().prefix(BODY).rand_bytes(0).tempfile_in(folder.path());
        body.map_err(S3Error::internal_error)?.keep().map_err(S3Error::internal_error)?;
        let kept = folder.keep();
        let name = kept.file_name().and_then(|name| name.to_str()).expect("temporary names are ASCII");
        Ok(name.to_owned())
    }

    /// A place for the part `number` of `size` bytes.
    pub(crate) fn section(&self, of: &Named, number: i32, size: u64) -> S3Result<Section> {
        if !(1..=LAST_PART).contains(&number) {
            return Err(s3_error!(InvalidArgument, "part number {number} is not between 1 and {LAST_PART}"));
        }
        if size > LARGEST_PART {
            return Err(s3_error!(EntityTooLarge, "a part of {size} bytes"));
        }
        let _writing = self.locks.write(&of.id);
        let (folder, _) = self.find(of)?;
        if folder.join(JOINED).exists() {
            return Err(s3_error!(NoSuchUpload, "the upload is complete"));
        }
        let section = || {
            let mut body = File::options().write(true).open(folder.join(BODY))?;
            let offset = body.seek(SeekFrom::End(0))?;
            body.set_len(offset + size)?;
            Ok(Section { body, offset, size, left: size })
        };
        section().map_err(|fault: io::Error| S3Error::internal_error(fault))
    }

    /// Keeps a part that has arrived, in place of an earlier one of the same number; returns its entity tag.
    pub(crate) fn put(&self, of: &Named, number: i32, arrived: Arrived<Section>) -> S3Result<String> {
        let _writing = self.locks.write(&of.id);
        let (folder, _) = self.find(of)?;
        let before = part(&folder, number)?;
        let Arrived { into: Section { offset, size, .. }, etag } = arrived;
        let mark = folder.join(format!("{number:05}.{offset}.{size}.{etag}"));
        File::create(&mark).map_err(S3Error::internal_error)?;
        // Parts without bytes may stand in one place.
        if let Some(before) = before.filter(|before| before.mark != mark) {
            fs::remove_file(before.mark).map_err(S3Error::internal_error)?;
        }
        Ok(etag)
    }

    /// Joins the parts that the client names, and hands the body, its entity tag (MD5 of the parts' tags, a dash
    /// and their number) and headers to `commit`. The upload ends when that succeeds; when it fails, for instance
    /// because of a condition, it can still be aborted or completed, but takes no more parts.
    pub(crate) fn complete<T>(
        &self,
        of: &Named,
        named: &[CompletedPart],
        incoming: &Path,
        commit: impl FnOnce(NamedTempFile, String, Headers) -> S3Result<T>,
    ) -> S3Result<T> {
        let _writing = self.locks.write(&of.id);
        let (folder, begun) = self.find(of)?;
        let parts = check(&folder, named)?;

        let mut md5 = Md5::new();
        for part in &parts {
            md5.update(hex::decode(&part.etag).map_err(S3Error::internal_error)?);
        }
        let etag = format!("{}-{}", hex::encode(md5.finalize()), parts.len());
        // Never taken back: whatever fails from here on, the body may be an object.
        File::create(folder.join(JOINED)).map_err(S3Error::internal_error)?;
        let joined = joined(&folder.join(BODY), &parts, incoming).map_err(S3Error::internal_error)?;
        let done = commit(joined, etag, begun.headers)?;
        fs::remove_dir_all(folder).map_err(S3Error::internal_error)?;
        Ok(done)
    }

    /// Ends an upload and forgets its parts.
    pub(crate) fn abort(&self, of: &Named) -> S3Result<()> {
        let _writing = self.locks.write(&of.id);
        let (folder, _) = self.find(of)?;
        fs::remove_dir_all(folder).map_err(S3Error::internal_error)
    }

    fn find(&self, Named { bucket, key, id }: &Named) -> S3Result<(PathBuf, Begun)> {
        let unknown = || s3_error!(NoSuchUpload, "no such upload; it may be complete or aborted");
        // The identifier comes from the client: it must not lead anywhere else.
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(unknown());
        }
        let folder = self.root.join(id);
        let json = fs::read(folder.join("upload.json")).map_err(|_| unknown())?;
        let begun: Begun = serde_json::from_slice(&json).map_err(|_| unknown())?;
        if begun.bucket != *bucket || begun.key != *key {
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
        let name = entry.file_name();
        let Some(mark) = name.to_str().and_then(|name| name.strip_prefix(&start)) else { continue };
        let mut fields = mark.splitn(3, '.');
        let mut number = || fields.next()?.parse().ok();
        if let (Some(offset), Some(size)) = (number(), number()) {
            let etag = fields.next().unwrap_or_default().to_owned();
            return Ok(Some(Part { mark: entry.path(), offset, size, etag }));
        }
    }
    Ok(None)
}

/// The parts of `body` one behind the other as a file in `incoming`, flushed to the disk: the body itself under another
/// name where that is just these, and the file system can.
fn joined(body: &Path, parts: &[Part], incoming: &Path) -> io::Result<NamedTempFile> {
    let mut end = 0;
    let in_order = parts.iter().all(|part| {
        let follows = part.offset == end;
        end += part.size;
        follows
    });
    if in_order && fs::metadata(body)?.len() == end {
        let linked = tempfile::Builder::new().make_in(incoming, |path| {
            fs::hard_link(body, path)?;
            File::options().read(true).write(true).open(path)
        });
        if let Ok(linked) = linked {
            linked.as_file().sync_data()?;
            return Ok(linked);
        }
    }
    let (mut body, mut file) = (File::open(body)?, NamedTempFile::new_in(incoming)?);
    for part in parts {
        body.seek(SeekFrom::Start(part.offset))?;
        if io::copy(&mut Read::by_ref(&mut body).take(part.size), file.as_file_mut())? < part.size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    file.as_file().sync_data()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    #[test]
    fn a_start_forgets_uploads_that_nobody_goes_on_with() {
        let root = tempfile::tempdir().unwrap();
        let begin = |name: &str| {
            let id = Multipart::open(root.path().to_owned()).unwrap().begin("lake", name, Headers::default()).unwrap();
            root.path().join(id)
        };
        let (fresh, old, complete) = (begin("fresh"), begin("old"), begin("complete"));
        let body = File::options().write(true).open(old.join(BODY)).unwrap();
        body.set_modified(SystemTime::now() - FORGOTTEN).unwrap();
        File::create(complete.join(JOINED)).unwrap();
        Multipart::open(root.path().to_owned()).unwrap();
        assert!(fresh.exists() && !old.exists() && !complete.exists());
    }
}
