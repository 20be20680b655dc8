//! Which rows a tree is grown on: from the gradients of all rows to some of the rows, with gradients that stand for all.
//! Every row is drawn for itself by its own hash, so that no schedule changes the sample. It never sees a feature.
use crate::binned::BinnedMatrix;
use crate::binned::layout::STRIPE;
use crate::gradient::{CHUNK, hash};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// How the rows of a tree are drawn where it does not see all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Every row with the same chance; Friedman (2002), "Stochastic gradient boosting".
    #[default]
    Uniform,
    /// Rows of large gradients rather than others: with a chance in proportion to `√(g² + λh²)`, and weighted by its
    /// inverse, which estimates sums of gradients g and hessians h with the least variance; Ibragimov and Gusev
    /// (2019), "Minimal variance sampling in stochastic gradient boosting", theorem 1. λ weighs the variances of both:
    /// a tenth of the ratio of their mean squares.
    Gradient,
}

/// What share of the squares of gradients the squares of hessians are brought to, to weigh both.
const HESSIAN_SHARE: f64 = 0.1;
/// Rows that decide about the chances of all, evenly spaced.
const PROBES: usize = 16_384;

/// Rows of a tree, ascending, and what they stand for.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    pub(crate) rows: Vec<u32>,
    /// Gradient and hessian of every row of the sample, divided by its chance relative to the others'.
    pub(crate) pairs: Vec<(f32, f32)>,
    /// The rows' bytes, side by side as in the matrix.
    pub(crate) stripes: Vec<Vec<[u8; STRIPE]>>,
}

impl Sample {
    /// Draws about `fraction` of the rows whose gradients are `pairs`, at least one, and copies their bytes.
    pub(crate) fn draw(
        &mut self,
        sampling: Sampling,
        fraction: f64,
        pairs: &[(f32, f32)],
        matrix: &BinnedMatrix,
        seed: u32,
    ) {
        let chances = match sampling {
            Sampling::Uniform => Chances { gradient: 0.0, hessian: 0.0, least: fraction as f32 },
            Sampling::Gradient => Chances::by_gradient(pairs, fraction),
        };
        let weighted = sampling == Sampling::Gradient;
        let parts = pairs.par_chunks(CHUNK).enumerate().map(|(chunk, pairs)| {
            let (mut rows, mut kept) = (Vec::with_capacity(CHUNK / 2), Vec::with_capacity(CHUNK / 2));
            for (row, &pair) in ((chunk * CHUNK) as u32..).zip(pairs) {
                let chance = chances.of(pair);
                // 24 bits are what a float holds exactly: a chance of 1 takes every row.
                if ((hash(seed, row) >> 8) as f32) < chance * 16_777_216.0 {
                    rows.push(row);
                    kept.push(if weighted { (pair.0 / chance, pair.1 / chance) } else { pair });
                }
            }
            (rows, kept)
        });
        let parts: Vec<_> = parts.collect();
        self.rows.clear();
        self.pairs.clear();
        for (rows, pairs) in &parts {
            self.rows.extend_from_slice(rows);
            self.pairs.extend_from_slice(pairs);
        }
        if self.rows.is_empty() {
            self.rows.push(seed % pairs.len() as u32);
            self.pairs.push(pairs[self.rows[0] as usize]);
        }
        matrix.gather(Some(&self.rows), &mut self.stripes);
    }
}

/// The chance of a row of gradient g and hessian h: `√((gradient·g)² + (hessian·h)²)`, at least `least`, at most 1.
#[derive(Clone, Copy, Debug)]
struct Chances {
    gradient: f32,
    hessian: f32,
    least: f32,
}

impl Chances {
    /// In proportion to the sizes of gradients, so that `fraction` of all rows is to be expected.
    fn by_gradient(pairs: &[(f32, f32)], fraction: f64) -> Self {
        let step = pairs.len().div_ceil(PROBES);
        let probes = || pairs.iter().step_by(step).map(|&(g, h)| (f64::from(g), f64::from(h)));
        let (gradients, hessians) = probes().fold((0.0, 0.0), |s, (g, h)| (s.0 + g * g, s.1 + h * h));
        let lambda = if hessians > 0.0 { HESSIAN_SHARE * gradients / hessians } else { 0.0 };
        let mut sizes: Vec<f64> = probes().map(|(g, h)| (g * g + lambda * h * h).sqrt()).collect();
        sizes.sort_unstable_by(|a, b| b.total_cmp(a));
        let per_size = 1.0 / threshold(&sizes, fraction);
        // No weight is above 10,000: a row that hardly counts must not count for millions by chance.
        Self { gradient: per_size as f32, hessian: (lambda.sqrt() * per_size) as f32, least: 1e-4 }
    }

    #[inline]
    fn of(self, (g, h): (f32, f32)) -> f32 {
        let (g, h) = (self.gradient * g, self.hessian * h);
        (g * g + h * h).sqrt().clamp(self.least, 1.0)
    }
}

/// The size μ for which the mean of `min(1, size / μ)` is `fraction`; `sizes` descend.
fn threshold(sizes: &[f64], fraction: f64) -> f64 {
    let wanted = fraction * sizes.len() as f64;
    let mut rest: f64 = sizes.iter().sum();
    for (certain, &size) in sizes.iter().enumerate() {
        // Were all larger ones certain, this threshold would make the others' chances add up.
        let threshold = rest / (wanted - certain as f64);
        if wanted <= certain as f64 || threshold >= size {
            return if threshold > 0.0 && threshold.is_finite() { threshold } else { f64::MIN_POSITIVE.sqrt() };
        }
        rest -= size;
    }
    f64::MIN_POSITIVE.sqrt()
}

#[cfg(test)]
mod tests;
