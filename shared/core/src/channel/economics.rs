//! Spend, new customers, CAC and ROAS by channel and campaign over one period, and month by month. In flow a history
//! and predictions made at its end; out flow figures in which every new customer is looked at over the same age, the
//! horizon: what the first days brought, and, for customers who have not reached that age, what the model expects of
//! the rest. Undefined is absent: neither 0 nor infinite.
mod figures;
mod payback;

pub use figures::{ChannelFigures, Cohort, Economics};

use super::acquisition_value::{Shrunk, shrunk_means};
use crate::feature::History;
use crate::feature::history::{Effect, LEFT_CENSORED_DAYS};
use crate::money::Money;
use crate::time::{Cutoff, Day, Horizon};
use figures::Sums;
use std::collections::{BTreeMap, BTreeSet};

/// The channel of customers whose channel nobody states.
pub const UNKNOWN: &str = "unknown";

/// The period that is reported unless another is asked for: the year before `cutoff`, or what the history holds of it.
/// Where customers are dated by their first order, it begins behind the days in which old ones look new.
pub fn default_period(history: &History, cutoff: Cutoff) -> Option<(Day, Day)> {
    let from = (cutoff.0 - 365).max(known_from(history)?);
    (from < cutoff.0).then_some((from, cutoff.0))
}

/// The first day on which new customers are known to be new.
pub(super) fn known_from(history: &History) -> Option<Day> {
    let (start, _) = history.span()?;
    let censored = (0..history.len() as u32).any(|customer| history.left_censored(customer));
    Some(if censored { start + LEFT_CENSORED_DAYS } else { start })
}

/// Figures of the period `[from, to)` and of each of its months, seen from `cutoff`. `predicted` gives a customer's
/// predicted spend in the horizon behind `cutoff`; of a customer who reaches the age of H earlier, the share of days
/// until then counts.
pub fn economics(
    history: &History,
    (from, to): (Day, Day),
    cutoff: Cutoff,
    horizon: Horizon,
    margin: Option<f64>,
    predicted: impl Fn(u32) -> Option<f64>,
) -> Economics {
    let view = View { history, cutoff, horizon, margin, predicted: &predicted };
    let (channels, total, left_censored) = view.period(from, to, false);
    let (campaigns, ..) = view.period(from, to, true);
    let campaigns = campaigns.into_iter().filter(|figures| figures.campaign.is_some()).collect();
    let cohorts = months(from, to).into_iter().map(|(from, to)| {
        let (channels, total, _) = view.period(from, to, false);
        Cohort { from, to, channels, total }
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

/// What a customer brings in the first H days: observed, as far as these have passed before `cutoff`, and expected of
/// the rest, which is `predicted` by the share of days that are left.
pub(super) fn worth(
    history: &History,
    customer: u32,
    acquired: Day,
    cutoff: Cutoff,
    horizon: Horizon,
    predicted: &dyn Fn(u32) -> Option<f64>,
) -> (f64, f64) {
    let observed = spend_until(history, customer, (acquired + horizon.days()).min(cutoff.0));
    let days_left = (acquired + horizon.days()).since(cutoff.0).max(0);
    let share = f64::from(days_left) / f64::from(horizon.days());
    let expected = if days_left > 0 { predicted(customer).unwrap_or(0.0) * share } else { 0.0 };
    (observed, expected)
}

fn spend_until(history: &History, customer: u32, end: Day) -> f64 {
    let events = history.events(customer).iter().take_while(|event| event.day < end);
    events.map(|event| event.amount).sum::<Money>().to_f64()
}

/// What is looked at, and from when.
struct View<'a> {
    history: &'a History,
    cutoff: Cutoff,
    horizon: Horizon,
    margin: Option<f64>,
    predicted: &'a dyn Fn(u32) -> Option<f64>,
}

impl View<'_> {
    /// Figures by channel (and campaign), most spend first; of all together; and how many customers are left-censored.
    fn period(&self, from: Day, to: Day, campaigns: bool) -> (Vec<ChannelFigures>, ChannelFigures, u64) {
        let history = self.history;
        let mut by: BTreeMap<(&str, Option<&str>), Sums> = BTreeMap::new();
        for (channel, day) in history.spend().filter(|(_, day)| (from..to).contains(&day.day)) {
            let campaign = if campaigns { history.campaign_of(day) } else { None };
            by.entry((channel, campaign)).or_default().spent(day);
        }
        let mut left_censored = 0;
        for customer in 0..history.len() as u32 {
            let Some(acquired) = history.acquired(customer).filter(|day| (from..to).contains(day)) else { continue };
            if history.left_censored(customer) {
                left_censored += 1;
                continue;
            }
            let campaign = if campaigns { history.campaign(customer) } else { None };
            let sums = by.entry((history.channel(customer).unwrap_or(UNKNOWN), campaign)).or_default();
            self.won(sums, customer, acquired);
        }
        by.values_mut().for_each(Sums::close);
        let means = shrunk_means(&by.values().map(|sums| sums.values).collect::<Vec<_>>());
        let mut all = Sums::default();
        let mut figures = Vec::with_capacity(by.len());
        for (((channel, campaign), sums), mean) in by.into_iter().zip(means) {
            figures.push(sums.divided(channel, campaign, mean, self.margin));
            all.add(&sums);
        }
        figures.sort_by(|a, b| b.spend.total_cmp(&a.spend).then_with(|| a.channel.cmp(&b.channel)));
        let mean = super::per(all.values.sum, all.values.customers).map(|mean| Shrunk {
            mean,
            own_error: all.values.standard_error().unwrap_or(0.0),
            shared_error: 0.0,
        });
        (figures, all.divided("all", None, mean, self.margin), left_censored)
    }

    /// Adds a new customer.
    fn won(&self, sums: &mut Sums, customer: u32, acquired: Day) {
        let (history, horizon) = (self.history, self.horizon);
        let (observed, expected) = worth(history, customer, acquired, self.cutoff, horizon, self.predicted);
        sums.new_customers += 1;
        sums.observed_revenue += observed;
        sums.predicted_revenue += observed + expected;
        sums.values.add(observed + expected);
        let seen = history.events(customer).iter().take_while(|event| event.day < self.cutoff.0);
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
        sums.payback.observed(self.cutoff.0.since(acquired), horizon);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;
    use crate::money::Money;
    use crate::table::row::{Customer, Spend, Transaction};

    const DAY: i64 = 86_400_000_000;

    fn order(customer: &str, day: i32, cents: i32) -> Transaction {
        Transaction::order(customer, i64::from(day) * DAY, Money::from_cents(cents))
    }

    fn customer(customer: &str, channel: &str, day: Option<i32>) -> Customer {
        Customer {
            customer_id: customer.to_owned(),
            acquired_at: day.map(|day| i64::from(day) * DAY),
            acquisition_channel: Some(channel.to_owned()),
            ..Customer::default()
        }
    }

    fn spend(channel: &str, day: i32, cents: i32) -> Spend {
        Spend {
            date: Day(day),
            account: None,
            channel: channel.to_owned(),
            campaign_id: None,
            campaign_name: None,
            spend: Money::from_cents(cents),
            currency: None,
            impressions: Some(100.0),
            clicks: Some(10.0),
            conversions: None,
            conversion_value: None,
            line: 1,
        }
    }

    /// Two customers of search, one of them only ten days old at day 200; display brought nobody; one came by itself.
    fn figures(margin: Option<f64>) -> Economics {
        let mut builder = History::builder(&Account::default()).unwrap();
        for row in [order("old", 0, 500), order("a", 110, 3000), order("a", 150, 9900), order("b", 190, 1000)] {
            builder.transaction(&row);
        }
        builder.transaction(&order("c", 120, 700));
        builder.customer(&customer("a", "Search", Some(105)));
        builder.customer(&customer("b", "search", None));
        for row in [spend("SEARCH", 110, 2000), spend("search", 150, 2000), spend("display", 111, 500)] {
            builder.spend(&row);
        }
        builder.spend(&spend("search", 99, 77_700));
        let horizon = Horizon::try_from(40).unwrap();
        economics(&builder.finish(), (Day(100), Day(200)), Cutoff(Day(200)), horizon, margin, |_| Some(80.0))
    }

    fn of<'a>(economics: &'a Economics, channel: &str) -> &'a ChannelFigures {
        economics.channels.iter().find(|figures| figures.channel == channel).unwrap()
    }

    #[test]
    fn every_new_customer_counts_over_the_same_age() {
        let economics = figures(None);
        let search = of(&economics, "search");
        assert_eq!((search.spend, search.new_customers, search.cac), (40.0, 2, Some(20.0)));
        // The first has passed the age of 40 days, with 30; its later 99 do not count. The second has brought 10 in
        // 10 days, and 30 of the 40 predicted days are left to it.
        assert!((search.observed_revenue - 40.0).abs() < 1e-9 && (search.predicted_revenue - 100.0).abs() < 1e-9);
        assert_eq!((search.observed_roas, search.predicted_roas), (Some(1.0), Some(2.5)));
        assert_eq!(search.contribution_roas, None);
    }

    #[test]
    fn without_a_new_customer_or_without_spend_cac_is_undefined() {
        let economics = figures(Some(0.5));
        let display = of(&economics, "display");
        assert_eq!((display.cac, display.ltv_to_cac, display.predicted_roas), (None, None, Some(0.0)));
        let unknown = of(&economics, UNKNOWN);
        assert_eq!((unknown.new_customers, unknown.cac, unknown.predicted_roas), (1, None, None));
        assert_eq!(of(&economics, "search").contribution_roas, Some(1.25));
    }

    #[test]
    fn the_blended_cac_is_all_spend_over_all_new_customers_and_the_paid_one_over_those_of_channels_with_spend() {
        let total = figures(None).total;
        assert_eq!((total.cac, total.paid_cac), (Some(15.0), Some(22.5)));
        // Nobody clicks on what comes by itself.
        assert_eq!((total.clicks, total.conversion_rate), (Some(30.0), Some(2.0 / 30.0)));
    }

    #[test]
    fn acquisition_ltv_is_contribution_and_absent_without_a_margin() {
        let (revenue, half) = (figures(None), figures(Some(0.5)));
        let (revenue, half) = (of(&revenue, "search"), of(&half, "search"));
        assert_eq!((revenue.acquisition_ltv, revenue.ltv_to_cac), (None, None));
        let brought = revenue.acquisition_revenue.unwrap();
        assert!((half.acquisition_ltv.unwrap() - 0.5 * brought).abs() < 1e-9, "{half:?}");
        assert!((half.ltv_to_cac.unwrap() - 0.5 * brought / 20.0).abs() < 1e-9, "{half:?}");
    }

    #[test]
    fn what_no_source_says_of_spend_is_absent() {
        let mut builder = History::builder(&Account::default()).unwrap();
        builder.transaction(&order("a", 0, 500));
        builder.spend(&Spend { impressions: None, clicks: None, ..spend("search", 10, 500) });
        builder.spend(&Spend { impressions: None, ..spend("search", 11, 500) });
        let horizon = Horizon::try_from(30).unwrap();
        let economics = economics(&builder.finish(), (Day(0), Day(50)), Cutoff(Day(50)), horizon, None, |_| None);
        let search = of(&economics, "search");
        assert_eq!((search.impressions, search.clicks), (None, Some(10.0)));
    }

    #[test]
    fn customers_of_the_files_first_days_are_nobodys_new_ones() {
        let mut builder = History::builder(&Account::default()).unwrap();
        for row in [order("early", 10, 500), order("stated", 20, 500), order("late", 95, 500)] {
            builder.transaction(&row);
        }
        builder.transaction(&order("first", 0, 100));
        builder.customer(&customer("stated", "search", Some(15)));
        let history = builder.finish();
        let economics =
            economics(&history, (Day(0), Day(100)), Cutoff(Day(100)), Horizon::try_from(30).unwrap(), None, |_| None);
        assert_eq!((economics.total.new_customers, economics.left_censored), (2, 2));
        assert_eq!(default_period(&history, Cutoff(Day(100))), Some((Day(90), Day(100))));
    }
}
