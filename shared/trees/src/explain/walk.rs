//! One row's way through every branch of every tree: in flow trees and a row, out flow the Shapley values of its features.
//!
//! A tree says of a row of which some features are known: Σ over leaves of value × Π over the features on the way to it of
//! `one` (does the row go that way?) if the feature is known, else `zero` (what share of the training rows does). A
//! feature's Shapley value is what it adds, averaged over t uniform in (0, 1) and every other feature known with
//! probability t (Owen 1972, "Multilinear extensions of games", section 5):
//!
//! ```text
//! φ = Σ over leaves of value × (one − zero) × ∫ Π over the other features of (zero + t × (one − zero)) dt
//! ```
//!
//! A polynomial in t, of a degree below the number of features on the way, so that half as many nodes integrate it
//! exactly. At each node the products are carried down, and their sums over leaves up: a feature's own factor divides
//! out of a sum as a whole.
use super::rule::Rule;
use crate::tree::Ensemble;

/// For each tree the rule that is exact on it.
pub(super) struct Rules {
    /// Each with as many nodes as stand before it.
    exact: Vec<Rule>,
    /// Number of nodes and depth, by tree.
    trees: Vec<(usize, usize)>,
    features: usize,
}

impl Rules {
    pub(super) fn of(trees: &Ensemble, features: usize) -> Self {
        let mut seen = vec![false; features];
        let of_tree = |root| {
            let (most, depth) = longest(trees, root, &mut seen);
            (most.div_ceil(2), depth)
        };
        let of_trees: Vec<(usize, usize)> = trees.roots().map(of_tree).collect();
        let most = of_trees.iter().map(|(nodes, _)| *nodes).max().unwrap_or(0);
        Self { exact: (0..=most).map(Rule::of).collect(), trees: of_trees, features }
    }
}

/// The most different features on a way down from node `at`, beyond those `seen`, and the most splits.
fn longest(trees: &Ensemble, at: usize, seen: &mut [bool]) -> (usize, usize) {
    let Some(children) = trees.children(at) else {
        return (0, 0);
    };
    let feature = trees.feature(at);
    let before = std::mem::replace(&mut seen[feature], true);
    let [left, right] = children.map(|child| longest(trees, child, seen));
    seen[feature] = before;
    (left.0.max(right.0) + usize::from(!before), left.1.max(right.1) + 1)
}

/// How a feature has split the way to a node: the share of the training rows that went this way at all of its splits,
/// and whether the row does (1 or 0). Both 1 before the first of them.
#[derive(Clone, Copy, PartialEq)]
struct Passed {
    zero: f64,
    one: f64,
}

const NOT_YET: Passed = Passed { zero: 1.0, one: 1.0 };

impl Passed {
    /// The probability of this way where others are known with probability `t`.
    #[inline]
    fn at(self, t: f64) -> f64 {
        self.zero + t * (self.one - self.zero)
    }

    /// Fills `products` with those `above`, of which this feature's probability is replaced by that of `now`.
    fn replaced(self, now: Passed, above: &[f64], products: &mut [f64], nodes: &[f64]) {
        let each = products.iter_mut().zip(above).zip(nodes);
        if self == NOT_YET {
            each.for_each(|((product, above), t)| *product = above * now.at(*t));
        } else {
            each.for_each(|((product, above), t)| *product = above * now.at(*t) / self.at(*t));
        }
    }

    /// This feature's share in leaves with these sums: Σ sum × (one − zero) ÷ probability.
    fn share(self, sums: &[f64], nodes: &[f64]) -> f64 {
        let each = sums.iter().zip(nodes);
        if self == NOT_YET {
            0.0
        } else if self.one == 0.0 {
            -each.map(|(sum, t)| sum / (1.0 - t)).sum::<f64>()
        } else {
            (self.one - self.zero) * each.map(|(sum, t)| sum / self.at(*t)).sum::<f64>()
        }
    }
}

/// Memory for one row after another.
pub(super) struct Walk<'a> {
    trees: &'a Ensemble,
    rules: &'a Rules,
    /// By feature, at the node where the walk is.
    passed: Vec<Passed>,
    /// By depth and node of the rule: the product of all features' probabilities, times the weight.
    products: Vec<f64>,
    /// By depth and node of the rule: the sum of products × value over the leaves below.
    sums: Vec<f64>,
    shares: Vec<f64>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(trees: &'a Ensemble, rules: &'a Rules) -> Self {
        let room = rules.trees.iter().map(|(nodes, depth)| nodes * (depth + 1)).max().unwrap_or(0);
        let (products, sums) = (vec![0.0; room], vec![0.0; room]);
        Self { trees, rules, passed: vec![NOT_YET; rules.features], products, sums, shares: vec![0.0; rules.features] }
    }

    /// The Shapley values of a row of all features.
    pub(super) fn shares(&mut self, row: &[f32]) -> &[f64] {
        self.shares.fill(0.0);
        for (root, (nodes, _)) in self.trees.roots().zip(&self.rules.trees) {
            // A tree of one leaf says the same of everybody.
            if let Some(rule) = self.rules.exact.get(*nodes).filter(|_| *nodes > 0) {
                self.products[..*nodes].copy_from_slice(&rule.weights);
                self.descend(root, 0, row, &rule.nodes);
            }
        }
        &self.shares
    }

    /// Fills the sums of node `at`, whose products stand at `depth`, and adds the shares of the features below it.
    fn descend(&mut self, at: usize, depth: usize, row: &[f32], nodes: &[f64]) {
        let count = nodes.len();
        let (here, below) = (depth * count, (depth + 1) * count);
        let Some([left, right]) = self.trees.children(at) else {
            let value = self.trees.value(at);
            for (sum, product) in self.sums[here..below].iter_mut().zip(&self.products[here..below]) {
                *sum = value * product;
            }
            return;
        };
        self.sums[here..below].fill(0.0);
        let feature = self.trees.feature(at);
        let before = self.passed[feature];
        let goes = self.trees.step(at, row);
        let rows = self.trees.rows(at);
        for child in [left, right] {
            // Where no training row has been, either way is as good.
            let share = if rows > 0.0 { self.trees.rows(child) / rows } else { 0.5 };
            let now = Passed { zero: before.zero * share, one: if child == goes { before.one } else { 0.0 } };
            if now.zero == 0.0 && now.one == 0.0 {
                continue;
            }
            let (above, products) = self.products[here..].split_at_mut(count);
            before.replaced(now, above, products, nodes);
            self.passed[feature] = now;
            self.descend(child, depth + 1, row, nodes);
            let (sums, child_sums) = self.sums[here..].split_at_mut(count);
            sums.iter_mut().zip(&*child_sums).for_each(|(sum, child_sum)| *sum += child_sum);
            // Leaves below both splits of a feature count with the lower one alone.
            self.shares[feature] += now.share(child_sums, nodes) - before.share(child_sums, nodes);
        }
        self.passed[feature] = before;
    }
}
