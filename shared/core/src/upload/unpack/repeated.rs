//! Cells that a sheet of ODF repeats. In flows its XML; out flows how many cells a reader makes of it: a row that
//! says it stands a million times takes a few bytes in the file (ODF 1.3, part 3, 19.676 and 19.679).
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::io::BufRead;

/// How many cells the largest sheet has, from the first row on to the last that is filled; as many as can be told where the
/// XML is broken, of which the reader says what is wrong.
pub(super) fn cells(xml: impl BufRead) -> u64 {
    let mut reader = Reader::from_reader(xml);
    let (mut buffer, mut most, mut sheet, mut row) = (Vec::new(), 0, Sheet::default(), Row::default());
    loop {
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(tag)) => match tag.name().as_ref() {
                "table:table" => sheet = Sheet::default(),
                "table:table-row" => row = Row { times: repeats(&tag, "table:number-rows-repeated"), ..Row::default() },
                "table:table-cell" => row.take(repeats(&tag, "table:number-columns-repeated"), true),
                _ => {}
            },
            Ok(Event::Empty(tag)) if tag.name().as_ref() == "table:table-cell" => {
                let is_filled = matches!(tag.try_get_attribute("office:value-type"), Ok(Some(_)));
                row.take(repeats(&tag, "table:number-columns-repeated"), is_filled);
            }
            Ok(Event::End(tag)) if tag.name().as_ref() == "table:table-row" => {
                sheet.take(&row);
                most = most.max(sheet.cells());
            }
            Ok(Event::Eof) | Err(_) => return most,
            Ok(_) => {}
        }
        buffer.clear();
    }
}

fn repeats(tag: &BytesStart<'_>, name: &str) -> u64 {
    let written = tag.try_get_attribute(name).ok().flatten();
    written.and_then(|count| count.normalized_value(XmlVersion::default()).ok()?.parse().ok()).unwrap_or(1)
}

/// A row as it is read.
#[derive(Default)]
struct Row {
    times: u64,
    width: u64,
    /// How wide it is up to its last filled cell.
    filled: u64,
}

impl Row {
    fn take(&mut self, cells: u64, are_filled: bool) {
        self.width = self.width.saturating_add(cells);
        if are_filled {
            self.filled = self.width;
        }
    }
}

/// A sheet up to a row.
#[derive(Default)]
struct Sheet {
    rows: u64,
    /// Rows up to the last that is filled.
    filled: u64,
    widest: u64,
}

impl Sheet {
    fn take(&mut self, row: &Row) {
        self.rows = self.rows.saturating_add(row.times);
        if row.filled > 0 {
            self.filled = self.rows;
            self.widest = self.widest.max(row.filled);
        }
    }

    fn cells(&self) -> u64 {
        self.filled.saturating_mul(self.widest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_counted_as_often_as_they_are_repeated_and_blank_ones_behind_the_last_are_not() {
        let row = |times: u64, cells: &str| {
            format!("<table:table-row table:number-rows-repeated=\"{times}\">{cells}</table:table-row>")
        };
        let text = "<table:table-cell table:number-columns-repeated=\"90\"><text:p>a</text:p></table:table-cell>";
        let number = "<table:table-cell office:value-type=\"float\" office:value=\"1\"/>";
        let blank = "<table:table-cell table:number-columns-repeated=\"16384\"/>";
        let sheet = |rows: &[String]| format!("<table:table>{}</table:table>", rows.concat());
        for (rows, expected) in [
            (vec![row(1, number), row(1_048_575, blank)], 1),
            (vec![row(1, blank), row(1_000_000, text)], 90_000_090),
            (vec![row(1_000_000, blank), row(1, number)], 1_000_001),
            (vec![row(u64::MAX, text), row(u64::MAX, text)], u64::MAX),
            (vec![], 0),
        ] {
            assert_eq!(cells(sheet(&rows).as_bytes()), expected);
        }
        let two = sheet(&[row(5, number)]) + &sheet(&[row(3, number)]);
        assert_eq!(cells(two.as_bytes()), 5);
    }
}
