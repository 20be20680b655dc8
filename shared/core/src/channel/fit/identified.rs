//! Do the data say more about a channel than was believed before? In flow a channel's draws and the beliefs they began
//! with; out flow the channel's description and, where advice must leave it alone, the reason.
use super::FittedChannel;
use super::outcome::Believed;
use crate::channel::curve::Curve;
use crate::channel::media::{Media, Outcome};
use crate::channel::quantile::quantile;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

/// A posterior at least this wide, in parts of the prior's width, says nothing.
const WIDEST: f64 = 0.8;
/// Days with spend that a channel needs at least.
const LEAST_DAYS: usize = 28;
/// Outcomes that a labelled channel needs at least.
const LEAST_OUTCOMES: f64 = 30.0;
/// Spend that varies by less than this part of its mean is constant.
const LEAST_VARIATION: f64 = 0.02;
/// Two channels whose spend correlates as closely as this cannot be told apart in a total.
const CLOSEST: f64 = 0.98;

/// Why nothing is advised about a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unidentified {
    /// It never had any spend.
    NoSpend,
    /// It has no spend now: no part of nothing can be moved.
    Paused,
    /// It had spend on too few days.
    New,
    /// Too few outcomes carry its name.
    Thin,
    /// Its spend never moved.
    Constant,
    /// Its spend moves together with that of another channel, and only the total outcome is known.
    Collinear {
        /// The other channel.
        with: String,
    },
    /// Its series are beyond what the curve's uncertainty can be computed of.
    Uncomputed,
    /// The posterior of its marginal return is hardly narrower than the prior.
    PriorOnly,
}

/// How much the data say about a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identification {
    /// Width of the posterior's central 80 % of the marginal return's logarithm, over that of the prior: at the current
    /// spend, and of a channel without any at the mean of what was spent.
    pub width_ratio: Option<f64>,
    /// Why the channel is to be left at its current spend; absent where it is identified.
    pub reason: Option<Unidentified>,
}

impl Identification {
    /// Do the data say more about the curve than was believed before, whether the channel has spend now or not?
    pub(super) fn is_of_data(&self) -> bool {
        match self.reason {
            None => true,
            Some(Unidentified::Paused) => self.width_ratio.is_some_and(|ratio| ratio < WIDEST),
            Some(_) => false,
        }
    }
}

/// Puts together what is known of the channel at `place`.
pub(super) fn describe(
    media: &Media,
    place: usize,
    draws: Vec<Curve>,
    believed: &Believed,
    outcome: &[f64],
    lift_tests: usize,
) -> FittedChannel {
    let spend = &media.spend[place];
    let current = media.current(place);
    let windows: Vec<f64> = spend
        .windows(media.present().min(spend.len()))
        .map(|window| window.iter().sum::<f64>() / window.len() as f64)
        .collect();
    let ratio = draws.first().map(|first| {
        let at = if current > 0.0 { current } else { first.reference };
        let posterior = width(draws.iter().map(|curve| curve.marginal(at).ln()));
        posterior / width(prior_marginals(believed, at / first.reference))
    });
    let reason = plain_reason(media, place, outcome, current)
        .or_else(|| draws.is_empty().then_some(Unidentified::Uncomputed))
        .or_else(|| ratio.is_none_or(|ratio| ratio >= WIDEST).then_some(Unidentified::PriorOnly));
    FittedChannel {
        channel: media.channels[place].clone(),
        current,
        carried: draws.iter().map(|curve| curve.adstocks(spend[0], spend).last().unwrap_or(current)).collect(),
        highest: windows.iter().copied().fold(0.0, f64::max),
        lowest: windows.iter().copied().fold(f64::INFINITY, f64::min),
        draws,
        identification: Identification { width_ratio: ratio, reason },
        lift_tests,
    }
}

/// A reason that the series themselves show.
fn plain_reason(media: &Media, place: usize, outcome: &[f64], current: f64) -> Option<Unidentified> {
    let spend = &media.spend[place];
    let with_spend = spend.iter().filter(|spend| **spend > 0.0).count();
    if current <= 0.0 {
        return Some(Unidentified::Paused);
    }
    if with_spend * media.step.days() as usize <= LEAST_DAYS {
        return Some(Unidentified::New);
    }
    if matches!(media.outcome, Outcome::Labelled(_)) && outcome.iter().sum::<f64>() / media.unit < LEAST_OUTCOMES {
        return Some(Unidentified::Thin);
    }
    let (mean, variance) = moments(spend);
    if variance.sqrt() < LEAST_VARIATION * mean {
        return Some(Unidentified::Constant);
    }
    if matches!(media.outcome, Outcome::Total(_)) {
        let others = (0..media.channels.len()).filter(|other| *other != place);
        let closest = others
            .map(|other| (other, correlation(spend, &media.spend[other]).abs()))
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        if closest.1 > CLOSEST {
            return Some(Unidentified::Collinear { with: media.channels[closest.0].clone() });
        }
    }
    None
}

fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / n)
}

/// Pearson's correlation; 0 where a series does not move.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let ((mean_a, variance_a), (mean_b, variance_b)) = (moments(a), moments(b));
    let covariance = a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum::<f64>() / a.len() as f64;
    let scale = (variance_a * variance_b).sqrt();
    if scale > 0.0 { covariance / scale } else { 0.0 }
}

/// Logarithms of the marginal return at `ratio` times the reference, drawn from the prior.
fn prior_marginals(believed: &Believed, ratio: f64) -> impl Iterator<Item = f64> + '_ {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    (0..2_000).map(move |_| {
        let [strength, half, slope] = believed.map(|belief| {
            let z: f64 = StandardNormal.sample(&mut rng);
            (belief.mean + belief.spread * z).exp()
        });
        let curve = Curve { reference: 1.0, at_reference: strength, half_saturation: half, slope, carry_over: 0.0 };
        curve.marginal(ratio).ln()
    })
}

/// The width of the central 80 %.
fn width(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    quantile(&values, 0.9) - quantile(&values, 0.1)
}
