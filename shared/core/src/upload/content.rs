//! What kind of bytes an upload is. In flows a file; out flows text, or the rows of something that is no text, that can be
//! opened again and again, or the reason why it is neither. Knows nothing of columns.
mod signature;

use super::chunk::{Chunks, Rows};
use super::columnar;
use super::json;
use super::record::Delimiter;
use super::sheet;
use super::unpack::Packed;
use encoding_rs_io::DecodeReaderBytesBuilder;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// How many bytes of the text are looked at to recognise it.
const SAMPLE_BYTES: u64 = 256 * 1024;
/// How large a workbook or Parquet file may be behind its compression.
const DOCUMENT_BYTES: u64 = 512 << 20;

/// An encoding of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8, with or without byte order mark; lines that are not UTF-8 are read as Windows-1252.
    Utf8,
    /// UTF-16, little end first.
    Utf16le,
    /// UTF-16, big end first.
    Utf16be,
}

/// An upload's bytes, told apart.
pub(crate) enum Content {
    /// Lines.
    Text(TextFile),
    /// Rows: their first are the header.
    Rows(Vec<RowsFile>),
    /// Neither, and why.
    Unreadable(String),
}

/// Text that can be opened several times.
#[derive(Clone, Debug)]
pub(crate) struct TextFile {
    packed: Packed,
    pub(crate) encoding: Encoding,
    /// The start of the text, cut behind the last whole line where the file is longer.
    pub(crate) sample: String,
}

/// Opens rows from the first.
pub(crate) type OpenRows = Box<dyn Fn() -> io::Result<Rows> + Send + Sync>;

/// Rows that can be opened several times: a sheet of a workbook, a JSON or Parquet file.
pub(crate) struct RowsFile {
    /// `workbook`, `json` or `parquet`.
    pub(crate) container: &'static str,
    pub(crate) sheet: Option<String>,
    pub(crate) open: OpenRows,
}

impl TextFile {
    /// The text's chunks from the start.
    pub(crate) fn open(&self, delimiter: Delimiter) -> io::Result<Chunks> {
        Ok(Chunks::of_text(decoded(&self.packed, self.encoding)?, delimiter))
    }
}

/// The bytes as UTF-8 but for stray Windows-1252 lines, without byte order mark.
fn decoded(packed: &Packed, encoding: Encoding) -> io::Result<Box<dyn BufRead + Send>> {
    let mut bytes = packed.open()?;
    let label = match encoding {
        Encoding::Utf8 => {
            if bytes.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
                bytes.consume(3);
            }
            return Ok(bytes);
        }
        Encoding::Utf16le => encoding_rs::UTF_16LE,
        Encoding::Utf16be => encoding_rs::UTF_16BE,
    };
    Ok(Box::new(BufReader::with_capacity(1 << 16, in_utf8(bytes, label))))
}

fn in_utf8(bytes: impl Read + Send + 'static, label: &'static encoding_rs::Encoding) -> Box<dyn Read + Send> {
    Box::new(DecodeReaderBytesBuilder::new().encoding(Some(label)).strip_bom(true).build(bytes))
}

/// Looks at the first bytes of `packed`. What must be unpacked to be read goes into `scratch`; `knows` tells whether some
/// names are those of a table's columns.
pub(crate) fn look(packed: &Packed, scratch: &Path, knows: &dyn Fn(&[String]) -> bool) -> io::Result<Content> {
    let unreadable = |reason: &str| Ok(Content::Unreadable(reason.to_owned()));
    let start = packed.start(4096)?;
    if start.is_empty() {
        return unreadable("The file is empty.");
    }
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"\xd0\xcf\x11\xe0") {
        let Some(path) = packed.unpacked(scratch, DOCUMENT_BYTES)? else { return Ok(too_large()) };
        return Ok(sheet::open(&path, DOCUMENT_BYTES)?.map_or_else(Content::Unreadable, Content::Rows));
    }
    if start.starts_with(b"PAR1") {
        let Some(path) = packed.unpacked(scratch, u64::MAX - 1)? else { return Ok(too_large()) };
        return Ok(columnar::open(&path)?.map_or_else(Content::Unreadable, |rows| Content::Rows(vec![rows])));
    }
    if let Some(what) = signature::unread(&start) {
        return unreadable(&format!(
            "The file is {what}, which is not read here: upload its table as CSV or as a workbook."
        ));
    }
    let encoding = encoding_of(&start);
    if encoding == Encoding::Utf8 && signature::is_binary(&start) {
        return unreadable("The file holds binary data, not a table.");
    }
    let (sample, is_1252) = sample_of(packed, encoding)?;
    let first = sample.bytes().find(|byte| !byte.is_ascii_whitespace());
    if matches!(first, Some(b'{' | b'[')) || json::are_lines(&sample) {
        let packed = packed.clone();
        let bytes = move || {
            if is_1252 {
                return Ok(in_utf8(packed.open()?, encoding_rs::WINDOWS_1252));
            }
            let bytes: Box<dyn Read + Send> = decoded(&packed, encoding)?;
            Ok(bytes)
        };
        return json::open(bytes, knows).map(|rows| Content::Rows(vec![rows]));
    }
    if first == Some(b'<') {
        return unreadable("The file is a web page or XML, not a table: save it as CSV or as a workbook.");
    }
    if first.is_none() {
        return unreadable("The file is empty.");
    }
    if sample.len() as u64 >= SAMPLE_BYTES && !sample.contains(['\n', '\r']) {
        let kilobytes = SAMPLE_BYTES >> 10;
        return unreadable(&format!("The first line of the file is longer than {kilobytes} KiB, which no header is."));
    }
    Ok(Content::Text(TextFile { packed: packed.clone(), encoding, sample }))
}

fn too_large() -> Content {
    Content::Unreadable(format!("The file is larger than {} MiB behind its compression.", DOCUMENT_BYTES >> 20))
}

/// Is the fault one of the bytes, which trying again does not mend?
pub(crate) fn is_of_the_content(fault: &io::Error) -> bool {
    matches!(
        fault.kind(),
        io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::FileTooLarge
    )
}

/// The start of the text, and whether nothing in it that is not ASCII is UTF-8.
fn sample_of(packed: &Packed, encoding: Encoding) -> io::Result<(String, bool)> {
    let mut sample = Vec::new();
    decoded(packed, encoding)?.take(SAMPLE_BYTES).read_to_end(&mut sample)?;
    if sample.len() as u64 == SAMPLE_BYTES {
        let end = sample.iter().rposition(|byte| *byte == b'\n').map_or(sample.len(), |place| place + 1);
        sample.truncate(end);
    }
    let bytes = match String::from_utf8(sample) {
        Ok(sample) => return Ok((sample, false)),
        // Only the last character is cut.
        Err(fault) if fault.utf8_error().error_len().is_none() => {
            return Ok((String::from_utf8_lossy(fault.as_bytes()).into_owned(), false));
        }
        Err(fault) => fault.into_bytes(),
    };
    // Line by line, so that one stray line leaves the header as it is.
    let (mut sample, mut is_1252) = (String::with_capacity(bytes.len()), true);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match std::str::from_utf8(line) {
            Ok(line) => {
                is_1252 &= line.is_ascii();
                sample.push_str(line);
            }
            Err(_) => sample.push_str(&encoding_rs::WINDOWS_1252.decode_without_bom_handling(line).0),
        }
    }
    Ok((sample, is_1252))
}

/// By the byte order mark, else by where the zero bytes of Latin text in UTF-16 stand.
fn encoding_of(start: &[u8]) -> Encoding {
    if start.starts_with(b"\xff\xfe") {
        return Encoding::Utf16le;
    }
    if start.starts_with(b"\xfe\xff") {
        return Encoding::Utf16be;
    }
    let zeros = |offset: usize| start.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let half = start.len() / 2;
    if odd * 2 > half && even * 10 < half {
        return Encoding::Utf16le;
    }
    if even * 2 > half && odd * 10 < half {
        return Encoding::Utf16be;
    }
    Encoding::Utf8
}

#[cfg(test)]
mod tests;
