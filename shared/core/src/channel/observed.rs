//! From a history to a budget: in flow a history with ad spend, the economics of its channels and predictions; out
//! flows everything that budget requests are answered from, or the reason why there is none. The curves are fitted by
//! `fit`, on customers where these carry their channel, on the value of all new customers where they do not, and on
//! revenue where there are no customers at all.
use super::acquisition_value::Shrunk;
use super::backtest::{self, Backtest};
use super::budget::{Budgeting, UnitValue};
use super::economics::{self, ChannelFigures, Economics};
use super::fit;
use super::lift::{self, TestUse};
use super::media::{Media, MediaError, Outcome, Step};
use super::quantile::Interval;
use crate::account::Account;
use crate::feature::History;
use crate::feature::history::known_sum;
use crate::table::row::Measure;
use crate::time::{Cutoff, Day};
use std::collections::BTreeMap;

/// The series that wide media tables give as their outcome; a table cut by region has one of each region.
const REVENUE: &str = "revenue";
const WEEK: i32 = 7;
/// Share of new customers whose channel must be known, so that they count as labelled.
const LEAST_LABELLED: f64 = 0.5;
/// The least part of an outcome's mean that one unit of chance is thought to be, where it is money of nobody.
const UNIT_OF_REVENUE: f64 = 1e-3;
const SEED: u64 = 1;

/// Why no budget can be advised.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoBudget {
    /// There is no ad spend before the cutoff.
    #[error("no ad spend is known")]
    NoSpend,
    /// Spend and outcome have no day in common.
    #[error("ad spend and customers have no days in common")]
    Apart,
    /// The series say nothing.
    #[error(transparent)]
    Media(#[from] MediaError),
}

/// What a history tells of its channels' curves.
pub struct Learned {
    /// The curves, and what their outcomes are worth.
    pub budgeting: Budgeting,
    /// What earlier advice would have earned, where the series are long enough.
    pub backtest: Option<Backtest>,
    /// What became of every uploaded experiment.
    pub tests: Vec<TestUse>,
}

/// Fits the channels of a history with customers. `predicted` is as in [`economics::economics`].
///
/// # Errors
/// The reason why no budget can be advised.
pub fn of_customers(
    history: &History,
    cutoff: Cutoff,
    economics: &Economics,
    account: &Account,
    predicted: &dyn Fn(u32) -> Option<f64>,
) -> Result<Learned, NoBudget> {
    let spend = Spending::of(history, cutoff)?;
    let known_from = economics::known_from(history).ok_or(NoBudget::Apart)?;
    let (first, last) = (spend.first.max(known_from), spend.last.min(cutoff.0 - 1));
    if first > last {
        return Err(NoBudget::Apart);
    }
    let days = last.since(first) as usize + 1;
    let place = |day: Day| (first..=last).contains(&day).then(|| day.since(first) as usize);
    let mut labelled = vec![vec![0.0; days]; spend.channels.len()];
    let mut worths = vec![0.0; days];
    let (mut known, mut all, mut sum, mut squares) = (0.0, 0.0, 0.0, 0.0);
    for customer in 0..history.len() as u32 {
        let Some(acquired) = history.acquired(customer) else { continue };
        let Some(day) = place(acquired).filter(|_| !history.left_censored(customer)) else { continue };
        all += 1.0;
        let channel = history.channel(customer);
        known += f64::from(u8::from(channel.is_some()));
        if let Some(number) = channel.and_then(|channel| spend.number(channel)) {
            labelled[number][day] += 1.0;
        }
        let (observed, expected) = economics::worth(history, customer, acquired, cutoff, economics.horizon, predicted);
        let worth = (observed + expected).max(0.0);
        worths[day] += worth;
        sum += worth;
        squares += worth * worth;
    }
    let is_labelled = known >= LEAST_LABELLED * all && labelled.iter().flatten().any(|count| *count > 0.0);
    let media = Media {
        first,
        step: Step::Day,
        channels: spend.channels.clone(),
        spend: spend.by_day(first, days),
        outcome: if is_labelled { Outcome::Labelled(labelled) } else { Outcome::Total(worths) },
        // The chance of who comes weighs as much as a customer's mean worth, weighted by itself.
        unit: if is_labelled || sum <= 0.0 { 1.0 } else { squares / sum },
    };
    let value = |channel: &String| {
        if is_labelled {
            worth_of(economics, channel)
        } else {
            UnitValue { revenue: 1.0, standard_error: 0.0, shared_error: 0.0 }
        }
    };
    let values = media.channels.iter().map(value).collect();
    let mean_worth = sum / all;
    let factor = |channel: &str, measure| match (measure, is_labelled) {
        (Measure::Customers, true) | (Measure::Revenue, false) => Some(1.0),
        (Measure::Revenue, true) => Some(1.0 / worth_of(economics, channel).revenue),
        (Measure::Customers, false) => Some(mean_worth),
    };
    learned(history, account, &media, values, &factor)
}

/// Fits the channels of a media table without customers: spend, and a series of revenue by week or day.
///
/// # Errors
/// The reason why no budget can be advised.
pub fn of_revenue(history: &History, account: &Account) -> Result<Learned, NoBudget> {
    let media = revenue_media(history)?;
    let values = vec![UnitValue { revenue: 1.0, standard_error: 0.0, shared_error: 0.0 }; media.channels.len()];
    learned(history, account, &media, values, &|_, measure| (measure == Measure::Revenue).then_some(1.0))
}

/// Fits the series, and looks back with the curves.
fn learned(
    history: &History,
    account: &Account,
    media: &Media,
    values: Vec<UnitValue>,
    factor: &dyn Fn(&str, Measure) -> Option<f64>,
) -> Result<Learned, NoBudget> {
    let (tests, uses) = lift::about(media, history.lift_tests(), factor);
    let labelled = matches!(media.outcome, Outcome::Labelled(_));
    let budgeting = Budgeting {
        fitted: fit::fit(media, &tests, SEED)?,
        values,
        margin: account.margin,
        currency: history.currency().map(str::to_owned),
        labelled,
        customers: labelled,
    };
    let backtest = backtest::backtest(media, &budgeting, &tests);
    Ok(Learned { budgeting, backtest, tests: uses })
}

/// Spend and revenue of a media table, by the step of its revenue.
///
/// # Errors
/// No spend, or no revenue of the same days.
pub fn revenue_media(history: &History) -> Result<Media, NoBudget> {
    let mut revenue: BTreeMap<Day, f64> = BTreeMap::new();
    for value in history.indicators() {
        if value.name == REVENUE || value.name.strip_prefix(REVENUE).is_some_and(|rest| rest.starts_with(':')) {
            *revenue.entry(value.date).or_default() += value.value;
        }
    }
    let days: Vec<Day> = revenue.keys().copied().collect();
    let (Some(&first), Some(&last)) = (days.first(), days.last()) else { return Err(NoBudget::Apart) };
    let weekly = days.windows(2).all(|pair| pair[1].since(pair[0]) % WEEK == 0);
    let step = if weekly { Step::Week } else { Step::Day };
    let spend = Spending::of(history, Cutoff(last + step.days()))?;
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

/// Writes what the curves say of the return of further spend beside what was observed.
pub fn add_marginal_roas(economics: &mut Economics, budgeting: &Budgeting) {
    for figures in &mut economics.channels {
        add_marginal(figures, budgeting);
    }
}

/// Spend and marginal return of the channels of a media table, most spend first.
pub fn media_figures(history: &History, budgeting: Option<&Budgeting>) -> Vec<ChannelFigures> {
    let mut channels: BTreeMap<&str, ChannelFigures> = BTreeMap::new();
    for (channel, day) in history.spend() {
        let figures = channels.entry(channel).or_default();
        figures.spend += day.spend.to_f64();
        figures.impressions = known_sum(figures.impressions, day.impressions);
        figures.clicks = known_sum(figures.clicks, day.clicks);
    }
    let named = |(channel, figures): (&str, ChannelFigures)| {
        let mut figures = ChannelFigures { channel: channel.to_owned(), ..figures };
        budgeting.inspect(|budgeting| add_marginal(&mut figures, budgeting));
        figures
    };
    let mut figures: Vec<ChannelFigures> = channels.into_iter().map(named).collect();
    figures.sort_by(|a, b| b.spend.total_cmp(&a.spend));
    figures
}

fn add_marginal(figures: &mut ChannelFigures, budgeting: &Budgeting) {
    let Some(number) = budgeting.channel(&figures.channel) else { return };
    let fitted = &budgeting.fitted.channels[number];
    if fitted.is_identified() {
        let roas = Interval::of(budgeting.marginal_returns(number)).times(1.0 / budgeting.margin.unwrap_or(1.0));
        figures.marginal_roas = Some(roas);
        figures.incremental_roas = (fitted.lift_tests > 0).then_some(roas);
    }
}

/// What a new customer of a channel is worth; where it has too few, what one of all channels is.
fn worth_of(economics: &Economics, channel: &str) -> UnitValue {
    let of = |figures: &ChannelFigures| figures.acquisition;
    let own = economics.channels.iter().find(|figures| figures.channel == channel).and_then(of);
    let Shrunk { mean, own_error, shared_error } = own.or_else(|| of(&economics.total)).unwrap_or_default();
    UnitValue { revenue: mean.max(0.0), standard_error: own_error, shared_error }
}

/// Ad spend by channel and day.
struct Spending {
    channels: Vec<String>,
    first: Day,
    last: Day,
    days: BTreeMap<(usize, Day), f64>,
}

impl Spending {
    fn of(history: &History, cutoff: Cutoff) -> Result<Spending, NoBudget> {
        let before = || history.spend().filter(|(_, day)| cutoff.is_after(day.day));
        let mut channels: Vec<String> = before().map(|(channel, _)| channel.to_owned()).collect();
        channels.sort();
        channels.dedup();
        let mut days: BTreeMap<(usize, Day), f64> = BTreeMap::new();
        for (channel, day) in before() {
            if let Ok(number) = channels.binary_search_by(|name| name.as_str().cmp(channel)) {
                *days.entry((number, day.day)).or_default() += day.spend.to_f64();
            }
        }
        let first = days.keys().map(|(_, day)| *day).min().ok_or(NoBudget::NoSpend)?;
        let last = days.keys().map(|(_, day)| *day).max().ok_or(NoBudget::NoSpend)?;
        Ok(Spending { channels, first, last, days })
    }

    fn number(&self, channel: &str) -> Option<usize> {
        self.channels.binary_search_by(|name| name.as_str().cmp(channel)).ok()
    }

    /// Spend of every channel on `days` days from `first` on; nothing where no row says so.
    fn by_day(&self, first: Day, days: usize) -> Vec<Vec<f64>> {
        let spent = |channel: usize, day: usize| self.days.get(&(channel, first + day as i32)).copied().unwrap_or(0.0);
        (0..self.channels.len()).map(|channel| (0..days).map(|day| spent(channel, day)).collect()).collect()
    }
}
