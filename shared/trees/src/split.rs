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
        let mut best: Option<Split> = None;
        let parent = self.rules.score(self.units.sums(self.total), self.rules.l2);
        let sides: &[bool] = if missing == 0 { &[false] } else { &[false, true] };
        let mut below = 0u64;
        for (last, sum) in bins {
            below = below.wrapping_add(sum);
            for &with_missing in sides {
                let left = if with_missing { below.wrapping_add(missing) } else { below };
                let (low, high) = (self.units.sums(left), self.units.sums(self.total.wrapping_sub(left)));
                if !self.allows(low, high) {
                    continue;
                }
                let gain = self.rules.scores(low, high, self.rules.l2) - parent;
                if gain > best.map_or(self.rules.min_gain, |split| split.gain) {
                    // Without missing values here, later ones follow the heavier side.
                    let missing = if missing == 0 { low.hessian >= high.hessian } else { with_missing };
                    let test = Test::Threshold { last: last as u8, missing };
                    best = Some(Split { feature, test, gain, left });
                }
            }
        }
        best
    }
}

#[cfg(test)]
mod tests;
