//! Fitted trees as one flat list of nodes: from feature values to the sum of the leaves they fall into. It never
//! changes after training, and is all that a served model needs.
mod stored;

use crate::binned::cuts::{Cuts, code};
use crate::grow::GrownNode;
use crate::split::Test;
use ndarray::{ArrayView2, Axis, Slice};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use stored::Stored;

/// Rows predicted together: a tree stays in the first-level cache while all of them walk it.
const BLOCK: usize = 256;

/// Trees or rows that are walked side by side.
const LANES: usize = 8;

/// What a node does with a value.
const LEAF: u8 = 0;
const MISSING_RIGHT: u8 = 1;
const MISSING_LEFT: u8 = 2;
const ONLY_MISSING_RIGHT: u8 = 3;
const SET: u8 = 4;

/// A split, or a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Node {
    /// Threshold of a split (left if `x <= value`, infinite where only missing values go right), number of the category
    /// set, or value of a leaf.
    value: f32,
    /// Distance to the left child; the right one is next to it. 0 at a leaf.
    left: u32,
    feature: u16,
    kind: u8,
}

/// Codes that go left at a split on categories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Set {
    pub(crate) missing: bool,
    /// Where codes beyond `bits` go.
    pub(crate) unseen: bool,
    /// Bit `code` is set if it goes left.
    bits: Vec<u64>,
}

/// What must hold for a value to go left.
pub(crate) enum Condition<'a> {
    /// It is at most `bound`, or missing if that is `missing`.
    AtMost { bound: f32, missing: bool },
    /// It is not missing.
    Present,
    /// Its code is marked.
    Set(&'a Set),
}

/// A sequence of trees, whose predictions are added.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub(crate) struct Ensemble {
    nodes: Vec<Node>,
    roots: Vec<u32>,
    sets: Vec<Set>,
    /// How many training rows end at a node, leaf or not.
    covers: Vec<u32>,
}

impl Ensemble {
    /// How many trees.
    pub(crate) fn len(&self) -> usize {
        self.roots.len()
    }

    /// Bytes held, and about the bytes of its compact serialisation.
    pub(crate) fn size_bytes(&self) -> usize {
        let sets: usize = self.sets.iter().map(|set| size_of::<Set>() + set.bits.len() * 8).sum();
        self.nodes.len() * (size_of::<Node>() + 4) + self.roots.len() * 4 + sets
    }

    /// Adds a tree, given the value of every node that is a leaf, and how many rows end there.
    pub(crate) fn push(&mut self, nodes: &[GrownNode], values: &[f32], rows: &[u32], cuts: &[Cuts]) {
        let first = self.nodes.len();
        self.roots.push(first as u32);
        self.covers.extend_from_slice(rows);
        for (at, (node, &value)) in nodes.iter().zip(values).enumerate() {
            let node = match node.split {
                None => Node { value, left: 0, feature: 0, kind: LEAF },
                Some((split, left)) => {
                    let (value, kind) = self.condition(split.test, &cuts[split.feature]);
                    Node { value, left: (left - at) as u32, feature: split.feature as u16, kind }
                }
            };
            self.nodes.push(node);
        }
        self.cover(first);
    }

    /// The first node of every tree.
    pub(crate) fn roots(&self) -> impl Iterator<Item = usize> {
        self.roots.iter().map(|&root| root as usize)
    }

    /// The nodes that node `at` leads to, left and right; `None` at a leaf.
    pub(crate) fn children(&self, at: usize) -> Option<[usize; 2]> {
        let left = at + self.nodes[at].left as usize;
        (self.nodes[at].kind != LEAF).then_some([left, left + 1])
    }

    /// The feature that node `at` splits.
    pub(crate) fn feature(&self, at: usize) -> usize {
        usize::from(self.nodes[at].feature)
    }

    /// The value of leaf `at`.
    pub(crate) fn value(&self, at: usize) -> f64 {
        f64::from(self.nodes[at].value)
    }

    /// How many training rows reached node `at`.
    pub(crate) fn rows(&self, at: usize) -> f64 {
        f64::from(self.covers[at])
    }

    /// What node `at` asks of a value; `None` at a leaf.
    pub(crate) fn condition_of(&self, at: usize) -> Option<Condition<'_>> {
        let Node { value, kind, .. } = self.nodes[at];
        match kind {
            LEAF => None,
            SET => Some(Condition::Set(&self.sets[value as usize])),
            ONLY_MISSING_RIGHT => Some(Condition::Present),
            kind => Some(Condition::AtMost { bound: value, missing: kind == MISSING_LEFT }),
        }
    }

    /// A split's test as a node holds it.
    fn condition(&mut self, test: Test, cuts: &Cuts) -> (f32, u8) {
        match (test, cuts) {
            (Test::Threshold { last, missing }, Cuts::Numeric(bounds)) => {
                // The last bin has no upper bound.
                let bound = bounds.get(usize::from(last) - 1).copied();
                let kind = if missing { MISSING_LEFT } else { MISSING_RIGHT };
                bound.map_or((f32::INFINITY, ONLY_MISSING_RIGHT), |bound| (bound, kind))
            }
            (test, cuts) => {
                self.sets.push(Set::new(test, cuts));
                ((self.sets.len() - 1) as f32, SET)
            }
        }
    }

    /// Keeps the first `trees`.
    pub(crate) fn truncate(&mut self, trees: usize) {
        if trees < self.roots.len() {
            self.nodes.truncate(self.roots[trees] as usize);
            self.covers.truncate(self.nodes.len());
            self.roots.truncate(trees);
            let sets = self.nodes.iter().filter(|node| node.kind == SET).count();
            self.sets.truncate(sets);
        }
    }

    /// `start` plus the sum of the leaves of one row.
    pub(crate) fn sum_row(&self, row: &[f32], start: f32) -> f32 {
        let mut sum = f64::from(start);
        // Several trees at a time, a step each: the next node of one is fetched while the others compare.
        let mut lanes = self.roots.chunks_exact(LANES);
        for roots in &mut lanes {
            let mut at: [usize; LANES] = std::array::from_fn(|lane| roots[lane] as usize);
            while advance(&mut at, |_, at| self.step(at, row)) {}
            for at in at {
                sum += f64::from(self.nodes[at].value);
            }
        }
        for &root in lanes.remainder() {
            sum += f64::from(self.leaf(root as usize, row));
        }
        sum as f32
    }

    /// `start` plus the sum of the leaves, for all rows.
    pub(crate) fn sum(&self, records: ArrayView2<'_, f32>, start: f32) -> Vec<f32> {
        let width = records.ncols();
        let mut sums = vec![0.0; records.nrows()];
        sums.par_chunks_mut(BLOCK).enumerate().for_each(|(block, out)| {
            let first = block * BLOCK;
            let mut values = vec![0.0; out.len() * width];
            let given = records.slice_axis(Axis(0), Slice::from(first..first + out.len()));
            for (row, record) in values.chunks_exact_mut(width).zip(given.rows()) {
                row.iter_mut().zip(record).for_each(|(value, &given)| *value = given);
            }
            let mut totals = vec![f64::from(start); out.len()];
            for &root in &self.roots {
                self.add_tree(root as usize, &values, width, &mut totals);
            }
            out.iter_mut().zip(totals).for_each(|(out, total)| *out = total as f32);
        });
        sums
    }

    /// Adds one tree's leaves to the totals of rows of `width` values.
    fn add_tree(&self, root: usize, values: &[f32], width: usize, totals: &mut [f64]) {
        let mut rows = values.chunks_exact(width * LANES);
        let mut lanes = totals.chunks_exact_mut(LANES);
        for (rows, totals) in (&mut rows).zip(&mut lanes) {
            let mut at = [root; LANES];
            while advance(&mut at, |lane, at| self.step(at, &rows[lane * width..(lane + 1) * width])) {}
            for (total, at) in totals.iter_mut().zip(at) {
                *total += f64::from(self.nodes[at].value);
            }
        }
        for (row, total) in rows.remainder().chunks_exact(width).zip(lanes.into_remainder()) {
            *total += f64::from(self.leaf(root, row));
        }
    }

    /// The leaf's value that a row reaches from node `at`.
    fn leaf(&self, mut at: usize, row: &[f32]) -> f32 {
        loop {
            let next = self.step(at, row);
            if next == at {
                return self.nodes[at].value;
            }
            at = next;
        }
    }

    /// The node that a row reaches from node `at`: a leaf stays where it is.
    #[inline]
    #[allow(clippy::needless_bitwise_bool, reason = "lazy operators are branches, guessed wrong half of the time")]
    pub(crate) fn step(&self, at: usize, row: &[f32]) -> usize {
        let node = &self.nodes[at];
        let value = row[usize::from(node.feature)];
        if node.kind == SET {
            return at + node.left as usize + usize::from(!self.sets[node.value as usize].goes_left(value));
        }
        // Comparisons with NaN are false.
        let left = (value <= node.value) | (value.is_nan() & (node.kind == MISSING_LEFT));
        at + node.left as usize + usize::from(!left & (node.kind != LEAF))
    }
}

/// One step in every lane, and whether any of them moved.
#[inline]
fn advance(at: &mut [usize; LANES], step: impl Fn(usize, usize) -> usize) -> bool {
    let mut moved = 0;
    for (lane, at) in at.iter_mut().enumerate() {
        let next = step(lane, *at);
        moved |= next ^ *at;
        *at = next;
    }
    moved != 0
}

impl Set {
    fn new(test: Test, cuts: &Cuts) -> Self {
        let missing = test.goes_left(0);
        let Cuts::Categorical { codes, other } = cuts else {
            return Self { missing, unseen: missing, bits: Vec::new() };
        };
        let unseen = if *other { test.goes_left(codes.len() + 1) } else { missing };
        let words = codes.iter().max().map_or(0, |&max| max as usize / 64 + 1);
        let mut bits = vec![if unseen { u64::MAX } else { 0 }; words];
        for (at, &code) in codes.iter().enumerate() {
            let bit = 1 << (code % 64);
            let word = &mut bits[code as usize / 64];
            *word = if test.goes_left(at + 1) { *word | bit } else { *word & !bit };
        }
        Self { missing, unseen, bits }
    }

    /// The codes, ascending, that go another way than unseen ones.
    pub(crate) fn exceptions(&self) -> Vec<u32> {
        let codes = 0..64 * self.bits.len() as u32;
        codes.filter(|&code| (self.bits[code as usize / 64] >> (code % 64) & 1 == 1) != self.unseen).collect()
    }

    fn goes_left(&self, value: f32) -> bool {
        let Some(code) = code(value) else {
            return self.missing;
        };
        self.bits.get(code as usize / 64).map_or(self.unseen, |word| word >> (code % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests;
