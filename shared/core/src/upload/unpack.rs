//! What a file is packed in. In flows a file; out flow the layers around its content (gzip, zstd, zip) and the bytes
//! behind them, as often as asked for. Bounded: a small file that unpacks without end is refused, whatever it claims
//! about itself.
mod document;
mod repeated;

pub(crate) use document::check_document;

use super::identity::kept_name;
use super::incoming::Incoming;
use super::named::named;
use flate2::read::{DeflateDecoder, MultiGzDecoder};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// How many bytes a file may unpack to, in any case.
pub(crate) const MOST_BYTES: u64 = 64 << 30;
/// How many times its size a file may unpack to, once that is more than `ALWAYS_BYTES`. Exports shrink ten- to thirtyfold;
/// gzip cannot shrink anything more than 1,032-fold.
const MOST_RATIO: u64 = 250;
const ALWAYS_BYTES: u64 = 64 << 20;
/// How many layers there may be: `export.csv.gz` in a zip are two.
const MOST_LAYERS: usize = 2;
/// How many entries an archive may list.
const MOST_ENTRIES: usize = 10_000;

named! {
    /// A layer around content.
    Packing {
        /// gzip, one member or several.
        Gzip = "gzip",
        /// Zstandard.
        Zstd = "zstd",
        /// A zip archive with one file in it.
        Zip = "zip",
    }
}

/// A layer as it is opened.
#[derive(Clone, Debug)]
enum Layer {
    Gzip,
    Zstd,
    /// Where in the file the one entry's bytes lie, and whether they are deflated.
    Zip {
        offset: u64,
        length: u64,
        deflated: bool,
    },
}

/// A file and the layers around its content, outermost first.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    file: Incoming,
    layers: Vec<Layer>,
}

impl Packed {
    /// Peels `file`. `Ok(Err(reason))`, a sentence, where an archive holds no single file; `is_document` says of an
    /// archive's entries whether it is a document of its own, such as a workbook, that is not to be opened here.
    pub(crate) fn of(file: &Incoming, is_document: fn(&[String]) -> bool) -> io::Result<Result<Packed, String>> {
        let mut packed = Packed { file: file.clone(), layers: Vec::new() };
        loop {
            let start = packed.start(4)?;
            let layer = if start.starts_with(b"\x1f\x8b") {
                Layer::Gzip
            } else if start.starts_with(b"\x28\xb5\x2f\xfd") {
                Layer::Zstd
            } else if start.starts_with(b"PK\x03\x04") && packed.layers.is_empty() {
                match single_entry(file.on_disk()?, is_document)? {
                    Ok(Some(layer)) => layer,
                    Ok(None) => return Ok(Ok(packed)),
                    Err(reason) => return Ok(Err(reason)),
                }
            } else {
                return Ok(Ok(packed));
            };
            if packed.layers.len() == MOST_LAYERS {
                return Ok(Err(format!("The file is packed more than {MOST_LAYERS} times over.")));
            }
            packed.layers.push(layer);
        }
    }

    /// The layers' names.
    pub(crate) fn packing(&self) -> Vec<Packing> {
        let name = |layer: &Layer| match layer {
            Layer::Gzip => Packing::Gzip,
            Layer::Zstd => Packing::Zstd,
            Layer::Zip { .. } => Packing::Zip,
        };
        self.layers.iter().map(name).collect()
    }

    /// The content's bytes from the start.
    pub(crate) fn open(&self) -> io::Result<Box<dyn BufRead + Send>> {
        let mut bytes: Box<dyn BufRead + Send> = match self.layers.first() {
            Some(Layer::Zip { offset, length, .. }) => {
                let mut file = File::open(self.file.on_disk()?)?;
                file.seek(SeekFrom::Start(*offset))?;
                Box::new(buffered(file.take(*length)))
            }
            _ => self.file.open()?,
        };
        let most = most_for(self.file.size()?);
        for layer in &self.layers {
            let input: Box<dyn Read + Send> = match layer {
                Layer::Gzip => Box::new(MultiGzDecoder::new(bytes)),
                Layer::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(bytes)?),
                Layer::Zip { deflated: true, .. } => Box::new(DeflateDecoder::new(bytes)),
                Layer::Zip { .. } => bytes,
            };
            bytes = Box::new(buffered(Bounded { input, read: 0, most }));
        }
        Ok(bytes)
    }

    /// About how many bytes the content has.
    pub(crate) fn estimate(&self) -> io::Result<u64> {
        let size = self.file.size()?;
        // Purchase exports shrink about eightfold.
        Ok(if self.layers.is_empty() { size } else { size.saturating_mul(8) })
    }

    /// A file with the content itself: the file where there are no layers, else a copy of at most `most` bytes in
    /// `scratch`; `None` where it has more.
    pub(crate) fn unpacked(&self, scratch: &Path, most: u64) -> io::Result<Option<PathBuf>> {
        if self.layers.is_empty() {
            let path = self.file.on_disk()?;
            return Ok((self.file.size()? <= most).then(|| path.to_owned()));
        }
        let mut file = tempfile::Builder::new().prefix("unpacked").tempfile_in(scratch)?;
        let copied = io::copy(&mut self.open()?.take(most + 1), &mut file)?;
        let (_, path) = file.keep().map_err(|kept| kept.error)?;
        Ok((copied <= most).then_some(path))
    }

    /// The first bytes of the content, `wanted` of them where it has so many.
    pub(crate) fn start(&self, wanted: u64) -> io::Result<Vec<u8>> {
        let mut start = Vec::new();
        self.open()?.take(wanted).read_to_end(&mut start)?;
        Ok(start)
    }
}

fn buffered<Input: Read>(input: Input) -> BufReader<Input> {
    BufReader::with_capacity(1 << 16, input)
}

pub(crate) fn most_for(size: u64) -> u64 {
    size.saturating_mul(MOST_RATIO).clamp(ALWAYS_BYTES, MOST_BYTES)
}

/// The one file in an archive; `None` where the archive is a document.
fn single_entry(path: &Path, is_document: fn(&[String]) -> bool) -> io::Result<Result<Option<Layer>, String>> {
    let damaged = |fault: &dyn std::fmt::Display| Ok(Err(format!("The zip archive is damaged: {fault}.")));
    let mut archive = match zip::ZipArchive::new(BufReader::new(File::open(path)?)) {
        Ok(archive) => archive,
        Err(fault) => return damaged(&fault),
    };
    if archive.len() > MOST_ENTRIES {
        return Ok(Err(format!("The zip archive lists more than {MOST_ENTRIES} files.")));
    }
    if is_document(&names_in(&archive)) {
        return Ok(Ok(None));
    }
    let mut files: Vec<(usize, String)> = Vec::new();
    for place in 0..archive.len() {
        let entry = match archive.by_index_raw(place) {
            Ok(entry) => entry,
            Err(fault) => return damaged(&fault),
        };
        match entry.name() {
            Ok(name) if !entry.is_dir() && !is_hidden(&name) => files.push((place, name.into_owned())),
            Ok(_) => {}
            Err(fault) => return damaged(&fault),
        }
    }
    // What stands beside the data, unless it is all there is.
    if files.iter().any(|(_, name)| !is_about(name)) {
        files.retain(|(_, name)| !is_about(name));
    }
    let place = match &files[..] {
        [] => return Ok(Err("The zip archive holds no file.".to_owned())),
        [(place, _)] => *place,
        several => {
            let names: Vec<&str> = several.iter().map(|(_, name)| name.as_str()).collect();
            let holds = format!("The zip archive holds {} files ({})", names.len(), named_files(&names));
            return Ok(Err(format!("{holds}; upload them one by one.")));
        }
    };
    let entry = match archive.by_index_raw(place) {
        Ok(entry) => entry,
        Err(fault) => return damaged(&fault),
    };
    let method = entry.compression();
    let deflated = method == zip::CompressionMethod::Deflated;
    if entry.encrypted() || !deflated && method != zip::CompressionMethod::Stored {
        return Ok(Err("The file in the zip archive is encrypted, or packed in an unusual way.".to_owned()));
    }
    let Some(offset) = entry.data_start() else { return damaged(&"an entry has no place") };
    Ok(Ok(Some(Layer::Zip { offset, length: entry.compressed_size(), deflated })))
}

/// Is a file of an archive one that systems put there?
fn is_hidden(name: &str) -> bool {
    let is_hidden = |part: &str| part.starts_with('.') || part == "__MACOSX";
    let last = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    name.split('/').any(is_hidden) || matches!(last.as_str(), "thumbs.db" | "desktop.ini")
}

/// Does a file of an archive tell of the others, as far as its name says?
fn is_about(name: &str) -> bool {
    const TELLING: [&str; 5] = ["readme", "read_me", "read me", "license", "licence"];
    const ENDINGS: [&str; 7] = [".md", ".pdf", ".doc", ".docx", ".rtf", ".png", ".jpg"];
    let last = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    TELLING.iter().any(|start| last.starts_with(start)) || ENDINGS.iter().any(|end| last.ends_with(end))
}

/// The first of some files by name.
fn named_files(names: &[&str]) -> String {
    const NAMED: usize = 5;
    let mut named: Vec<&str> = names.iter().take(NAMED).map(|name| kept_name(name)).collect();
    if names.len() > NAMED {
        named.push("…");
    }
    named.join(", ")
}

fn names_in<R: Read + Seek>(archive: &zip::ZipArchive<R>) -> Vec<String> {
    archive.file_names().flatten().map(std::borrow::Cow::into_owned).collect()
}

/// Ends with an error of the content where more comes than can be real.
struct Bounded<R> {
    input: R,
    read: u64,
    most: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Whatever a decoder says is wrong is wrong with the content.
        let read = self.input.read(buffer).map_err(|fault| io::Error::new(io::ErrorKind::InvalidData, fault))?;
        self.read += read as u64;
        if self.read > self.most {
            let reason = format!("it unpacks to more than {} MiB, out of proportion to its size", self.most >> 20);
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
