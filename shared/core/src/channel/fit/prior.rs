//! What is believed before any data: in flow the mean outcome and each channel's share of spend, out flows an
//! independent normal distribution for every coordinate of a fit. Weak, so that data decide, and proper, so that a
//! small, new or constant channel gets a sensible curve and a wide interval instead of a failure.
use super::coordinates::{BASELINE, CARRY_OVER, Coordinates, HALF_SATURATION, SLOPE, STRENGTH, TREND};
use crate::channel::media::Step;

/// A normal distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Belief {
    pub(crate) mean: f64,
    pub(crate) spread: f64,
}

/// Share of labelled outcomes that spend is thought to have brought.
const LABELLED_SHARE: f64 = 0.6;
/// Share of a total outcome that all channels together are thought to have brought; each has its share of the spend.
const TOTAL_SHARE: f64 = 0.45;

/// Spread of the logarithm of what a labelled channel brings.
const LABELLED_SPREAD: f64 = 0.6;
/// The same of a channel in a total, around its share of the spend: before data, returns of channels are thought to
/// differ by a factor of about 2. A wider belief lets chance promise gains that are none.
const TOTAL_SPREAD: f64 = 0.7;

/// Logarithm of half saturation, in multiples of mean spend.
const LOG_HALF: Belief = Belief { mean: 0.2, spread: 0.8 };
/// Logarithm of the Hill curve's slope.
const LOG_SLOPE: Belief = Belief { mean: 0.1, spread: 0.4 };
/// Yearly growth of the baseline, as a logarithm.
const GROWTH: Belief = Belief { mean: 0.0, spread: 0.5 };

/// Beliefs about one outcome of mean `mean`, of channels with these shares of the spend.
pub(crate) fn beliefs(
    coordinates: &Coordinates,
    step: Step,
    mean: f64,
    shares: &[f64],
    labelled: bool,
    season: &[f64],
) -> Vec<Belief> {
    let mut beliefs = vec![Belief { mean: 0.0, spread: 1.0 }; coordinates.len()];
    let brought = if labelled { LABELLED_SHARE } else { TOTAL_SHARE };
    beliefs[BASELINE] = Belief { mean: (mean * (1.0 - brought)).ln(), spread: if labelled { 0.8 } else { 0.5 } };
    beliefs[TREND] = GROWTH;
    for (belief, spread) in beliefs[coordinates.season()].iter_mut().zip(season) {
        *belief = Belief { mean: 0.0, spread: *spread };
    }
    // On the logit scale; a day's carry-over of one half is a week's of next to nothing.
    let carry_over = match step {
        Step::Day => Belief { mean: 0.0, spread: 1.2 },
        Step::Week => Belief { mean: -1.2, spread: 1.0 },
    };
    for (channel, share) in shares.iter().enumerate() {
        let at = coordinates.channel(channel);
        let strength = if labelled { LABELLED_SPREAD } else { TOTAL_SPREAD };
        beliefs[at + STRENGTH] = Belief { mean: (mean * brought * share.max(1e-3)).ln(), spread: strength };
        beliefs[at + HALF_SATURATION] = LOG_HALF;
        beliefs[at + SLOPE] = LOG_SLOPE;
        beliefs[at + CARRY_OVER] = carry_over;
    }
    beliefs
}
