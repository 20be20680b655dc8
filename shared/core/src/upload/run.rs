//! One conversion from end to end. In flow a file and whose it is; out flow parts, rejects and report. Ties the steps
//! together and does none of them.
use super::adapter::Adapters;
use super::alike;
use super::books::Books;
use super::cells::{Given, Reading};
use super::chunk::Chunks;
use super::clean::{self, Clean};
use super::content::{self, Content, is_of_the_content};
use super::conventions::Evidence;
use super::delivery::Delivery;
use super::field::Field;
use super::gather::{Gathering, Worker};
use super::identity::kept_name;
use super::incoming::Incoming;
use super::pipeline::{cores, in_order};
use super::rates::Rates;
use super::recognise::{self, Format, Recognised};
use super::record::{Delimiter, trim};
use super::reject::{RejectsFile, Shown};
use super::report::{Conventions, ReadBy};
use super::unpack::Packed;
use super::{Converted, Known, Source, UploadError, UploadReport, hint, sheet, spill, who};
use crate::account::Account;
use crate::table::Table;
use jiff::tz::TimeZone;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
    file: &'a Incoming,
    source: &'a Source,
    account: &'a Account,
    adapters: &'a Adapters,
    rates: &'a Arc<Rates>,
    scratch: &'a Path,
    delivery: &'a dyn Delivery,
    zone: TimeZone,
}

/// A recognised file: how it is opened and split into records.
struct Opened<'a> {
    recognised: &'a Recognised,
    format: Format,
    delimiter: Delimiter,
    open: &'a dyn Fn() -> io::Result<Chunks>,
    /// About how many bytes its text has.
    bytes: u64,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        file: &'a Incoming,
        source: &'a Source,
        account: &'a Account,
        known: &'a Known,
        scratch: &'a Path,
        delivery: &'a dyn Delivery,
    ) -> Result<Run<'a>, UploadError> {
        let Known { adapters, rates } = known;
        Ok(Run { file, source, account, adapters, rates, scratch, delivery, zone: account.zone()? })
    }

    pub(super) fn convert(&self) -> Result<Converted, Fault> {
        let hint = hint::of(&self.source.key);
        let packed = Packed::of(self.file, sheet::is_workbook).map_err(|fault| self.fault(fault))?;
        let packed = packed.map_err(Fault::Upload)?;
        let bytes = packed.estimate().map_err(|fault| self.fault(fault))?;
        let format = |container: &str, header_line| Format {
            container: container.to_owned(),
            packing: packed.packing(),
            encoding: None,
            delimiter: None,
            sheet: None,
            sheets_alike: Vec::new(),
            sheets_left: Vec::new(),
            header_line,
        };
        let knows = |names: &[String]| recognise::knows(names, self.adapters, hint);
        match content::look(&packed, self.scratch, &knows).map_err(|fault| self.fault(fault))? {
            Content::Unreadable(reason) => Err(Fault::Upload(reason)),
            Content::Text(text) => {
                let (delimiter, recognised) =
                    recognise::text(&text.sample, self.adapters, hint).map_err(Fault::Upload)?;
                let format = Format {
                    encoding: Some(text.encoding),
                    delimiter: Some(delimiter),
                    ..format("text", recognised.header_line)
                };
                let open = || text.open(delimiter);
                self.dispatch(&Opened { recognised: &recognised, format, delimiter, open: &open, bytes })
            }
            Content::Rows(files) => {
                let found = alike::find(&files, self.adapters, hint).map_err(|fault| self.fault(fault))?;
                let (recognised, alike) = found.map_err(Fault::Upload)?;
                let header_line = recognised.header_line.filter(|line| *line > 0);
                let sheet_name = |place: usize| files[place].sheet.as_deref().map(|name| kept_name(name).to_owned());
                let names = |places: &mut dyn Iterator<Item = usize>| -> Vec<String> {
                    places.filter_map(sheet_name).collect()
                };
                let format = Format {
                    sheet: sheet_name(alike[0].place),
                    sheets_alike: names(&mut alike[1..].iter().map(|one| one.place)),
                    sheets_left: names(&mut (0..files.len()).filter(|at| alike.iter().all(|one| one.place != *at))),
                    ..format(files[alike[0].place].container, header_line)
                };
                let bytes = bytes.saturating_mul(4);
                let open = || alike::one_behind_the_other(&files, &alike);
                let (recognised, delimiter) = (&recognised, Delimiter::Comma);
                self.dispatch(&Opened { recognised, format, delimiter, open: &open, bytes })
            }
        }
    }

    fn dispatch(&self, opened: &Opened<'_>) -> Result<Converted, Fault> {
        match opened.recognised.adapter.table {
            Table::Transactions => self.read(&clean::transaction::Transactions::default(), opened),
            Table::Customers => self.read(&clean::customer::Customers, opened),
            Table::Spend if let Some(columns) = &opened.recognised.columns.wide => {
                self.read(&clean::wide::WideRows { columns: columns.clone() }, opened)
            }
            Table::Spend => {
                let period = clean::spend::period_in(&opened.recognised.preamble);
                self.read(&clean::spend::SpendRows { period }, opened)
            }
            Table::Acquisition => self.read(&clean::acquisition::Acquisitions, opened),
            Table::Indicators => self.read(&clean::indicator::Indicators, opened),
            Table::LiftTests => self.read(&clean::lift_test::LiftTests, opened),
        }
    }

    /// Reads all records of a recognised file.
    fn read<C: Clean>(&self, cleaner: &C, opened: &Opened<'_>) -> Result<Converted, Fault> {
        let recognised = opened.recognised;
        let chunks = (opened.open)().map_err(|fault| self.fault(fault))?;
        let evidence = Evidence::in_chunks(recognised, chunks, opened.delimiter).map_err(|fault| self.fault(fault))?;
        let conventions = evidence.conventions(recognised);
        if let Some(converted) = self.read_with(cleaner, opened, &evidence, conventions.clone(), self.scratch)? {
            return Ok(converted);
        }
        // Proof of both orders of day and month in one file proves neither: nothing that was read stands.
        let undecided = Conventions { date_order: None, ..conventions };
        let scratch = self.scratch.join("undecided");
        std::fs::create_dir(&scratch).map_err(|fault| self.scratch_fault(fault))?;
        let converted = self.read_with(cleaner, opened, &evidence, undecided, &scratch)?;
        converted.ok_or_else(|| Fault::Upload("The file changed while it was read.".to_owned()))
    }

    /// The same, by these conventions; `None` where a date contradicts them.
    fn read_with<C: Clean>(
        &self,
        cleaner: &C,
        opened: &Opened<'_>,
        evidence: &Evidence,
        conventions: Conventions,
        scratch: &Path,
    ) -> Result<Option<Converted>, Fault> {
        let recognised = opened.recognised;
        let mut report = UploadReport {
            key: self.source.key.clone(),
            read_by: Some(ReadBy::of(recognised, opened.format.clone(), conventions.clone())),
            ..UploadReport::default()
        };
        let reading = self.reading(opened, conventions, evidence);
        let sheets: Vec<String> = opened.format.sheet.iter().chain(&opened.format.sheets_alike).cloned().collect();
        let shown = Shown::new(&recognised.header, &recognised.columns, recognised.adapter.id_separator, &sheets);
        let ranges = spill::ranges_for(opened.bytes);
        let worker = Worker { cleaner, reading: &reading, shown: &shown, delimiter: opened.delimiter, ranges };
        let mut gathering = Gathering::new(scratch, ranges);
        let mut rejects = RejectsFile::new(self.delivery);
        let mut books = Books::default();
        let mut chunks = (opened.open)().map_err(|fault| self.fault(fault))?;
        // An order that takes several rows is told by the row before.
        let workers = if reading.rows_share_orders() { 1 } else { cores() };
        let (mut skip, mut stretch) = (recognised.before_the_first(), 0_u64);
        in_order(
            workers,
            || {
                let chunk = chunks.next().map_err(|fault| self.fault(fault))?;
                let Some(chunk) = chunk else { return Ok::<_, Fault>(None) };
                let place = (stretch, std::mem::take(&mut skip));
                stretch += chunk.bytes;
                Ok(Some((chunk, place)))
            },
            || worker.state(),
            |state, (chunk, (offset, skip))| {
                let stretch = spill::ranges_for(offset) - 1;
                Ok(worker.work(state, &chunk, skip, stretch))
            },
            |done| {
                rejects.append(&shown, &done.rejects)?;
                gathering.take(&done).map_err(|fault| self.scratch_fault(fault))?;
                books.add(done.books);
                Ok(())
            },
        )?;
        if recognised.adapter.date_order.is_none() && reading.contradicted.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let rejected = rejects.finish()?;
        let parts = gathering.finish(recognised.adapter.table, self.source, self.delivery, &mut books)?;
        books.close(recognised.adapter.table, &self.zone, &mut report)?;
        if let Some(by) = &mut report.read_by {
            by.conventions.counted_days = reading.counted_days.load(Ordering::Relaxed);
        }
        Ok(Some(Converted { parts, rejected, report }))
    }

    fn reading(&self, opened: &Opened<'_>, conventions: Conventions, evidence: &Evidence) -> Reading {
        let recognised = opened.recognised;
        Reading {
            adapter: recognised.adapter.clone(),
            columns: recognised.columns.clone(),
            given: std::array::from_fn(|place| Given {
                place: recognised.columns.place(Field::ALL[place]),
                others: recognised.columns.fallbacks(Field::ALL[place]).collect(),
                constant: recognised.adapter.constants.get(&Field::ALL[place]).cloned(),
            }),
            marks: std::array::from_fn(|place| {
                let own = conventions.decimal_marks.get(&Field::ALL[place]);
                own.copied().unwrap_or(conventions.decimal_mark)
            }),
            conventions,
            zone: self.zone.clone(),
            written_in: recognised.adapter.zone.clone().unwrap_or_else(|| self.zone.clone()),
            repeats_totals: clean::transaction::repeats_totals(recognised),
            listed_lengths: clean::transaction::listed_lengths(&recognised.adapter),
            heads: clean::transaction::columns_of(&recognised.columns),
            who: who::fields(&recognised.adapter),
            uploaded_at: self.source.uploaded_at,
            currency: self.account.currency.clone().or_else(|| evidence.currency.clone()),
            rates: self.rates.clone(),
            period_days: evidence.period_days(),
            padded: opened.delimiter == Delimiter::Spaces,
            // Where commas separate columns, and in numbers of workbooks and JSON, the point is that of decimals.
            doubts_numbers: matches!(opened.delimiter, Delimiter::Semicolon | Delimiter::Tab | Delimiter::Pipe)
                && evidence.doubts_numbers(),
            contradicted: AtomicBool::new(false),
            counted_days: AtomicBool::new(false),
            totals: recognised.adapter.totals.iter().map(|mark| trim(mark.trim_end_matches(':')).to_owned()).collect(),
            header: recognised.header.clone(),
            width: if recognised.header.is_empty() {
                recognised.adapter.headerless.len()
            } else {
                recognised.header.len()
            },
        }
    }

    /// Damage inside the file is the upload's fault, all else the machine's.
    fn fault(&self, fault: io::Error) -> Fault {
        if matches!(fault.kind(), io::ErrorKind::FileTooLarge | io::ErrorKind::InvalidInput) {
            return Fault::Upload(format!("The file cannot be read: {fault}."));
        }
        if is_of_the_content(&fault) {
            return Fault::Upload(format!("The file is damaged: {fault}."));
        }
        Fault::Machine(UploadError::io(self.file.path(), fault))
    }

    fn scratch_fault(&self, fault: io::Error) -> Fault {
        Fault::Machine(UploadError::io(self.scratch, fault))
    }
}
