//! The best division of a feature's categories in two: ordered by their mean gradient, the best one is a prefix
//! (Fisher 1958, "On grouping for maximum homogeneity"). Missing values are one more category.
use super::{Leaf, Split, Test};

impl Leaf<'_> {
    /// The best set of categories, given the packed `sums` of the feature's bins.
    ///
    /// Categories are ordered by `G / (H + smoothing)`, so that small ones do not lead by chance, and the sides pay
    /// the extra L2 of `category_l2` for having been chosen among many.
    pub(crate) fn best_set(&self, feature: usize, sums: &[u64]) -> Option<Split> {
        let rules = self.rules;
        let l2 = rules.l2 + rules.category_l2;
        let mut order: Vec<(f64, usize)> = (0..sums.len())
            .filter(|&bin| sums[bin] != 0)
            .map(|bin| {
                let part = self.units.sums(sums[bin]);
                (part.gradient / (part.hessian + rules.category_smoothing).max(f64::MIN_POSITIVE), bin)
            })
            .collect();
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let parent = rules.score(self.units.sums(self.total), rules.l2);
        let mut best: Option<(f64, usize, u64)> = None;
        let mut left = 0u64;
        for (at, &(_, bin)) in order.iter().enumerate().take(order.len().saturating_sub(1)) {
            left = left.wrapping_add(sums[bin]);
            let (low, high) = (self.units.sums(left), self.units.sums(self.total.wrapping_sub(left)));
            if !self.allows(low, high) {
                continue;
            }
            let gain = rules.scores(low, high, l2) - parent;
            if gain > best.map_or(rules.min_gain, |(gain, ..)| gain) {
                best = Some((gain, at + 1, left));
            }
        }
        let (gain, taken, left) = best?;
        let mut bits = [0u64; 4];
        for &(_, bin) in &order[..taken] {
            bits[bin / 64] |= 1 << (bin % 64);
        }
        // Categories without a row in this leaf follow the heavier side.
        let (low, high) = (self.units.sums(left), self.units.sums(self.total.wrapping_sub(left)));
        if low.hessian >= high.hessian {
            for bin in (0..256).filter(|&bin| sums.get(bin).is_none_or(|&sum| sum == 0)) {
                bits[bin / 64] |= 1 << (bin % 64);
            }
        }
        Some(Split { feature, test: Test::Set(bits), gain, left })
    }
}
