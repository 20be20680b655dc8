//! One outside series as it became known: in flow its uploaded values, out flow the value and the change over a year
//! that could be known at a cutoff. A value that is published at or behind the cutoff is never looked at.
use crate::feature::History;
use crate::table::row::Indicator;
use crate::time::{Cutoff, Day};
use serde::{Deserialize, Serialize};

/// Days between the values of a series, in the median, of which the day a value is of can be its publication: a day's
/// value is known when the day is over, a month's long after the first of the month that it stands under.
const DAILY: i32 = 1;
/// Days by which the value of a year before may be older than a year: a month, for series without a fixed day.
const OLDER_BY: i32 = 31;

/// Is it known when each of a series' `values` was published, which are in order? Where an upload does not say, only
/// values of single days are dated by these: `month,name,value` puts all of January under its first day.
pub(crate) fn publication_known(values: &[Indicator]) -> bool {
    if values.iter().all(|value| value.published_at.is_some()) {
        return true;
    }
    let mut days: Vec<Day> = values.iter().map(|value| value.date).collect();
    days.dedup();
    let mut gaps: Vec<i32> = days.windows(2).map(|pair| pair[1].since(pair[0])).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).is_some_and(|median| *median <= DAILY)
}

/// A value of a series.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Value {
    /// The day it is of.
    pub of: Day,
    /// The day from which it is known: without a publication date, the day it is of.
    pub known_on: Day,
    /// The value, in the series' own unit.
    pub value: f64,
}

/// Every value of a series, by the day it is of and then by the day it was published on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Published(Vec<Value>);

impl Published {
    /// The values of the series `name` in `history`; none where it has no such series.
    pub(crate) fn of(history: &History, name: &str) -> Published {
        Published::among(history.series_named(name))
    }

    /// Those of one series, which are in order.
    pub(crate) fn among(values: &[Indicator]) -> Published {
        let known = |value: &Indicator| Value { of: value.date, known_on: value.known_on(), value: value.value };
        Published(values.iter().map(known).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Median days from the day a value is of to its publication; 0 of nothing.
    pub(crate) fn lag_days(&self) -> i32 {
        let mut lags: Vec<i32> = self.0.iter().map(|value| value.known_on.since(value.of)).collect();
        lags.sort_unstable();
        lags.get(lags.len() / 2).copied().unwrap_or(0)
    }

    /// The latest value that was published before `cutoff`; of one day's values the one published last.
    pub(crate) fn as_of(&self, cutoff: Cutoff) -> Option<&Value> {
        self.0.iter().rev().find(|value| cutoff.is_after(value.known_on))
    }

    /// That value less the value of a year before it as known at `cutoff`, in the series' own unit; `None` where either
    /// was not known.
    pub(crate) fn year_change(&self, cutoff: Cutoff) -> Option<f64> {
        let latest = self.as_of(cutoff)?;
        let year_before = Day::from(latest.of.date().saturating_sub(jiff::Span::new().years(1)));
        let known = self.0.iter().rev().filter(|value| cutoff.is_after(value.known_on));
        let before = known.into_iter().find(|value| value.of <= year_before)?;
        (before.of >= year_before - OLDER_BY).then_some(latest.value - before.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;
    use proptest::prelude::*;

    fn indicator() -> impl Strategy<Value = Indicator> {
        let what = ("[a-c]{1,2}", 0..60_i32, prop::option::of(0..30_i32), 0..4_u8);
        what.prop_map(|(name, day, lag, value)| Indicator {
            date: Day(day),
            name,
            value: f64::from(value),
            published_at: lag.map(|lag| Day(day + lag)),
            line: 1,
        })
    }

    proptest! {
        #[test]
        fn a_cutoff_sees_the_latest_day_of_what_was_published_before_it_in_whatever_order_rows_arrive(
            rows in prop::collection::vec(indicator(), 0..80),
            name in "[a-c]{1,2}",
            cutoff in 0..100_i32,
        ) {
            let mut builder = History::builder(&Account::default()).unwrap();
            for row in &rows {
                builder.indicator(row);
            }
            let (history, cutoff) = (builder.finish(), Cutoff(Day(cutoff)));
            let published = Published::of(&history, &name);

            let own = || rows.iter().filter(|row| row.name == name);
            prop_assert_eq!(published.0.len(), own().count());
            let known = own().filter(|row| row.known_on() < cutoff.0);
            let latest = known.map(|row| (row.date, row.known_on(), row.value as u8)).max();
            let seen = published.as_of(cutoff).map(|value| (value.of, value.known_on, value.value as u8));
            prop_assert_eq!(seen, latest);

            let (names, values): (Vec<&str>, Vec<usize>) = history.series().map(|(name, of)| (name, of.len())).unzip();
            prop_assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", names);
            prop_assert_eq!(values.iter().sum::<usize>(), rows.len());
        }
    }
}
