//! The best splits of two sibling leaves: from rows to sums, the larger sibling's as the rest of its parent's, and from
//! sums to splits, stripe by stripe. It never moves a row.
use super::{Cells, Grower, Grown};
use crate::gradient::Packed;
use crate::histogram::{StripeSums, accumulate, subtract};
use crate::split::{Leaf, Split};
use rayon::prelude::*;

/// Below this many cells (rows × features) a leaf is handled by one thread: handing it out would cost more.
const PARALLEL_CELLS: usize = 16_384;

impl Grower<'_> {
    /// Sums of the first node's rows into `sums`, the rest of `parent` for the second node (its sibling, if there is
    /// a parent), and the best split of each.
    pub(super) fn search(
        &self,
        sums: &mut [StripeSums],
        parent: Option<&mut Vec<StripeSums>>,
        cells: Cells<'_>,
        packed: &Packed,
        grown: &Grown,
        nodes: [(usize, &Vec<bool>); 2],
    ) -> [Option<Split>; 2] {
        let layout = &self.matrix.layout;
        let leaves = nodes.map(|(node, _)| {
            let node = &grown.nodes[node];
            Leaf::new(&self.plan.rules, packed.units, node.total, node.range.len() as f64)
        });
        let rows = &grown.rows[grown.nodes[nodes[0].0].range.clone()];
        let rows = if rows.len() == packed.words.len() { None } else { Some(rows) };
        let tasks = rayon::current_num_threads().div_ceil(self.features.len());
        let build = |stripe: usize, sums: &mut StripeSums| {
            accumulate(sums, layout.widths[stripe], &cells.stripes[stripe], &packed.words, rows, tasks);
        };
        let best = |stripe: usize, sums: &StripeSums, leaf: &Leaf<'_>, mask: &[bool]| {
            let features = self.features[stripe].iter().filter(|&&feature| mask[feature]);
            features.fold(None, |best, &feature| better(best, self.best_of(feature, sums, leaf)))
        };
        let both = |a: [Option<Split>; 2], b: [Option<Split>; 2]| [better(a[0], b[0]), better(a[1], b[1])];
        let parallel = grown.nodes[nodes[0].0].range.len() * layout.cuts.len() >= PARALLEL_CELLS;
        match parent {
            None => {
                let one = |(stripe, sums): (usize, &mut StripeSums)| {
                    build(stripe, sums);
                    [best(stripe, sums, &leaves[0], nodes[0].1), None]
                };
                sums.par_iter_mut().enumerate().map(one).reduce(|| [None; 2], both)
            }
            Some(parent) => {
                let one = |(stripe, (sums, parent)): (usize, (&mut StripeSums, &mut StripeSums))| {
                    build(stripe, sums);
                    subtract(parent, sums);
                    [best(stripe, sums, &leaves[0], nodes[0].1), best(stripe, parent, &leaves[1], nodes[1].1)]
                };
                if parallel {
                    sums.par_iter_mut().zip(parent).enumerate().map(one).reduce(|| [None; 2], both)
                } else {
                    sums.iter_mut().zip(parent).enumerate().map(one).fold([None; 2], both)
                }
            }
        }
    }

    fn best_of(&self, feature: usize, sums: &StripeSums, leaf: &Leaf<'_>) -> Option<Split> {
        let layout = &self.matrix.layout;
        let place = layout.places[feature];
        let first = layout.slots[place.column].1 * 256;
        let bytes = layout.columns[place.column];
        let column = &sums[first..first + bytes];
        let mut own = [0u64; 256];
        let bins = if bytes == place.bins {
            column
        } else {
            // The column is shared: add up the bytes that mean the same bin of this feature.
            for (&bin, &sum) in self.tables[feature].iter().zip(column) {
                let bin = &mut own[usize::from(bin)];
                *bin = bin.wrapping_add(sum);
            }
            &own[..place.bins]
        };
        if layout.cuts[feature].is_categorical() {
            leaf.best_set(feature, bins)
        } else {
            let filled = (1..).zip(&bins[1..]).map(|(bin, &sum)| (bin, sum)).filter(|&(_, sum)| sum != 0);
            leaf.best_threshold(feature, bins[0], filled)
        }
    }
}

/// The split with the larger gain, on a tie the one of the earlier feature: an order that no schedule can change.
pub(crate) fn better(a: Option<Split>, b: Option<Split>) -> Option<Split> {
    match (a, b) {
        (Some(a), Some(b)) => {
            let order = b.gain.total_cmp(&a.gain).then(a.feature.cmp(&b.feature));
            Some(if order.is_gt() { b } else { a })
        }
        (a, b) => a.or(b),
    }
}
