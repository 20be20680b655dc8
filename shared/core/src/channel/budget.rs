//! What a budget is best spent on: in flow fitted curves, what a new customer of each channel is worth, and a request;
//! out flows advice with an interval on its gain, or the reason why none is given. All of it is kept in one
//! [`Budgeting`], so that a request is answered in milliseconds without any data.
//!
//! Read in this order: `request` (what can be asked), `worth` (value curves), `advice` (the answer), `target` and
//! `path` (the least spend that reaches a ratio; the coming periods). Nothing is fitted here.
mod advice;
mod path;
mod request;
mod surer;
mod target;
#[cfg(test)]
mod tests;
mod timing;
mod worth;

pub use advice::{Advice, ChannelAdvice, Decision, Note};
pub use path::{ChannelSpend, PeriodPlan};
pub use request::{Limit, Measure, Pace, Refusal, Request, Target};

use super::backtest::Backtest;
use super::fit::{Fitted, FittedChannel};
use super::lift::TestUse;
use super::observed::{Learned, NoBudget};
use super::optimise::{Bounds, Infeasible, split};
use super::quantile::Interval;
use serde::{Deserialize, Serialize};

/// Days of a planned period. Amounts in requests and advice are for one period.
pub const PERIOD_DAYS: i32 = 28;
/// Channels that must be identified: with one there is nothing to move between.
pub const LEAST_IDENTIFIED: usize = 2;

/// What a unit of a channel's outcome is worth: one new customer, or, where the outcome is money, one unit of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnitValue {
    /// Revenue, in currency.
    pub revenue: f64,
    /// The standard error of that, as far as it is the channel's own.
    pub standard_error: f64,
    /// And as far as all channels err alike.
    #[serde(default)]
    pub shared_error: f64,
}

impl UnitValue {
    /// Of a unit of money.
    pub const ITSELF: UnitValue = UnitValue { revenue: 1.0, standard_error: 0.0, shared_error: 0.0 };
}

/// What a request is answered from; `budget.json` holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Budgeting {
    /// Curves of all channels.
    pub fitted: Fitted,
    /// What a unit of each channel's outcome is worth, in the order of the channels.
    pub values: Vec<UnitValue>,
    /// The contribution margin; without it revenue is maximised.
    pub margin: Option<f64>,
    /// The currency, where it is known.
    pub currency: Option<String>,
    /// Does every outcome carry the channel that brought it? Otherwise only the total is known.
    pub labelled: bool,
    /// Is the outcome counted in customers? Otherwise it is money.
    pub customers: bool,
}

/// `budget.json`: what the training found, and what requests are answered from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BudgetDocument {
    /// Why there is no advice about the present budget, in a sentence; absent where there is.
    pub refused: Option<String>,
    /// Advice about the present budget, as the defaults of a request ask for it.
    pub advice: Option<Advice>,
    /// What the advice of past periods would have earned under the curves of later data; absent where the series are
    /// too short for it.
    pub backtest: Option<Backtest>,
    /// What became of every uploaded experiment.
    #[serde(default)]
    pub lift_tests: Vec<TestUse>,
    /// The curves; absent where none could be fitted.
    pub budgeting: Option<Budgeting>,
}

impl BudgetDocument {
    /// What is said of curves, or of there being none.
    pub fn of(found: Result<Learned, NoBudget>) -> BudgetDocument {
        let Learned { budgeting, backtest, tests: lift_tests } = match found {
            Ok(found) => found,
            Err(error) => {
                let refused = Some(error.to_string());
                return BudgetDocument { refused, ..BudgetDocument::default() };
            }
        };
        let (advice, refused) = match budgeting.advise(&Request::default()) {
            Ok(advice) => (Some(advice), None),
            Err(refusal) => (None, Some(refusal.to_string())),
        };
        BudgetDocument { refused, advice, backtest, lift_tests, budgeting: Some(budgeting) }
    }

    /// The document for people and programs that print it: without the draws.
    pub fn summary(&self) -> BudgetSummary<'_> {
        BudgetSummary {
            refused: self.refused.as_deref(),
            advice: self.advice.as_ref(),
            backtest: self.backtest.as_ref(),
            lift_tests: &self.lift_tests,
        }
    }
}

/// A [`BudgetDocument`] without what requests are answered from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BudgetSummary<'a> {
    /// Why there is no advice.
    pub refused: Option<&'a str>,
    /// Advice about the present budget.
    pub advice: Option<&'a Advice>,
    /// What earlier advice would have earned.
    pub backtest: Option<&'a Backtest>,
    /// What became of every uploaded experiment.
    pub lift_tests: &'a [TestUse],
}

/// A channel's curve at some spends, for people to look at. Amounts are for one period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ChannelCurvePoint))]
pub struct CurvePoint {
    /// Spend.
    pub spend: f64,
    /// What it brings, in the outcome's unit, at season 1, once carry-over has settled.
    pub outcome: Interval,
    /// Its value: contribution where the margin is known, else revenue.
    pub value: Interval,
    /// Value per unit of further spend.
    pub marginal_return: Interval,
    /// Has the channel spent as much (or as little) for 28 days?
    pub seen: bool,
}

impl Budgeting {
    /// The channel called `name`.
    pub fn channel(&self, name: &str) -> Option<usize> {
        self.fitted.channels.iter().position(|channel| channel.channel == name)
    }

    /// Steps of the series in one period.
    fn steps(&self) -> f64 {
        f64::from(PERIOD_DAYS / self.fitted.step.days())
    }

    /// A channel's present spend a period.
    pub fn current(&self, channel: usize) -> f64 {
        self.fitted.channels[channel].current * self.steps()
    }

    /// Draws of the marginal return at the present spend: value per unit of further spend, at season 1. Empty where
    /// the channel never spent anything, and where its curve's uncertainty could not be computed.
    pub fn marginal_returns(&self, channel: usize) -> Vec<f64> {
        let worth = worth::Worth::of(self, 1, 0.0);
        worth.marginals(channel, self.current(channel))
    }

    /// What is gained in a period by spending `spend` instead of `before`, and what `before` brings in the mean.
    pub fn gain(&self, before: &[f64], spend: &[f64]) -> (Interval, f64) {
        let worth = worth::Worth::of(self, 1, 0.0);
        let of_before = worth.totals(before);
        let gains = worth.totals(spend).iter().zip(&of_before).map(|(there, before)| there - before).collect();
        (Interval::of(gains), of_before.iter().sum::<f64>() / of_before.len().max(1) as f64)
    }

    /// The split of what `before` spends that brings most in the mean, no channel whose curve can judge moving further
    /// than advice does and no other at all.
    pub(super) fn best_split(&self, before: &[f64]) -> Result<Vec<f64>, Infeasible> {
        let worth = worth::Worth::of(self, 1, 0.0);
        let bounds = self.fitted.channels.iter().zip(before).map(|(channel, now)| {
            let cap = if channel.can_judge() { request::CAP } else { 0.0 };
            Bounds { low: now * (1.0 - cap), high: now * (1.0 + cap) }
        });
        let bounds: Vec<Bounds> = bounds.collect();
        split(&|channel, spend| worth.mean(channel, spend), &bounds, before.iter().sum(), None)
    }

    /// The curve at `points` spends from nothing to twice the highest that has been seen; `None` where the channel
    /// never spent anything, and where the curve's uncertainty could not be computed.
    pub fn curve(&self, channel: usize, points: usize) -> Option<Vec<CurvePoint>> {
        let fitted: &FittedChannel = &self.fitted.channels[channel];
        if fitted.draws.is_empty() {
            return None;
        }
        let worth = worth::Worth::of(self, 1, 0.0);
        let steps = self.steps();
        let most = 2.0 * fitted.highest * steps;
        let point = |number: usize| {
            // At nothing a concave curve may be infinitely steep: it begins a little above.
            let spend = most * (number as f64 + 1.0) / points as f64;
            CurvePoint {
                spend,
                outcome: Interval::of(fitted.draws.iter().map(|c| c.response(spend / steps) * steps).collect()),
                value: Interval::of(worth.values(channel, spend)),
                marginal_return: Interval::of(worth.marginals(channel, spend)),
                seen: (fitted.lowest..=fitted.highest).contains(&(spend / steps)),
            }
        };
        Some((0..points).map(point).collect())
    }
}
