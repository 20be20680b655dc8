//! How one file writes dates and numbers, proved by its own cells. In flow its records, before any of them is cleaned; out
//! flow the conventions. Stops as soon as nothing is open; never guesses.
use super::adapter::DateOrder;
use super::date;
use super::field::Field;
use super::number::{self, DecimalMark};
use super::recognise::Recognised;
use super::record::{Record, Records};
use super::report::Conventions;
use std::io;

/// How many records are looked at in any case; more only while a date is ambiguous and nothing has proved its order.
const LOOKED_AT: usize = 10_000;

/// Reads `records`, which stand behind the header, until the conventions are known.
pub(crate) fn conventions(records: &mut Records, recognised: &Recognised) -> io::Result<Conventions> {
    let of_kind = |kind: fn(Field) -> bool| -> Vec<usize> {
        recognised.columns.found().iter().filter(|(field, _)| kind(*field)).map(|(_, place)| *place).collect()
    };
    let (dates, numbers) = (of_kind(Field::is_date), of_kind(Field::is_number));
    let mut proof = Proof::default();
    let mut record = Record::default();
    let mut looked_at = 0;
    while (looked_at < LOOKED_AT || proof.is_date_open()) && records.read(&mut record)? {
        looked_at += 1;
        for cell in dates.iter().filter_map(|place| record.cells.get(*place)) {
            proof.take_date(cell);
        }
        for cell in numbers.iter().filter_map(|place| record.cells.get(*place)) {
            proof.take_number(cell);
        }
    }
    Ok(Conventions { date_order: recognised.adapter.date_order.or(proof.date_order()), decimal_mark: proof.mark() })
}

#[derive(Debug, Default)]
struct Proof {
    day_first: u64,
    month_first: u64,
    ambiguous: bool,
    points: u64,
    commas: u64,
}

impl Proof {
    fn take_date(&mut self, cell: &str) {
        match date::evidence(cell) {
            Some(DateOrder::DayFirst) => self.day_first += 1,
            Some(DateOrder::MonthFirst) => self.month_first += 1,
            None => self.ambiguous = self.ambiguous || date::is_ambiguous(cell),
        }
    }

    fn take_number(&mut self, cell: &str) {
        match number::evidence(cell) {
            Some(DecimalMark::Point) => self.points += 1,
            Some(DecimalMark::Comma) => self.commas += 1,
            None => {}
        }
    }

    fn is_date_open(&self) -> bool {
        self.ambiguous && self.day_first == 0 && self.month_first == 0
    }

    /// Proof of both orders in one file proves neither.
    fn date_order(&self) -> Option<DateOrder> {
        match (self.day_first > 0, self.month_first > 0) {
            (true, false) => Some(DateOrder::DayFirst),
            (false, true) => Some(DateOrder::MonthFirst),
            _ => None,
        }
    }

    /// The mark that more cells prove; cells of the other kind are then refused one by one.
    fn mark(&self) -> DecimalMark {
        if self.commas > self.points { DecimalMark::Comma } else { DecimalMark::Point }
    }
}
