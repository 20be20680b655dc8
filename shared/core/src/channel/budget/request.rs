//! What can be asked: in flows a request as JSON has it, out flow bounds for every channel, or a refusal. Nothing is
//! optimised here.
use super::{Budgeting, LEAST_IDENTIFIED};
use crate::channel::fit::Unidentified;
use crate::channel::optimise::{Bounds, Infeasible};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far a channel's spend may move from the present one, unless asked otherwise.
pub(super) const CAP: f64 = 0.3;
/// Periods that can be planned at most: two years.
const MOST_PERIODS: u16 = 26;

/// A question about the budget. Amounts are for one period of 28 days, in the account's currency.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// The budget of a period. Left out: what is spent now.
    pub total: Option<f64>,
    /// A ratio to be reached with the least spend, instead of a total.
    pub target: Option<Target>,
    /// Least and most spend by channel; where left out, ±30 % of the present spend.
    pub bounds: BTreeMap<String, Limit>,
    /// Channels that keep their present spend.
    pub locked: Vec<String>,
    /// Every spend that moves is a whole number of these.
    pub step: Option<f64>,
    /// How many periods to plan. Left out: 3.
    pub periods: Option<u16>,
    /// How long each of them is. Left out: 28 days.
    pub pace: Pace,
    /// By which share customers won or lost by a change are worth less than the others, in `[0, 1)`. Left out: 0.
    pub marginal_decline: f64,
}

/// The length of a planned period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// Seven days.
    Week,
    /// Four weeks: with whole weeks no period has more weekends than another.
    #[default]
    Month,
}

impl Pace {
    /// Its length in days.
    pub fn days(self) -> i32 {
        match self {
            Pace::Week => 7,
            Pace::Month => super::PERIOD_DAYS,
        }
    }
}

/// Least and most spend of a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limit {
    /// The least. Left out: 30 % below the present spend.
    pub min: Option<f64>,
    /// The most. Left out: 30 % above the present spend.
    pub max: Option<f64>,
}

/// A ratio to be reached.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Of what.
    pub measure: Measure,
    /// At least this.
    pub at_least: f64,
}

/// A ratio of what all channels bring together to what they cost together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Contribution of the customers whom spend brings ÷ spend; needs a margin.
    LtvToCac,
    /// Revenue of the customers whom spend brings ÷ spend.
    Roas,
}

/// Why no advice is given.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Nothing can be moved where fewer than two channels are known.
    #[error(
        "{identified} of {of} channels can be told from their data, and moving a budget takes at least two{}",
        if .reasons.is_empty() { String::new() } else { format!(": {}", .reasons.join("; ")) }
    )]
    TooFewIdentified {
        /// How many are identified.
        identified: usize,
        /// How many there are.
        of: usize,
        /// Why the others are not.
        reasons: Vec<String>,
    },
    /// A channel that does not exist.
    #[error("{0:?} is no channel with a fitted curve")]
    UnknownChannel(String),
    /// A value that makes no sense.
    #[error("{field} is {value}; {expected}")]
    Value {
        /// Which field.
        field: &'static str,
        /// Its value.
        value: f64,
        /// What would make sense.
        expected: &'static str,
    },
    /// A total and a target together.
    #[error("a request names either a total or a target, not both")]
    TotalAndTarget,
    /// A contribution without a margin.
    #[error("ltv_to_cac needs the contribution margin, which is not set; ask for roas instead")]
    NoMargin,
    /// Constraints that cannot be met together.
    #[error(transparent)]
    Infeasible(#[from] Infeasible),
    /// A target that no total within the bounds reaches.
    #[error("{measure} reaches {best:.3} at most within the bounds, not {asked}")]
    OutOfReach {
        /// The measure.
        measure: &'static str,
        /// The best that is reached.
        best: f64,
        /// What was asked for.
        asked: f64,
    },
}

impl Measure {
    pub(super) fn name(self) -> &'static str {
        match self {
            Measure::LtvToCac => "ltv_to_cac",
            Measure::Roas => "roas",
        }
    }
}

impl Unidentified {
    /// The reason in words.
    pub fn sentence(&self, channel: &str) -> String {
        match self {
            Unidentified::NoSpend => format!("{channel} never had any spend"),
            Unidentified::Paused => format!("{channel} has had no spend in the last 28 days"),
            Unidentified::New => format!("{channel} has had spend on 28 days or fewer"),
            Unidentified::Thin => format!("{channel} has brought fewer than 30 customers"),
            Unidentified::Constant => format!("the spend of {channel} never moved"),
            Unidentified::Collinear { with } => format!("the spend of {channel} moves together with that of {with}"),
            Unidentified::PriorOnly => {
                format!("the data say hardly more about {channel} than was believed before")
            }
        }
    }
}

impl Request {
    /// Checks what does not depend on the curves.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let value = |field, value, expected| Err(Refusal::Value { field, value, expected });
        if let Some(total) = self.total.filter(|total| !(*total > 0.0 && total.is_finite())) {
            return value("total", total, "it must be above 0");
        }
        if let Some(target) = self.target.filter(|target| !(target.at_least > 0.0 && target.at_least.is_finite())) {
            return value("target.at_least", target.at_least, "it must be above 0");
        }
        if let Some(step) = self.step.filter(|step| !(*step > 0.0 && step.is_finite())) {
            return value("step", step, "it must be above 0");
        }
        if !(0.0..1.0).contains(&self.marginal_decline) {
            return value("marginal_decline", self.marginal_decline, "it must be at least 0 and below 1");
        }
        if let Some(periods) = self.periods.filter(|periods| !(1..=MOST_PERIODS).contains(periods)) {
            return value("periods", f64::from(periods), "it must be between 1 and 26");
        }
        if self.total.is_some() && self.target.is_some() { Err(Refusal::TotalAndTarget) } else { Ok(()) }
    }

    /// The bounds of every channel: locked and unidentified ones keep their present spend.
    pub(super) fn bounds(&self, budgeting: &Budgeting) -> Result<Vec<Bounds>, Refusal> {
        for name in self.locked.iter().chain(self.bounds.keys()) {
            if budgeting.channel(name).is_none() {
                return Err(Refusal::UnknownChannel(name.clone()));
            }
        }
        let channels = &budgeting.fitted.channels;
        let identified = channels.iter().filter(|channel| channel.is_identified()).count();
        if identified < LEAST_IDENTIFIED {
            let reasons = channels.iter().filter_map(|channel| {
                channel.identification.reason.as_ref().map(|reason| reason.sentence(&channel.channel))
            });
            let reasons = reasons.collect();
            return Err(Refusal::TooFewIdentified { identified, of: channels.len(), reasons });
        }
        let bounds = channels.iter().enumerate().map(|(number, channel)| {
            let now = budgeting.current(number);
            if !channel.is_identified() || self.locked.contains(&channel.channel) {
                return Bounds { low: now, high: now };
            }
            let limit = self.bounds.get(&channel.channel).copied().unwrap_or_default();
            Bounds { low: limit.min.unwrap_or(now * (1.0 - CAP)), high: limit.max.unwrap_or(now * (1.0 + CAP)) }
        });
        Ok(bounds.collect())
    }
}
