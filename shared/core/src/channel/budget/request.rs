//! What can be asked: in flows a request as JSON has it, out flow bounds for every channel, or a refusal. Nothing is
//! optimised here.
use super::{Budgeting, LEAST_IDENTIFIED};
use crate::channel::fit::Unidentified;
use crate::channel::optimise::{Bounds, Infeasible, SAME, in_steps};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far a channel's spend may move from the present one, unless asked otherwise.
pub(super) const CAP: f64 = 0.3;
/// Periods that can be planned at most: two years.
const MOST_PERIODS: u16 = 26;

/// A question about the budget. Amounts are for one period of 28 days, in the account's currency.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = BudgetRequest))]
pub struct Request {
    /// The budget of a period. Left out: what is spent now.
    #[cfg_attr(feature = "schema", schema(example = 50_000.0))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = BudgetPace))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = BudgetLimit))]
pub struct Limit {
    /// The least. Left out: 30 % below the present spend, or the most where that is less.
    pub min: Option<f64>,
    /// The most. Left out: 30 % above the present spend, or the least where that is more.
    pub max: Option<f64>,
}

/// A ratio to be reached.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = BudgetTarget))]
pub struct Target {
    /// Of what.
    pub measure: Measure,
    /// At least this.
    pub at_least: f64,
}

/// A ratio of what all channels bring together to what they cost together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = BudgetMeasure))]
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
    /// A minimum above its maximum.
    #[error("bounds of {min:.2} to {max:.2} for {channel} are no range of spend")]
    Bounds {
        /// The channel.
        channel: String,
        /// Its minimum.
        min: f64,
        /// Its maximum.
        max: f64,
    },
    /// Bounds that exclude the present spend of a channel that is held at it.
    #[error("{channel} is held at its present spend of {now:.2}, which its bounds exclude: {reason}")]
    Held {
        /// The channel.
        channel: String,
        /// Its present spend.
        now: f64,
        /// Why it is held.
        reason: String,
    },
    /// Bounds that are closer to each other than steps are.
    #[error("no whole number of steps of {step} lies between {low:.2} and {high:.2}, the bounds of {channel}")]
    NoStep {
        /// The channel.
        channel: String,
        /// Its minimum.
        low: f64,
        /// Its maximum.
        high: f64,
        /// The step.
        step: f64,
    },
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
            Unidentified::Uncomputed => format!("how sure the curve of {channel} is could not be computed"),
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

    /// The bounds of every channel, in whole steps where such are asked for: locked and unidentified channels keep their
    /// present spend.
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
            let name = &channel.channel;
            let limit = self.bounds.get(name).copied().unwrap_or_default();
            let held = match &channel.identification.reason {
                Some(reason) => Some(reason.sentence(name)),
                None => self.locked.contains(name).then(|| "it is locked".to_owned()),
            };
            limit.around(name, budgeting.current(number), held)
        });
        let bounds = bounds.collect::<Result<Vec<Bounds>, Refusal>>()?;
        let Some(step) = self.step else { return Ok(bounds) };
        in_steps(&bounds, step).map_err(|infeasible| match infeasible {
            Infeasible::Bounds { channel, low, high } => {
                Refusal::NoStep { channel: channels[channel].channel.clone(), low, high, step }
            }
            other => Refusal::Infeasible(other),
        })
    }
}

impl Limit {
    /// The bounds that this sets a channel whose present spend is `now`, and that is `held` at it for a reason.
    fn around(self, channel: &str, now: f64, held: Option<String>) -> Result<Bounds, Refusal> {
        if let Some(value) = [self.min, self.max].into_iter().flatten().find(|bound| bound.is_nan() || *bound < 0.0) {
            return Err(Refusal::Value { field: "bounds", value, expected: "it must be at least 0" });
        }
        let (least, most) = (self.min.unwrap_or(0.0), self.max.unwrap_or(f64::INFINITY));
        if least > most {
            return Err(Refusal::Bounds { channel: channel.to_owned(), min: least, max: most });
        }
        if let Some(reason) = held {
            let excluded = least > now * (1.0 + SAME) || most < now * (1.0 - SAME);
            let refusal = || Refusal::Held { channel: channel.to_owned(), now, reason };
            return if excluded { Err(refusal()) } else { Ok(Bounds { low: now, high: now }) };
        }
        Ok(Bounds {
            low: self.min.unwrap_or((now * (1.0 - CAP)).min(most)),
            high: self.max.unwrap_or((now * (1.0 + CAP)).max(least)),
        })
    }
}
