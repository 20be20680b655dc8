//! One conversion from end to end. In flow a file and whose it is; out flow parts, rejects and report. Ties the steps
//! together and does none of them.
use super::cells::{Cells, Reading};
use super::clean::{self, Clean, Verdict};
use super::content::{self, Content, is_of_the_content};
use super::ledger::{Ledger, fingerprint};
use super::recognise::{self, Format, Recognised};
use super::record::{Record, Records};
use super::reject::Rejects;
use super::report::{Conventions, ReadBy, Rule};
use super::sink::Sink;
use super::{Converted, Source, UploadError, UploadReport, conventions};
use crate::account::Account;
use crate::money::Money;
use crate::table::Table;
use calamine::{Data, Reader};
use jiff::tz::TimeZone;
use std::io;
use std::path::Path;

/// How text of gzip files is estimated from their bytes: purchase exports shrink about eightfold.
const GZIP_RATIO: u64 = 8;

/// Why a file did not become parts.
pub(super) enum Fault {
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
pub(super) struct Run<'a> {
    file: &'a Path,
    source: &'a Source,
    account: &'a Account,
    scratch: &'a Path,
    zone: TimeZone,
}

/// Opens the records anew, from the first.
type Opener<'a> = dyn Fn() -> io::Result<Records> + 'a;

impl<'a> Run<'a> {
    pub(super) fn new(
        file: &'a Path,
        source: &'a Source,
        account: &'a Account,
        scratch: &'a Path,
    ) -> Result<Run<'a>, UploadError> {
        Ok(Run { file, source, account, scratch, zone: account.zone()? })
    }

    pub(super) fn convert(&self) -> Result<Converted, Fault> {
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
        let parts = ledger.finish(self.source, &self.zone, &mut report)?;
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

    fn reading(&self, recognised: &Recognised, conventions: Conventions) -> Reading {
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

fn read_by(recognised: &Recognised, format: Format, conventions: Conventions) -> ReadBy {
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
