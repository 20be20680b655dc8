//! Series of customers: in flow a history and what was known of it on some day; out flow spend and new customers (where
//! they carry their channel) or what new customers are worth (where they do not) by day, and what one of them is worth.
//! Nothing is fitted here.
use super::spending::Spending;
use super::{NoBudget, Observed};
use crate::channel::acquisition_value::Shrunk;
use crate::channel::budget::UnitValue;
use crate::channel::development::Development;
use crate::channel::economics::{self, ChannelFigures};
use crate::channel::lift;
use crate::channel::media::{Media, Outcome, Step};
use crate::channel::newcomer::{Seen, known_from, newcomers, worth};
use crate::feature::History;
use crate::table::row::{self, Measure};
use crate::time::{Cutoff, Day, Horizon};
use std::ops::Range;

/// Share of new customers whose channel must be known, so that they count as labelled.
const LEAST_LABELLED: f64 = 0.5;

/// What a new customer is worth, by channel and in all.
pub(super) struct Worths<'a> {
    channels: &'a [ChannelFigures],
    total: &'a ChannelFigures,
}

impl<'a> Worths<'a> {
    pub(super) fn of(channels: &'a [ChannelFigures], total: &'a ChannelFigures) -> Worths<'a> {
        Worths { channels, total }
    }

    /// Of a channel; where it has too few customers, of all channels.
    fn of_channel(&self, channel: &str) -> UnitValue {
        let own = self.channels.iter().find(|figures| figures.channel == channel);
        let own = own.and_then(|figures| figures.acquisition);
        let Shrunk { mean, own_error, shared_error } = own.or(self.total.acquisition).unwrap_or_default();
        UnitValue { revenue: mean.max(0.0), standard_error: own_error, shared_error }
    }
}

/// What a training of `day` would have known: customers, spend and experiments dated before it, and what customers are
/// worth by how those before them developed, for the model of that day is not kept.
pub(super) fn known_on(history: &History, day: Day, horizon: Horizon) -> Result<Observed, NoBudget> {
    let cutoff = Cutoff(day);
    let period = economics::default_period(history, cutoff).ok_or(NoBudget::Apart)?;
    let development = Development::of(history, cutoff, horizon);
    let rest = |_: u32, days: i32, observed: f64| development.rest(days, observed);
    let seen = Seen { cutoff, horizon, rest: &rest };
    let (channels, total) = economics::by_channel(history, period, &seen);
    observed(history, Day(i32::MIN)..day, &seen, &Worths::of(&channels, &total))
}

/// The series of `days`, as they were known at the cutoff of `seen`. Experiments count where they lie in `days`.
pub(super) fn observed(
    history: &History,
    days: Range<Day>,
    seen: &Seen<'_>,
    worths: &Worths<'_>,
) -> Result<Observed, NoBudget> {
    let spend = Spending::of(history, days.start, seen.cutoff)?;
    let known_from = known_from(history, seen.cutoff).ok_or(NoBudget::Apart)?;
    let (first, last) = (spend.first.max(known_from), spend.last);
    if first > last {
        return Err(NoBudget::Apart);
    }
    let length = last.since(first) as usize + 1;
    let mut labelled = vec![vec![0.0; length]; spend.channels.len()];
    let mut of_day = vec![0.0; length];
    let (mut known, mut all, mut sum, mut squares) = (0.0, 0.0, 0.0, 0.0);
    let newcomers = newcomers(history, (first, last + 1), seen.cutoff);
    for newcomer in newcomers.filter(|newcomer| !newcomer.left_censored) {
        let place = newcomer.acquired.since(first) as usize;
        all += 1.0;
        known += f64::from(u8::from(newcomer.channel.is_some()));
        if let Some(number) = newcomer.channel.and_then(|channel| spend.number(channel)) {
            labelled[number][place] += 1.0;
        }
        let (observed, expected) = worth(history, newcomer.customer, newcomer.acquired, seen);
        let worth = (observed + expected).max(0.0);
        of_day[place] += worth;
        sum += worth;
        squares += worth * worth;
    }
    let is_labelled = known >= LEAST_LABELLED * all && labelled.iter().flatten().any(|count| *count > 0.0);
    let media = Media {
        first,
        step: Step::Day,
        channels: spend.channels.clone(),
        spend: spend.by_day(first, length),
        outcome: if is_labelled { Outcome::Labelled(labelled) } else { Outcome::Total(of_day) },
        // The chance of who comes weighs as much as a customer's mean worth, weighted by itself.
        unit: if is_labelled || sum <= 0.0 { 1.0 } else { squares / sum },
    };
    let value = |channel: &String| if is_labelled { worths.of_channel(channel) } else { UnitValue::ITSELF };
    let values = media.channels.iter().map(value).collect();
    let factor = |channel: &str, measure| match (measure, is_labelled) {
        (Measure::Customers, true) | (Measure::Revenue, false) => Some(1.0),
        (Measure::Revenue, true) => Some(1.0 / worths.of_channel(channel).revenue),
        (Measure::Customers, false) => Some(sum / all),
    };
    let (tests, uses) = lift::about(&media, &experiments(history, &days, seen.horizon.days()), &factor);
    Ok(Observed { media, values, tests, uses })
}

/// The experiments that began and ended in `days`, and whose revenue came in them: that of new customers is counted up to
/// an age of so many days.
pub(super) fn experiments(history: &History, days: &Range<Day>, age: i32) -> Vec<row::LiftTest> {
    let within = |test: &&row::LiftTest| {
        let age = if test.measure == Measure::Revenue { age } else { 0 };
        test.start >= days.start && test.end + age < days.end
    };
    history.lift_tests().iter().filter(within).cloned().collect()
}
