//! The judge: in flow a business and what it knows, out flow what the advice would truly have earned, and whether true
//! marginal returns lie in the stated intervals. The fit and the advice are those of the training, untouched.
use super::Backtested;
use super::business::Business;
use super::constants::CAP;
use ltv_core::channel::backtest::{self, PastSpend};
use ltv_core::channel::budget::{Budgeting, Decision, PERIOD_DAYS, Request};
use ltv_core::channel::fit;
use ltv_core::channel::media::MediaError;
use ltv_core::channel::optimise::{Bounds, split};
use ltv_core::channel::quantile::Interval;

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
    /// Of every past recommendation: its gain by later curves and in truth, as parts of what spend brought.
    past: Vec<(f64, f64)>,
}

/// Fits, asks and judges.
pub(super) fn judge(business: &Business, mode: Mode, look_back: bool) -> Result<Judged, MediaError> {
    let media = business.media(mode);
    let budgeting = Budgeting {
        fitted: fit::fit(&media, &[], 1)?,
        values: business.values(mode),
        margin: Some(1.0),
        currency: None,
        labelled: mode == Mode::Labelled,
        customers: mode == Mode::Labelled,
    };
    let now: Vec<f64> = (0..media.channels.len()).map(|channel| media.current(channel)).collect();
    let bounds: Vec<Bounds> = business
        .channels
        .iter()
        .zip(&now)
        .map(|(channel, now)| if channel.locked { (*now, *now) } else { (now * (1.0 - CAP), now * (1.0 + CAP)) })
        .map(|(low, high)| Bounds { low, high })
        .collect();
    let total: f64 = now.iter().sum();
    let true_value = |channel: usize, spend: f64| business.channels[channel].earns(spend);
    let best = split(&true_value, &bounds, total, None).unwrap_or_else(|_| now.clone());
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
    let backtest = look_back.then(|| backtest::backtest(&media, &budgeting, &[])).flatten();
    let past = backtest.iter().flat_map(|backtest| &backtest.periods).map(|past| {
        let daily = |of: fn(&PastSpend) -> f64| past.channels.iter().map(|c| of(c) / days).collect::<Vec<f64>>();
        let before = business.earns(&daily(|channel| channel.before));
        let there = business.earns(&daily(|channel| channel.recommended));
        (past.earned_share, (there - before) / before)
    });
    let past = past.collect();
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
    let past: Vec<(f64, f64)> = judged.iter().flat_map(|judged| judged.past.iter().copied()).collect();
    let mean = |of: fn(&(f64, f64)) -> f64| past.iter().map(of).sum::<f64>() / past.len().max(1) as f64;
    Backtested { recommendations: past.len(), by_later_curves: mean(|past| past.0), by_truth: mean(|past| past.1) }
}

pub(super) fn identified(judged: &[&Judged]) -> f64 {
    judged.iter().map(|judged| judged.identified).sum::<f64>() / judged.len() as f64
}

pub(super) fn best_gain(judged: &[&Judged]) -> f64 {
    judged.iter().map(|judged| judged.best).sum::<f64>() / judged.len() as f64
}
