//! How one file writes dates and numbers, proved by its own cells. In flow its records, before any of them is cleaned; out
//! flow the conventions. Stops as soon as nothing is open; never guesses.
use super::adapter::DateOrder;
use super::chunk::Chunks;
use super::currency;
use super::date;
use super::field::Field;
use super::number::{self, DecimalMark};
use super::numbering::Numbering;
use super::recognise::Recognised;
use super::record::{Delimiter, Record, Splitter};
use super::report::Conventions;
use crate::time::Day;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// How many records are looked at in any case; more only while a date or number is ambiguous and nothing has proved how it
/// is meant, or while no currency was seen in a file that names them.
const LOOKED_AT: usize = 10_000;

/// What one file proves, record by record.
#[derive(Debug)]
pub(crate) struct Evidence {
    dates: Vec<usize>,
    /// Columns of numbers, and what each proves for itself.
    numbers: Vec<(usize, Marks)>,
    /// The column of customers' ids, where 0 may be nobody.
    ids: Option<usize>,
    numbering: Numbering,
    currency_column: Option<usize>,
    /// Columns of amounts, beside which a currency may stand.
    amounts: Vec<usize>,
    /// The column of days, in tables of periods.
    days: Option<usize>,
    looked_at: usize,
    /// The days seen.
    seen: BTreeSet<Day>,
    proof: Proof,
    /// The currency of the header or the adapter, else the first that a cell names, in upper case.
    pub(crate) currency: Option<String>,
}

impl Evidence {
    pub(crate) fn of(recognised: &Recognised) -> Evidence {
        let of_kind = |kind: fn(Field) -> bool| -> Vec<usize> {
            recognised.columns.found().iter().filter(|(field, _)| kind(*field)).map(|(_, place)| *place).collect()
        };
        Evidence {
            dates: of_kind(Field::is_date),
            numbers: of_kind(Field::is_number).into_iter().map(|place| (place, Marks::default())).collect(),
            ids: recognised.columns.place(Field::CustomerId),
            numbering: Numbering::default(),
            currency_column: recognised.columns.place(Field::Currency),
            amounts: of_kind(Field::is_money),
            days: recognised.columns.wide.as_ref().and_then(|_| recognised.columns.place(Field::Date)),
            looked_at: 0,
            seen: BTreeSet::new(),
            proof: Proof::default(),
            currency: recognised
                .columns
                .currency
                .clone()
                .or_else(|| recognised.adapter.constants.get(&Field::Currency).cloned()),
        }
    }

    /// Looks at a file's records until its conventions are known.
    pub(crate) fn in_chunks(recognised: &Recognised, mut chunks: Chunks, delimiter: Delimiter) -> io::Result<Evidence> {
        let mut evidence = Evidence::of(recognised);
        let mut skip = recognised.before_the_first();
        while let Some(chunk) = chunks.next()? {
            let mut splitter = Splitter::new(&chunk.text, chunk.line, delimiter);
            let mut record = Record::default();
            for place in 0.. {
                if !splitter.read(&mut record) {
                    break;
                }
                if skip > 0 {
                    skip -= 1;
                } else if !record.unbalanced && chunk.torn.binary_search(&place).is_err() && !evidence.look_at(&record)
                {
                    return Ok(evidence);
                }
            }
        }
        Ok(evidence)
    }

    /// Looks at a record behind the header; `false` where nothing is open any more.
    fn look_at(&mut self, record: &Record<'_>) -> bool {
        self.looked_at += 1;
        for place in &self.dates {
            self.proof.take_date(record.cell(*place));
        }
        for (place, marks) in &mut self.numbers {
            self.proof.take_number(record.cell(*place), marks);
        }
        if let Some(place) = self.ids.filter(|_| self.looked_at <= LOOKED_AT) {
            self.numbering.take(record.cell(place));
        }
        if let (Some(place), None) = (self.currency_column, &self.currency) {
            self.currency = currency::code_in(record.cell(place).trim(), None).map(str::to_ascii_uppercase);
        }
        if self.currency.is_none() {
            let mut named =
                self.amounts.iter().filter_map(|place| number::currency_of(record.cell(*place).trim())?.code());
            self.currency = named.next().map(str::to_ascii_uppercase);
        }
        if let Some(Ok(moment)) = self.days.map(|place| date::parse(record.cell(place), None)) {
            self.seen.insert(moment.day());
        }
        let currency_is_open = self.currency_column.is_some() && self.currency.is_none();
        self.looked_at < LOOKED_AT || self.proof.is_open() || currency_is_open
    }

    /// The conventions of a file of this adapter.
    pub(crate) fn conventions(&self, recognised: &Recognised) -> Conventions {
        let date_order = recognised.adapter.date_order.or(self.proof.date_order());
        let decimal_mark = self.proof.marks.most().unwrap_or_default();
        let own = |place: &usize| self.numbers.iter().find(|(known, _)| known == place)?.1.most();
        let of_fields = recognised.columns.found().iter().filter(|(field, _)| field.is_number());
        let differing = of_fields.filter_map(|(field, place)| Some((*field, own(place)?)));
        let decimal_marks: BTreeMap<Field, DecimalMark> = differing.filter(|(_, own)| *own != decimal_mark).collect();
        let from_zero = self.numbering.counts_from_zero();
        Conventions { date_order, decimal_mark, decimal_marks, from_zero, counted_days: false }
    }
}

impl Evidence {
    /// Are there numbers that could be read either way, and none that tells how?
    pub(crate) fn doubts_numbers(&self) -> bool {
        self.proof.is_number_open()
    }

    /// How many days a row covers: the least distance of two days, weeks as a rule; one where there are no two.
    pub(crate) fn period_days(&self) -> i32 {
        let days: Vec<Day> = self.seen.iter().copied().collect();
        days.windows(2).map(|pair| pair[1].since(pair[0])).min().unwrap_or(1).min(366)
    }
}

#[derive(Debug, Default)]
struct Proof {
    day_first: u64,
    month_first: u64,
    ambiguous: bool,
    marks: Marks,
    ambiguous_number: bool,
}

/// Cells that prove a decimal mark.
#[derive(Debug, Default)]
struct Marks {
    points: u64,
    commas: u64,
}

impl Marks {
    fn take(&mut self, mark: DecimalMark) {
        match mark {
            DecimalMark::Point => self.points += 1,
            DecimalMark::Comma => self.commas += 1,
        }
    }

    /// The mark that more cells prove; cells of the other kind are then refused one by one.
    fn most(&self) -> Option<DecimalMark> {
        match self.commas.cmp(&self.points) {
            Ordering::Greater => Some(DecimalMark::Comma),
            Ordering::Less => Some(DecimalMark::Point),
            Ordering::Equal => None,
        }
    }

    fn is_none(&self) -> bool {
        self.points == 0 && self.commas == 0
    }
}

impl Proof {
    fn take_date(&mut self, cell: &str) {
        match date::evidence(cell) {
            Some(DateOrder::DayFirst) => self.day_first += 1,
            Some(DateOrder::MonthFirst) => self.month_first += 1,
            None => self.ambiguous = self.ambiguous || date::is_ambiguous(cell),
        }
    }

    /// Takes a cell for the file and for its own column.
    fn take_number(&mut self, cell: &str, column: &mut Marks) {
        match number::evidence(cell) {
            Some(mark) => {
                self.marks.take(mark);
                column.take(mark);
            }
            None => self.ambiguous_number = self.ambiguous_number || number::is_ambiguous(cell),
        }
    }

    fn is_date_open(&self) -> bool {
        self.ambiguous && self.day_first == 0 && self.month_first == 0
    }

    fn is_number_open(&self) -> bool {
        self.ambiguous_number && self.marks.is_none()
    }

    fn is_open(&self) -> bool {
        self.is_date_open() || self.is_number_open()
    }

    /// Proof of both orders in one file proves neither.
    fn date_order(&self) -> Option<DateOrder> {
        match (self.day_first > 0, self.month_first > 0) {
            (true, false) => Some(DateOrder::DayFirst),
            (false, true) => Some(DateOrder::MonthFirst),
            _ => None,
        }
    }
}
