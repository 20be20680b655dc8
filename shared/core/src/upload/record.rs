//! Records of a stretch of text: in flows text that begins with a record, out flow its records one by one, their cells
//! borrowed from the text wherever no quote had to be taken out of them. Reads no file and cleans nothing.
//!
//! Quoting is that of RFC 4180 as the `csv` crate reads it (a property test holds the two together): a quote counts only
//! where a cell begins, two of them inside are one, and what follows a closing quote is taken as it stands. A quote that is
//! not closed so would swallow other lines: its line is a record, and says so.
mod quoting;

pub(crate) use quoting::last_end;

use memchr::{memchr, memchr_iter, memchr2, memchr2_iter, memchr3};
use quoting::Ending;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ops::Range;

/// What separates the columns of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tabulator.
    Tab,
    /// `|`
    Pipe,
    /// Any number of spaces.
    Spaces,
}

impl Delimiter {
    /// Those that are tried, in this order: spaces last, as they stand inside of cells, too.
    pub(crate) const ALL: [Delimiter; 5] =
        [Delimiter::Comma, Delimiter::Semicolon, Delimiter::Tab, Delimiter::Pipe, Delimiter::Spaces];

    pub(crate) fn byte(self) -> u8 {
        match self {
            Delimiter::Comma => b',',
            Delimiter::Semicolon => b';',
            Delimiter::Tab => b'\t',
            Delimiter::Pipe => b'|',
            Delimiter::Spaces => b' ',
        }
    }
}

/// A record's cells and the line it began on, counted from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    pub(crate) line: u64,
    pub(crate) cells: Vec<Cow<'a, str>>,
    /// Are there quotes in it? Without them no cell holds the end of a line.
    pub(crate) quoted: bool,
    /// Is one of them not closed? The cells from there on are those of a line without quotes.
    pub(crate) unbalanced: bool,
}

impl Record<'_> {
    /// The cell at `place`; empty behind the last.
    #[inline]
    pub(crate) fn cell(&self, place: usize) -> &str {
        self.cells.get(place).map_or("", |cell| cell.as_ref())
    }

    /// The record, free of the text it was read from.
    pub(crate) fn into_owned(self) -> Record<'static> {
        let cells = self.cells.into_iter().map(|cell| Cow::Owned(cell.into_owned())).collect();
        Record { line: self.line, cells, quoted: self.quoted, unbalanced: self.unbalanced }
    }
}

/// Walks over the records of a text.
#[derive(Debug)]
pub(crate) struct Splitter<'a> {
    text: &'a str,
    at: usize,
    /// Where the record read last began, and where its text ended.
    last: Range<usize>,
    line: u64,
    delimiter: Delimiter,
}

impl<'a> Splitter<'a> {
    /// The records of `text`, whose first line is `line`.
    pub(crate) fn new(text: &'a str, line: u64, delimiter: Delimiter) -> Splitter<'a> {
        Splitter { text, at: 0, last: 0..0, line, delimiter }
    }

    /// Where in the text the next record begins.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Where in the text the record read last began.
    pub(crate) fn last_start(&self) -> usize {
        self.last.start
    }

    /// The text of the record read last, without the end of its line.
    pub(crate) fn last(&self) -> &'a str {
        &self.text[self.last.clone()]
    }

    /// Reads the next record that is not blank; `false` at the end.
    pub(crate) fn read(&mut self, record: &mut Record<'a>) -> bool {
        while self.at < self.text.len() {
            record.cells.clear();
            (record.line, record.quoted, record.unbalanced) = (self.line, false, false);
            self.last.start = self.at;
            match self.delimiter {
                Delimiter::Spaces => self.padded(record),
                _ => self.delimited(record),
            }
            if record.cells.iter().any(|cell| !is_blank(cell)) {
                return true;
            }
        }
        record.cells.clear();
        false
    }

    fn padded(&mut self, record: &mut Record<'a>) {
        let rest = &self.text[self.at..];
        let end = memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |place| place + 1);
        record.cells.extend(rest[..end].split_ascii_whitespace().map(Cow::Borrowed));
        self.last.end = self.at + rest[..end].trim_end_matches(['\r', '\n']).len();
        self.at += end;
        self.line += 1;
    }

    fn delimited(&mut self, record: &mut Record<'a>) {
        let (start, bytes, delimiter) = (self.at, self.text.as_bytes(), self.delimiter.byte());
        let end = memchr3(b'\n', b'\r', b'"', &bytes[start..]).map_or(bytes.len(), |place| start + place);
        if bytes.get(end) == Some(&b'"') {
            record.quoted = true;
            return self.with_quotes(record);
        }
        split(self.text, start..end, delimiter, &mut record.cells);
        self.end_line(end);
    }

    /// Reads a record cell by cell, as ends of lines may stand in quotes.
    fn with_quotes(&mut self, record: &mut Record<'a>) {
        let (text, bytes, delimiter) = (self.text, self.text.as_bytes(), self.delimiter.byte());
        loop {
            let start = self.at;
            let end = if bytes.get(start) == Some(&b'"') {
                let Some((cell, end)) = self.quoted() else {
                    record.unbalanced = true;
                    let end = memchr2(b'\n', b'\r', &bytes[start..]).map_or(bytes.len(), |place| start + place);
                    split(text, start..end, delimiter, &mut record.cells);
                    return self.end_line(end);
                };
                record.cells.push(cell);
                end
            } else {
                let end = cell_end(bytes, start, delimiter);
                record.cells.push(Cow::Borrowed(&text[start..end]));
                end
            };
            if bytes.get(end) != Some(&delimiter) {
                return self.end_line(end);
            }
            self.at = end + 1;
        }
    }

    /// Goes on behind the end of a line, or of the text, at `end`.
    fn end_line(&mut self, end: usize) {
        let bytes = self.text.as_bytes();
        let length = match bytes.get(end) {
            Some(b'\r') => 1 + usize::from(bytes.get(end + 1) == Some(&b'\n')),
            Some(_) => 1,
            None => 0,
        };
        (self.last.end, self.at) = (end, end + length);
        self.line += u64::from(length > 0);
    }

    /// The quoted cell that begins here, and where it ends; `None` where its quote is not closed.
    fn quoted(&mut self) -> Option<(Cow<'a, str>, usize)> {
        let (text, bytes, delimiter) = (self.text, self.text.as_bytes(), self.delimiter.byte());
        let start = self.at + 1;
        let Ending::Closed { at: close, doubled } = quoting::ending(bytes, start, delimiter) else { return None };
        let inner = &text[start..close];
        self.line += line_ends(inner.as_bytes());
        let cell = if doubled { Cow::Owned(inner.replace("\"\"", "\"")) } else { Cow::Borrowed(inner) };
        let end = cell_end(bytes, close + 1, delimiter);
        Some(if end == close + 1 { (cell, end) } else { (cell + &text[close + 1..end], end) })
    }
}

/// How many lines end in `bytes`, by `\n`, `\r\n` or `\r`.
pub(crate) fn line_ends(bytes: &[u8]) -> u64 {
    if memchr(b'\r', bytes).is_none() {
        return memchr_iter(b'\n', bytes).count() as u64;
    }
    let ends = memchr2_iter(b'\n', b'\r', bytes);
    ends.filter(|end| bytes[*end] == b'\n' || bytes.get(end + 1) != Some(&b'\n')).count() as u64
}

/// The cells of a line without quotes. Cells are short: eight bytes are looked at together, which costs less than calling
/// a search that is made for long texts.
fn split<'a>(text: &'a str, line: Range<usize>, delimiter: u8, cells: &mut Vec<Cow<'a, str>>) {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let pattern = u64::from_ne_bytes([delimiter; 8]);
    let (bytes, mut start, mut at) = (&text.as_bytes()[..line.end], line.start, line.start);
    while let Some(word) = bytes[at..].first_chunk::<8>() {
        // The highest bit of each byte that is the delimiter (Warren, Hacker's Delight, 6-1).
        let differs = u64::from_le_bytes(*word) ^ pattern;
        let mut found = !(((differs & LOW) + LOW) | differs | LOW);
        while found != 0 {
            let end = at + found.trailing_zeros() as usize / 8;
            cells.push(Cow::Borrowed(&text[start..end]));
            start = end + 1;
            found &= found - 1;
        }
        at += 8;
    }
    for (place, byte) in bytes.iter().enumerate().skip(at) {
        if *byte == delimiter {
            cells.push(Cow::Borrowed(&text[start..place]));
            start = place + 1;
        }
    }
    cells.push(Cow::Borrowed(&text[start..line.end]));
}

/// Where the cell that goes on at `from`, outside of quotes, ends.
fn cell_end(bytes: &[u8], from: usize, delimiter: u8) -> usize {
    memchr3(delimiter, b'\n', b'\r', &bytes[from..]).map_or(bytes.len(), |place| from + place)
}

fn is_blank(cell: &str) -> bool {
    trim(cell).is_empty()
}

/// Without white space around it, which most cells do not have: they are not searched for it.
#[inline]
pub(crate) fn trim(cell: &str) -> &str {
    match cell.as_bytes() {
        [] => cell,
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => cell,
        [only] if only.is_ascii_graphic() => cell,
        _ => cell.trim(),
    }
}

#[cfg(test)]
mod tests;
