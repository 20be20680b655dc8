//! The rejects file. In flow refused rows; out flows a CSV of them with line, reason, column and value, and the hash of
//! the customer where it is known, so that erasing a customer finds them. Only columns that the adapter knows and that
//! are not personal are shown as they were; every other filled cell is masked.
use super::field::{Columns, Field};
use super::identity;
use super::record::Record;
use super::report::{Reason, name};
use crate::customer::CustomerHash;
use crate::money::Money;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// What stands for a cell that is not shown.
pub const MASK: &str = "***";
/// The columns before the upload's own.
pub const LEADING_COLUMNS: [&str; 5] = ["line", "reason", "column", "value", "customer_hash"];

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

/// Writes refused rows; the file comes into being with the first of them.
pub(crate) struct Rejects {
    path: PathBuf,
    header: Vec<String>,
    writer: Option<csv::Writer<File>>,
    /// Which column may be shown.
    shown: Vec<bool>,
}

impl Rejects {
    pub(crate) fn new(scratch: &Path, header: &[String], columns: &Columns) -> Rejects {
        let width = header.len().max(columns.found().iter().map(|(_, place)| place + 1).max().unwrap_or(0));
        let mut shown = vec![false; width];
        for (field, place) in columns.found() {
            shown[*place] = true;
            if field.is_personal() {
                shown[*place] = false;
            }
        }
        let header =
            (0..width).map(|place| header.get(place).cloned().unwrap_or_else(|| format!("column {}", place + 1)));
        Rejects { path: scratch.join("rejected.csv"), header: header.collect(), writer: None, shown }
    }

    pub(crate) fn write(&mut self, record: &Record, reject: &Reject, columns: &Columns) -> io::Result<()> {
        if self.writer.is_none() {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_path(&self.path)?;
            writer.write_record(LEADING_COLUMNS.iter().copied().chain(self.header.iter().map(String::as_str)))?;
            self.writer = Some(writer);
        }
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let place = reject.field.and_then(|field| columns.place(field));
        let cell = |place: usize| record.cells.get(place).unwrap_or_default();
        let customer = [Field::CustomerId, Field::Email]
            .into_iter()
            .find_map(|field| identity::customer_id(cell(columns.place(field)?)))
            .map(|found| CustomerHash::of(&found.id).to_hex());
        writer.write_field(record.line.to_string())?;
        writer.write_field(name(&reject.reason))?;
        writer.write_field(place.map_or("", |place| self.header[place].as_str()))?;
        writer.write_field(place.map_or("", |place| mask(&self.shown, place, cell(place))))?;
        writer.write_field(customer.unwrap_or_default())?;
        for (place, cell) in record.cells.iter().enumerate() {
            writer.write_field(mask(&self.shown, place, cell))?;
        }
        writer.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// Ends the file; `None` where no row was refused.
    pub(crate) fn finish(self) -> io::Result<Option<PathBuf>> {
        match self.writer {
            Some(mut writer) => {
                writer.flush()?;
                Ok(Some(self.path))
            }
            None => Ok(None),
        }
    }
}

fn mask<'a>(shown: &[bool], place: usize, cell: &'a str) -> &'a str {
    let shown = shown.get(place).copied().unwrap_or(false);
    if cell.trim().is_empty() || shown && !identity::looks_personal(cell) { cell } else { MASK }
}
