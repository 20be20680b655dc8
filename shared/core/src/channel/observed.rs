//! From a history to a budget: in flow a history with ad spend, the economics of its channels and predictions; out
//! flows everything that budget requests are answered from, and what earlier advice would have earned, or the reason
//! why there is none. The curves are fitted by `fit`, on the series that `customers` and `revenue` make of a stretch of
//! time: all of it for today's advice, what was known on a day for the advice of that day, and what came since to judge
//! it by.
mod customers;
mod returns;
mod revenue;
mod spending;
#[cfg(test)]
mod tests;

pub use returns::{add_marginal_roas, media_figures};
pub use revenue::revenue_media;

use super::backtest::{self, Backtest, JUDGING_DRAWS};
use super::budget::{Budgeting, UnitValue};
use super::development::{Development, rest_of};
use super::economics::{self, Economics};
use super::fit::{self, DRAWS};
use super::lift::{LiftTest, TestUse};
use super::media::{Media, MediaError, Outcome};
use super::newcomer::Seen;
use crate::account::Account;
use crate::feature::History;
use crate::time::Day;
use customers::Worths;
use std::ops::Range;

const SEED: u64 = 1;
const ALWAYS: Range<Day> = Day(i32::MIN)..Day(i32::MAX);

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

/// Series, and what goes with them, of a stretch of time.
#[derive(Clone, Debug, PartialEq)]
struct Observed {
    media: Media,
    /// What a unit of each channel's outcome is worth.
    values: Vec<UnitValue>,
    /// The experiments that say something about it.
    tests: Vec<LiftTest>,
    /// What became of all of them.
    uses: Vec<TestUse>,
}

impl Observed {
    /// Fits the series.
    fn fit(self, history: &History, account: &Account, draws: usize) -> Result<Budgeting, NoBudget> {
        let labelled = matches!(self.media.outcome, Outcome::Labelled(_));
        Ok(Budgeting {
            fitted: fit::fit_with(&self.media, &self.tests, SEED, draws)?,
            values: self.values,
            margin: account.margin,
            currency: history.currency().map(str::to_owned),
            labelled,
            customers: labelled,
        })
    }
}

/// Fits the channels of a history with customers. `development` and `predicted` are those of `economics`, as in
/// [`economics::economics`].
///
/// # Errors
/// The reason why no budget can be advised.
pub fn of_customers(
    history: &History,
    development: &Development,
    economics: &Economics,
    account: &Account,
    predicted: &(dyn Fn(u32) -> Option<f64> + Sync),
) -> Result<Learned, NoBudget> {
    let (cutoff, horizon) = (development.cutoff, development.horizon);
    let rest = rest_of(predicted, development);
    let seen = Seen { cutoff, horizon, rest: &rest };
    let worths = Worths::of(&economics.channels, &economics.total);
    let today = customers::observed(history, ALWAYS, &seen, &worths)?;
    let later = |day: Day| {
        let (channels, total) = economics::by_channel(history, (day, cutoff.0), &seen);
        customers::observed(history, day..ALWAYS.end, &seen, &Worths::of(&channels, &total))
    };
    learned(history, account, today, &|day| customers::known_on(history, day, horizon), &later)
}

/// Fits the channels of a media table without customers: spend, and a series of revenue by week or day.
///
/// # Errors
/// The reason why no budget can be advised.
pub fn of_revenue(history: &History, account: &Account) -> Result<Learned, NoBudget> {
    let today = revenue::observed(history, &ALWAYS)?;
    let then = |day| revenue::observed(history, &(ALWAYS.start..day));
    let later = |day| revenue::observed(history, &(day..ALWAYS.end));
    learned(history, account, today, &then, &later)
}

/// Fits the series, and looks back: `then` gives what was known on a day, `later` what has come since.
fn learned(
    history: &History,
    account: &Account,
    today: Observed,
    then: &(dyn Fn(Day) -> Result<Observed, NoBudget> + Sync),
    later: &(dyn Fn(Day) -> Result<Observed, NoBudget> + Sync),
) -> Result<Learned, NoBudget> {
    let (days, tests) = (backtest::days(&today.media), today.uses.clone());
    let budgeting = today.fit(history, account, DRAWS)?;
    let then = |day| then(day)?.fit(history, account, DRAWS);
    let later = |day| later(day)?.fit(history, account, JUDGING_DRAWS);
    Ok(Learned { budgeting, backtest: backtest::backtest(&days, &then, &later), tests })
}
