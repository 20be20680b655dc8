//! One record through the eyes of its adapter. In flow a record and what is known of its file; out flow the values of
//! fields, borrowed from it, or the reason for which the row is refused. Decides nothing about a row as a whole.
mod rows;

use super::adapter::Adapter;
use super::currency;
use super::date::{self, DateFault, Moment};
use super::field::{Columns, Field};
use super::identity;
use super::number::{self, DecimalMark};
use super::out::Out;
use super::part_row::PartRow;
use super::rates::{Rate, Rates};
use super::record::{Record, trim};
use super::reject::Reject;
use super::report::{Conventions, Reason, Rule};
use crate::money::Money;
use crate::time::Day;
use jiff::tz::TimeZone;
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What is the same for all rows of one file.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) adapter: Arc<Adapter>,
    pub(crate) columns: Columns,
    /// By field, where its values stand.
    pub(crate) given: [Given; Field::ALL.len()],
    pub(crate) conventions: Conventions,
    /// By field, which sign stands before the decimals.
    pub(crate) marks: [DecimalMark; Field::ALL.len()],
    /// The account's zone, in which days are counted.
    pub(crate) zone: TimeZone,
    /// The zone of times that name none.
    pub(crate) written_in: TimeZone,
    /// Is the amount that of a whole order, on each of its rows?
    pub(crate) repeats_totals: bool,
    /// The columns that heads of orders are read from.
    pub(crate) heads: Box<[usize]>,
    /// The fields that may say who a customer is, in the order in which they do.
    pub(crate) who: [Field; 3],
    pub(crate) uploaded_at: i64,
    /// The one currency that rows may have: the account's, else the first that the file names.
    pub(crate) currency: Option<String>,
    /// The lengths of the codes that are no products of customers, a bit for each.
    pub(crate) listed_lengths: u64,
    /// What totals begin with.
    pub(crate) totals: Vec<String>,
    /// The header's cells, without white space around them; empty in a file without one.
    pub(crate) header: Vec<String>,
    /// How many cells a row has.
    pub(crate) width: usize,
    /// Do only spaces separate the columns, so that a blank cell shifts the others?
    pub(crate) padded: bool,
    /// Is nothing known of what `1.234` means? Such numbers are refused then.
    pub(crate) doubts_numbers: bool,
    /// Was a date seen that contradicts what the file's first records proved?
    pub(crate) contradicted: AtomicBool,
    /// Was a date a spreadsheet's count of days?
    pub(crate) counted_days: AtomicBool,
    /// Exchange rates that were uploaded.
    pub(crate) rates: Arc<Rates>,
    /// How many days lie between the rows of a table of periods.
    pub(crate) period_days: i32,
}

impl Reading {
    /// Do several rows of a file make one order, so that each is told by the row before?
    pub(crate) fn rows_share_orders(&self) -> bool {
        self.adapter.order_on_first_row || self.repeats_totals
    }
}

/// Where the values of one field stand. Worked out once a file, as every row asks for every field of its table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    /// The column, where there is one.
    pub(crate) place: Option<usize>,
    /// Columns for rows that leave it blank.
    pub(crate) others: Box<[usize]>,
    /// The adapter's constant, for cells that are blank or not there.
    pub(crate) constant: Option<String>,
}

/// How much later than the upload an event may be: clocks and zones differ.
const TOLERATED_FUTURE: i64 = 86_400 * 1_000_000;

/// A record's fields, and where its rows go.
pub(crate) struct Cells<'a, 'o> {
    pub(crate) record: &'a Record<'a>,
    pub(crate) reading: &'a Reading,
    pub(crate) out: &'a mut Out<'o>,
    pub(crate) plain: &'a mut String,
}

impl<'a> Cells<'a, '_> {
    /// The field's cell, trimmed; else the adapter's constant; `None` where it says that there is nothing.
    #[inline]
    pub(crate) fn text(&self, field: Field) -> Option<&'a str> {
        let given = &self.reading.given[field as usize];
        match given.place.and_then(|place| self.filled(field, place)) {
            None if given.others.is_empty() => given.constant.as_deref(),
            None => self.elsewhere(field),
            found => found,
        }
    }

    #[inline]
    fn filled(&self, field: Field, place: usize) -> Option<&'a str> {
        let cell = trim(self.record.cell(place));
        let nothing = if field == Field::Country { cell.is_empty() } else { identity::is_nothing(cell) };
        (!nothing).then_some(cell)
    }

    /// What stands in the columns for rows that leave the field's own blank; apart, as nearly no field has any.
    #[cold]
    fn elsewhere(&self, field: Field) -> Option<&'a str> {
        let given = &self.reading.given[field as usize];
        given.others.iter().find_map(|place| self.filled(field, *place)).or(given.constant.as_deref())
    }

    /// The same, as it is kept: an address or phone number as its hash.
    pub(crate) fn kept(&mut self, field: Field, money: Money) -> Option<Cow<'a, str>> {
        let text = self.text(field)?;
        match identity::screened(text) {
            None => Some(Cow::Borrowed(text)),
            Some(hash) => {
                self.notice(Rule::TextHashed, money);
                Some(Cow::Owned(hash))
            }
        }
    }

    /// The same, of a row without money of its own.
    pub(crate) fn owned(&mut self, field: Field) -> Option<String> {
        self.kept(field, Money::ZERO).map(Cow::into_owned)
    }

    /// Gives out a row.
    pub(crate) fn push<R: PartRow>(&mut self, row: &R) {
        self.out.push(row);
    }

    /// Gives out a row with a stamp: see [`Out::push_stamped`].
    pub(crate) fn push_stamped<R: PartRow>(&mut self, row: &R, stamp: u64) {
        self.out.push_stamped(row, Some(stamp));
    }

    /// Counts a rule.
    pub(crate) fn notice(&mut self, rule: Rule, money: Money) {
        self.out.books.notice(rule, money);
    }

    /// A decimal, exactly.
    pub(crate) fn decimal(&mut self, field: Field, reason: Reason) -> Result<Option<Money>, Reject> {
        let Some(text) = self.text(field) else { return Ok(None) };
        if self.reading.doubts_numbers && number::is_ambiguous(text) {
            return Err(Reject::at(Reason::AmbiguousNumber, field));
        }
        let mark = self.reading.marks[field as usize];
        let money = self.decimal_as(text, mark).ok_or_else(|| Reject::at(reason, field))?;
        Ok(Some(match self.reading.columns.divisor(field) {
            Some(divisor) => divided(money, divisor),
            None => money,
        }))
    }

    /// A decimal that stands in no field of its own.
    pub(crate) fn decimal_of(&mut self, text: &str) -> Option<Money> {
        self.decimal_as(text, self.reading.conventions.decimal_mark)
    }

    fn decimal_as(&mut self, text: &str, mark: DecimalMark) -> Option<Money> {
        if mark == DecimalMark::Point
            && let Ok(money) = Money::parse(text)
        {
            return Some(money);
        }
        if text.contains('%') || !number::plain(text, mark, self.plain) {
            return None;
        }
        Money::parse(self.plain).ok()
    }

    /// A number that stands in no field of its own, to all its digits.
    pub(crate) fn float_of(&mut self, text: &str) -> Option<f64> {
        let is_plain = number::plain(text, self.reading.conventions.decimal_mark, self.plain);
        is_plain.then(|| self.plain.parse().ok()).flatten()
    }

    /// A number that is not vital: what cannot be read is left out and counted with the row's `money`.
    pub(crate) fn number_or_nothing(&mut self, field: Field, money: Money) -> Option<f64> {
        let Ok(value) = self.decimal(field, Reason::UnparsableNumber) else {
            self.notice(Rule::NumberLeftOut, money);
            return None;
        };
        value.map(Money::to_f64)
    }

    /// A moment that must be there.
    pub(crate) fn moment(&self, field: Field) -> Result<Moment, Reject> {
        let text = self.text(field).ok_or_else(|| Reject::at(Reason::MissingDate, field))?;
        let order = self.reading.conventions.date_order;
        if order.is_some() && date::evidence(text).is_some_and(|other| Some(other) != order) {
            self.reading.contradicted.store(true, Ordering::Relaxed);
        }
        date::parse(text, order).or_else(|fault| match fault {
            DateFault::Unparsable => self.counted(text).ok_or(Reject::at(Reason::UnparsableDate, field)),
            DateFault::Ambiguous => Err(Reject::at(Reason::AmbiguousDate, field)),
        })
    }

    /// What stands in a column of dates as a spreadsheet's count of days.
    #[cold]
    fn counted(&self, text: &str) -> Option<Moment> {
        let moment = date::spreadsheet_day(text)?;
        self.reading.counted_days.store(true, Ordering::Relaxed);
        Some(moment)
    }

    /// Refuses what lies after the upload.
    pub(crate) fn not_in_future(&self, micros: i64, field: Field) -> Result<(), Reject> {
        if micros > self.reading.uploaded_at + TOLERATED_FUTURE {
            return Err(Reject::at(Reason::FutureDate, field));
        }
        Ok(())
    }

    /// The row's currency and the rate to it: that of the account or of the file, into which amounts of other currencies
    /// are converted where somebody uploaded the rate of `day`. Without one they are refused, and so is a row that names
    /// another currency beside one of its `amounts` than elsewhere.
    pub(crate) fn currency(
        &self,
        amounts: &[Field],
        day: impl FnOnce() -> Day,
    ) -> Result<(Option<&'a str>, Rate), Reject> {
        let expected = self.reading.currency.as_deref();
        let (mut code, mut told_in) = (self.reading.columns.currency.as_deref(), Field::Currency);
        if let Some(text) = self.text(Field::Currency) {
            let unparsable = || Reject::at(Reason::UnparsableCurrency, Field::Currency);
            // Nearly every row names the one currency of its file.
            let own = expected.filter(|expected| *expected == text);
            code = Some(own.or_else(|| currency::code_in(text, expected)).ok_or_else(unparsable)?);
        }
        for field in amounts {
            let Some(named) = self.text(*field).and_then(number::currency_of) else { continue };
            match (code, expected) {
                (Some(code), _) if named.fits(code) => {}
                (None, Some(expected)) if named.fits(expected) => code = Some(expected),
                (None, _) if named.code().is_some() => (code, told_in) = (named.code(), *field),
                // Dollars of a file that nowhere says whose.
                (None, None) => {}
                _ => return Err(Reject::at(Reason::OtherCurrency, *field)),
            }
        }
        let Some(code) = code else { return Ok((expected, Rate::ONE)) };
        let other = || Reject::at(Reason::OtherCurrency, told_in);
        let expected = expected.ok_or_else(other)?;
        if expected.eq_ignore_ascii_case(code) {
            return Ok((Some(expected), Rate::ONE));
        }
        let rate = self.reading.rates.between(code, expected, day()).ok_or_else(other)?;
        Ok((Some(expected), rate))
    }

    /// The amount at a rate.
    pub(crate) fn at_rate(&mut self, money: Money, rate: Rate, field: Field) -> Result<Money, Reject> {
        let converted = rate.of(money).ok_or_else(|| Reject::at(Reason::UnparsableAmount, field))?;
        if rate != Rate::ONE {
            self.notice(Rule::CurrencyConverted, money);
        }
        Ok(converted)
    }
}

/// To the nearest millionth.
fn divided(money: Money, divisor: u32) -> Money {
    let (micros, divisor) = (money.micros(), i64::from(divisor.max(1)));
    let rounded = (micros + micros.signum() * divisor / 2) / divisor;
    Money::from_micros(rounded).unwrap_or_default()
}
