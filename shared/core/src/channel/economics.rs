//! Spend, new customers, CAC and ROAS by channel and campaign over one period, and month by month. In flow a history
//! and predictions made at its end; out flow figures in which every new customer is looked at over the same age, the
//! horizon: what the first days brought, and, for customers who have not reached that age, what the model expects of
//! the rest. Undefined is absent: neither 0 nor infinite.
mod figures;
mod known;
mod payback;
#[cfg(test)]
mod tests;

pub use figures::{ChannelFigures, Cohort, Economics};

use super::acquisition_value::{Shrunk, shrunk_means};
use super::development::{Development, rest_of};
use super::newcomer::{Seen, known_from, newcomers, worth};
use crate::feature::History;
use crate::feature::history::Effect;
use crate::money::Money;
use crate::time::{Cutoff, Day};
use figures::Sums;
use known::{Known, Told};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// The channel of customers whose channel nobody states.
pub const UNKNOWN: &str = "unknown";

/// The period that is reported unless another is asked for: the year before `cutoff`, or what the history holds of it.
/// Where customers are dated by their first order, it begins behind the days in which old ones look new; and no earlier
/// than spend does, as customers who came before are not what it bought.
pub fn default_period(history: &History, cutoff: Cutoff) -> Option<(Day, Day)> {
    let from = (cutoff.0 - 365).max(known_from(history, cutoff)?);
    let first_spend = history.spend().map(|(_, day)| day.day).filter(|day| *day < cutoff.0).min();
    let from = first_spend.map_or(from, |first| from.max(first));
    (from < cutoff.0).then_some((from, cutoff.0))
}

/// Figures of the period `[from, to)` and of each of its months, seen from the cutoff of `development`. `predicted`
/// gives a customer's predicted spend in the horizon behind it; of a customer who reaches the age of H earlier, the part
/// counts that customers of that age spend until then.
pub fn economics(
    history: &History,
    (from, to): (Day, Day),
    development: &Development,
    margin: Option<f64>,
    predicted: impl Fn(u32) -> Option<f64> + Sync,
) -> Economics {
    let (cutoff, horizon) = (development.cutoff, development.horizon);
    let rest = rest_of(&predicted, development);
    let view = View { history, seen: Seen { cutoff, horizon, rest: &rest }, margin, told: Told::of(history, cutoff) };
    let (channels, total, left_censored) = view.period(from, to, false);
    let campaigns = view.campaigns(from, to);
    let cohorts = months(from, to).into_iter().map(|(from, to)| {
        let (channels, total, _) = view.period(from, to, false);
        Cohort { from, to, channels, total, campaigns: view.campaigns(from, to) }
    });
    Economics { from, to, horizon, channels, total, left_censored, campaigns, cohorts: cohorts.collect() }
}

/// The calendar months of a period; the first and the last may be cut.
fn months(from: Day, to: Day) -> Vec<(Day, Day)> {
    let mut months = Vec::new();
    let mut start = from;
    while start < to {
        let next = Day::from(start.date().last_of_month()) + 1;
        let end = next.min(to);
        months.push((start, end));
        start = end;
    }
    months
}

/// The order of most spend first; what nobody tells the spend of comes last.
pub(super) fn most_spend(a: &ChannelFigures, b: &ChannelFigures) -> Ordering {
    b.spend.unwrap_or(-1.0).total_cmp(&a.spend.unwrap_or(-1.0))
}

/// Figures by channel of the customers won in `[from, to)`, as they were known at the cutoff of `seen`, and of all of
/// them together.
pub(super) fn by_channel(
    history: &History,
    (from, to): (Day, Day),
    seen: &Seen<'_>,
) -> (Vec<ChannelFigures>, ChannelFigures) {
    let view = View { history, seen: *seen, margin: None, told: Told::of(history, seen.cutoff) };
    let (channels, total, _) = view.period(from, to, false);
    (channels, total)
}

/// What is looked at, and from when.
struct View<'a> {
    history: &'a History,
    seen: Seen<'a>,
    margin: Option<f64>,
    told: Told<'a>,
}

impl View<'_> {
    /// Figures by channel and campaign, most spend first.
    fn campaigns(&self, from: Day, to: Day) -> Vec<ChannelFigures> {
        let (figures, ..) = self.period(from, to, true);
        figures.into_iter().filter(|figures| figures.campaign.is_some()).collect()
    }

    /// Figures by channel (and campaign), most spend first; of all together; and how many customers are left-censored.
    fn period(&self, from: Day, to: Day, campaigns: bool) -> (Vec<ChannelFigures>, ChannelFigures, u64) {
        let history = self.history;
        let mut by: BTreeMap<(&str, Option<&str>), Sums> = BTreeMap::new();
        for (channel, day) in history.spend().filter(|(_, day)| (from..to).contains(&day.day)) {
            let campaign = if campaigns { history.campaign_of(day) } else { None };
            by.entry((channel, campaign)).or_default().spent(day);
        }
        let mut left_censored = 0;
        for newcomer in newcomers(history, (from, to), self.seen.cutoff) {
            if newcomer.left_censored {
                left_censored += 1;
                continue;
            }
            let campaign = if campaigns { newcomer.campaign } else { None };
            let sums = by.entry((newcomer.channel.unwrap_or(UNKNOWN), campaign)).or_default();
            self.won(sums, newcomer.customer, newcomer.acquired);
        }
        by.values_mut().for_each(Sums::close);
        let means = shrunk_means(&by.values().map(|sums| sums.values).collect::<Vec<_>>());
        let mut all = Sums::default();
        let mut figures = Vec::with_capacity(by.len());
        for (((channel, campaign), sums), mean) in by.into_iter().zip(means) {
            figures.push(sums.divided(channel, campaign, mean, self.margin, self.told.known(channel, campaign, to)));
            all.add(&sums);
        }
        figures.sort_by(|a, b| most_spend(a, b).then_with(|| a.channel.cmp(&b.channel)));
        let mean = super::per(all.values.sum, all.values.customers).map(|mean| Shrunk {
            mean,
            own_error: all.values.standard_error().unwrap_or(0.0),
            shared_error: 0.0,
        });
        (figures, all.divided("all", None, mean, self.margin, Known::ALL), left_censored)
    }

    /// Adds a new customer.
    fn won(&self, sums: &mut Sums, customer: u32, acquired: Day) {
        let (history, Seen { cutoff, horizon, .. }) = (self.history, self.seen);
        let (observed, expected) = worth(history, customer, acquired, &self.seen);
        sums.new_customers += 1;
        sums.observed_revenue += observed;
        sums.predicted_revenue += observed + expected;
        sums.values.add(observed + expected);
        let seen = history.events(customer).iter().take_while(|event| event.day < cutoff.0);
        let (mut orders, mut ordered) = (BTreeSet::new(), Money::ZERO);
        for event in seen {
            sums.to_date += event.amount.to_f64();
            if let Effect::Order(number) = event.effect {
                orders.insert(number);
                ordered += event.amount;
            }
            sums.payback.earned(event.day.since(acquired), event.amount.to_f64(), horizon);
        }
        sums.orders += orders.len() as u64;
        sums.ordered += ordered.to_f64();
        sums.payback.observed(cutoff.0.since(acquired), horizon);
    }
}
