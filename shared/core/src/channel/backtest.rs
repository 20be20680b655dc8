//! Was earlier advice good? In flow two views of the same business, what was known on a day and what has come since;
//! out flows what the recommendation of each past period would have earned under the curves of later data. What a day
//! could not know never reaches its advice, and no curve that a recommendation came from judges it. It advises nothing.
#[cfg(test)]
mod tests;

use super::budget::{Budgeting, Decision, LEAST_IDENTIFIED, PERIOD_DAYS, Refusal, Request};
use super::fit::{FittedChannel, Unidentified};
use super::media::Media;
use super::observed::NoBudget;
use super::optimise::SAME;
use super::per;
use super::quantile::Interval;
use crate::time::Day;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Draws of the curves that judge: their mean is what is looked at most.
pub const JUDGING_DRAWS: usize = 100;
/// Periods between two recommendations, a quarter: those of neighbouring periods hardly differ.
const EVERY: usize = 3;
/// Days that must precede a recommendation.
const LEAST_DAYS: i32 = 365;
/// Days that must follow it, so that later data say something.
const LATER_DAYS: i32 = 182;
/// Recommendations times periods times channels that are looked at; where there is more, fewer quarters are.
const MOST_WORK: usize = 100_000;

/// What earlier advice would have earned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Backtest {
    /// By past period, earliest first.
    pub periods: Vec<PastAdvice>,
    /// How many were recommendations to change something.
    #[serde(default)]
    pub changes: usize,
    /// How many were to go on as before.
    #[serde(default)]
    pub no_changes: usize,
    /// How often advice was refused.
    #[serde(default)]
    pub refusals: usize,
    /// How many of the recommendations to change something later data do not judge.
    #[serde(default)]
    pub changes_unjudged: usize,
    /// How many of the others they do not.
    #[serde(default)]
    pub others_unjudged: usize,
    /// Mean over the judged recommendations to change of the gain under the curves of later data, as a share of what
    /// spend brought; absent where there is none.
    pub mean_gain_share: Option<f64>,
    /// Mean over the judged others of what the best split under the curves of later data would have gained within the
    /// caps: so much was missed. Absent where there is none. Some of it is what chance made these curves say.
    #[serde(default)]
    pub mean_missed_share: Option<f64>,
}

/// One past recommendation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastAdvice {
    /// The day it would have been given on, from what is dated before it.
    pub day: Day,
    /// What had been spent until then and what was advised, by channel; the same where nothing was to be changed.
    pub channels: Vec<PastSpend>,
    /// What was advised; absent where advice was refused.
    pub decision: Option<Decision>,
    /// Why advice was refused.
    #[serde(default)]
    pub refused: Option<String>,
    /// The gain that was promised, in value a period.
    pub promised: Option<Interval>,
    /// Of a change: the gain under the curves of later data over going on as before.
    pub earned: Option<Interval>,
    /// Its mean as a share of what spend brought.
    pub earned_share: Option<f64>,
    /// The same of the best split under these curves within the caps; channels that later data do not tell stay in it.
    #[serde(default)]
    pub best_share: Option<f64>,
    /// Why later data do not judge it.
    #[serde(default)]
    pub unjudged: Option<String>,
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

/// The days on which advice is looked back at, earliest first: every quarter with a year before it and half a year behind
/// it.
pub fn days(media: &Media) -> Vec<Day> {
    let step = media.step.days();
    let (earliest, latest) = ((LEAST_DAYS + step - 1) / step, media.periods() as i32 - LATER_DAYS / step);
    let quarter = EVERY as i32 * PERIOD_DAYS / step;
    let all = (latest - earliest).div_euclid(quarter) + 1;
    let most = MOST_WORK / (media.channels.len() * media.periods()).max(1);
    let apart = quarter * (all.max(1) as usize).div_ceil(most.max(1)) as i32;
    let back = (0..).map(|number| latest - number * apart).take_while(|period| *period >= earliest);
    let mut days: Vec<Day> = back.map(|period| media.first + step * period).collect();
    days.reverse();
    days
}

/// Gives the advice of each of `days` by the curves that `then` fits to what was known on it, and judges it by those that
/// `later` fits to what has come since. `None` without a day.
pub fn backtest(
    days: &[Day],
    then: &(dyn Fn(Day) -> Result<Budgeting, NoBudget> + Sync),
    later: &(dyn Fn(Day) -> Result<Budgeting, NoBudget> + Sync),
) -> Option<Backtest> {
    let periods: Vec<PastAdvice> = days.par_iter().map(|day| PastAdvice::of(*day, then, later)).collect();
    if periods.is_empty() {
        return None;
    }
    let count = |decision: Option<Decision>| periods.iter().filter(|past| past.decision == decision).count();
    let (changed, kept): (Vec<_>, Vec<_>) = periods.iter().partition(|past| past.decision == Some(Decision::Change));
    let mean = |shares: Vec<f64>| per(shares.iter().sum::<f64>(), shares.len() as f64);
    Some(Backtest {
        changes: changed.len(),
        no_changes: count(Some(Decision::NoChange)),
        refusals: count(None),
        changes_unjudged: changed.iter().filter(|past| past.earned.is_none()).count(),
        others_unjudged: kept.iter().filter(|past| past.best_share.is_none()).count(),
        mean_gain_share: mean(changed.iter().filter_map(|past| past.earned_share).collect()),
        mean_missed_share: mean(kept.iter().filter_map(|past| past.best_share).collect()),
        periods,
    })
}

impl PastAdvice {
    fn of(
        day: Day,
        then: &dyn Fn(Day) -> Result<Budgeting, NoBudget>,
        later: &dyn Fn(Day) -> Result<Budgeting, NoBudget>,
    ) -> PastAdvice {
        let past = PastAdvice::given(day, then(day));
        if past.channels.is_empty() {
            return PastAdvice { unjudged: Some("nothing was known of any channel".to_owned()), ..past };
        }
        match later(day) {
            Ok(later) => past.judged(&later),
            Err(error) => PastAdvice { unjudged: Some(format!("of what came since: {error}")), ..past },
        }
    }

    /// What would have been advised by the curves of the day.
    fn given(day: Day, known: Result<Budgeting, NoBudget>) -> PastAdvice {
        let mut past = PastAdvice {
            day,
            channels: Vec::new(),
            decision: None,
            refused: None,
            promised: None,
            earned: None,
            earned_share: None,
            best_share: None,
            unjudged: None,
        };
        let known = match known {
            Ok(known) => known,
            Err(error) => return PastAdvice { refused: Some(error.to_string()), ..past },
        };
        let channels = known.fitted.channels.iter().enumerate().map(|(number, channel)| {
            let before = known.current(number);
            PastSpend { channel: channel.channel.clone(), before, recommended: before }
        });
        past.channels = channels.collect();
        match known.advise(&Request::default()) {
            Ok(advice) => {
                (past.decision, past.promised) = (Some(advice.decision), Some(advice.gain));
                for (channel, advice) in past.channels.iter_mut().zip(&advice.channels) {
                    channel.recommended = advice.recommended;
                }
            }
            Err(refusal) => past.refused = Some(refusal.to_string()),
        }
        past
    }

    /// Adds what the curves of later data say, where these data identified them: any other is what was believed before.
    fn judged(mut self, later: &Budgeting) -> PastAdvice {
        let reasons = |channels: &[&PastSpend]| -> Vec<String> {
            channels.iter().filter_map(|channel| untold(later, &channel.channel)).collect()
        };
        let spent: Vec<&PastSpend> = self.channels.iter().filter(|channel| channel.before > 0.0).collect();
        let moved = |channel: &&PastSpend| (channel.recommended - channel.before).abs() > SAME * channel.before;
        let moved = reasons(&self.channels.iter().filter(moved).collect::<Vec<_>>());
        if !moved.is_empty() {
            self.unjudged = Some(format!("of what came since: {}", moved.join("; ")));
            return self;
        }
        let (of, reasons) = (spent.len(), reasons(&spent));
        let identified = of - reasons.len();
        if identified < LEAST_IDENTIFIED {
            let refusal = Refusal::TooFewIdentified { identified, of, reasons };
            self.unjudged = Some(format!("of what came since: {refusal}"));
            return self;
        }
        let of = |spend: fn(&PastSpend) -> f64| -> Vec<f64> {
            let past = |name: &str| self.channels.iter().find(|past| past.channel == name);
            later.fitted.channels.iter().map(|channel| past(&channel.channel).map_or(0.0, spend)).collect()
        };
        let before = of(|channel| channel.before);
        let share = |spend: &[f64]| {
            let (gain, of_before) = later.gain(&before, spend);
            (gain, per(gain.mean, of_before))
        };
        let (earned, earned_share) = share(&of(|channel| channel.recommended));
        let best_share = later.best_split(&before).ok().and_then(|best| share(&best).1);
        if self.decision == Some(Decision::Change) {
            (self.earned, self.earned_share) = (Some(earned), earned_share);
        }
        PastAdvice { best_share, ..self }
    }
}

/// Why later data do not tell the curve of a channel; `None` where they do.
fn untold(later: &Budgeting, channel: &str) -> Option<String> {
    let fitted = later.channel(channel).map(|number| &later.fitted.channels[number]);
    if fitted.is_some_and(FittedChannel::can_judge) {
        return None;
    }
    Some(match fitted.and_then(|fitted| fitted.identification.reason.as_ref()) {
        None | Some(Unidentified::NoSpend) => format!("{channel} had no spend"),
        // What it spent before the pause tells too little.
        Some(Unidentified::Paused) => Unidentified::PriorOnly.sentence(channel),
        Some(reason) => reason.sentence(channel),
    })
}
