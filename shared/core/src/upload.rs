//! From a file that somebody dropped to canonical rows. In flow the bytes of one upload; out flow sorted Parquet parts, a
//! file of rejects and a report in which every row is accounted for. Nothing here knows where files come from or go to,
//! and no row is ever dropped in silence.
//!
//! The steps, each its own module: `content` (encoding, compression), `record` (cells), `recognise` (which source, by its
//! `adapter`), `conventions` (dates, decimals), `cells` and `clean` (rows or rejects), `sink` (sorting, doubles, links).
pub mod adapter;
mod cells;
mod clean;
mod content;
mod conventions;
mod date;
pub mod field;
pub mod identity;
mod link;
mod number;
mod outlier;
mod recognise;
mod record;
mod reject;
pub mod report;
mod sink;

pub use content::Encoding;
pub use number::DecimalMark;
pub use recognise::Format;
pub use record::Delimiter;
pub use reject::{LEADING_COLUMNS as REJECT_COLUMNS, MASK};
pub use report::UploadReport;

use crate::account::{Account, AccountError};
use crate::money::Money;
use crate::table::encode::Provenance;
use crate::table::row::Kind;
use crate::table::{Table, TableError};
use crate::time::Day;
use calamine::{Data, Reader};
use cells::{Cells, Reading};
use clean::{Clean, Verdict};
use content::{Content, is_of_the_content};
use jiff::tz::TimeZone;
use recognise::Recognised;
use record::{Record, Records};
use reject::Rejects;
use report::{ReadBy, Rule, Tally};
use sink::{PartRow, Sink};
use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};

/// How text of gzip files is estimated from their bytes: purchase exports shrink about eightfold.
const GZIP_RATIO: u64 = 8;

/// Which upload a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its key in the uploads bucket; the first segment hints at the table.
    pub key: String,
    /// The same for every generation of one key.
    pub source_id: String,
    /// When it was uploaded, in UTC microseconds since 1970.
    pub uploaded_at: i64,
}

/// A sorted Parquet file of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The table that it is a part of.
    pub table: Table,
    /// Where it was written.
    pub path: PathBuf,
    /// How many rows it holds.
    pub rows: u64,
}

/// What an upload became.
#[derive(Clone, Debug)]
pub struct Converted {
    /// One part for every table that has rows.
    pub parts: Vec<Part>,
    /// The refused rows, where there are any.
    pub rejected: Option<PathBuf>,
    /// What happened.
    pub report: UploadReport,
}

/// A fault of the machine or of this program, never of the upload: what cannot be read is a report.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// A file could not be read or written.
    #[error("{} could not be read or written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The part could not be written.
    #[error("the part could not be written")]
    Table(#[from] TableError),
    /// The account's settings are no good.
    #[error("the account's settings are no good")]
    Account(#[from] AccountError),
    /// Rows or money were lost on the way: a fault of this program.
    #[error("{key}: {rows} rows are not {kept} kept, {rejected} rejected and {merged} merged, or their money is not")]
    Unbalanced {
        /// The upload.
        key: String,
        /// Rows read.
        rows: u64,
        /// Rows kept.
        kept: u64,
        /// Rows rejected.
        rejected: u64,
        /// Rows merged.
        merged: u64,
    },
}

impl UploadError {
    fn io(path: &Path, source: io::Error) -> UploadError {
        UploadError::Io { path: path.to_owned(), source }
    }
}

/// Converts the upload in `file`. Parts and rejects are written into the directory `scratch`, which must be empty and is
/// the caller's to remove. The same bytes, source and account give the same parts, byte by byte.
///
/// # Errors
/// Only what is no fault of the file: a disk that is full, settings that are no good. A file that cannot be read is a
/// report with [`UploadReport::unreadable`] and no parts.
pub fn convert(file: &Path, source: &Source, account: &Account, scratch: &Path) -> Result<Converted, UploadError> {
    let run = Run { file, source, account, scratch, zone: account.zone()? };
    match run.convert() {
        Ok(converted) => Ok(converted),
        Err(Fault::Upload(reason)) => Ok(unreadable(source, reason)),
        Err(Fault::Machine(error)) => Err(error),
    }
}

fn unreadable(source: &Source, reason: String) -> Converted {
    let report = UploadReport { key: source.key.clone(), unreadable: Some(reason), ..UploadReport::default() };
    Converted { parts: Vec::new(), rejected: None, report }
}

/// Why a file did not become parts.
enum Fault {
    /// The upload's own; a sentence for people.
    Upload(String),
    /// Not the upload's.
    Machine(UploadError),
}

impl<E: Into<UploadError>> From<E> for Fault {
    fn from(error: E) -> Fault {
        Fault::Machine(error.into())
    }
}

/// One conversion.
struct Run<'a> {
    file: &'a Path,
    source: &'a Source,
    account: &'a Account,
    scratch: &'a Path,
    zone: TimeZone,
}

/// Opens the records anew, from the first.
type Opener<'a> = dyn Fn() -> io::Result<Records> + 'a;

impl Run<'_> {
    fn convert(&self) -> Result<Converted, Fault> {
        let hint = recognise::hint_of(&self.source.key);
        let bytes = std::fs::metadata(self.file).map_err(|fault| self.fault(fault))?.len();
        match content::look(self.file, self.scratch).map_err(|fault| self.fault(fault))? {
            Content::Unreadable(reason) => Err(Fault::Upload(reason)),
            Content::Text(text) => {
                let found = recognise::text(&text, hint).map_err(|fault| self.fault(fault))?;
                let (delimiter, recognised) = found.map_err(Fault::Upload)?;
                let format = Format {
                    container: "text".to_owned(),
                    gzip: text.gzip,
                    encoding: Some(text.encoding),
                    delimiter: Some(delimiter),
                    sheet: None,
                    header_line: recognised.header_line,
                };
                let bytes = if text.gzip { bytes.saturating_mul(GZIP_RATIO) } else { bytes };
                self.dispatch(&recognised, format, &|| Records::of_text(&text, delimiter), bytes)
            }
            Content::Workbook(workbook) => {
                let (sheet, range, recognised) = self.sheet_of(&workbook.path, hint)?;
                let format = Format {
                    container: "workbook".to_owned(),
                    gzip: workbook.gzip,
                    encoding: None,
                    delimiter: None,
                    sheet: Some(sheet),
                    header_line: recognised.header_line,
                };
                self.dispatch(&recognised, format, &|| Ok(Records::of_sheet(range.clone())), bytes * GZIP_RATIO)
            }
        }
    }

    /// The first sheet of a workbook that some adapter knows.
    fn sheet_of(&self, path: &Path, hint: Option<Table>) -> Result<(String, calamine::Range<Data>, Recognised), Fault> {
        let damaged = |fault: calamine::Error| Fault::Upload(format!("The workbook cannot be read: {fault}."));
        let bytes: std::sync::Arc<[u8]> = std::fs::read(path).map_err(|fault| self.fault(fault))?.into();
        let mut workbook = calamine::open_workbook_auto_from_rs(io::Cursor::new(bytes)).map_err(damaged)?;
        let mut reason = "The workbook has no sheet with cells.".to_owned();
        for sheet in workbook.sheet_names() {
            let Ok(range) = workbook.worksheet_range(&sheet) else { continue };
            if range.is_empty() {
                continue;
            }
            let records = Records::of_sheet(range.clone());
            match recognise::sheet(records, hint).map_err(|fault| self.fault(fault))? {
                Ok(recognised) => return Ok((sheet, range, recognised)),
                Err(why) => reason = why,
            }
        }
        Err(Fault::Upload(reason))
    }

    fn dispatch(
        &self,
        recognised: &Recognised,
        format: Format,
        open: &Opener<'_>,
        bytes: u64,
    ) -> Result<Converted, Fault> {
        match recognised.adapter.table {
            Table::Transactions => {
                self.read(clean::transaction::Transactions::default(), recognised, format, open, bytes)
            }
            Table::Customers => self.read(clean::customer::Customers, recognised, format, open, bytes),
            Table::Spend => {
                let period = clean::spend::period_in(&recognised.preamble);
                self.read(clean::spend::SpendRows { period }, recognised, format, open, bytes)
            }
            Table::Acquisition => self.read(clean::acquisition::Acquisitions, recognised, format, open, bytes),
            Table::Indicators => self.read(clean::indicator::Indicators, recognised, format, open, bytes),
        }
    }

    /// Reads all records of a recognised file.
    fn read<C: Clean>(
        &self,
        mut cleaner: C,
        recognised: &Recognised,
        format: Format,
        open: &Opener<'_>,
        bytes: u64,
    ) -> Result<Converted, Fault> {
        let mut records = self.behind_header(recognised, open)?;
        let conventions = conventions::conventions(&mut records, recognised).map_err(|fault| self.fault(fault))?;
        let mut report = UploadReport {
            key: self.source.key.clone(),
            read_by: Some(read_by(recognised, format, conventions)),
            ..UploadReport::default()
        };
        let mut reading = self.reading(recognised, conventions);
        let mut ledger = Ledger::new(Sink::<C::Row>::new(self.scratch, bytes)?);
        let mut rejects = Rejects::new(self.scratch, &recognised.header, &recognised.columns);
        let mut records = self.behind_header(recognised, open)?;
        let (mut record, mut rows, mut plain) = (Record::default(), Vec::new(), String::new());
        while records.read(&mut record).map_err(|fault| self.fault(fault))? {
            report.rows += 1;
            let mut cells = Cells { record: &record, reading: &mut reading, report: &mut report, plain: &mut plain };
            if record.was_windows_1252 {
                cells.notice(Rule::Windows1252, Money::ZERO);
            }
            match cleaner.clean(&mut cells, &mut rows) {
                Ok(Verdict::Kept) => ledger.keep(&mut rows, fingerprint(&record), &mut report)?,
                Ok(Verdict::Merged) => report.merged += 1,
                Err(reject) => {
                    rejects
                        .write(&record, &reject, &recognised.columns)
                        .map_err(|fault| UploadError::io(self.scratch, fault))?;
                    ledger.reject(&reject, fingerprint(&record), &mut report);
                }
            }
        }
        let rejected = rejects.finish().map_err(|fault| UploadError::io(self.scratch, fault))?;
        let parts = ledger.finish(self, &mut report)?;
        Ok(Converted { parts, rejected, report })
    }

    fn behind_header(&self, recognised: &Recognised, open: &Opener<'_>) -> Result<Records, Fault> {
        let mut records = open().map_err(|fault| self.fault(fault))?;
        let mut record = Record::default();
        let before = if recognised.header_line.is_some() { recognised.preamble.len() + 1 } else { 0 };
        for _ in 0..before {
            records.read(&mut record).map_err(|fault| self.fault(fault))?;
        }
        Ok(records)
    }

    fn reading(&self, recognised: &Recognised, conventions: report::Conventions) -> Reading {
        Reading {
            adapter: recognised.adapter,
            columns: recognised.columns.clone(),
            conventions,
            zone: self.zone.clone(),
            uploaded_at: self.source.uploaded_at,
            currency: self.account.currency.clone(),
            width: if recognised.header.is_empty() {
                recognised.adapter.headerless.len()
            } else {
                recognised.header.len()
            },
        }
    }

    /// Damage inside the file is the upload's fault, all else the machine's.
    fn fault(&self, fault: io::Error) -> Fault {
        if is_of_the_content(&fault) {
            return Fault::Upload(format!("The file is damaged: {fault}."));
        }
        Fault::Machine(UploadError::io(self.file, fault))
    }
}

fn read_by(recognised: &Recognised, format: Format, conventions: report::Conventions) -> ReadBy {
    let header = |place: usize| match recognised.header.get(place) {
        Some(header) => header.clone(),
        None => format!("column {}", place + 1),
    };
    let columns = &recognised.columns;
    let is_known = |place: usize| columns.found().iter().any(|(_, known)| *known == place);
    ReadBy {
        adapter: recognised.adapter.name.clone(),
        version: recognised.adapter.version,
        why: recognised.why.clone(),
        table: recognised.adapter.table,
        columns: columns.found().iter().map(|(field, place)| (*field, header(*place))).collect(),
        ignored: (0..recognised.header.len()).filter(|place| !is_known(*place)).map(header).collect(),
        format,
        conventions,
    }
}

/// Keeps the books: what was kept and rejected, in rows and money.
struct Ledger<R> {
    sink: Sink<R>,
    outliers: outlier::Outliers,
    /// Fingerprints of refused lines, for counting doubles.
    refused: Vec<(u64, Money)>,
    span: Option<(i64, i64)>,
}

impl<R: PartRow> Ledger<R> {
    fn new(sink: Sink<R>) -> Ledger<R> {
        Ledger { sink, outliers: outlier::Outliers::default(), refused: Vec::new(), span: None }
    }

    fn keep(&mut self, rows: &mut Vec<R>, fingerprint: u64, report: &mut UploadReport) -> Result<(), UploadError> {
        let money: Money = rows.iter().map(PartRow::money).sum();
        report.kept += 1;
        report.money_in += money;
        report.money_kept += money;
        if let Some(first) = rows.first() {
            let currency = first.currency().unwrap_or_default();
            match report.currencies.get_mut(currency) {
                Some(tally) => tally.add(money),
                None => {
                    report.currencies.insert(currency.to_owned(), Tally { rows: 1, money });
                }
            }
        }
        for row in rows.iter() {
            if row.kind() == Some(Kind::Order) {
                self.outliers.take(row.money());
            }
            if let Some(at) = row.at() {
                let (first, last) = self.span.unwrap_or((at, at));
                self.span = Some((first.min(at), last.max(at)));
            }
        }
        self.sink.push(rows, fingerprint)
    }

    fn reject(&mut self, reject: &reject::Reject, fingerprint: u64, report: &mut UploadReport) {
        report.rejected += 1;
        report.money_in += reject.money;
        report.rejects.entry(reject.reason).or_default().add(reject.money);
        self.refused.push((fingerprint, reject.money));
    }

    /// Writes the part and balances the books.
    fn finish(mut self, run: &Run<'_>, report: &mut UploadReport) -> Result<Vec<Part>, UploadError> {
        let (rows, money) = self.outliers.above();
        if rows > 0 {
            report.rules.insert(Rule::Outlier, Tally { rows, money });
        }
        sink::count_repeats(&mut self.refused, report);
        if let Some((first, last)) = self.span {
            let zone = if R::TABLE.is_by_customer() { &run.zone } else { &TimeZone::UTC };
            report.first_day = Some(Day::of(first, zone));
            report.last_day = Some(Day::of(last, zone));
        }
        let provenance = Provenance { source_id: run.source.source_id.clone(), uploaded_at: run.source.uploaded_at };
        let path = self.sink.finish(&provenance, report)?;
        balanced(report)?;
        Ok(path.map(|path| Part { table: R::TABLE, path, rows: report.table_rows }).into_iter().collect())
    }
}

/// Every row is kept, rejected or merged, and every amount is kept or rejected.
fn balanced(report: &UploadReport) -> Result<(), UploadError> {
    let UploadReport { rows, kept, rejected, merged, .. } = *report;
    let money_rejected: Money = report.rejects.values().map(|tally| tally.money).sum();
    let rows_rejected: u64 = report.rejects.values().map(|tally| tally.rows).sum();
    let is_balanced = rows == kept + rejected + merged
        && rows_rejected == rejected
        && report.money_in == report.money_kept + money_rejected;
    if is_balanced {
        return Ok(());
    }
    Err(UploadError::Unbalanced { key: report.key.clone(), rows, kept, rejected, merged })
}

/// Equal lines have equal fingerprints; of ten million different lines, two share one with a probability of about three
/// in a million.
fn fingerprint(record: &Record) -> u64 {
    let mut hasher = DefaultHasher::new();
    for cell in &record.cells {
        hasher.write(cell.as_bytes());
        hasher.write_u8(0xff);
    }
    hasher.finish()
}

#[cfg(test)]
mod real_data;
#[cfg(test)]
mod tests;
