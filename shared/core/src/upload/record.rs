//! Records, one after the other, whatever they stand in: delimited text, space-padded columns or a sheet. In flows a
//! file's bytes or cells; out flow cells of text with the line they stood on. Cleans nothing.
use super::content::TextFile;
use calamine::{Data, Range};
use csv::{ByteRecord, StringRecord};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead};

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

    fn byte(self) -> u8 {
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
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) line: u64,
    pub(crate) cells: StringRecord,
    /// Was the line no UTF-8, so that it was read as Windows-1252?
    pub(crate) was_windows_1252: bool,
}

/// A stream of records.
pub(crate) enum Records {
    /// Delimited, quoted as usual.
    Delimited(Box<csv::Reader<Box<dyn BufRead + Send>>>),
    /// Separated by spaces, unquoted.
    Padded { input: Box<dyn BufRead + Send>, line: u64, buffer: Vec<u8> },
    /// Rows of a sheet.
    Sheet { range: Box<Range<Data>>, next: usize },
}

impl Records {
    /// Records of a text file from its first line.
    pub(crate) fn of_text(file: &TextFile, delimiter: Delimiter) -> io::Result<Records> {
        Ok(Records::of_reader(file.open()?, delimiter))
    }

    /// Records of text from its first line.
    pub(crate) fn of_reader(input: Box<dyn BufRead + Send>, delimiter: Delimiter) -> Records {
        if delimiter == Delimiter::Spaces {
            return Records::Padded { input, line: 0, buffer: Vec::new() };
        }
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter.byte())
            .buffer_capacity(1 << 18)
            .from_reader(input);
        Records::Delimited(Box::new(reader))
    }

    /// Records of a sheet from its first row.
    pub(crate) fn of_sheet(range: Range<Data>) -> Records {
        Records::Sheet { range: Box::new(range), next: 0 }
    }

    /// Reads the next record that is not blank; `false` at the end.
    pub(crate) fn read(&mut self, record: &mut Record) -> io::Result<bool> {
        loop {
            let more = match self {
                Records::Delimited(reader) => read_delimited(reader, record)?,
                Records::Padded { input, line, buffer } => read_padded(input.as_mut(), line, buffer, record)?,
                Records::Sheet { range, next } => read_row(range, next, record),
            };
            if !more || record.cells.iter().any(|cell| !cell.trim().is_empty()) {
                return Ok(more);
            }
        }
    }
}

fn read_delimited(reader: &mut csv::Reader<Box<dyn BufRead + Send>>, record: &mut Record) -> io::Result<bool> {
    let mut bytes = std::mem::take(&mut record.cells).into_byte_record();
    let more = reader.read_byte_record(&mut bytes).map_err(io::Error::from)?;
    record.line = bytes.position().map_or(0, csv::Position::line);
    set_cells(record, bytes);
    Ok(more)
}

fn read_padded(input: &mut dyn BufRead, line: &mut u64, buffer: &mut Vec<u8>, record: &mut Record) -> io::Result<bool> {
    buffer.clear();
    let more = input.read_until(b'\n', buffer)? > 0;
    *line += 1;
    record.line = *line;
    let cells: ByteRecord = buffer.split(u8::is_ascii_whitespace).filter(|cell| !cell.is_empty()).collect();
    set_cells(record, cells);
    Ok(more)
}

fn set_cells(record: &mut Record, bytes: ByteRecord) {
    record.was_windows_1252 = false;
    record.cells = StringRecord::from_byte_record(bytes).unwrap_or_else(|fault| {
        record.was_windows_1252 = true;
        let bytes = fault.into_byte_record();
        bytes.iter().map(|cell| encoding_rs::WINDOWS_1252.decode_without_bom_handling(cell).0).collect()
    });
}

fn read_row(range: &Range<Data>, next: &mut usize, record: &mut Record) -> bool {
    if *next >= range.height() {
        return false;
    }
    let first = range.start().map_or(0, |(row, _)| u64::from(row));
    record.line = first + *next as u64 + 1;
    record.cells =
        (0..range.width()).map(|column| range.get((*next, column)).map_or_else(String::new, text_of)).collect();
    record.was_windows_1252 = false;
    *next += 1;
    true
}

/// A cell as text: whole numbers without a point, dates as ISO 8601, errors such as `#N/A` as nothing.
fn text_of(cell: &Data) -> String {
    match cell {
        Data::Int(value) => value.to_string(),
        Data::Float(value) => value.to_string(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Bool(value) => value.to_string(),
        Data::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{milli:03}")
        }
        Data::DateTime(duration) => duration.as_f64().to_string(),
        Data::Error(_) | Data::Empty => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &[u8], delimiter: Delimiter) -> Vec<(u64, Vec<String>)> {
        let input: Box<dyn BufRead + Send> = Box::new(io::Cursor::new(text.to_vec()));
        let mut records = Records::of_reader(input, delimiter);
        let (mut record, mut all) = (Record::default(), Vec::new());
        while records.read(&mut record).unwrap() {
            all.push((record.line, record.cells.iter().map(str::to_owned).collect()));
        }
        all
    }

    #[test]
    fn padded_columns_lose_their_padding_and_blank_lines_are_no_records() {
        let found = read(b" 00001 19970101  1   11.77\r\n\r\n 00002 19970112  1   12.00\r\n", Delimiter::Spaces);
        assert_eq!(found[0], (1, vec!["00001", "19970101", "1", "11.77"].into_iter().map(str::to_owned).collect()));
        assert_eq!(found[1].0, 3);
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn a_line_that_is_no_utf_8_is_read_as_windows_1252() {
        let found = read(b"M\xfcller;5\nM\xc3\xbcller;6\n", Delimiter::Semicolon);
        assert_eq!(found[0].1[0], "Müller");
        assert_eq!(found[1].1[0], "Müller");
    }

    proptest! {
        #[test]
        fn what_is_written_as_csv_is_read_back(rows in proptest::collection::vec(
            proptest::collection::vec("[a-z \"',;\n]{1,6}x", 3), 1..8)
        ) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let found: Vec<Vec<String>> =
                read(&writer.into_inner().unwrap(), Delimiter::Comma).into_iter().map(|(_, cells)| cells).collect();
            prop_assert_eq!(found, rows);
        }

        #[test]
        fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), which in 0_usize..5) {
            let _ = read(&bytes, Delimiter::ALL[which]);
        }
    }
}
