//! Exchange rates that somebody uploaded. In flow rates by day and pair; out flow amounts in another currency, to the
//! millionth. Nothing is converted at a rate that is not there: no chains over a third currency, no old rates.
use crate::money::Money;
use crate::table::TableError;
use crate::table::columns::IndicatorColumns;
use crate::time::Day;
use arrow::array::RecordBatch;
use std::collections::{BTreeMap, HashMap};

/// How many days a rate counts for: over weekends and holidays, and for monthly tables.
const VALID_DAYS: i32 = 31;
/// Rates are kept in billionths.
const UNIT: i128 = 1_000_000_000;

/// The name that rates of a pair have among the indicators: what one unit of `base` costs in `quote`.
pub(crate) fn series(base: &str, quote: &str) -> String {
    format!("rate:{}:{}", base.to_ascii_uppercase(), quote.to_ascii_uppercase())
}

/// What a unit of one currency costs in another, by day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Billionths by series and day.
    by_series: HashMap<String, BTreeMap<Day, i128>>,
}

impl Rates {
    /// Takes the rates among some indicators; those of later batches replace those of earlier ones.
    ///
    /// # Errors
    /// A batch that is not of the indicators table.
    pub fn observe(&mut self, batch: &RecordBatch) -> Result<(), TableError> {
        let view = IndicatorColumns::of(batch)?;
        for row in 0..view.len() {
            let Some(name) = view.name.get(row).filter(|name| name.starts_with("rate:")) else { continue };
            let rate = (view.value.value(row) * UNIT as f64).round();
            if (1.0..1e24).contains(&rate) {
                self.by_series.entry(name.to_owned()).or_default().insert(Day(view.date.value(row)), rate as i128);
            }
        }
        Ok(())
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.by_series.is_empty()
    }

    /// How many units of `to` one unit of `from` was on `day`: by the latest rate not older than 31 days, of this pair
    /// or of the reverse.
    pub(crate) fn between(&self, from: &str, to: &str, day: Day) -> Option<Rate> {
        if self.is_empty() {
            return None;
        }
        let latest = |series: &str| {
            let (on, rate) = self.by_series.get(series)?.range(..=day).next_back()?;
            (day.since(*on) <= VALID_DAYS).then_some(*rate)
        };
        if let Some(rate) = latest(&series(from, to)) {
            return Some(Rate(Some((rate, UNIT))));
        }
        latest(&series(to, from)).map(|rate| Rate(Some((UNIT, rate))))
    }
}

/// A rate as a fraction; none is that of a currency in itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate(Option<(i128, i128)>);

impl Rate {
    /// The same currency.
    pub(crate) const ONE: Rate = Rate(None);

    /// The amount in the other currency, rounded half away from zero; `None` where it is too large.
    pub(crate) fn of(self, money: Money) -> Option<Money> {
        let Some((times, over)) = self.0 else { return Some(money) };
        let product = i128::from(money.micros()).checked_mul(times)?;
        let rounded = (product + product.signum() * (over / 2)) / over;
        i64::try_from(rounded).ok().and_then(Money::from_micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(pairs: &[(&str, i32, f64)]) -> Rates {
        let mut rates = Rates::default();
        for (series, day, rate) in pairs {
            let by_day = rates.by_series.entry((*series).to_owned()).or_default();
            by_day.insert(Day(*day), (rate * UNIT as f64).round() as i128);
        }
        rates
    }

    #[test]
    fn the_latest_rate_counts_for_a_month_and_in_both_directions() {
        let known = rates(&[("rate:USD:EUR", 100, 0.9), ("rate:USD:EUR", 105, 0.8)]);
        let on = |from: &str, to: &str, day: i32| {
            known.between(from, to, Day(day)).and_then(|r| r.of(Money::from_cents(1000)))
        };
        assert_eq!(on("usd", "EUR", 104), Some(Money::from_cents(900)));
        assert_eq!(on("USD", "EUR", 105), Some(Money::from_cents(800)));
        assert_eq!(on("EUR", "USD", 105), Some(Money::from_cents(1250)));
        assert_eq!((on("USD", "EUR", 99), on("USD", "EUR", 137), on("USD", "GBP", 105)), (None, None, None));
    }
}
