//! What is known of one customer at one cutoff, in the shape that the catalogue's formulas read. In flow a ledger that
//! holds the events before the cutoff and nothing else; out flow days, counts and amounts. It never sees an event.
use super::ledger::Ledger;
use crate::money::Money;
use crate::time::{Cutoff, Day, Horizon};
use ltv_btyd::Summary;

/// A purchase day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Purchase {
    pub(crate) day: Day,
    /// Net amount, in currency.
    pub(crate) amount: f64,
}

/// Where a customer came from, as codes and costs known at the cutoff; `NaN` where unknown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Origin {
    pub(crate) channel: f32,
    pub(crate) campaign: f32,
    pub(crate) country: f32,
    pub(crate) channel_cac: f32,
    pub(crate) left_censored: bool,
}

/// A customer at a cutoff.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    pub(crate) cutoff: Cutoff,
    pub(crate) horizon: Horizon,
    /// The first day of the whole history: nothing before it could have been seen.
    pub(crate) start: Day,
    pub(crate) acquired: Day,
    pub(crate) ledger: &'a Ledger,
    /// Purchase days in order.
    pub(crate) purchases: &'a [Purchase],
    pub(crate) origin: Origin,
}

/// The purchase days of a ledger.
pub(crate) fn purchases_of(ledger: &Ledger, purchases: &mut Vec<Purchase>) {
    purchases.clear();
    let kept = ledger.days.iter().filter(|day| day.is_purchase());
    purchases.extend(kept.map(|day| Purchase { day: day.day, amount: day.net.to_f64() }));
}

impl Known<'_> {
    /// Days from `day` to the cutoff.
    pub(crate) fn days_since(&self, day: Day) -> f64 {
        f64::from(self.cutoff.0.since(day))
    }

    pub(crate) fn first(&self) -> Option<&Purchase> {
        self.purchases.first()
    }

    pub(crate) fn last(&self) -> Option<&Purchase> {
        self.purchases.last()
    }

    /// Everything booked from `from` days (inclusive) to `to` days (exclusive) before the cutoff, in currency.
    pub(crate) fn spend(&self, from: i32, to: i32) -> f64 {
        self.span(from, to).iter().map(|day| day.booked).sum::<Money>().to_f64()
    }

    /// Orders placed in the same span and not cancelled by the cutoff.
    pub(crate) fn orders(&self, from: i32, to: i32) -> f64 {
        f64::from(self.span(from, to).iter().map(|day| day.orders).sum::<u32>())
    }

    fn span(&self, from: i32, to: i32) -> &[super::ledger::LedgerDay] {
        let days = &self.ledger.days;
        let place = |back: i32| days.partition_point(|day| day.day < self.cutoff.0 - back);
        &days[place(from)..place(to)]
    }

    /// Is the span inside what the history could have seen?
    pub(crate) fn covers(&self, from: i32) -> bool {
        self.cutoff.0 - from >= self.start
    }

    /// Days between successive purchase days.
    pub(crate) fn gaps(&self) -> impl DoubleEndedIterator<Item = f64> + Clone {
        self.purchases.windows(2).map(|pair| f64::from(pair[1].day.since(pair[0].day)))
    }

    /// What buy-till-you-die models see, in weeks and currency. Without a purchase, time counts from acquisition.
    pub(crate) fn summary(&self) -> Summary {
        let (Some(first), Some(last)) = (self.first(), self.last()) else {
            return Summary { frequency: 0, recency: 0.0, age: weeks(self.days_since(self.acquired)), monetary: 0.0 };
        };
        let repeats = self.purchases[1..].iter().map(|purchase| purchase.amount).filter(|amount| *amount > 0.0);
        Summary {
            frequency: self.purchases.len() as u32 - 1,
            recency: weeks(f64::from(last.day.since(first.day))),
            age: weeks(self.days_since(first.day)),
            monetary: mean(repeats).unwrap_or(0.0),
        }
    }
}

pub(crate) fn weeks(days: f64) -> f64 {
    days / 7.0
}

/// Mean; `None` of nothing.
pub(crate) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

/// Standard deviation of a sample (n − 1); `None` of fewer than two values.
pub(crate) fn spread(values: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let count = values.clone().count();
    let mean = mean(values.clone()).filter(|_| count > 1)?;
    let squares: f64 = values.map(|value| (value - mean).powi(2)).sum();
    Some((squares / (count - 1) as f64).sqrt())
}

/// `part` of `whole`; `None` where the whole is nothing.
pub(crate) fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}
