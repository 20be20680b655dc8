//! Series of media tables without customers: in flows a history, out flow spend and revenue by week or day. Nothing is
//! fitted here.
use super::customers::experiments;
use super::spending::Spending;
use super::{ALWAYS, NoBudget, Observed};
use crate::channel::budget::UnitValue;
use crate::channel::lift;
use crate::channel::media::{Media, Outcome, Step};
use crate::feature::History;
use crate::table::row::Measure;
use crate::time::{Cutoff, Day};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;

/// The series that wide media tables give as their outcome; a table cut by region has one of each region.
const REVENUE: &str = "revenue";
const WEEK: i32 = 7;
/// The least part of an outcome's mean that one unit of chance is thought to be, where it is money of nobody.
const UNIT_OF_REVENUE: f64 = 1e-3;

/// Spend and revenue of a media table, by the step of its revenue.
///
/// # Errors
/// No spend, or no revenue of the same days.
pub fn revenue_media(history: &History) -> Result<Media, NoBudget> {
    media(history, &ALWAYS)
}

/// Of the periods that begin in `days`, as far as their revenue was known before the end of these.
fn media(history: &History, days: &Range<Day>) -> Result<Media, NoBudget> {
    // What was published anew takes the place of what was known before.
    let mut newest: BTreeMap<(Day, &str), (Day, f64)> = BTreeMap::new();
    for value in history.indicators() {
        let known_on = value.known_on();
        if !days.contains(&value.date) || known_on >= days.end {
            continue;
        }
        if value.name == REVENUE || value.name.strip_prefix(REVENUE).is_some_and(|rest| rest.starts_with(':')) {
            let known = newest.entry((value.date, &value.name)).or_insert((known_on, 0.0));
            match known_on.cmp(&known.0) {
                Ordering::Less => {}
                Ordering::Equal => known.1 += value.value,
                Ordering::Greater => *known = (known_on, value.value),
            }
        }
    }
    let mut revenue: BTreeMap<Day, f64> = BTreeMap::new();
    for ((date, _), (_, value)) in newest {
        *revenue.entry(date).or_default() += value;
    }
    let step = match week_of(&revenue.keys().copied().collect::<Vec<Day>>()) {
        Some(begins) => {
            revenue = by_week(&revenue, begins);
            Step::Week
        }
        None => Step::Day,
    };
    let (Some(&first), Some(&last)) = (revenue.keys().next(), revenue.keys().next_back()) else {
        return Err(NoBudget::Apart);
    };
    let spend = Spending::of(history, days.start, Cutoff(last + step.days()))?;
    let periods = (last.since(first) / step.days()) as usize + 1;
    let daily = spend.by_day(first, periods * step.days() as usize);
    let by_period = |days: Vec<f64>| days.chunks(step.days() as usize).map(|days| days.iter().sum()).collect();
    let outcome: Vec<f64> = (0..periods)
        .map(|period| revenue.get(&(first + step.days() * period as i32)).copied().unwrap_or(0.0))
        .collect();
    let unit = outcome.iter().sum::<f64>() / periods as f64 * UNIT_OF_REVENUE;
    Ok(Media {
        first,
        step,
        channels: spend.channels.clone(),
        spend: daily.into_iter().map(by_period).collect(),
        outcome: Outcome::Total(outcome),
        unit: if unit > 0.0 { unit } else { 1.0 },
    })
}

/// A day on which a week begins, where the values of these dates are of weeks. Those of a table that went over from weeks
/// to days, or back, become weeks: what is told of a week cannot be told of its days. A table of days without six of seven
/// in succession, twice, is taken for one of these.
fn week_of(dates: &[Day]) -> Option<Day> {
    let gaps: Vec<i32> = dates.windows(2).map(|pair| pair[1].since(pair[0])).collect();
    if gaps.iter().all(|gap| gap % WEEK == 0) {
        return dates.first().copied();
    }
    gaps.windows(2).position(|pair| pair == [WEEK, WEEK]).map(|place| dates[place])
}

/// The values by week, of which one begins on `begins`. A week of days at either end counts only if it is whole.
fn by_week(values: &BTreeMap<Day, f64>, begins: Day) -> BTreeMap<Day, f64> {
    let week = |day: Day| day - day.since(begins).rem_euclid(WEEK);
    let mut weeks: BTreeMap<Day, f64> = BTreeMap::new();
    for (day, value) in values {
        *weeks.entry(week(*day)).or_default() += value;
    }
    let dates: Vec<Day> = values.keys().copied().collect();
    if let [first, second, ..] = dates[..]
        && second.since(first) < WEEK
        && first != week(first)
    {
        weeks.remove(&week(first));
    }
    if let [.., before, last] = dates[..]
        && last.since(before) < WEEK
        && last != week(last) + (WEEK - 1)
    {
        weeks.remove(&week(last));
    }
    weeks
}

/// These series, with the experiments that lie in `days`.
pub(super) fn observed(history: &History, days: &Range<Day>) -> Result<Observed, NoBudget> {
    let media = media(history, days)?;
    let factor = |_: &str, measure| (measure == Measure::Revenue).then_some(1.0);
    let (tests, uses) = lift::about(&media, &experiments(history, days, 0), &factor);
    Ok(Observed { values: vec![UnitValue::ITSELF; media.channels.len()], media, tests, uses })
}
