//! The answer: in flow curves, values and a request, out flows a split of the budget with an interval on what it gains
//! over going on as before, or a refusal. Advice that may as well lose is not given.
use super::path::{self, PeriodPlan};
use super::request::{Refusal, Request};
use super::surer;
use super::target;
use super::worth::Worth;
use super::{Budgeting, PERIOD_DAYS};
use crate::channel::optimise::{Bounds, SAME, split};
use crate::channel::per;
use crate::channel::quantile::Interval;
use serde::{Deserialize, Serialize};

/// Of the joint draws every third one is enough for the mean that is maximised; gains are judged by all.
pub(super) const THIN: usize = 3;
const PERIODS: u16 = 3;
/// A gain below this part of what spend brings is none.
const LEAST_GAIN: f64 = 0.001;
/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = BudgetDecision))]
pub enum Decision {
    /// Move budget as `channels` says.
    Change,
    /// Go on as before: the gain's interval reaches zero. Never the answer to a target, whose total was asked for.
    NoChange,
}

/// What must be known to read the advice rightly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = BudgetNote))]
pub enum Note {
    /// Figures rest on correlation in past data: attributed, not causal. Absent where every channel that moves was
    /// calibrated by an experiment.
    AttributedNotCausal,
    /// Only the total outcome is known: which channel brought whom is inferred.
    TotalsOnly,
    /// No margin is set: revenue is maximised instead of contribution.
    Revenue,
    /// Customers won at the margin are taken to be worth as much as the others.
    NoMarginalDecline,
    /// Some recommended spend lies outside of what has been seen.
    Extrapolates,
}

/// Advice for one channel. Amounts are for one period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = BudgetChannel))]
pub struct ChannelAdvice {
    /// The channel.
    pub channel: String,
    /// Mean spend of the last 28 days.
    pub current: f64,
    /// What to spend.
    pub recommended: f64,
    /// The change as a share of the present spend; undefined at none.
    pub change: Option<f64>,
    /// Value per unit of further spend, at the present spend.
    pub marginal_return: Option<Interval>,
    /// Value per unit of further spend, at the recommended spend.
    pub marginal_return_recommended: Option<Interval>,
    /// Why the channel is held at its present spend, in words.
    pub held: Option<String>,
    /// Does the recommendation lie outside of what has been spent over any 28 days?
    pub extrapolates: bool,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = BudgetAdvice))]
pub struct Advice {
    /// What is to be done.
    pub decision: Decision,
    /// Why, in a sentence.
    pub reason: String,
    /// The budget of a period of 28 days: the sum of what is recommended, and what the coming periods spend in the mean.
    pub total: f64,
    /// By channel.
    pub channels: Vec<ChannelAdvice>,
    /// Value a period of what spend brings under the recommendation, at season 1, once carry-over has settled.
    pub value: Interval,
    /// The best split's gain in value a period over the present split of the same total. Where the decision is to go
    /// on as before, it is the gain that is forgone.
    pub gain: Interval,
    /// The gain's mean as a share of what the present split brings.
    pub gain_share: Option<f64>,
    /// For a target: the ratio that the recommendation reaches, `value` by the measure ÷ `total`.
    pub reached: Option<f64>,
    /// For a target: the largest total that still reaches it.
    pub largest_total: Option<f64>,
    /// A plan of the coming periods: every channel has what is recommended in the mean of them, spent when it brings
    /// most, given season and the carry-over of what was spent before.
    pub periods: Vec<PeriodPlan>,
    /// How to read it.
    pub notes: Vec<Note>,
}

impl Budgeting {
    /// Answers a request.
    ///
    /// # Errors
    /// The reason why there is no advice.
    pub fn advise(&self, request: &Request) -> Result<Advice, Refusal> {
        request.check()?;
        let bounds = request.bounds(self)?;
        let now: Vec<f64> = (0..bounds.len()).map(|channel| self.current(channel)).collect();
        // A target looks at many splits.
        let thin = if request.target.is_some() { 2 * THIN } else { THIN };
        let thinned = Worth::of(self, thin, request.marginal_decline);
        let worth = Worth::of(self, 1, request.marginal_decline);
        let reached = match request.target {
            Some(target) => Some((target, target::reach(self, request, target, &bounds, (&thinned, &worth))?)),
            None => None,
        };
        let present = now.iter().sum::<f64>();
        let total = match (reached, request.total, request.step) {
            (Some((_, reached)), ..) => reached.total,
            (None, Some(total), _) => total,
            (None, None, Some(step)) => nearest(present, &bounds, step),
            (None, None, None) => present,
        };
        let before = unchanged(&now, &bounds, total, request.step)?;
        let of_before = worth.totals(&before);
        let present = Interval::of(of_before.clone());
        let least = LEAST_GAIN * present.mean;
        let gain_of = |spend: &[f64]| Interval::of(worth.gains(spend, &of_before));
        let sure = |gain: &Interval| gain.low > 0.0 && gain.mean > least;
        let value = |channel: usize, spend: f64| thinned.mean(channel, spend);
        let mut best = split(&value, &bounds, total, request.step)?;
        let is_sure = |spend: &[f64]| sure(&gain_of(spend));
        if request.step.is_none()
            && request.target.is_none()
            && let Some(spend) = surer::most_of_the_sure(&thinned, &bounds, &before, &best, &is_sure)
        {
            best = surer::bounded(&worth, &before, &spend);
        }
        let gain = gain_of(&best);

        // A target asks for a total of its own, which is met whatever the split of it gains.
        let decision = if sure(&gain) || reached.is_some() { Decision::Change } else { Decision::NoChange };
        let spend = if decision == Decision::Change { best } else { before };
        // Going on as before, or in steps, every period is like the other.
        let timed = (decision == Decision::Change && request.step.is_none()).then_some(&bounds[..]);
        let channels: Vec<ChannelAdvice> =
            (0..spend.len()).map(|channel| self.channel_advice(request, &worth, channel, spend[channel])).collect();
        let value = Interval::of(worth.totals(&spend));
        let ratio = reached.map(|(target, _)| target.ratio(self, value.mean, total));
        let reason = match (reached, ratio) {
            (Some((target, _)), Some(ratio)) => {
                let (name, least) = (target.measure.name(), target.at_least);
                format!("{total:.2} is the least total whose {name} is {least} or more: {ratio:.3}")
            }
            _ => reason(decision, &gain, per(gain.mean, present.mean)),
        };
        Ok(Advice {
            decision,
            reason,
            total: spend.iter().sum(),
            notes: self.notes(request, &channels),
            channels,
            value,
            gain,
            gain_share: per(gain.mean, present.mean),
            reached: ratio,
            largest_total: reached.map(|(_, reached)| reached.largest),
            periods: path::plan(self, &spend, timed, (request.pace, usize::from(request.periods.unwrap_or(PERIODS)))),
        })
    }

    fn channel_advice(&self, request: &Request, worth: &Worth, channel: usize, recommended: f64) -> ChannelAdvice {
        let fitted = &self.fitted.channels[channel];
        let (current, steps) = (self.current(channel), self.steps());
        let marginal = |spend: f64| {
            (spend > 0.0 && !fitted.draws.is_empty()).then(|| Interval::of(worth.marginals(channel, spend)))
        };
        let held = match &fitted.identification.reason {
            Some(reason) => Some(reason.sentence(&fitted.channel)),
            None => request.locked.contains(&fitted.channel).then(|| "locked".to_owned()),
        };
        let seen = (fitted.lowest * (1.0 - SAME)..=fitted.highest * (1.0 + SAME)).contains(&(recommended / steps));
        ChannelAdvice {
            channel: fitted.channel.clone(),
            current,
            recommended,
            change: per(recommended - current, current),
            marginal_return: marginal(current),
            marginal_return_recommended: marginal(recommended),
            extrapolates: held.is_none() && !seen,
            held,
        }
    }

    fn notes(&self, request: &Request, channels: &[ChannelAdvice]) -> Vec<Note> {
        let moving = channels.iter().zip(&self.fitted.channels).filter(|(advice, _)| advice.held.is_none());
        let mut notes = Vec::new();
        if moving.into_iter().any(|(_, fitted)| fitted.lift_tests == 0) {
            notes.push(Note::AttributedNotCausal);
        }
        if !self.labelled {
            notes.push(Note::TotalsOnly);
        }
        if self.margin.is_none() {
            notes.push(Note::Revenue);
        }
        if request.marginal_decline == 0.0 {
            notes.push(Note::NoMarginalDecline);
        }
        if channels.iter().any(|channel| channel.extrapolates) {
            notes.push(Note::Extrapolates);
        }
        notes
    }
}

fn reason(decision: Decision, gain: &Interval, share: Option<f64>) -> String {
    let gained = format!(
        "moving budget gains {:.2} in {PERIOD_DAYS} days, with 80 % between {:.2} and {:.2}",
        gain.mean, gain.low, gain.high
    );
    match (decision, share) {
        (Decision::Change, Some(share)) => format!("{gained}: {:.1} % of what spend brings", share * 100.0),
        (Decision::Change, None) => gained,
        (Decision::NoChange, _) => format!("{gained}: that may as well be nothing, so go on as before"),
    }
}

/// The total nearest to `present` that whole steps reach.
fn nearest(present: f64, bounds: &[Bounds], step: f64) -> f64 {
    let sum = |of: fn(&Bounds) -> f64| bounds.iter().map(of).sum::<f64>();
    let (least, most) = (sum(|bound| bound.low), sum(|bound| bound.high));
    (least + ((present - least) / step).round() * step).clamp(least, most)
}

/// The present split of a total, where it moves in whole steps: as near to it as these come.
fn unchanged(now: &[f64], bounds: &[Bounds], total: f64, step: Option<f64>) -> Result<Vec<f64>, Refusal> {
    let alike = proportional(now, bounds, total);
    let moves = alike.iter().zip(now).any(|(alike, now)| (alike - now).abs() > now * SAME);
    if step.is_none() || !moves {
        return Ok(alike);
    }
    Ok(split(&|channel, spend| -(spend - alike[channel]).powi(2), bounds, total, step)?)
}

/// The present split of another total: every channel is scaled alike, as far as its bounds allow.
pub(super) fn proportional(now: &[f64], bounds: &[Bounds], total: f64) -> Vec<f64> {
    let scaled = |factor: f64| -> Vec<f64> {
        now.iter().zip(bounds).map(|(now, bound)| (now * factor).clamp(bound.low, bound.high)).collect()
    };
    let sum = |factor: f64| scaled(factor).iter().sum::<f64>();
    if (sum(1.0) - total).abs() <= total * SAME {
        return scaled(1.0);
    }
    let (mut low, mut high) = (0.0, 1.0);
    while sum(high) < total * (1.0 - SAME) && high < 1e9 {
        high *= 2.0;
    }
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if sum(middle) < total {
            low = middle;
        } else {
            high = middle;
        }
    }
    scaled(high)
}
