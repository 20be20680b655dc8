//! Was earlier advice good? In flow the series and the curves of today; out flows what the recommendation of each past
//! period, made from what was known then, would have earned under the curves of later data. It judges; it advises
//! nothing.
use super::budget::{Budgeting, Decision, PERIOD_DAYS, Request};
use super::fit;
use super::lift::LiftTest;
use super::media::Media;
use super::quantile::Interval;
use crate::time::Day;
use serde::{Deserialize, Serialize};

/// Past periods that are looked at.
const PERIODS: usize = 3;
/// Periods between two of them: advice of neighbouring periods hardly differs.
const EVERY: usize = 3;
/// Days that must precede advice.
const LEAST_DAYS: i32 = 365;
const SEED: u64 = 1;

/// What earlier advice would have earned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Backtest {
    /// By past period, earliest first.
    pub periods: Vec<PastAdvice>,
    /// Mean over them of the gain under the curves of today, as a share of what spend brought.
    pub mean_gain_share: f64,
}

/// One past recommendation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastAdvice {
    /// The day it would have been given on.
    pub day: Day,
    /// What had been spent until then and what was advised, by channel; the same where advice was refused.
    pub channels: Vec<PastSpend>,
    /// What was advised; absent where advice was refused.
    pub decision: Option<Decision>,
    /// The gain that was promised, in value a period.
    pub promised: Option<Interval>,
    /// The gain under the curves of today: of the recommendation over what had been spent until then.
    pub earned: Interval,
    /// Its mean as a share of what spend brought.
    pub earned_share: f64,
}

/// A channel in a past recommendation. Amounts are for one period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastSpend {
    /// The channel.
    pub channel: String,
    /// What had been spent until then.
    pub before: f64,
    /// What was recommended.
    pub recommended: f64,
}

/// Gives the advice of past periods from what was known then, and judges it by `today`. `None` where the series are
/// too short to give any.
pub fn backtest(media: &Media, today: &Budgeting, tests: &[LiftTest]) -> Option<Backtest> {
    let step = media.step.days();
    let back = |number: usize| (number * EVERY) as i32 * PERIOD_DAYS / step;
    let known = |number: usize| media.periods() as i32 - back(number);
    let numbers = (1..=PERIODS).rev().filter(|number| known(*number) * step >= LEAST_DAYS);
    let periods: Vec<PastAdvice> =
        numbers.filter_map(|number| past(&media.until(known(number) as usize), today, tests)).collect();
    if periods.is_empty() {
        return None;
    }
    let mean_gain_share = periods.iter().map(|past| past.earned_share).sum::<f64>() / periods.len() as f64;
    Some(Backtest { periods, mean_gain_share })
}

fn past(media: &Media, today: &Budgeting, tests: &[LiftTest]) -> Option<PastAdvice> {
    let tests: Vec<LiftTest> = tests.iter().filter(|test| test.end < media.end()).cloned().collect();
    let then = Budgeting { fitted: fit::fit(media, &tests, SEED).ok()?, ..today.clone() };
    let before: Vec<f64> = (0..media.channels.len()).map(|channel| then.current(channel)).collect();
    let advice = then.advise(&Request::default()).ok();
    let spend: Vec<f64> = match &advice {
        Some(advice) => advice.channels.iter().map(|channel| channel.recommended).collect(),
        None => before.clone(),
    };
    let (earned, of_before) = today.gain(&before, &spend);
    let channels = media.channels.iter().zip(before.iter().zip(&spend));
    let channels = channels.map(|(channel, (before, recommended))| PastSpend {
        channel: channel.clone(),
        before: *before,
        recommended: *recommended,
    });
    Some(PastAdvice {
        day: media.end(),
        channels: channels.collect(),
        decision: advice.as_ref().map(|advice| advice.decision),
        promised: advice.as_ref().map(|advice| advice.gain),
        earned_share: super::per(earned.mean, of_before).unwrap_or(0.0),
        earned,
    })
}
