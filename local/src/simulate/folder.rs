//! The folder that a business is written into. In flow relative names and bytes; out flow files, each with the moment of
//! its export as its time of modification, so that "the newest upload" is the same on every machine. It never deletes
//! or overwrites a file that a simulation with the same arguments would not write.
use super::SimulateError;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The folder, checked to hold nothing else.
pub(crate) struct Folder {
    root: PathBuf,
}

/// A file that is being written.
pub(crate) struct Sink {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Folder {
    /// Takes a folder for a business that may write the files `expected`; an earlier run's are removed first.
    pub(crate) fn take(root: &Path, expected: &BTreeSet<PathBuf>) -> Result<Folder, SimulateError> {
        let mut found = Vec::new();
        for part in ["uploads", "truth"] {
            list(root, Path::new(part), &mut found)?;
        }
        if let Some(file) = found.iter().find(|file| !expected.contains(*file)) {
            return Err(SimulateError::Occupied { path: root.to_owned(), file: file.clone() });
        }
        for file in &found {
            let path = root.join(file);
            fs::remove_file(&path).map_err(|source| SimulateError::Io { path, source })?;
        }
        Ok(Folder { root: root.to_owned() })
    }

    /// Begins a file.
    pub(crate) fn create(&self, name: &str) -> Result<Sink, SimulateError> {
        let path = self.root.join(name);
        let begin = || {
            fs::create_dir_all(path.parent().unwrap_or(&self.root))?;
            File::create(&path)
        };
        match begin() {
            Ok(file) => Ok(Sink { path, file: BufWriter::with_capacity(1 << 17, file) }),
            Err(source) => Err(SimulateError::Io { path, source }),
        }
    }

    /// Writes a whole file that was exported at this instant, seconds since 1970.
    pub(crate) fn write(&self, name: &str, bytes: &[u8], exported_at: i64) -> Result<(), SimulateError> {
        let mut sink = self.create(name)?;
        sink.append(bytes)?;
        sink.finish(exported_at)
    }

    /// Where a file of this name is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

impl Sink {
    /// Writes bytes.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), SimulateError> {
        self.file.write_all(bytes).map_err(|source| SimulateError::Io { path: self.path.clone(), source })
    }

    /// Lets something write into the file.
    pub(crate) fn fill<T>(
        &mut self,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<T>,
    ) -> Result<T, SimulateError> {
        write(&mut self.file).map_err(|source| SimulateError::Io { path: self.path.clone(), source })
    }

    /// Ends the file, exported at this instant, seconds since 1970.
    pub(crate) fn finish(mut self, exported_at: i64) -> Result<(), SimulateError> {
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(exported_at.unsigned_abs());
        let end = self.file.flush().and_then(|()| self.file.get_ref().set_modified(modified));
        end.map_err(|source| SimulateError::Io { path: self.path, source })
    }
}

/// So that encoders can own a file; they report through their own errors.
impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// All files below `root/part`, relative to `root`.
fn list(root: &Path, part: &Path, found: &mut Vec<PathBuf>) -> Result<(), SimulateError> {
    let folder = root.join(part);
    let failed = |source| SimulateError::Io { path: folder.clone(), source };
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = part.join(entry.file_name());
        if entry.file_type().map_err(failed)?.is_dir() {
            list(root, &name, found)?;
        } else {
            found.push(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_file_is_neither_mixed_in_nor_removed() {
        let folder = tempfile::tempdir().unwrap();
        let stranger = folder.path().join("uploads/transactions/mine.csv");
        fs::create_dir_all(stranger.parent().unwrap()).unwrap();
        fs::write(&stranger, "x").unwrap();
        let error = Folder::take(folder.path(), &BTreeSet::new()).err().unwrap();
        assert!(matches!(error, SimulateError::Occupied { .. }) && stranger.exists());
    }

    #[test]
    fn an_earlier_runs_files_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let expected = BTreeSet::from([PathBuf::from("truth/uploads.csv")]);
        Folder::take(folder.path(), &expected).unwrap().write("truth/uploads.csv", b"x", 7).unwrap();
        let modified = fs::metadata(folder.path().join("truth/uploads.csv")).unwrap().modified().unwrap();
        assert_eq!(modified, SystemTime::UNIX_EPOCH + Duration::from_secs(7));
        Folder::take(folder.path(), &expected).unwrap();
        assert!(!folder.path().join("truth/uploads.csv").exists());
    }
}
