//! A bucket that shows a folder of somebody's files as it is: a file's path is its key; nothing is copied and
//! nothing is ever written.
//!
//! Hidden files and files whose names are not UTF-8 have no key. Links are followed, once per folder, so that a
//! loop of links ends. The entity tag is made of size and time: a file that is replaced is a new object.

use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

use s3s::{S3Error, S3Result};

use super::folder::{absent, etag_of_file};
use super::object::{Headers, Object};

/// A read-only bucket.
pub(crate) struct Directory {
    root: PathBuf,
}

impl Directory {
    /// The files under `root`.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The file with the key `key` and its description, both of the same moment.
    pub(crate) fn open(&self, key: &str) -> S3Result<Option<(File, Object)>> {
        let Some(path) = self.path_of(key) else { return Ok(None) };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) => return absent(error),
        };
        let metadata = file.metadata().map_err(S3Error::internal_error)?;
        Ok(metadata.is_file().then(|| (file, describe(&metadata))))
    }

    /// The description of the file with the key `key`.
    pub(crate) fn head(&self, key: &str) -> S3Result<Option<Object>> {
        let Some(path) = self.path_of(key) else { return Ok(None) };
        match fs::metadata(path) {
            Ok(metadata) => Ok(metadata.is_file().then(|| describe(&metadata))),
            Err(error) => absent(error),
        }
    }

    /// All keys that start with `prefix`, in no order.
    pub(crate) fn keys(&self, prefix: &str) -> S3Result<Vec<String>> {
        let mut keys = Vec::new();
        let mut visited = HashSet::new();
        let mut folders = vec![(self.root.clone(), String::new())];
        while let Some((folder, key_of_folder)) = folders.pop() {
            if !fs::canonicalize(&folder).is_ok_and(|real| visited.insert(real)) {
                continue;
            }
            for entry in fs::read_dir(&folder).map_err(S3Error::internal_error)? {
                let entry = entry.map_err(S3Error::internal_error)?;
                let Ok(name) = entry.file_name().into_string() else {
                    tracing::warn!(file = %entry.path().display(), "left out: the name is not UTF-8");
                    continue;
                };
                if name.starts_with('.') {
                    continue;
                }
                // A link that leads nowhere is as good as absent.
                let Ok(metadata) = fs::metadata(entry.path()) else { continue };
                let key = format!("{key_of_folder}{name}");
                if metadata.is_dir() {
                    let key = format!("{key}/");
                    if key.starts_with(prefix) || prefix.starts_with(&key) {
                        folders.push((entry.path(), key));
                    }
                } else if key.starts_with(prefix) {
                    keys.push(key);
                }
            }
        }
        Ok(keys)
    }

    /// Only plain names: what could lead out of the folder has no file.
    fn path_of(&self, key: &str) -> Option<PathBuf> {
        let path = Path::new(key);
        let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
        let hidden = key.split('/').any(|name| name.is_empty() || name.starts_with('.'));
        (plain && !hidden && !key.contains('\0')).then(|| self.root.join(path))
    }
}

fn describe(metadata: &fs::Metadata) -> Object {
    let (size, modified) = (metadata.len(), metadata.modified().unwrap_or(UNIX_EPOCH));
    Object { size, modified, etag: etag_of_file(size, modified), headers: Headers::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_folders_own_files_have_keys() {
        let parent = tempfile::tempdir().unwrap();
        fs::write(parent.path().join("secret.csv"), "s").unwrap();
        let root = parent.path().join("root");
        fs::create_dir_all(root.join("a b/c")).unwrap();
        fs::write(root.join("a b/c/x+y.csv"), "12").unwrap();
        fs::write(root.join(".hidden"), "1").unwrap();
        let directory = Directory::new(root);
        assert_eq!(directory.keys("").unwrap(), ["a b/c/x+y.csv"]);
        assert_eq!(directory.keys("a b/c/x").unwrap(), ["a b/c/x+y.csv"]);
        assert!(directory.keys("b").unwrap().is_empty());
        assert_eq!(directory.head("a b/c/x+y.csv").unwrap().unwrap().size, 2);
        for key in ["../secret.csv", "a b/../../secret.csv", ".hidden", "a b//c/x+y.csv", "a b/c", "a b/c/x+y.csv/z"] {
            assert!(directory.head(key).unwrap().is_none(), "{key}");
            assert!(directory.open(key).unwrap().is_none(), "{key}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_their_loops_end() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("a")).unwrap();
        fs::write(root.path().join("a/x.csv"), "1").unwrap();
        std::os::unix::fs::symlink(root.path(), root.path().join("a/again")).unwrap();
        std::os::unix::fs::symlink(root.path().join("a/x.csv"), root.path().join("y.csv")).unwrap();
        let mut keys = Directory::new(root.path().to_path_buf()).keys("").unwrap();
        keys.sort();
        assert_eq!(keys, ["a/x.csv", "y.csv"]);
    }
}
