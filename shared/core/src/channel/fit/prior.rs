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
/// The same in a total, of all channels together: how much of it spend has brought.
const TOTAL_SPREAD: f64 = 0.8;
/// The same in a total, of one channel against the others: budgets follow returns, so the mean returns of what a
/// business goes on paying for are thought to differ by a factor of about 1.4. A wider belief lets chance promise gains
/// that are none.
const CHANNEL_SPREAD: f64 = 0.35;

/// Logarithm of half saturation, in multiples of mean spend: of a labelled channel, and in a total, which tells the
/// shape of one curve of many hardly at all.
const LOG_HALF: [Belief; 2] = [Belief { mean: 0.2, spread: 0.8 }, Belief { mean: 0.2, spread: 0.6 }];
/// Logarithm of the Hill curve's slope, likewise.
const LOG_SLOPE: [Belief; 2] = [Belief { mean: 0.1, spread: 0.4 }, Belief { mean: 0.1, spread: 0.3 }];
/// Yearly growth of the baseline, as a logarithm.
const GROWTH: Belief = Belief { mean: 0.0, spread: 0.5 };

/// How beliefs about the channels' strengths hang together: each is off its mean by what all share, with a spread of
/// `common`, and by its own. The joint distribution's covariance is `own² I + common² 11ᵀ`, so its precision is
/// `I ÷ own² − precision 11ᵀ` (Sherman & Morrison 1950, Ann. Math. Stat. 21, 124).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pooling {
    /// The spread of what all channels share.
    pub(crate) common: f64,
    /// What is taken off the precision of every pair of channels.
    pub(crate) precision: f64,
}

impl Pooling {
    /// Of `channels` channels that a total is told apart into; labelled channels share nothing.
    pub(crate) fn of(channels: usize, labelled: bool) -> Pooling {
        if labelled {
            return Pooling { common: 0.0, precision: 0.0 };
        }
        let (common, own) = (TOTAL_SPREAD * TOTAL_SPREAD, CHANNEL_SPREAD * CHANNEL_SPREAD);
        Pooling { common: TOTAL_SPREAD, precision: common / own / (own + channels as f64 * common) }
    }
}

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
        let strength = if labelled { LABELLED_SPREAD } else { CHANNEL_SPREAD };
        beliefs[at + STRENGTH] = Belief { mean: (mean * brought * share.max(1e-3)).ln(), spread: strength };
        beliefs[at + HALF_SATURATION] = LOG_HALF[usize::from(!labelled)];
        beliefs[at + SLOPE] = LOG_SLOPE[usize::from(!labelled)];
        beliefs[at + CARRY_OVER] = carry_over;
    }
    beliefs
}
