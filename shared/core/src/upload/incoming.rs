//! A file that is read where it lies, here or elsewhere. In flow its bytes from any offset on; out flow its bytes from the
//! start, as often as asked for. The start of a file from elsewhere is kept in memory, as it is looked at several times
//! before all is read; on this machine it gets a copy only for what does not read it from the start.
use super::pipeline::lock;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// How many bytes of the start are kept: those by which a file is recognised and its conventions are mostly proved.
const KEPT: u64 = 2 << 20;

/// How many bytes of a file on this machine are read at once.
const BUFFER: usize = 256 << 10;

/// Where a file that is not on this machine comes from.
pub trait Fetch: Send + Sync {
    /// The bytes from `offset`, before the end, to the end: always those of the same file.
    ///
    /// # Errors
    /// Where it cannot be asked for. A reader fails where the file breaks off.
    fn read_from(&self, offset: u64) -> io::Result<Box<dyn BufRead + Send>>;
}

/// An upload's file.
#[derive(Clone, Debug)]
pub struct Incoming {
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Here(PathBuf),
    Elsewhere(Arc<Elsewhere>),
}

struct Elsewhere {
    fetch: Box<dyn Fetch>,
    /// How many bytes it has.
    size: u64,
    /// Where its copy is put, and whether it is there.
    copy: PathBuf,
    copied: Mutex<bool>,
    start: Mutex<Option<Start>>,
}

/// The first bytes of a file.
struct Start {
    bytes: Arc<[u8]>,
    /// What comes behind them, until somebody reads it.
    rest: Option<Box<dyn BufRead + Send>>,
}

impl fmt::Debug for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Elsewhere").field("size", &self.size).field("copy", &self.copy).finish_non_exhaustive()
    }
}

impl Incoming {
    /// The file `path`.
    pub fn here(path: impl Into<PathBuf>) -> Incoming {
        Incoming { place: Place::Here(path.into()) }
    }

    /// A file of `size` bytes that `fetch` brings. Where a copy is needed, it becomes the file `copy`.
    pub fn elsewhere(fetch: impl Fetch + 'static, size: u64, copy: impl Into<PathBuf>) -> Incoming {
        let (fetch, copy) = (Box::new(fetch), copy.into());
        let elsewhere = Elsewhere { fetch, size, copy, copied: Mutex::default(), start: Mutex::default() };
        Incoming { place: Place::Elsewhere(Arc::new(elsewhere)) }
    }

    /// Where it or its copy lies, or would lie.
    pub(crate) fn path(&self) -> &Path {
        match &self.place {
            Place::Here(path) => path,
            Place::Elsewhere(elsewhere) => &elsewhere.copy,
        }
    }

    /// How many bytes it has.
    pub(crate) fn size(&self) -> io::Result<u64> {
        match &self.place {
            Place::Here(path) => Ok(std::fs::metadata(path)?.len()),
            Place::Elsewhere(elsewhere) => Ok(elsewhere.size),
        }
    }

    /// Its bytes from the start.
    pub(crate) fn open(&self) -> io::Result<Box<dyn BufRead + Send>> {
        match &self.place {
            Place::Here(path) => Ok(Box::new(BufReader::with_capacity(BUFFER, File::open(path)?))),
            Place::Elsewhere(file) => Ok(Box::new(Reader { file: Arc::clone(file), at: 0, start: None, rest: None })),
        }
    }

    /// Where it lies on this machine, once it does: for what does not read it from the start.
    pub(crate) fn on_disk(&self) -> io::Result<&Path> {
        if let Place::Elsewhere(file) = &self.place {
            let mut copied = lock(&file.copied);
            if !*copied {
                io::copy(&mut self.open()?, &mut File::create(&file.copy)?)?;
                *copied = true;
            }
        }
        Ok(self.path())
    }
}

impl Elsewhere {
    fn start(&self) -> io::Result<Arc<[u8]>> {
        let mut known = lock(&self.start);
        if let Some(start) = &*known {
            return Ok(Arc::clone(&start.bytes));
        }
        let mut bytes = Vec::new();
        let mut rest = None;
        if self.size > 0 {
            let mut all = self.fetch.read_from(0)?;
            let kept = self.size.min(KEPT);
            if Read::by_ref(&mut all).take(kept).read_to_end(&mut bytes)? as u64 != kept {
                return Err(broken_off());
            }
            rest = Some(all);
        }
        let start = known.insert(Start { bytes: bytes.into(), rest });
        Ok(Arc::clone(&start.bytes))
    }

    /// What stands behind the start: the rest of the first reading, for the first who asks.
    fn rest(&self, offset: u64) -> io::Result<Box<dyn BufRead + Send>> {
        let first = lock(&self.start).as_mut().and_then(|start| start.rest.take());
        first.map_or_else(|| self.fetch.read_from(offset), Ok)
    }
}

fn broken_off() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "the file broke off while it was read")
}

/// Reads a file that lies elsewhere.
struct Reader {
    file: Arc<Elsewhere>,
    at: u64,
    start: Option<Arc<[u8]>>,
    rest: Option<Box<dyn BufRead + Send>>,
}

impl BufRead for Reader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.file.size {
            return Ok(&[]);
        }
        let start = match &mut self.start {
            Some(start) => start,
            none => none.insert(self.file.start()?),
        };
        let kept = usize::try_from(self.at).ok().and_then(|at| start.get(at..)).unwrap_or_default();
        if !kept.is_empty() {
            return Ok(kept);
        }
        let rest = match &mut self.rest {
            Some(rest) => rest,
            none => none.insert(self.file.rest(self.at)?),
        };
        // A part is never taken for the whole.
        let bytes = rest.fill_buf()?;
        if bytes.is_empty() { Err(broken_off()) } else { Ok(bytes) }
    }

    fn consume(&mut self, amount: usize) {
        if let Some(rest) = &mut self.rest {
            rest.consume(amount);
        }
        self.at += amount as u64;
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut bytes = self.fill_buf()?;
        let read = bytes.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// The offsets that were asked for.
    type Asked = Arc<Mutex<Vec<u64>>>;

    /// Bytes elsewhere.
    struct Bytes {
        bytes: Arc<[u8]>,
        asked: Asked,
    }

    impl Fetch for Bytes {
        fn read_from(&self, offset: u64) -> io::Result<Box<dyn BufRead + Send>> {
            lock(&self.asked).push(offset);
            let mut rest = Cursor::new(Arc::clone(&self.bytes));
            rest.set_position(offset);
            Ok(Box::new(rest))
        }
    }

    fn elsewhere(length: u64, size: u64, copy: &Path) -> (Incoming, Arc<[u8]>, Asked) {
        let bytes: Arc<[u8]> = (0..length).map(|place| (place % 251) as u8).collect();
        let asked = Asked::default();
        let fetch = Bytes { bytes: Arc::clone(&bytes), asked: Arc::clone(&asked) };
        (Incoming::elsewhere(fetch, size, copy), bytes, asked)
    }

    fn all(incoming: &Incoming) -> io::Result<Vec<u8>> {
        let mut found = Vec::new();
        incoming.open()?.read_to_end(&mut found)?;
        Ok(found)
    }

    #[test]
    fn a_file_from_elsewhere_is_asked_for_once_and_again_only_behind_its_start() {
        let folder = tempfile::tempdir().unwrap();
        for size in [0, 5, KEPT - 1, KEPT, KEPT + 1, KEPT * 2 + 77] {
            let copy = folder.path().join(size.to_string());
            let (incoming, bytes, asked) = elsewhere(size, size, &copy);
            for _ in 0..3 {
                let mut start = vec![0; bytes.len().min(4096)];
                incoming.open().unwrap().read_exact(&mut start).unwrap();
                assert_eq!(start, bytes[..start.len()]);
            }
            assert!(all(&incoming).unwrap() == *bytes, "{size}");
            assert_eq!(*lock(&asked), if size > 0 { vec![0] } else { vec![] });
            assert!(all(&incoming).unwrap() == *bytes && !copy.exists(), "{size}");
            assert_eq!(lock(&asked).len(), usize::from(size > 0) + usize::from(size > KEPT));
            assert!(std::fs::read(incoming.on_disk().unwrap()).unwrap() == *bytes);
        }
    }

    #[test]
    fn a_file_that_breaks_off_is_a_failure_and_never_its_start() {
        let folder = tempfile::tempdir().unwrap();
        for (length, size) in [(8, 16), (0, 1), (KEPT + 3, KEPT + 4)] {
            let (incoming, ..) = elsewhere(length, size, &folder.path().join("copy"));
            for fault in [all(&incoming).unwrap_err(), incoming.on_disk().unwrap_err()] {
                assert_eq!(fault.kind(), io::ErrorKind::ConnectionAborted, "{length}");
            }
        }
    }
}
