//! The true responses: in flows spend, out flows what it brings. Half of the businesses have curves of families that
//! are not fitted. Nothing is noisy here.
use super::constants::{CARRY_OVER, HALF_SATURATION, SLOPE};
use crate::simulate::stream::{normal, uniform};
use rand_chacha::ChaCha8Rng;

/// Days that carry-over of other families lasts at most.
const LONGEST: usize = 35;

/// What is reached of what could be, at a multiple of the mean spend.
#[derive(Clone, Debug)]
enum Saturation {
    /// Hill: the fitted family.
    Hill { half: f64, slope: f64 },
    /// `1 − e^(−x/scale)`.
    Exponential { scale: f64 },
    /// `ln(1 + x/scale)`: never saturates.
    Logarithm { scale: f64 },
    /// A logistic curve from its own zero, which begins flat.
    Logistic { middle: f64, width: f64 },
}

/// How long spend acts.
#[derive(Clone, Debug)]
enum CarryOver {
    /// Geometric: the fitted family.
    Geometric(f64),
    /// Weights of today, yesterday and so on, which add up to 1.
    Weights(Vec<f64>),
}

/// A channel's true response, relative to that at the mean spend.
#[derive(Clone, Debug)]
pub(super) struct Truth {
    saturation: Saturation,
    carry_over: CarryOver,
}

impl Truth {
    /// Draws a response of the fitted families (`well`) or of others.
    pub(super) fn draw(rng: &mut ChaCha8Rng, well: bool) -> Truth {
        let half = HALF_SATURATION.0 * (HALF_SATURATION.1 * normal(rng)).exp();
        let slope = SLOPE.0 * (SLOPE.1 * normal(rng)).exp();
        let kept = CARRY_OVER.0 + (CARRY_OVER.1 - CARRY_OVER.0) * uniform(rng);
        let (family, form) = (uniform(rng), uniform(rng));
        if well {
            return Truth { saturation: Saturation::Hill { half, slope }, carry_over: CarryOver::Geometric(kept) };
        }
        let saturation = match family {
            u if u < 0.4 => Saturation::Exponential { scale: half },
            u if u < 0.7 => Saturation::Logarithm { scale: half / 2.0 },
            _ => Saturation::Logistic { middle: half, width: half / 2.5 },
        };
        // A Weibull density that peaks after some days, or an even effect over a week or two.
        let weight: Box<dyn Fn(f64) -> f64> = if form < 0.6 {
            let (shape, scale) = (1.5 + kept, 2.0 + 6.0 * kept);
            Box::new(move |day| (day / scale).powf(shape - 1.0) * (-(day / scale).powf(shape)).exp())
        } else {
            let days = (3.0 + 14.0 * kept).round();
            Box::new(move |day| f64::from(day < days))
        };
        let weights: Vec<f64> = (0..LONGEST).map(|day| weight(day as f64 + 0.5)).collect();
        let sum: f64 = weights.iter().sum();
        Truth { saturation, carry_over: CarryOver::Weights(weights.iter().map(|weight| weight / sum).collect()) }
    }

    /// The response to constant spend at a multiple of the mean, relative to that at the mean.
    pub(super) fn response(&self, ratio: f64) -> f64 {
        self.raw(ratio) / self.raw(1.0)
    }

    fn raw(&self, ratio: f64) -> f64 {
        let ratio = ratio.max(0.0);
        match self.saturation {
            Saturation::Hill { half, slope } => ratio.powf(slope) / (ratio.powf(slope) + half.powf(slope)),
            Saturation::Exponential { scale } => 1.0 - (-ratio / scale).exp(),
            Saturation::Logarithm { scale } => (1.0 + ratio / scale).ln(),
            Saturation::Logistic { middle, width } => {
                let at = |x: f64| 1.0 / (1.0 + (-(x - middle) / width).exp());
                at(ratio) - at(0.0)
            }
        }
    }

    /// The derivative of [`Truth::response`].
    pub(super) fn marginal(&self, ratio: f64) -> f64 {
        (self.response(ratio + 1e-5) - self.response(ratio - 1e-5)) / 2e-5
    }

    /// What is left of spend on each day; before the first, spend was as on it.
    pub(super) fn carried(&self, ratios: &[f64]) -> Vec<f64> {
        match &self.carry_over {
            CarryOver::Geometric(kept) => {
                let mut state = ratios[0];
                let mut next = |ratio: &f64| {
                    state = kept * state + (1.0 - kept) * ratio;
                    state
                };
                ratios.iter().map(&mut next).collect()
            }
            CarryOver::Weights(weights) => {
                let of = |day: usize| {
                    let back = |(lag, weight): (usize, &f64)| weight * ratios[day.saturating_sub(lag)];
                    weights.iter().enumerate().map(back).sum()
                };
                (0..ratios.len()).map(of).collect()
            }
        }
    }
}
