//! Rows that wait for their turn, by range of buckets. In flow bytes of encoded rows, range by range in any order; out
//! flow all bytes of one range, in the order they came. One file for all ranges; what is small stays in memory.
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes of an upload, as text, that one range is meant for: about the rows of one row group.
const BYTES_PER_RANGE: u64 = 10 << 20;
const MOST_RANGES: u64 = 1024;
/// Bytes of one range that are written at once, while all ranges together do not wait for more than `MOST_WAITING`.
const BLOCK: usize = 64 << 10;
const MOST_WAITING: usize = 16 << 20;

/// How many ranges an upload of about `bytes` bytes of text is cut into.
pub(crate) fn ranges_for(bytes: u64) -> usize {
    (bytes / BYTES_PER_RANGE + 1).min(MOST_RANGES) as usize
}

/// Takes bytes.
pub(crate) struct Spill {
    blocks: Blocks,
    ranges: Vec<Range>,
    block: usize,
}

/// The file of all ranges, which comes into being with the first block.
struct Blocks {
    path: PathBuf,
    file: Option<File>,
    written: u64,
}

#[derive(Debug, Default)]
struct Range {
    /// Offset and length in the file.
    blocks: Vec<(u64, usize)>,
    /// Not yet written.
    tail: Vec<u8>,
}

impl Spill {
    /// With so many `ranges`; the file `path` comes into being when it is needed.
    pub(crate) fn new(path: PathBuf, ranges: usize) -> Spill {
        let block = BLOCK.min(MOST_WAITING / ranges.max(1));
        let blocks = Blocks { path, file: None, written: 0 };
        Spill { blocks, ranges: (0..ranges).map(|_| Range::default()).collect(), block }
    }

    /// Appends `bytes`, some whole rows, to a range.
    pub(crate) fn append(&mut self, range: usize, bytes: &[u8]) -> io::Result<()> {
        let range = &mut self.ranges[range];
        // Few ranges get many bytes at a time: those are not copied first.
        if range.tail.is_empty() && bytes.len() >= self.block / 4 {
            range.blocks.push(self.blocks.append(bytes)?);
            return Ok(());
        }
        range.tail.extend_from_slice(bytes);
        if range.tail.len() >= self.block {
            range.blocks.push(self.blocks.append(&range.tail)?);
            range.tail.clear();
        }
        Ok(())
    }

    /// No more bytes come.
    pub(crate) fn finish(self) -> Spilled {
        let Blocks { path, file, .. } = self.blocks;
        Spilled { path, on_disk: file.is_some(), ranges: self.ranges }
    }
}

impl Blocks {
    /// Writes a block behind the others; where it stands, and how long it is.
    fn append(&mut self, bytes: &[u8]) -> io::Result<(u64, usize)> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::create_new(&self.path)?),
        };
        file.write_all(bytes)?;
        let offset = self.written;
        self.written += bytes.len() as u64;
        Ok((offset, bytes.len()))
    }
}

/// Gives the bytes back. The file is removed with it.
pub(crate) struct Spilled {
    path: PathBuf,
    on_disk: bool,
    ranges: Vec<Range>,
}

impl Spilled {
    /// How many ranges there are.
    pub(crate) fn ranges(&self) -> usize {
        self.ranges.len()
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// All bytes of a range.
    pub(crate) fn read(&self, range: usize) -> io::Result<Vec<u8>> {
        let range = &self.ranges[range];
        let written: usize = range.blocks.iter().map(|(_, length)| length).sum();
        let mut bytes = Vec::with_capacity(written + range.tail.len());
        if written > 0 {
            let mut file = File::open(&self.path)?;
            for (offset, length) in &range.blocks {
                file.seek(SeekFrom::Start(*offset))?;
                let read = Read::by_ref(&mut file).take(*length as u64).read_to_end(&mut bytes)?;
                if read < *length {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
        bytes.extend_from_slice(&range.tail);
        Ok(bytes)
    }
}

impl Drop for Spilled {
    fn drop(&mut self) {
        if self.on_disk {
            // The scratch folder is the caller's to remove; a leftover in it does no harm.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn what_was_appended_is_read_back_range_by_range(
            pieces in proptest::collection::vec((0_usize..7, proptest::collection::vec(any::<u8>(), 0..20_000)), 0..60)
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut spill = Spill::new(folder.path().join("spill"), 7);
            let mut expected = vec![Vec::new(); 7];
            for (range, bytes) in &pieces {
                spill.append(*range, bytes).unwrap();
                expected[*range].extend_from_slice(bytes);
            }
            let spilled = spill.finish();
            for (range, bytes) in expected.iter().enumerate() {
                prop_assert_eq!(&spilled.read(range).unwrap(), bytes);
            }
            drop(spilled);
            prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }
}
