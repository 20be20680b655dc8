//! From a feature's histogram in a leaf to its best split: a threshold, or a set of categories, and the side of the
//! missing values. It never touches rows.
mod categorical;

use crate::gradient::{Sums, Units};
use serde::{Deserialize, Serialize};

/// What a split must respect and how its gain is regularised.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rules {
    pub(crate) l1: f64,
    pub(crate) l2: f64,
    pub(crate) min_child_weight: f64,
    pub(crate) min_leaf_rows: f64,
    pub(crate) min_gain: f64,
    pub(crate) category_smoothing: f64,
    pub(crate) category_l2: f64,
}

impl Rules {
    /// Twice the loss that the best constant takes away from rows with these sums: `T(G)² / (H + λ)` with the soft
    /// threshold T of L1. Chen and Guestrin (2016), "XGBoost", equation 7.
    #[inline]
    pub(crate) fn score(&self, sums: Sums, l2: f64) -> f64 {
        let threshold = (sums.gradient.abs() - self.l1).max(0.0);
        threshold * threshold / (sums.hessian + l2)
    }

    /// The scores of two sides together, with one division instead of two.
    #[inline]
    pub(crate) fn scores(&self, low: Sums, high: Sums, l2: f64) -> f64 {
        let (a, b) = ((low.gradient.abs() - self.l1).max(0.0), (high.gradient.abs() - self.l1).max(0.0));
        let (of_a, of_b) = (low.hessian + l2, high.hessian + l2);
        (a * a * of_b + b * b * of_a) / (of_a * of_b)
    }

    /// The constant that takes most loss away: `-T(G) / (H + λ)`; 0 without any weight.
    pub(crate) fn value(&self, sums: Sums) -> f64 {
        let weight = sums.hessian + self.l2;
        if weight <= 0.0 {
            return 0.0;
        }
        -(sums.gradient.abs() - self.l1).max(0.0).copysign(sums.gradient) / weight
    }
}

/// Which bins of a feature go left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Test {
    /// Bins 1 to `last`, and bin 0 if `missing`.
    Threshold { last: u8, missing: bool },
    /// The bins whose bit is set.
    Set([u64; 4]),
}

impl Test {
    pub(crate) fn goes_left(self, bin: usize) -> bool {
        match self {
            Self::Threshold { missing, .. } if bin == 0 => missing,
            Self::Threshold { last, .. } => bin <= usize::from(last),
            Self::Set(bits) => bits[bin / 64] >> (bin % 64) & 1 == 1,
        }
    }
}

/// A split and what it is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Split {
    pub(crate) feature: usize,
    pub(crate) test: Test,
    /// By how much the two sides' scores exceed the leaf's; twice the loss taken away.
    pub(crate) gain: f64,
    /// Packed sums of the left side.
    pub(crate) left: u64,
}

/// A leaf as its splits see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leaf<'a> {
    rules: &'a Rules,
    units: Units,
    /// Packed sums of all its rows.
    total: u64,
    /// The least hessian of either side of a split.
    lightest: f64,
}

impl<'a> Leaf<'a> {
    /// A leaf of so many rows. Those of a side are estimated by its share of the hessian, which is exact for
    /// objectives of constant hessian; the partition counts them.
    pub(crate) fn new(rules: &'a Rules, units: Units, total: u64, rows: f64) -> Self {
        let per_row = units.sums(total).hessian / rows;
        let lightest = (rules.min_leaf_rows * per_row).max(rules.min_child_weight).max(f64::MIN_POSITIVE);
        Self { rules, units, total, lightest }
    }

    /// Whether both sides are heavy enough.
    #[inline]
    fn allows(&self, left: Sums, right: Sums) -> bool {
        left.hessian.min(right.hessian) >= self.lightest
    }

    /// The best threshold of an ordered feature: `missing` is the packed sum of bin 0, `bins` gives the other bins
    /// that have rows, ascending, with their packed sums.
    pub(crate) fn best_threshold(
        &self,
        feature: usize,
        missing: u64,
        bins: impl Iterator<Item = (usize, u64)>,
    ) -> Option<Split> {
        // In units of the packed sums, and as fractions: comparing products spares a division a candidate.
        let (all, l1, l2) =
            (self.units.whole(self.total), self.rules.l1 / self.units.gradient, self.rules.l2 / self.units.hessian);
        let worth = self.units.gradient * self.units.gradient / self.units.hessian;
        let parent = self.rules.score(self.units.sums(self.total), self.rules.l2);
        let lightest = self.lightest / self.units.hessian;
        let sides: &[u64] = if missing == 0 { &[0] } else { &[0, missing] };
        let mut best: Option<(usize, u64, bool)> = None;
        let (mut best_score, mut best_weight) = ((parent + self.rules.min_gain) / worth, 1.0);
        let mut below = 0u64;
        for (last, sum) in bins {
            below = below.wrapping_add(sum);
            for &with in sides {
                let left = below.wrapping_add(with);
                let low = self.units.whole(left);
                let high = Sums { gradient: all.gradient - low.gradient, hessian: all.hessian - low.hessian };
                if low.hessian.min(high.hessian) < lightest {
                    continue;
                }
                let (a, b) = ((low.gradient.abs() - l1).max(0.0), (high.gradient.abs() - l1).max(0.0));
                let (of_a, of_b) = (low.hessian + l2, high.hessian + l2);
                let (score, weight) = (a * a * of_b + b * b * of_a, of_a * of_b);
                if score * best_weight > best_score * weight {
                    (best_score, best_weight) = (score, weight);
                    best = Some((last, left, with != 0));
                }
            }
        }
        let (last, left, with_missing) = best?;
        // Without missing values here, later ones follow the heavier side.
        let low = self.units.whole(left).hessian;
        let missing = if missing == 0 { 2.0 * low >= all.hessian } else { with_missing };
        let gain = best_score / best_weight * worth - parent;
        Some(Split { feature, test: Test::Threshold { last: last as u8, missing }, gain, left })
    }
}

#[cfg(test)]
mod tests;
