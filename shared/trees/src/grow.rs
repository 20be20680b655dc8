//! One tree: from binned rows and their packed gradients to splits and the rows of every leaf. It never computes a
//! gradient or a leaf's final value, and keeps nothing of a tree but memory to reuse.
pub(crate) mod partition;
mod route;
mod search;

use crate::binned::BinnedMatrix;
use crate::binned::layout::STRIPE;
use crate::gradient::Packed;
use crate::histogram::{StripeSums, zeros};
use crate::split::{Rules, Split};
use partition::partition;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use route::Route;
pub(crate) use route::{BLOCK, follow};
pub(crate) use search::better;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// In which order leaves are split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Growth {
    /// The leaf with the largest gain first; Shi (2007), "Best-first decision tree learning".
    #[default]
    LeafWise,
    /// Level by level, left to right.
    DepthWise,
}

/// What a tree may become.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) growth: Growth,
    pub(crate) max_leaves: usize,
    pub(crate) max_depth: usize,
    pub(crate) rules: Rules,
    /// Share of a tree's features that each leaf considers.
    pub(crate) node_fraction: f64,
}

/// A node of a grown tree; children stand next to each other.
#[derive(Clone, Debug)]
pub(crate) struct GrownNode {
    /// The split and its left child; `None` at a leaf.
    pub(crate) split: Option<(Split, usize)>,
    /// Its rows, as positions in [`Grown::rows`].
    pub(crate) range: Range<usize>,
    /// Packed sums of its rows.
    pub(crate) total: u64,
}

/// A grown tree.
#[derive(Debug)]
pub(crate) struct Grown {
    pub(crate) nodes: Vec<GrownNode>,
    /// For every node that is split, how to follow the split on binned rows.
    routes: Vec<Route>,
    /// The rows it was grown on, leaf by leaf, ascending within each.
    pub(crate) rows: Vec<u32>,
}

impl Grown {
    /// Its leaves with their rows.
    pub(crate) fn leaves(&self) -> impl Iterator<Item = (usize, &[u32])> {
        let leaves = self.nodes.iter().enumerate().filter(|(_, node)| node.split.is_none());
        leaves.map(|(at, node)| (at, &self.rows[node.range.clone()]))
    }
}

/// The bytes of the rows that a tree is grown on.
#[derive(Clone, Copy)]
pub(crate) struct Cells<'a> {
    /// Up to 16 columns of a row side by side, for histograms.
    pub(crate) stripes: &'a [Vec<[u8; STRIPE]>],
    /// The same column by column, where there is such a copy: following a split then reads fewer bytes.
    pub(crate) columns: Option<&'a [Vec<u8>]>,
}

/// A leaf that may be split further.
struct Open {
    node: usize,
    depth: usize,
    split: Split,
    sums: Vec<StripeSums>,
}

/// Grows trees on one matrix.
pub(crate) struct Grower<'a> {
    matrix: &'a BinnedMatrix,
    plan: Plan,
    /// Features of every stripe.
    features: Vec<Vec<usize>>,
    /// Per feature, from a byte of its column to its bin.
    tables: Vec<[u8; 256]>,
    /// Histograms to reuse.
    pool: Vec<Vec<StripeSums>>,
}

impl<'a> Grower<'a> {
    pub(crate) fn new(matrix: &'a BinnedMatrix, plan: Plan) -> Self {
        let layout = &matrix.layout;
        let mut features = vec![Vec::new(); layout.widths.len()];
        for (feature, place) in layout.places.iter().enumerate() {
            features[layout.slots[place.column].0].push(feature);
        }
        Self { matrix, plan, features, tables: layout.tables(), pool: Vec::new() }
    }

    /// Grows a tree on `rows` (ascending) of `cells`, splitting on the features `allowed`.
    pub(crate) fn grow(
        &mut self,
        cells: Cells<'_>,
        packed: &Packed,
        rows: Vec<u32>,
        allowed: &[usize],
        random: &mut ChaCha8Rng,
    ) -> Grown {
        let count = rows.len();
        let mut grown = Grown { nodes: Vec::new(), routes: Vec::new(), rows };
        let mut scratch = vec![0; count];
        let total = grown.rows.iter().fold(0u64, |sum, &row| sum.wrapping_add(packed.words[row as usize]));
        grown.nodes.push(GrownNode { split: None, range: 0..count, total });
        let mut sums = self.histogram();
        let mut open: Vec<Open> = Vec::new();
        if self.plan.max_leaves > 1 && self.plan.max_depth > 0 {
            let mask = self.draw(allowed, random);
            let split = self.search(&mut sums, None, cells, packed, &grown, [(0, &mask), (0, &mask)])[0];
            match split {
                Some(split) => open.push(Open { node: 0, depth: 0, split, sums }),
                None => self.pool.push(sums),
            }
        }
        let mut leaves = 1;
        while leaves < self.plan.max_leaves {
            let Some(Open { node, depth, split, sums }) = self.next(&mut open) else { break };
            let range = grown.nodes[node].range.clone();
            let place = self.matrix.layout.places[split.feature];
            let route = Route::new(place, split.test);
            let (rows, spare) = (&mut grown.rows[range.clone()], &mut scratch[range.clone()]);
            let divided = if let Some(columns) = cells.columns {
                let bytes = &columns[place.column];
                partition(rows, spare, |row| bytes[row as usize], &route.left)
            } else {
                let (stripe, at) = self.matrix.layout.slots[place.column];
                let bytes = &cells.stripes[stripe];
                partition(rows, spare, |row| bytes[row as usize][at], &route.left)
            };
            let middle = range.start + divided;
            let fewest = self.plan.rules.min_leaf_rows.ceil() as usize;
            if (middle - range.start).min(range.end - middle) < fewest.max(1) {
                // The estimate behind `Leaf::allows` was too kind. The rows stay together, in order again.
                grown.rows[range].sort_unstable();
                self.pool.push(sums);
                continue;
            }
            let total = grown.nodes[node].total;
            let left = grown.nodes.len();
            grown.nodes[node].split = Some((split, left));
            grown.routes.resize(left + 2, Route::default());
            grown.routes[node] = route;
            grown.nodes.push(GrownNode { split: None, range: range.start..middle, total: split.left });
            let right_total = total.wrapping_sub(split.left);
            grown.nodes.push(GrownNode { split: None, range: middle..range.end, total: right_total });
            leaves += 1;
            if leaves == self.plan.max_leaves || depth + 1 >= self.plan.max_depth {
                self.pool.push(sums);
                continue;
            }
            let masks = [self.draw(allowed, random), self.draw(allowed, random)];
            let right_is_smaller = range.end - middle < middle - range.start;
            let (small, large) = if right_is_smaller { (1, 0) } else { (0, 1) };
            let mut small_sums = self.histogram();
            let mut large_sums = sums;
            let splits = self.search(
                &mut small_sums,
                Some(&mut large_sums),
                cells,
                packed,
                &grown,
                [(left + small, &masks[small]), (left + large, &masks[large])],
            );
            let found = [(small, splits[0], small_sums), (large, splits[1], large_sums)];
            for (side, split, sums) in found {
                match split {
                    Some(split) => open.push(Open { node: left + side, depth: depth + 1, split, sums }),
                    None => self.pool.push(sums),
                }
            }
        }
        self.pool.extend(open.into_iter().map(|leaf| leaf.sums));
        grown
    }

    /// The leaf to split next.
    fn next(&self, open: &mut Vec<Open>) -> Option<Open> {
        let first = |a: &Open, b: &Open| match self.plan.growth {
            Growth::LeafWise => b.split.gain.total_cmp(&a.split.gain).then(a.node.cmp(&b.node)),
            Growth::DepthWise => a.depth.cmp(&b.depth).then(a.node.cmp(&b.node)),
        };
        let at = (0..open.len()).min_by(|&a, &b| first(&open[a], &open[b]))?;
        Some(open.swap_remove(at))
    }

    fn histogram(&mut self) -> Vec<StripeSums> {
        self.pool.pop().unwrap_or_else(|| zeros(self.features.len()))
    }

    /// Features that a leaf considers.
    fn draw(&self, allowed: &[usize], random: &mut ChaCha8Rng) -> Vec<bool> {
        let mut mask = vec![false; self.matrix.features()];
        for feature in sample_features(allowed, self.plan.node_fraction, random) {
            mask[feature] = true;
        }
        mask
    }
}

/// A share of all features, at least one, drawn without replacement; all of them in order at a share of 1.
pub(crate) fn sample_features(features: &[usize], fraction: f64, random: &mut ChaCha8Rng) -> Vec<usize> {
    let mut drawn = features.to_vec();
    if fraction < 1.0 {
        let wanted = ((drawn.len() as f64 * fraction).round() as usize).clamp(1, drawn.len());
        for at in 0..wanted {
            // Fisher and Yates, as far as needed. 32 random bits: the bias of the remainder is below 10⁻⁵.
            let other = at + random.next_u32() as usize % (drawn.len() - at);
            drawn.swap(at, other);
        }
        drawn.truncate(wanted);
    }
    drawn
}
