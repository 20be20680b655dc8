//! One tree of a forest: from a bag of rows to nodes and their means. Nodes are handled depth first, each looking only
//! at the features it drew, so that a tree of any size needs one histogram. It never shares anything between trees.
use super::RandomForestValidParams;
use crate::binned::BinnedMatrix;
use crate::gradient::{Packed, Sums};
use crate::grow::partition::partition;
use crate::grow::{GrownNode, better, sample_features};
use crate::split::{Leaf, Rules, Split};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A grown tree, with the mean target of every leaf.
pub(super) struct BaggedTree {
    pub(super) nodes: Vec<GrownNode>,
    pub(super) values: Vec<f32>,
}

/// What all trees of a forest share. Every row of the matrix is fitted.
pub(super) struct Grove<'a> {
    params: &'a RandomForestValidParams,
    matrix: &'a BinnedMatrix,
    target: &'a [f32],
    weights: Option<&'a [f32]>,
    /// Subtracted from targets before they are quantised, which then has less to lose.
    mean: f32,
    rules: Rules,
    features: Vec<usize>,
    /// Per feature, from a byte of its column to its bin.
    bins: Vec<[u8; 256]>,
}

/// Sums of one feature's bins at one node.
struct Bins {
    sums: [u64; 256],
    /// Which bins have rows: walking them in order is far cheaper than walking 256 bins in small nodes.
    filled: [u64; 4],
}

/// A tree while it grows.
struct Bag {
    /// Rows of the bag, each once, node by node.
    rows: Vec<u32>,
    scratch: Vec<u32>,
    /// Per row of the matrix, weight × (mean - target) and weight, where weight includes how often it was drawn.
    pairs: Vec<(f32, f32)>,
    packed: Packed,
    random: ChaCha8Rng,
    bins: Bins,
    /// Packed words of the present node's rows.
    words: Vec<u64>,
}

impl<'a> Grove<'a> {
    pub(super) fn new(
        params: &'a RandomForestValidParams,
        matrix: &'a BinnedMatrix,
        target: &'a [f32],
        weights: Option<&'a [f32]>,
    ) -> Self {
        let sum: f64 = target.iter().map(|&y| f64::from(y)).sum();
        let rules = Rules {
            l1: 0.0,
            l2: 0.0,
            min_child_weight: 0.0,
            min_leaf_rows: params.min_leaf_rows as f64,
            min_gain: 0.0,
            category_smoothing: 1.0,
            category_l2: 0.0,
        };
        let mean = (sum / target.len() as f64) as f32;
        let features = (0..matrix.features()).collect();
        Self { params, matrix, target, weights, mean, rules, features, bins: matrix.layout.tables() }
    }

    /// Grows the tree of this number.
    pub(super) fn grow(&self, tree: usize) -> BaggedTree {
        let mut bag = self.draw(tree);
        let total = bag.rows.iter().fold(0u64, |sum, &row| sum.wrapping_add(bag.packed.words[row as usize]));
        let mut nodes = vec![GrownNode { split: None, range: 0..bag.rows.len(), total }];
        let mut values = vec![0.0];
        let mut open = vec![(0, 0)];
        while let Some((at, depth)) = open.pop() {
            let split = if depth < self.params.max_depth { self.best(&mut bag, &nodes[at]) } else { None };
            let range = nodes[at].range.clone();
            let Some(split) = split else {
                values[at] = self.value(&bag, &bag.rows[range]);
                continue;
            };
            let bins = &self.bins[split.feature];
            let left_bytes = std::array::from_fn(|byte| split.test.goes_left(usize::from(bins[byte])));
            let bytes = &self.matrix.columns[self.matrix.layout.places[split.feature].column];
            let (rows, scratch) = (&mut bag.rows[range.clone()], &mut bag.scratch[..range.len()]);
            let middle = range.start + partition(rows, scratch, |row| bytes[row as usize], &left_bytes);
            let left = nodes.len();
            let total = nodes[at].total;
            nodes[at].split = Some((split, left));
            nodes.push(GrownNode { split: None, range: range.start..middle, total: split.left });
            nodes.push(GrownNode { split: None, range: middle..range.end, total: total.wrapping_sub(split.left) });
            values.extend([0.0; 2]);
            open.extend([(left + 1, depth + 1), (left, depth + 1)]);
        }
        BaggedTree { nodes, values }
    }

    /// A bag of rows, drawn with replacement.
    fn draw(&self, tree: usize) -> Bag {
        let mut random = ChaCha8Rng::seed_from_u64(self.params.seed);
        random.set_stream(tree as u64);
        let count = self.target.len();
        let wanted = ((count as f64 * self.params.row_fraction).round() as usize).max(1);
        let mut pairs = vec![(0.0f32, 0.0f32); count];
        for _ in 0..wanted {
            // The upper half of a product is a number below `count`, with a bias below count / 2³².
            let row = (u64::from(random.next_u32()) * count as u64) >> 32;
            pairs[row as usize].1 += 1.0;
        }
        for (row, pair) in pairs.iter_mut().enumerate() {
            pair.1 *= self.weights.map_or(1.0, |weights| weights[row]);
            pair.0 = pair.1 * (self.mean - self.target[row]);
        }
        let rows: Vec<u32> = (0..count as u32).filter(|&row| pairs[row as usize].1 > 0.0).collect();
        let mut packed = Packed::default();
        packed.fill(&pairs, self.weights.is_none(), random.next_u32());
        let bins = Bins { sums: [0; 256], filled: [0; 4] };
        Bag { scratch: vec![0; rows.len()], rows, pairs, packed, random, bins, words: Vec::new() }
    }

    /// The best split of a node on the features it draws.
    fn best(&self, bag: &mut Bag, node: &GrownNode) -> Option<Split> {
        let rows = &bag.rows[node.range.clone()];
        // Where weights are counts, the rows of a side are its share of the node's count, repetitions included.
        let units = bag.packed.units;
        let count = if self.weights.is_none() { units.sums(node.total).hessian } else { rows.len() as f64 };
        if count < 2.0 * self.rules.min_leaf_rows {
            return None;
        }
        let leaf = Leaf::new(&self.rules, units, node.total, count);
        bag.words.clear();
        bag.words.extend(rows.iter().map(|&row| bag.packed.words[row as usize]));
        let features = sample_features(&self.features, self.params.column_fraction, &mut bag.random);
        let mut best = None;
        for &feature in &features {
            let bytes = &self.matrix.columns[self.matrix.layout.places[feature].column];
            let table = &self.bins[feature];
            for (&row, &word) in rows.iter().zip(&bag.words) {
                bag.bins.add(table[usize::from(bytes[row as usize])], word);
            }
            let split = if self.matrix.layout.cuts[feature].is_categorical() {
                let split = leaf.best_set(feature, &bag.bins.sums);
                bag.bins.drain().for_each(drop);
                split
            } else {
                let mut filled = bag.bins.drain().peekable();
                let missing = filled.next_if(|&(bin, _)| bin == 0).map_or(0, |(_, sum)| sum);
                leaf.best_threshold(feature, missing, filled)
            };
            best = better(best, split);
        }
        best
    }

    /// Weighted mean target of a leaf.
    fn value(&self, bag: &Bag, rows: &[u32]) -> f32 {
        let mut sums = Sums::default();
        for &row in rows {
            let (gradient, hessian) = bag.pairs[row as usize];
            sums.gradient += f64::from(gradient);
            sums.hessian += f64::from(hessian);
        }
        (f64::from(self.mean) + self.rules.value(sums)) as f32
    }
}

impl Bins {
    #[inline]
    fn add(&mut self, bin: u8, word: u64) {
        let sum = &mut self.sums[usize::from(bin)];
        *sum = sum.wrapping_add(word);
        self.filled[usize::from(bin >> 6)] |= 1 << (bin & 63);
    }

    /// Takes the bins that have rows, ascending, with their sums.
    fn drain(&mut self) -> impl Iterator<Item = (usize, u64)> {
        let Self { sums, filled } = self;
        filled
            .iter_mut()
            .enumerate()
            .flat_map(|(word, bits)| {
                std::iter::from_fn(move || {
                    let bit = bits.trailing_zeros() as usize;
                    *bits &= bits.wrapping_sub(1);
                    (bit < 64).then_some(word * 64 + bit)
                })
            })
            .map(|bin| (bin, std::mem::take(&mut sums[bin])))
    }
}
