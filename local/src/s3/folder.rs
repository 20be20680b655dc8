//! A bucket kept in a folder: each object is a plain file with its exact bytes, at the path [`super::key`] gives
//! its key; what else is known of it (entity tag, headers) is a small JSON file at the same path of a second tree.
//!
//! The file is the object: an object appears, changes and vanishes with one rename or unlink of it. The
//! attributes beside it name the size and time of the file they describe; where they do not fit (a crash between
//! the two renames, a file put there by hand) the object has default headers and an entity tag made of size and
//! time. All functions here block; none is called from an async task directly.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use md5::{Digest, Md5};
use s3s::{S3Error, S3Result, s3_error};
use serde::{Deserialize, Serialize};
use tempfile::{NamedTempFile, TempPath};

use super::condition::WriteCondition;
use super::key;
use super::locks::KeyLocks;
use super::object::{Headers, Object};

/// A writable bucket.
pub(crate) struct Folder {
    objects: PathBuf,
    attributes: PathBuf,
    incoming: PathBuf,
    locks: KeyLocks,
}

#[derive(Serialize, Deserialize)]
struct Attributes {
    size: u64,
    modified_ns: u64,
    etag: String,
    #[serde(flatten)]
    headers: Headers,
}

impl Folder {
    /// A bucket whose objects lie in `objects` and their attributes in `attributes`; files are finished in
    /// `incoming`, which must be on the same file system.
    pub(crate) fn new(objects: PathBuf, attributes: PathBuf, incoming: PathBuf) -> Self {
        Self { objects, attributes, incoming, locks: KeyLocks::new() }
    }

    /// Where bodies for this bucket are to arrive.
    pub(crate) fn incoming(&self) -> &Path {
        &self.incoming
    }

    /// The object's file and description, which belong together even while the key is being replaced.
    pub(crate) fn open(&self, key: &str) -> S3Result<Option<(File, Object)>> {
        let _reading = self.locks.read(key);
        let path = key::path_of(key);
        let file = match File::open(self.objects.join(&path)) {
            Ok(file) => file,
            Err(error) => return absent(error),
        };
        let metadata = file.metadata().map_err(S3Error::internal_error)?;
        Ok(metadata.is_file().then(|| {
            let object = self.describe(&path, &metadata);
            (file, object)
        }))
    }

    /// The object's description.
    pub(crate) fn head(&self, key: &str) -> S3Result<Option<Object>> {
        let _reading = self.locks.read(key);
        self.current(&key::path_of(key))
    }

    /// Makes a body that has arrived the object `key`, provided that `condition` holds at that moment.
    pub(crate) fn commit(
        &self,
        key: &str,
        body: NamedTempFile,
        etag: String,
        headers: Headers,
        condition: &WriteCondition,
    ) -> S3Result<Object> {
        let path = key::path_of(key);
        let metadata = body.as_file().metadata().map_err(S3Error::internal_error)?;
        let modified = metadata.modified().map_err(S3Error::internal_error)?;
        let attributes = Attributes { size: metadata.len(), modified_ns: nanoseconds(modified), etag, headers };
        let json = serde_json::to_vec(&attributes).map_err(S3Error::internal_error)?;

        let _writing = self.locks.write(key);
        condition.check(self.current(&path)?.as_ref())?;
        place(body.into_temp_path(), &self.objects.join(&path))?;
        self.write_attributes(&path, &json)?;
        Ok(Object { size: attributes.size, modified, etag: attributes.etag, headers: attributes.headers })
    }

    /// Removes the object `key` if there is one and `condition` holds.
    pub(crate) fn remove(&self, key: &str, condition: &WriteCondition) -> S3Result<()> {
        let path = key::path_of(key);
        let _writing = self.locks.write(key);
        condition.check(self.current(&path)?.as_ref())?;
        for root in [&self.objects, &self.attributes] {
            match fs::remove_file(root.join(&path)) {
                Ok(()) => prune(root, &path),
                Err(error) => absent::<()>(error).map(|_| ())?,
            }
        }
        Ok(())
    }

    /// All keys that start with `prefix`, in no order.
    pub(crate) fn keys(&self, prefix: &str) -> S3Result<Vec<String>> {
        let mut keys = Vec::new();
        let mut folders = vec![key::folder_of(prefix)];
        while let Some(folder) = folders.pop() {
            let entries = match fs::read_dir(self.objects.join(&folder)) {
                Ok(entries) => entries,
                Err(error) => {
                    absent::<()>(error)?;
                    continue;
                }
            };
            for entry in entries {
                let entry = entry.map_err(S3Error::internal_error)?;
                let path = folder.join(entry.file_name());
                if entry.file_type().map_err(S3Error::internal_error)?.is_dir() {
                    folders.push(path);
                } else if let Some(key) = key::key_of(&path).filter(|key| key.starts_with(prefix)) {
                    keys.push(key);
                }
            }
        }
        Ok(keys)
    }

    fn current(&self, path: &Path) -> S3Result<Option<Object>> {
        match fs::metadata(self.objects.join(path)) {
            Ok(metadata) if metadata.is_file() => Ok(Some(self.describe(path, &metadata))),
            Ok(_) => Ok(None),
            Err(error) => absent(error),
        }
    }

    fn describe(&self, path: &Path, metadata: &fs::Metadata) -> Object {
        let (size, modified) = (metadata.len(), metadata.modified().unwrap_or(UNIX_EPOCH));
        let attributes = fs::read(self.attributes.join(path)).ok();
        let attributes = attributes.and_then(|json| serde_json::from_slice::<Attributes>(&json).ok());
        match attributes {
            Some(known) if known.size == size && known.modified_ns == nanoseconds(modified) => {
                Object { size, modified, etag: known.etag, headers: known.headers }
            }
            _ => Object { size, modified, etag: etag_of_file(size, modified), headers: Headers::default() },
        }
    }

    fn write_attributes(&self, path: &Path, json: &[u8]) -> S3Result<()> {
        let mut file = NamedTempFile::new_in(&self.incoming).map_err(S3Error::internal_error)?;
        file.write_all(json).map_err(S3Error::internal_error)?;
        place(file.into_temp_path(), &self.attributes.join(path))
    }
}

/// The entity tag of a file that was not written through S3: it changes when size or time do. The dash says that
/// it is no MD5 of the content.
pub(crate) fn etag_of_file(size: u64, modified: SystemTime) -> String {
    let state = format!("{size} {}", nanoseconds(modified));
    format!("{}-1", hex::encode(Md5::digest(state.as_bytes())))
}

/// `Ok(None)` for a file that is not there (including "its folder is an object's file"), the fault otherwise.
pub(crate) fn absent<T>(error: io::Error) -> S3Result<Option<T>> {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory => Ok(None),
        ErrorKind::InvalidFilename => Err(too_long()),
        _ => Err(S3Error::internal_error(error)),
    }
}

/// Renames a finished file to `target`, making its folders. A folder that a removal elsewhere emptied and pruned
/// in between is made again.
fn place(mut temporary: TempPath, target: &Path) -> S3Result<()> {
    const ATTEMPTS: usize = 100;
    let folder = target.parent().expect("a path inside a bucket has a parent");
    let mut outcome = Ok(());
    for _ in 0..ATTEMPTS {
        outcome = fs::create_dir_all(folder).and_then(|()| fs::rename(&temporary, target));
        match &outcome {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            _ => break,
        }
    }
    match outcome {
        Ok(()) => {
            temporary.disable_cleanup(true);
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::InvalidFilename => Err(too_long()),
        Err(error) => Err(S3Error::internal_error(error)),
    }
}

fn too_long() -> S3Error {
    s3_error!(KeyTooLongError, "the key is too long for this file system")
}

/// Removes the folders that a removed file leaves empty, up to the bucket's own.
fn prune(root: &Path, path: &Path) {
    for folder in path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()) {
        if fs::remove_dir(root.join(folder)).is_err() {
            return;
        }
    }
}

fn nanoseconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}
