//! What a booster minimises: from raw scores and targets to gradients, starting values and losses. It never sees
//! features, and knows nothing of trees.
mod exponential;

use crate::error::TreesError;
pub(crate) use exponential::exp;
use serde::{Deserialize, Serialize};

/// The loss of one row, the link between raw score `f` and prediction, and what targets it allows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// `(y - f)²/2`, identity link.
    Squared,
    /// Tweedie deviance of power p, 1 < p ≤ 2, log link; y ≥ 0 (y > 0 at p = 2, the gamma distribution).
    /// Jørgensen (1987), "Exponential dispersion models", section 4.
    Tweedie {
        /// The variance is proportional to the p-th power of the mean.
        power: f32,
    },
    /// Log loss of a probability, logistic link; 0 ≤ y ≤ 1.
    Logistic,
    /// Pinball loss; the prediction is the quantile of this level. Koenker and Bassett (1978), equation 1.1.
    Quantile {
        /// Level of the quantile, 0 < level < 1.
        level: f32,
    },
}

impl Objective {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Squared => "squared",
            Self::Tweedie { .. } => "tweedie",
            Self::Logistic => "logistic",
            Self::Quantile { .. } => "quantile",
        }
    }

    pub(crate) fn check(self) -> Result<(), TreesError> {
        match self {
            Self::Tweedie { power } if !(power > 1.0 && power <= 2.0) => Err(TreesError::Parameter {
                name: "objective (power)",
                value: f64::from(power),
                allowed: "above 1 and at most 2",
            }),
            Self::Quantile { level } if !(level > 0.0 && level < 1.0) => Err(TreesError::Parameter {
                name: "objective (level)",
                value: f64::from(level),
                allowed: "between 0 and 1",
            }),
            _ => Ok(()),
        }
    }

    /// Whether the objective can learn from this target.
    pub(crate) fn allows(self, target: f32) -> bool {
        target.is_finite()
            && match self {
                Self::Squared | Self::Quantile { .. } => true,
                Self::Tweedie { power } => target > 0.0 || (target == 0.0 && power < 2.0),
                Self::Logistic => (0.0..=1.0).contains(&target),
            }
    }

    /// Whether the second derivative is the row's weight.
    pub(crate) fn constant_hessian(self) -> bool {
        matches!(self, Self::Squared | Self::Quantile { .. })
    }

    /// First and second derivative of an unweighted row's loss by its score.
    #[inline]
    pub(crate) fn gradient(self, score: f32, target: f32) -> (f32, f32) {
        match self {
            Self::Squared => (score - target, 1.0),
            Self::Tweedie { power } => {
                let rise = exp((2.0 - power) * score);
                let fall = target * exp((1.0 - power) * score);
                (rise - fall, (2.0 - power) * rise + (power - 1.0) * fall)
            }
            Self::Logistic => {
                let probability = 1.0 / (1.0 + exp(-score));
                (probability - target, probability * (1.0 - probability))
            }
            Self::Quantile { level } => (if target > score { -level } else { 1.0 - level }, 1.0),
        }
    }

    /// The same for many rows. The objective is known before each loop begins, so that loops become vector code.
    pub(crate) fn gradients(self, scores: &[f32], targets: &[f32], pairs: &mut [(f32, f32)]) {
        let rows = pairs.iter_mut().zip(scores.iter().zip(targets));
        match self {
            Self::Squared => rows.for_each(|(pair, (&score, &y))| *pair = Self::Squared.gradient(score, y)),
            Self::Tweedie { power } => {
                rows.for_each(|(pair, (&score, &y))| *pair = Self::Tweedie { power }.gradient(score, y));
            }
            Self::Logistic => rows.for_each(|(pair, (&score, &y))| *pair = Self::Logistic.gradient(score, y)),
            Self::Quantile { level } => {
                rows.for_each(|(pair, (&score, &y))| *pair = Self::Quantile { level }.gradient(score, y));
            }
        }
    }

    /// Loss of one row, up to terms of the target alone.
    pub(crate) fn loss(self, score: f32, target: f32) -> f64 {
        let (f, y) = (f64::from(score), f64::from(target));
        match self {
            Self::Squared => (y - f) * (y - f),
            Self::Tweedie { power: 2.0 } => y * (-f).exp() + f,
            Self::Tweedie { power } => {
                let p = f64::from(power);
                ((2.0 - p) * f).exp() / (2.0 - p) - y * ((1.0 - p) * f).exp() / (1.0 - p)
            }
            Self::Logistic => f.max(0.0) - f * y + (-f.abs()).exp().ln_1p(),
            Self::Quantile { level } => {
                let gap = y - f;
                if gap > 0.0 { gap * f64::from(level) } else { gap * (f64::from(level) - 1.0) }
            }
        }
    }

    /// The constant score of least loss, given targets and their weights (1 where absent).
    pub(crate) fn start(self, targets: &[f32], weights: Option<&[f32]>) -> f32 {
        let weight = |row: usize| weights.map_or(1.0, |w| f64::from(w[row]));
        let total: f64 = (0..targets.len()).map(weight).sum();
        let mean = targets.iter().enumerate().map(|(row, &y)| weight(row) * f64::from(y)).sum::<f64>() / total;
        // Scores beyond ±16 are out of reach of a few hundred rounds of Newton steps: all-zero targets stop there.
        match self {
            Self::Squared => mean as f32,
            Self::Tweedie { .. } => mean.ln().max(-16.0) as f32,
            Self::Logistic => (mean / (1.0 - mean)).ln().clamp(-16.0, 16.0) as f32,
            Self::Quantile { level } => {
                let mut pairs: Vec<(f32, f64)> = targets.iter().enumerate().map(|(r, &y)| (y, weight(r))).collect();
                quantile(&mut pairs, level)
            }
        }
    }

    /// From a raw score to the prediction.
    pub(crate) fn respond(self, score: f32) -> f32 {
        match self {
            Self::Squared | Self::Quantile { .. } => score,
            Self::Tweedie { .. } => exp(score),
            Self::Logistic => 1.0 / (1.0 + exp(-score)),
        }
    }
}

/// The smallest value that has at least the share `level` of all weight at or below it.
pub(crate) fn quantile(pairs: &mut [(f32, f64)], level: f32) -> f32 {
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let wanted = f64::from(level) * pairs.iter().map(|(_, weight)| weight).sum::<f64>();
    let mut passed = 0.0;
    for &(value, weight) in pairs.iter() {
        passed += weight;
        if passed >= wanted {
            return value;
        }
    }
    pairs.last().map_or(0.0, |&(value, _)| value)
}

#[cfg(test)]
mod tests;
