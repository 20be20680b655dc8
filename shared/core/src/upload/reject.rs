//! The rejects file. In flow refused rows; out flows a CSV of them with line, reason, column and value, and the hashes of
//! everyone whom the row may be about, so that erasing a customer finds it. Only columns that the adapter knows and that
//! are not personal are shown as they were; every other filled cell is masked, and every cell of a row whose cells may
//! stand under headers that are not theirs.
mod shown;

pub(crate) use shown::Shown;

use super::UploadError;
use super::alike::SHEET_LINES;
use super::delivery::{Delivery, Outgoing, Output};
use super::field::{Columns, Field};
use super::identity;
use super::record::{Record, trim};
use super::report::Reason;
use crate::customer::CustomerHash;
use crate::money::Money;
use shown::{Trust, write_text};
use std::io;

/// What stands for a cell that is not shown.
pub const MASK: &str = "***";
/// The columns before the upload's own.
pub const LEADING_COLUMNS: [&str; 5] = ["line", "reason", "column", "value", "customer_hash"];
/// What separates several hashes in one cell.
pub const HASH_SEPARATOR: char = ';';

/// A refused row: why, and the field at fault where there is one.
#[derive(Clone, Debug)]
pub(crate) struct Reject {
    pub(crate) reason: Reason,
    pub(crate) field: Option<Field>,
    /// The amount of the row, where it could be read.
    pub(crate) money: Money,
}

impl Reject {
    pub(crate) fn of(reason: Reason) -> Reject {
        Reject { reason, field: None, money: Money::ZERO }
    }

    pub(crate) fn at(reason: Reason, field: Field) -> Reject {
        Reject { reason, field: Some(field), money: Money::ZERO }
    }

    pub(crate) fn with_money(self, money: Money) -> Reject {
        Reject { money, ..self }
    }
}

/// The refused rows of a chunk as CSV.
pub(crate) struct Rejects<'a> {
    shown: &'a Shown,
    columns: &'a Columns,
    bytes: Vec<u8>,
}

impl<'a> Rejects<'a> {
    /// Of a chunk with so many bytes: some of its rows.
    pub(crate) fn new(shown: &'a Shown, columns: &'a Columns, bytes: usize) -> Rejects<'a> {
        Rejects { shown, columns, bytes: Vec::with_capacity(bytes / 2) }
    }

    pub(crate) fn write(&mut self, record: &Record<'_>, reject: &Reject) {
        let place = reject.field.and_then(|field| self.columns.place(field));
        let trust = self.shown.trust_in(record, reject.reason);
        let customers = self.customers_of(record, trust);
        let (shown, bytes) = (self.shown, &mut self.bytes);
        write_number(if shown.sheets.is_empty() { record.line } else { record.line % SHEET_LINES }, bytes);
        bytes.push(b',');
        bytes.extend_from_slice(reject.reason.name().as_bytes());
        bytes.push(b',');
        write_text(place.map_or("", |place| shown.header[place].as_str()), bytes);
        bytes.push(b',');
        if let Some(place) = place {
            shown.write_cell(record, place, trust, bytes);
        }
        bytes.push(b',');
        bytes.extend_from_slice(customers.as_bytes());
        if !shown.sheets.is_empty() {
            bytes.push(b',');
            let sheet = usize::try_from(record.line / SHEET_LINES).ok().and_then(|place| shown.sheets.get(place));
            write_text(sheet.map_or("", String::as_str), bytes);
        }
        for place in 0..record.cells.len() {
            bytes.push(b',');
            shown.write_cell(record, place, trust, bytes);
        }
        bytes.push(b'\n');
    }

    /// The hashes of everyone by whose erasure the row must go: by any of several ids, by address and by phone number; of a
    /// row whose headers say little of its cells, by any cell that holds one.
    fn customers_of(&self, record: &Record<'_>, trust: Trust) -> String {
        let cell_of = |field| self.columns.place(field).map(|place| record.cell(place));
        let mut ids = Vec::new();
        let cell = cell_of(Field::CustomerId).unwrap_or_default();
        let pieces = cell.split(|c| Some(c) == self.shown.id_separator);
        ids.extend(pieces.filter_map(identity::customer_id).map(|known| known.id));
        ids.extend([Field::Email, Field::Phone].into_iter().filter_map(cell_of).filter_map(identity::contact_id));
        if trust != Trust::Wholly {
            let cells = record.cells.iter().filter(|cell| identity::mentions_contact(trim(cell)));
            ids.extend(cells.filter_map(|cell| identity::contact_id(cell)));
        }
        if ids.is_empty() {
            return String::new();
        }
        let mut hashes: Vec<String> = Vec::new();
        for hash in ids.iter().map(|id| CustomerHash::of(id).to_hex()) {
            if !hashes.contains(&hash) {
                hashes.push(hash);
            }
        }
        hashes.join(&HASH_SEPARATOR.to_string())
    }

    /// The rows as bytes.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

fn write_number(number: u64, bytes: &mut Vec<u8>) {
    let (mut digits, mut start, mut rest) = ([0; 20], 20, number);
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    bytes.extend_from_slice(&digits[start..]);
}

/// The file of all refused rows; it comes into being with the first of them.
pub(crate) struct RejectsFile<'a> {
    delivery: &'a dyn Delivery,
    begun: Option<Box<dyn Outgoing>>,
}

impl<'a> RejectsFile<'a> {
    pub(crate) fn new(delivery: &'a dyn Delivery) -> RejectsFile<'a> {
        RejectsFile { delivery, begun: None }
    }

    /// Appends the refused rows of a chunk.
    pub(crate) fn append(&mut self, shown: &Shown, rows: &[u8]) -> Result<(), UploadError> {
        if rows.is_empty() {
            return Ok(());
        }
        self.write(shown, rows).map_err(undelivered)
    }

    fn write(&mut self, shown: &Shown, rows: &[u8]) -> io::Result<()> {
        let file = match &mut self.begun {
            Some(file) => file,
            none => {
                let mut header = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
                header.write_record(shown.leading().chain(shown.header.iter().map(String::as_str)))?;
                let header = header.into_inner().map_err(|fault| io::Error::other(fault.to_string()))?;
                let file = none.insert(self.delivery.begin(Output::Rejected)?);
                file.write_all(&header)?;
                file
            }
        };
        file.write_all(rows)
    }

    /// Ends the file; was any row refused?
    pub(crate) fn finish(self) -> Result<bool, UploadError> {
        let Some(file) = self.begun else { return Ok(false) };
        file.finish().map_err(undelivered)?;
        Ok(true)
    }
}

fn undelivered(source: io::Error) -> UploadError {
    UploadError::Delivery { output: Output::Rejected, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cells_are_read_back_as_they_were_written(
            number in any::<u64>(), cells in proptest::collection::vec("[a\",;\r\n é]{0,6}", 1..6)
        ) {
            let mut bytes = Vec::new();
            write_number(number, &mut bytes);
            for cell in &cells {
                bytes.push(b',');
                write_text(cell, &mut bytes);
            }
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.as_slice());
            let record = reader.records().next().unwrap().unwrap();
            prop_assert_eq!(record[0].parse(), Ok(number));
            prop_assert_eq!(record.iter().skip(1).collect::<Vec<_>>(), cells);
        }
    }
}
