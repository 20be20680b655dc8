//! One outside series as it became known: in flow its uploaded values, out flow the value and the change over a year
//! that could be known at a cutoff. A value that is published at or behind the cutoff is never looked at.
use crate::feature::History;
use crate::time::{Cutoff, Day};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Days between the values of a series, in the median, of which the day a value is of can be its publication: a day's
/// value is known when the day is over, a month's long after the first of the month that it stands under.
const DAILY: i32 = 1;
/// Days by which the value of a year before may be older than a year: a month, for series without a fixed day.
const OLDER_BY: i32 = 31;

/// Is it known when each value of the series `name` was published? Where an upload does not say, only values of single
/// days are dated by these: `month,name,value` puts all of January under its first day.
pub(crate) fn publication_known(history: &History, name: &str) -> bool {
    let rows = || history.indicators().iter().filter(|row| row.name == name);
    if rows().all(|row| row.published_at.is_some()) {
        return true;
    }
    let days: Vec<Day> = rows().map(|row| row.date).collect::<BTreeSet<Day>>().into_iter().collect();
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
        let rows = history.indicators().iter().filter(|row| row.name == name);
        let mut values: Vec<Value> =
            rows.map(|row| Value { of: row.date, known_on: row.known_on(), value: row.value }).collect();
        values.sort_by(|a, b| (a.of, a.known_on).cmp(&(b.of, b.known_on)).then(a.value.total_cmp(&b.value)));
        Published(values)
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
