//! The rejects file. In flow refused rows; out flows a CSV of them with line, reason, column and value, and the hash of
//! the customer where it is known, so that erasing a customer finds them. Only columns that the adapter knows and that
//! are not personal are shown as they were; every other filled cell is masked.
use super::field::{Columns, Field};
use super::identity;
use super::record::{Record, trim};
use super::report::Reason;
use crate::customer::CustomerHash;
use crate::money::Money;
use std::fs::File;
use std::io::{self, BufWriter, Write};
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

/// How refused rows of one file are shown.
pub(crate) struct Shown {
    header: Vec<String>,
    /// Which column may be shown.
    shown: Vec<bool>,
}

impl Shown {
    pub(crate) fn new(header: &[String], columns: &Columns) -> Shown {
        let width = header.len().max(columns.found().iter().map(|(_, place)| place + 1).max().unwrap_or(0));
        let mut shown = vec![false; width];
        for (field, place) in columns.found() {
            shown[*place] = true;
            if field.is_personal() {
                shown[*place] = false;
            }
        }
        for place in columns.known().filter(|place| columns.wide.is_some() && *place < width) {
            shown[place] = true;
        }
        let header =
            (0..width).map(|place| header.get(place).cloned().unwrap_or_else(|| format!("column {}", place + 1)));
        Shown { header: header.collect(), shown }
    }

    fn cell<'a>(&self, place: usize, cell: &'a str) -> &'a str {
        let shown = self.shown.get(place).copied().unwrap_or(false);
        if trim(cell).is_empty() || shown && !identity::looks_personal(cell) { cell } else { MASK }
    }
}

/// The refused rows of a chunk as CSV.
pub(crate) struct Rejects<'a> {
    shown: &'a Shown,
    columns: &'a Columns,
    writer: csv::Writer<Vec<u8>>,
}

impl<'a> Rejects<'a> {
    pub(crate) fn new(shown: &'a Shown, columns: &'a Columns) -> Rejects<'a> {
        Rejects { shown, columns, writer: csv::WriterBuilder::new().flexible(true).from_writer(Vec::new()) }
    }

    pub(crate) fn write(&mut self, record: &Record<'_>, reject: &Reject) -> io::Result<()> {
        let place = reject.field.and_then(|field| self.columns.place(field));
        let customer = [Field::CustomerId, Field::Email]
            .into_iter()
            .find_map(|field| identity::borrowed_customer_id(record.cell(self.columns.place(field)?)))
            .map(|(id, _)| CustomerHash::of(&id).to_hex());
        let (shown, writer) = (self.shown, &mut self.writer);
        writer.write_field(record.line.to_string())?;
        writer.write_field(reject.reason.name())?;
        writer.write_field(place.map_or("", |place| shown.header[place].as_str()))?;
        writer.write_field(place.map_or("", |place| shown.cell(place, record.cell(place))))?;
        writer.write_field(customer.as_deref().unwrap_or_default())?;
        for (place, cell) in record.cells.iter().enumerate() {
            writer.write_field(shown.cell(place, cell))?;
        }
        writer.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// The rows as bytes.
    pub(crate) fn finish(self) -> io::Result<Vec<u8>> {
        self.writer.into_inner().map_err(|fault| io::Error::other(fault.to_string()))
    }
}

/// The file of all refused rows; it comes into being with the first of them.
pub(crate) struct RejectsFile {
    path: PathBuf,
    file: Option<BufWriter<File>>,
}

impl RejectsFile {
    pub(crate) fn new(scratch: &Path) -> RejectsFile {
        RejectsFile { path: scratch.join("rejected.csv"), file: None }
    }

    /// Appends the refused rows of a chunk.
    pub(crate) fn append(&mut self, shown: &Shown, rows: &[u8]) -> io::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        if self.file.is_none() {
            let mut header = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            header.write_record(LEADING_COLUMNS.iter().copied().chain(shown.header.iter().map(String::as_str)))?;
            let mut file = BufWriter::with_capacity(1 << 16, File::create(&self.path)?);
            file.write_all(&header.into_inner().map_err(|fault| io::Error::other(fault.to_string()))?)?;
            self.file = Some(file);
        }
        self.file.as_mut().map_or(Ok(()), |file| file.write_all(rows))
    }

    /// Ends the file; `None` where no row was refused.
    pub(crate) fn finish(self) -> io::Result<Option<PathBuf>> {
        let Some(mut file) = self.file else { return Ok(None) };
        file.flush()?;
        Ok(Some(self.path))
    }
}
