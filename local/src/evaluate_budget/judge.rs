//! The judge: in flow a business and what it knows, out flow what the advice would truly have earned, and whether true
//! marginal returns lie in the stated intervals. The fit and the advice are those of the training, untouched.
use super::Backtested;
use super::business::Business;
use super::constants::CAP;
use ltv_core::channel::backtest::{self, JUDGING_DRAWS, PastAdvice, PastSpend};
use ltv_core::channel::budget::{Budgeting, Decision, PERIOD_DAYS, Request};
use ltv_core::channel::fit::{self, DRAWS};
use ltv_core::channel::media::{Media, MediaError};
use ltv_core::channel::optimise::{Bounds, split};
use ltv_core::channel::quantile::Interval;
use ltv_core::time::Day;

/// What a business knows of its customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    /// Every customer's channel, though some would have come anyway.
    Labelled,
    /// Only how many come, and what they are worth.
    Totals,
}

impl Mode {
    pub(super) const ALL: [Mode; 2] = [Mode::Labelled, Mode::Totals];

    pub(super) fn name(self) -> &'static str {
        match self {
            Mode::Labelled => "labelled",
            Mode::Totals => "totals",
        }
    }
}

/// What became of one business.
pub(super) struct Judged {
    pub(super) well: bool,
    pub(super) refused: bool,
    no_change: bool,
    /// What spend brings now.
    earned: f64,
    gain: f64,
    best: f64,
    control: f64,
    /// Of every identified channel: does the interval hold the truth, and its width ÷ the truth.
    marginals: Vec<(bool, f64)>,
    identified: f64,
    past: Vec<Past>,
}

/// What became of a past recommendation. Gains are parts of what spend brought.
struct Past {
    decision: Option<Decision>,
    /// By later curves: of a change, and of the best split.
    by_curves: (Option<f64>, Option<f64>),
    /// What spend truly brought.
    earned: f64,
    /// In truth: of the recommendation, and of the best split; absent where nothing was known of any channel.
    by_truth: Option<(f64, f64)>,
}

/// Fits, asks and judges.
pub(super) fn judge(business: &Business, mode: Mode, look_back: bool) -> Result<Judged, MediaError> {
    let media = business.media(mode);
    let budgeting = learned(business, mode, &media, DRAWS)?;
    let now: Vec<f64> = (0..media.channels.len()).map(|channel| media.current(channel)).collect();
    let bounds = capped(&now, |channel| business.channels[channel].locked);
    let best = best(business, &now, &bounds);
    let locked = business.channels.iter().zip(&media.channels).filter(|(channel, _)| channel.locked);
    let request = Request { locked: locked.map(|(_, name)| name.clone()).collect(), ..Request::default() };
    let advice = budgeting.advise(&request).ok();
    let days = f64::from(PERIOD_DAYS);
    let advised = advice.as_ref().map_or(now.clone(), |advice| {
        advice.channels.iter().map(|channel| channel.recommended / days).collect::<Vec<f64>>()
    });
    let earned = business.earns(&now);
    let gain_of = |spend: &[f64]| (business.earns(spend) - earned) / earned;

    let fitted = &budgeting.fitted.channels;
    let marginals = fitted.iter().enumerate().filter(|(_, channel)| channel.is_identified()).map(|(number, _)| {
        let truth = business.channels[number].marginal(now[number]);
        let interval = Interval::of(budgeting.marginal_returns(number));
        ((interval.low..=interval.high).contains(&truth), (interval.high - interval.low) / truth)
    });
    let marginals: Vec<(bool, f64)> = marginals.collect();
    let past = if look_back { looked_back(business, mode, &media) } else { Vec::new() };
    Ok(Judged {
        well: business.well,
        refused: advice.is_none(),
        no_change: advice.is_none_or(|advice| advice.decision == Decision::NoChange),
        earned,
        gain: gain_of(&advised),
        best: gain_of(&best),
        control: gain_of(&proportional_to_roas(business, &now, &bounds)),
        identified: marginals.len() as f64 / fitted.len() as f64,
        marginals,
        past,
    })
}

/// What the training learns from some series of the business.
fn learned(business: &Business, mode: Mode, media: &Media, draws: usize) -> Result<Budgeting, MediaError> {
    Ok(Budgeting {
        fitted: fit::fit_with(media, &[], 1, draws)?,
        values: business.values(mode),
        margin: Some(1.0),
        currency: None,
        labelled: mode == Mode::Labelled,
        customers: mode == Mode::Labelled,
    })
}

/// How far advice may move every channel.
fn capped(now: &[f64], locked: impl Fn(usize) -> bool) -> Vec<Bounds> {
    let cap = |channel| if locked(channel) { 0.0 } else { CAP };
    let bounds = now.iter().enumerate().map(|(channel, now)| (now, cap(channel)));
    bounds.map(|(now, cap)| Bounds { low: now * (1.0 - cap), high: now * (1.0 + cap) }).collect()
}

/// The split that truly brings most.
fn best(business: &Business, now: &[f64], bounds: &[Bounds]) -> Vec<f64> {
    let true_value = |channel: usize, spend: f64| business.channels[channel].earns(spend);
    split(&true_value, bounds, now.iter().sum(), None).unwrap_or_else(|_| now.to_vec())
}

/// The recommendations of past periods, each from the spend and the customers of before its day. What a customer is worth
/// is what the whole history tells of it, on every day alike: of that the business holds no series.
fn looked_back(business: &Business, mode: Mode, media: &Media) -> Vec<Past> {
    let known = |days, draws| Ok(learned(business, mode, &media.within(&days), draws)?);
    let then = |day: Day| known(media.first..day, DRAWS);
    let later = |day: Day| known(day..media.end(), JUDGING_DRAWS);
    let backtest = backtest::backtest(&backtest::days(media), &then, &later);
    let past = |past: &PastAdvice| {
        let daily = |of: fn(&PastSpend) -> f64| -> Vec<f64> {
            past.channels.iter().map(|channel| of(channel) / f64::from(PERIOD_DAYS)).collect()
        };
        let before = daily(|channel| channel.before);
        let earned = business.earns(&before);
        let gain_of = |spend: &[f64]| (business.earns(spend) - earned) / earned;
        let best = best(business, &before, &capped(&before, |_| false));
        Past {
            decision: past.decision,
            by_curves: (past.earned_share, past.best_share),
            earned,
            by_truth: (earned > 0.0).then(|| (gain_of(&daily(|channel| channel.recommended)), gain_of(&best))),
        }
    };
    backtest.iter().flat_map(|backtest| &backtest.periods).map(past).collect()
}

/// What a marketer does with a table of observed ROAS: every channel's spend is scaled by its ROAS, within the bounds.
fn proportional_to_roas(business: &Business, now: &[f64], bounds: &[Bounds]) -> Vec<f64> {
    let wanted: Vec<f64> = business
        .channels
        .iter()
        .zip(now)
        .map(|(channel, now)| {
            let revenue = channel.labelled.iter().sum::<f64>() * channel.estimated.revenue;
            now * revenue / channel.spend.iter().sum::<f64>()
        })
        .collect();
    let total: f64 = now.iter().sum();
    let scaled = |factor: f64| -> Vec<f64> {
        wanted.iter().zip(bounds).map(|(wanted, bound)| (wanted * factor).clamp(bound.low, bound.high)).collect()
    };
    let (mut low, mut high) = (0.0, 1e6);
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if scaled(middle).iter().sum::<f64>() < total {
            low = middle;
        } else {
            high = middle;
        }
    }
    scaled(high)
}

fn weighted(judged: &[&Judged], of: impl Fn(&Judged) -> f64) -> f64 {
    judged.iter().map(|judged| of(judged) * judged.earned).sum()
}

pub(super) fn share(judged: &[&Judged]) -> f64 {
    weighted(judged, |judged| judged.gain) / weighted(judged, |judged| judged.best)
}

pub(super) fn control(judged: &[&Judged]) -> f64 {
    weighted(judged, |judged| judged.control) / weighted(judged, |judged| judged.best)
}

pub(super) fn worst(judged: &[&Judged]) -> f64 {
    judged.iter().map(|judged| judged.gain).fold(f64::INFINITY, f64::min)
}

pub(super) fn no_change(judged: &[&Judged]) -> f64 {
    judged.iter().filter(|judged| judged.no_change).count() as f64 / judged.len() as f64
}

pub(super) fn missed(judged: &[&Judged]) -> f64 {
    let missed = weighted(judged, |judged| if judged.no_change { judged.best } else { 0.0 });
    missed / weighted(judged, |judged| judged.best)
}

pub(super) fn coverage(judged: &[&Judged]) -> f64 {
    let all: Vec<bool> = judged.iter().flat_map(|judged| &judged.marginals).map(|(inside, _)| *inside).collect();
    all.iter().filter(|inside| **inside).count() as f64 / all.len() as f64
}

pub(super) fn width(judged: &[&Judged]) -> f64 {
    let mut widths: Vec<f64> = judged.iter().flat_map(|judged| &judged.marginals).map(|(_, width)| *width).collect();
    widths.sort_by(f64::total_cmp);
    widths.get(widths.len() / 2).copied().unwrap_or(f64::NAN)
}

pub(super) fn backtested(judged: &[Judged]) -> Backtested {
    let all: Vec<&Past> = judged.iter().flat_map(|judged| &judged.past).collect();
    let (changes, others): (Vec<&Past>, Vec<&Past>) =
        all.iter().partition(|past| past.decision == Some(Decision::Change));
    // By later curves and in truth, of what both judge.
    let of_changes: Vec<(f64, f64)> =
        changes.iter().filter_map(|past| Some((past.by_curves.0?, past.by_truth?.0))).collect();
    let of_others: Vec<(f64, f64)> =
        others.iter().filter_map(|past| Some((past.by_curves.1?, past.by_truth?.1))).collect();
    let mean = |judged: &[(f64, f64)], of: fn(&(f64, f64)) -> f64| {
        (!judged.is_empty()).then(|| judged.iter().map(of).sum::<f64>() / judged.len() as f64)
    };
    let of_truth =
        |of: fn((f64, f64)) -> f64| all.iter().filter_map(|past| Some(past.earned * of(past.by_truth?))).sum();
    let (gained, best): (f64, f64) = (of_truth(|truth| truth.0), of_truth(|truth| truth.1));
    Backtested {
        recommendations: all.len(),
        changes: changes.len(),
        no_changes: others.iter().filter(|past| past.decision.is_some()).count(),
        refusals: others.iter().filter(|past| past.decision.is_none()).count(),
        changes_unjudged: changes.len() - of_changes.len(),
        others_unjudged: others.len() - of_others.len(),
        gained_by_later_curves: mean(&of_changes, |judged| judged.0),
        gained_by_truth: mean(&of_changes, |judged| judged.1),
        missed_by_later_curves: mean(&of_others, |judged| judged.0),
        missed_by_truth: mean(&of_others, |judged| judged.1),
        share: (best > 0.0).then(|| gained / best),
    }
}

pub(super) fn identified(judged: &[&Judged]) -> f64 {
    judged.iter().map(|judged| judged.identified).sum::<f64>() / judged.len() as f64
}

pub(super) fn best_gain(judged: &[&Judged]) -> f64 {
    judged.iter().map(|judged| judged.best).sum::<f64>() / judged.len() as f64
}
