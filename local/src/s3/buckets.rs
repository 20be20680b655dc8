//! The buckets of one server: writable ones kept under its root, and folders of files shown read-only.
//!
//! Under the root: `<bucket>/` holds a bucket's objects; `.s3/attributes/<bucket>/` what is known of them besides
//! their bytes; `.s3/incoming/` files being written, emptied at start; `.s3/multipart/` uploads in progress.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use s3s::path::check_bucket_name;
use s3s::{S3Result, s3_error};

use super::directory::Directory;
use super::folder::Folder;
use super::multipart::Multipart;
use super::object::Object;

/// One bucket.
#[derive(Clone)]
pub(crate) enum Bucket {
    Writable(Arc<Folder>),
    ReadOnly(Arc<Directory>),
}

impl Bucket {
    /// The object's file and description.
    pub(crate) fn open(&self, key: &str) -> S3Result<(File, Object)> {
        let found = match self {
            Self::Writable(folder) => folder.open(key)?,
            Self::ReadOnly(directory) => directory.open(key)?,
        };
        found.ok_or_else(|| s3_error!(NoSuchKey, "no object has this key"))
    }

    /// The object's description.
    pub(crate) fn head(&self, key: &str) -> S3Result<Option<Object>> {
        match self {
            Self::Writable(folder) => folder.head(key),
            Self::ReadOnly(directory) => directory.head(key),
        }
    }

    /// All keys that start with `prefix`, in no order.
    pub(crate) fn keys(&self, prefix: &str) -> S3Result<Vec<String>> {
        match self {
            Self::Writable(folder) => folder.keys(prefix),
            Self::ReadOnly(directory) => directory.keys(prefix),
        }
    }

    /// The bucket as one that can be written.
    ///
    /// # Errors
    /// `AccessDenied` for a folder that is served read-only.
    pub(crate) fn writable(&self) -> S3Result<Arc<Folder>> {
        match self {
            Self::Writable(folder) => Ok(Arc::clone(folder)),
            Self::ReadOnly(_) => {
                Err(s3_error!(AccessDenied, "this bucket is a folder served read-only: change its files instead"))
            }
        }
    }
}

/// All buckets.
pub(crate) struct Buckets {
    root: PathBuf,
    read_only: BTreeMap<String, (PathBuf, Arc<Directory>)>,
    writable: RwLock<HashMap<String, Arc<Folder>>>,
    pub(crate) multipart: Multipart,
}

impl Buckets {
    /// Opens the buckets under `root`, and `read_only` folders by bucket name.
    pub(crate) fn open(root: PathBuf, read_only: &BTreeMap<String, PathBuf>) -> io::Result<Self> {
        let incoming = root.join(".s3/incoming");
        if incoming.exists() {
            fs::remove_dir_all(&incoming)?;
        }
        fs::create_dir_all(&incoming)?;
        let multipart = Multipart::open(root.join(".s3/multipart"))?;
        let mut directories = BTreeMap::new();
        for (name, path) in read_only {
            fs::read_dir(path)?;
            directories.insert(name.clone(), (path.clone(), Arc::new(Directory::new(path.clone()))));
        }
        Ok(Self { root, read_only: directories, writable: RwLock::default(), multipart })
    }

    /// The bucket `name`.
    ///
    /// # Errors
    /// `NoSuchBucket`, `InvalidBucketName`.
    pub(crate) fn get(&self, name: &str) -> S3Result<Bucket> {
        if let Some((_, directory)) = self.read_only.get(name) {
            return Ok(Bucket::ReadOnly(Arc::clone(directory)));
        }
        if let Some(folder) = self.writable.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Ok(Bucket::Writable(Arc::clone(folder)));
        }
        if !check_bucket_name(name) {
            return Err(s3_error!(InvalidBucketName));
        }
        if !self.root.join(name).is_dir() {
            return Err(s3_error!(NoSuchBucket, "there is no bucket {name}"));
        }
        // Every request must share one set of locks per bucket: whoever is first makes it.
        let mut writable = self.writable.write().unwrap_or_else(PoisonError::into_inner);
        let folder = writable.entry(name.to_owned()).or_insert_with(|| {
            let attributes = self.root.join(".s3/attributes").join(name);
            Arc::new(Folder::new(self.root.join(name), attributes, self.root.join(".s3/incoming")))
        });
        Ok(Bucket::Writable(Arc::clone(folder)))
    }

    /// Makes an empty bucket. One that exists stays as it is.
    pub(crate) fn create(&self, name: &str) -> io::Result<()> {
        if self.read_only.contains_key(name) {
            return Ok(());
        }
        fs::create_dir_all(self.root.join(name))
    }

    /// The names of all buckets and when they were made, sorted by name.
    pub(crate) fn names(&self) -> io::Result<BTreeMap<String, SystemTime>> {
        let mut names = BTreeMap::new();
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if check_bucket_name(&name) && entry.path().is_dir() {
                names.insert(name, made(&entry.path()));
            }
        }
        names.extend(self.read_only.iter().map(|(name, (path, _))| (name.clone(), made(path))));
        Ok(names)
    }
}

fn made(path: &Path) -> SystemTime {
    let metadata = fs::metadata(path);
    metadata.and_then(|metadata| metadata.created().or_else(|_| metadata.modified())).unwrap_or(UNIX_EPOCH)
}
