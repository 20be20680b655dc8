//! One record through the eyes of its adapter. In flow a record and what is known of its file; out flow the values of
//! fields, or the reason for which the row is refused. Decides nothing about a row as a whole.
use super::adapter::Adapter;
use super::date::{self, DateFault, Moment};
use super::field::{Columns, Field};
use super::identity;
use super::number;
use super::record::Record;
use super::reject::Reject;
use super::report::{Conventions, Reason, Rule, UploadReport};
use crate::money::Money;
use jiff::tz::TimeZone;

/// What is the same for all rows of one file.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) adapter: &'static Adapter,
    pub(crate) columns: Columns,
    pub(crate) conventions: Conventions,
    pub(crate) zone: TimeZone,
    pub(crate) uploaded_at: i64,
    /// The one currency that rows may have; taken from the first row where the account has none.
    pub(crate) currency: Option<String>,
    /// How many cells a row has.
    pub(crate) width: usize,
}

/// How much later than the upload an event may be: clocks and zones differ.
const TOLERATED_FUTURE: i64 = 86_400 * 1_000_000;

/// A record's fields.
pub(crate) struct Cells<'a> {
    pub(crate) record: &'a Record,
    pub(crate) reading: &'a mut Reading,
    pub(crate) report: &'a mut UploadReport,
    pub(crate) plain: &'a mut String,
}

impl<'a> Cells<'a> {
    /// The field's cell, trimmed; else the adapter's constant; `None` where it says that there is nothing.
    pub(crate) fn text(&self, field: Field) -> Option<&'a str> {
        if let Some(place) = self.reading.columns.place(field) {
            let cell = self.record.cells.get(place).unwrap_or_default().trim();
            let nothing = if field == Field::Country { cell.is_empty() } else { identity::is_missing(cell) };
            if !nothing {
                return Some(cell);
            }
        }
        let adapter: &'static Adapter = self.reading.adapter;
        adapter.constants.get(&field).map(String::as_str)
    }

    /// The same, as it is kept.
    pub(crate) fn owned(&self, field: Field) -> Option<String> {
        self.text(field).map(str::to_owned)
    }

    /// Counts a rule.
    pub(crate) fn notice(&mut self, rule: Rule, money: Money) {
        self.report.rules.entry(rule).or_default().add(money);
    }

    /// A decimal, exactly.
    pub(crate) fn decimal(&mut self, field: Field, reason: Reason) -> Result<Option<Money>, Reject> {
        let Some(text) = self.text(field) else { return Ok(None) };
        let refused = || Reject::at(reason, field);
        if text.contains('%') || !number::plain(text, self.reading.conventions.decimal_mark, self.plain) {
            return Err(refused());
        }
        Money::parse(self.plain).map(Some).map_err(|_| refused())
    }

    /// A number that is not vital: what cannot be read is left out and counted.
    pub(crate) fn number_or_nothing(&mut self, field: Field) -> Option<f64> {
        let Ok(value) = self.decimal(field, Reason::UnparsableNumber) else {
            self.notice(Rule::NumberLeftOut, Money::ZERO);
            return None;
        };
        value.map(Money::to_f64)
    }

    /// A moment that must be there.
    pub(crate) fn moment(&self, field: Field) -> Result<Moment, Reject> {
        let text = self.text(field).ok_or_else(|| Reject::at(Reason::MissingDate, field))?;
        date::parse(text, self.reading.conventions.date_order).map_err(|fault| match fault {
            DateFault::Unparsable => Reject::at(Reason::UnparsableDate, field),
            DateFault::Ambiguous => Reject::at(Reason::AmbiguousDate, field),
        })
    }

    /// Refuses what lies after the upload.
    pub(crate) fn not_in_future(&self, micros: i64, field: Field) -> Result<(), Reject> {
        if micros > self.reading.uploaded_at + TOLERATED_FUTURE {
            return Err(Reject::at(Reason::FutureDate, field));
        }
        Ok(())
    }

    /// The customer, by id, else by email.
    pub(crate) fn customer(&mut self, money: Money) -> Result<String, Reject> {
        let mut mangled = None;
        for field in [Field::CustomerId, Field::Email, Field::Phone] {
            let Some(text) = self.text(field) else { continue };
            let Some(found) = identity::customer_id(text) else {
                mangled = mangled.or(Some(field));
                continue;
            };
            match found.change {
                identity::Change::Hashed => self.notice(Rule::CustomerHashed, money),
                identity::Change::Tidied => self.notice(Rule::CustomerTidied, money),
                identity::Change::None => {}
            }
            return Ok(found.id);
        }
        if let Some(field) = mangled {
            return Err(Reject::at(Reason::MangledCustomer, field));
        }
        Err(Reject::at(Reason::MissingCustomer, Field::CustomerId))
    }

    /// The row's currency: the cell's, the header's or the account's. A second currency in one file is refused.
    pub(crate) fn currency(&mut self) -> Result<Option<String>, Reject> {
        let code = match self.text(Field::Currency) {
            Some(text) if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                Some(text.to_ascii_uppercase())
            }
            Some(_) => return Err(Reject::at(Reason::UnparsableCurrency, Field::Currency)),
            None => self.reading.columns.currency.clone(),
        };
        let Some(code) = code else { return Ok(self.reading.currency.clone()) };
        match &self.reading.currency {
            Some(expected) if *expected != code => Err(Reject::at(Reason::OtherCurrency, Field::Currency)),
            Some(_) => Ok(Some(code)),
            None => {
                self.reading.currency = Some(code.clone());
                Ok(Some(code))
            }
        }
    }

    /// Refuses totals, summaries and rows that are wider than the header.
    pub(crate) fn is_a_row(&self) -> Result<(), Reject> {
        let adapter = self.reading.adapter;
        let first = self.record.cells.get(0).unwrap_or_default().trim();
        let is_total =
            adapter.totals.iter().any(|mark| first == mark || mark.ends_with(':') && first.starts_with(mark))
                || adapter.blank_in_totals.iter().any(|field| self.text(*field).is_none());
        if is_total {
            return Err(Reject::of(Reason::SummaryRow));
        }
        let surplus = self.record.cells.iter().skip(self.reading.width).any(|cell| !cell.trim().is_empty());
        if surplus {
            return Err(Reject::of(Reason::TooManyCells));
        }
        Ok(())
    }
}
