//! A file in stretches of whole records. In flow bytes of text, or rows of something that is no text; out flow chunks of
//! about a megabyte that can be worked on independently of each other, in order. Holds one chunk at a time.
use super::record::{Delimiter, Record, Splitter, last_end, line_ends};
use memchr::memchr_iter;
use std::io::{self, BufRead};

/// How many bytes a chunk is meant to have.
const CHUNK_BYTES: usize = 1 << 20;
/// How many bytes a record may have: twice those of a quoted cell, so that what is quoted is always told.
const RECORD_BYTES: usize = 32 << 20;
/// How many cells a record that is longer than a chunk may have; each takes 24 bytes.
const MOST_CELLS: usize = 2 << 20;

/// Some whole records as text.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) text: String,
    /// The line that the text begins on, counted from 1.
    pub(crate) line: u64,
    /// Where the source counts its records itself (rows of a sheet, objects of a JSON file): the number of each.
    pub(crate) numbers: Option<Vec<u64>>,
    /// Where records begin that were no UTF-8 and were read as Windows-1252.
    pub(crate) windows_1252: Vec<usize>,
    /// Which records, counted from 0, are none: their text is their only cell.
    pub(crate) torn: Vec<usize>,
    /// Bytes of the text before decoding.
    pub(crate) bytes: u64,
}

/// A row of what is no delimited text.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// In the source's own count.
    pub(crate) number: u64,
    pub(crate) cells: Vec<String>,
    pub(crate) condition: Condition,
}

/// In what condition a row was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Whole,
    /// It was no UTF-8, and was read as Windows-1252.
    Windows1252,
    /// It could not be split into cells: its text is its only one.
    Torn,
}

impl Row {
    pub(crate) fn whole(number: u64, cells: Vec<String>) -> Row {
        Row { number, cells, condition: Condition::Whole }
    }
}

/// Rows one after the other.
pub(crate) type Rows = Box<dyn Iterator<Item = io::Result<Row>> + Send>;

/// A stream of chunks.
pub(crate) enum Chunks {
    /// Of text.
    Text(TextChunks),
    /// Of rows, which are written as comma-separated text.
    Rows(Rows),
}

/// Cuts text behind whole records.
pub(crate) struct TextChunks {
    input: Box<dyn BufRead + Send>,
    delimiter: Delimiter,
    line: u64,
    /// Did the last chunk end in a carriage return? A line feed that follows ends the same line.
    after_return: bool,
    /// Read, but behind the last chunk's end.
    rest: Vec<u8>,
    ended: bool,
}

impl Chunks {
    /// The chunks of text that is UTF-8 but for stray records.
    pub(crate) fn of_text(input: Box<dyn BufRead + Send>, delimiter: Delimiter) -> Chunks {
        Chunks::Text(TextChunks { input, delimiter, line: 1, after_return: false, rest: Vec::new(), ended: false })
    }

    /// The next chunk.
    pub(crate) fn next(&mut self) -> io::Result<Option<Chunk>> {
        match self {
            Chunks::Text(text) => text.next(),
            Chunks::Rows(rows) => chunk_of_rows(rows.as_mut()),
        }
    }
}

impl TextChunks {
    fn next(&mut self) -> io::Result<Option<Chunk>> {
        let mut bytes = std::mem::take(&mut self.rest);
        let mut wanted = CHUNK_BYTES;
        let end = loop {
            if !self.ended {
                bytes.reserve_exact((wanted + 4096).saturating_sub(bytes.len()));
                self.ended = fill(self.input.as_mut(), &mut bytes, wanted)?;
            }
            if self.ended {
                break bytes.len();
            }
            match last_end(&bytes, self.delimiter) {
                0 if bytes.len() >= RECORD_BYTES => return Err(too_long(self.line)),
                0 => wanted = bytes.len() * 2,
                end => break end,
            }
        };
        if end == 0 {
            return Ok(None);
        }
        if end > CHUNK_BYTES && memchr_iter(self.delimiter.byte(), &bytes[..end]).count() > MOST_CELLS {
            return Err(too_wide(self.line));
        }
        self.rest.extend_from_slice(&bytes[end..]);
        bytes.truncate(end);
        if self.after_return && bytes.first() == Some(&b'\n') {
            self.line -= 1;
        }
        self.after_return = bytes.last() == Some(&b'\r');
        let line = self.line;
        self.line += line_ends(&bytes);
        let bytes_before = bytes.len() as u64;
        let (text, windows_1252) = decode(without_marks(bytes), self.delimiter);
        Ok(Some(Chunk { text, line, numbers: None, windows_1252, torn: Vec::new(), bytes: bytes_before }))
    }
}

/// Reads on until there are as many `bytes` as are `wanted`; is the input at its end before?
fn fill(input: &mut dyn BufRead, bytes: &mut Vec<u8>, wanted: usize) -> io::Result<bool> {
    while bytes.len() < wanted {
        let more = match input.fill_buf() {
            Ok([]) => return Ok(true),
            Ok(more) => &more[..more.len().min(wanted - bytes.len())],
            Err(fault) if fault.kind() == io::ErrorKind::Interrupted => continue,
            Err(fault) => return Err(fault),
        };
        bytes.extend_from_slice(more);
        let read = more.len();
        input.consume(read);
    }
    Ok(false)
}

/// The bytes without the byte order marks that lines begin with where a file was put together of several.
fn without_marks(mut bytes: Vec<u8>) -> Vec<u8> {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    let begins_line =
        |place: &usize| matches!(place.checked_sub(1).map(|before| bytes[before]), None | Some(b'\n' | b'\r'));
    let marks: Vec<usize> = memchr::memmem::find_iter(&bytes, MARK).filter(begins_line).collect();
    for place in marks.into_iter().rev() {
        bytes.drain(place..place + MARK.len());
    }
    bytes
}

fn too_long(line: u64) -> io::Error {
    let megabytes = RECORD_BYTES >> 20;
    let reason = format!("the record on line {line} is longer than {megabytes} MiB");
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

fn too_wide(line: u64) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the record on line {line} has more than {MOST_CELLS} cells"))
}

/// The bytes as text. A record that is no UTF-8 is read as Windows-1252; its place is told.
fn decode(bytes: Vec<u8>, delimiter: Delimiter) -> (String, Vec<usize>) {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return (text, Vec::new()),
        Err(fault) => fault.into_bytes(),
    };
    // One character a byte keeps every place: what stands where does not depend on the encoding.
    let places: String = bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { 'x' }).collect();
    let (mut text, mut strays) = (String::with_capacity(bytes.len() + bytes.len() / 8), Vec::new());
    let mut splitter = Splitter::new(&places, 1, delimiter);
    let mut record = Record::default();
    let mut start = 0;
    loop {
        let more = splitter.read(&mut record);
        let end = if more { splitter.position() } else { bytes.len() };
        if let Ok(whole) = std::str::from_utf8(&bytes[start..end]) {
            text.push_str(whole);
        } else {
            strays.push(text.len());
            text.push_str(&encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes[start..end]).0);
        }
        if !more {
            return (text, strays);
        }
        start = end;
    }
}

fn chunk_of_rows(rows: &mut (dyn Iterator<Item = io::Result<Row>> + Send)) -> io::Result<Option<Chunk>> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let (mut numbers, mut windows_1252, mut torn) = (Vec::new(), Vec::new(), Vec::new());
    let mut bytes = 0;
    while bytes < CHUNK_BYTES {
        let Some(row) = rows.next() else { break };
        let Row { number, cells, condition } = row?;
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        match condition {
            Condition::Whole => {}
            Condition::Windows1252 => {
                writer.flush()?;
                windows_1252.push(writer.get_ref().len());
            }
            Condition::Torn => torn.push(numbers.len()),
        }
        bytes += cells.iter().map(|cell| cell.len() + 1).sum::<usize>();
        writer.write_record(&cells)?;
        numbers.push(number);
    }
    if numbers.is_empty() {
        return Ok(None);
    }
    let written = writer.into_inner().map_err(|fault| io::Error::other(fault.to_string()))?;
    let text = String::from_utf8(written).map_err(io::Error::other)?;
    let bytes = text.len() as u64;
    Ok(Some(Chunk { text, line: 1, numbers: Some(numbers), windows_1252, torn, bytes }))
}

#[cfg(test)]
mod tests;
