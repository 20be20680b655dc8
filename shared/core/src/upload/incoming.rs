//! A file that is read while it arrives. In flows how many of its bytes are there; out flow those bytes, as soon as they
//! are. A reader waits for what has not come yet, and fails where nothing more will: it never takes a part for the whole.
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// An upload's file, whole or on its way.
#[derive(Clone, Debug)]
pub struct Incoming {
    path: PathBuf,
    /// How far it has come; `None` for a file that lies there whole.
    progress: Option<Arc<Progress>>,
}

/// Tells of a file how much of it is there. Dropped before the end, it has broken off.
#[derive(Debug)]
pub struct Arrival {
    progress: Arc<Progress>,
}

#[derive(Debug)]
struct Progress {
    /// How many bytes there will be.
    size: u64,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    /// How many bytes can be read.
    there: u64,
    end: Option<End>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Whole,
    BrokenOff,
}

impl Incoming {
    /// The file `path`, which is whole.
    pub fn whole(path: impl Into<PathBuf>) -> Incoming {
        Incoming { path: path.into(), progress: None }
    }

    /// The file `path`, which exists and will have `size` bytes, and who tells of them.
    pub fn arriving(path: impl Into<PathBuf>, size: u64) -> (Incoming, Arrival) {
        let state = Mutex::new(State { there: 0, end: None });
        let progress = Arc::new(Progress { size, state, changed: Condvar::new() });
        (Incoming { path: path.into(), progress: Some(Arc::clone(&progress)) }, Arrival { progress })
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes it has, or will have.
    pub(crate) fn size(&self) -> io::Result<u64> {
        match &self.progress {
            Some(progress) => Ok(progress.size),
            None => Ok(std::fs::metadata(&self.path)?.len()),
        }
    }

    /// Its bytes from the start.
    pub(crate) fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let file = File::open(&self.path)?;
        Ok(match &self.progress {
            Some(progress) => Box::new(Following { file, at: 0, there: 0, progress: Arc::clone(progress) }),
            None => Box::new(file),
        })
    }

    /// Where it lies, once it is whole: for what does not read it from the start.
    pub(crate) fn wait(&self) -> io::Result<&Path> {
        if let Some(progress) = &self.progress {
            progress.wait_beyond(u64::MAX)?;
        }
        Ok(&self.path)
    }
}

impl Arrival {
    /// So many bytes can be read now.
    pub fn reached(&self, bytes: u64) {
        self.progress.change(|state| state.there = bytes);
    }

    /// The file is whole.
    pub fn complete(self) {
        self.progress.change(|state| state.end = Some(End::Whole));
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.progress.change(|state| state.end = state.end.or(Some(End::BrokenOff)));
    }
}

impl Progress {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_all();
    }

    /// Waits until there are more than `at` bytes, or no more will come; returns how many there are.
    fn wait_beyond(&self, at: u64) -> io::Result<u64> {
        let mut state = self.state();
        while state.there <= at && state.end.is_none() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.end == Some(End::BrokenOff) {
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the file broke off while it arrived"));
        }
        Ok(state.there)
    }
}

/// Reads a file up to where it has come, and waits there.
struct Following {
    file: File,
    at: u64,
    /// How many bytes were there when last asked.
    there: u64,
    progress: Arc<Progress>,
}

impl Read for Following {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.there <= self.at {
            self.there = self.progress.wait_beyond(self.at)?;
        }
        let most = usize::try_from(self.there - self.at).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read(&mut buffer[..most])?;
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn what_is_read_while_it_arrives_is_what_arrived() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("upload");
        let mut file = File::create(&path).unwrap();
        let bytes: Vec<u8> = (0..200_000_u32).map(|place| (place % 251) as u8).collect();
        let (incoming, arrival) = Incoming::arriving(&path, bytes.len() as u64);
        assert_eq!(incoming.size().unwrap(), bytes.len() as u64);
        let reader = std::thread::spawn({
            let incoming = incoming.clone();
            move || {
                let mut found = Vec::new();
                incoming.open().unwrap().read_to_end(&mut found).map(|_| found)
            }
        });
        let mut there = 0;
        for piece in bytes.chunks(777) {
            file.write_all(piece).unwrap();
            there += piece.len() as u64;
            arrival.reached(there);
        }
        arrival.complete();
        assert!(reader.join().unwrap().unwrap() == bytes);
        assert_eq!(incoming.wait().unwrap(), path);
    }

    #[test]
    fn a_file_that_breaks_off_is_a_failure_and_never_its_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("upload");
        std::fs::write(&path, "half of ").unwrap();
        let (incoming, arrival) = Incoming::arriving(&path, 16);
        arrival.reached(8);
        let mut reader = incoming.open().unwrap();
        reader.read_exact(&mut [0; 8]).unwrap();
        drop(arrival);
        for fault in [reader.read(&mut [0; 8]).unwrap_err(), incoming.wait().unwrap_err()] {
            assert_eq!(fault.kind(), io::ErrorKind::ConnectionAborted);
        }
    }
}
