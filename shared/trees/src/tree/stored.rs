//! Trees as they are kept: the same nodes, in which a leaf names how many training rows end there in the place where a
//! split names its child. Trees kept before that was counted name none. It never walks a tree.
use super::{Ensemble, LEAF, Node, ONLY_MISSING_RIGHT, Set};
use serde::{Deserialize, Serialize};

/// An ensemble as serde sees it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Stored {
    nodes: Vec<Node>,
    roots: Vec<u32>,
    sets: Vec<Set>,
}

impl From<Ensemble> for Stored {
    fn from(trees: Ensemble) -> Self {
        let Ensemble { mut nodes, roots, sets, covers } = trees;
        for (node, cover) in nodes.iter_mut().zip(covers) {
            match node.kind {
                LEAF => node.left = cover,
                // Not every format can hold an infinite threshold.
                ONLY_MISSING_RIGHT => node.value = 0.0,
                _ => {}
            }
        }
        Self { nodes, roots, sets }
    }
}

impl From<Stored> for Ensemble {
    fn from(stored: Stored) -> Self {
        let Stored { mut nodes, roots, sets } = stored;
        let mut covers = vec![0; nodes.len()];
        for (node, cover) in nodes.iter_mut().zip(&mut covers) {
            match node.kind {
                LEAF => *cover = std::mem::take(&mut node.left),
                ONLY_MISSING_RIGHT => node.value = f32::INFINITY,
                _ => {}
            }
        }
        let mut trees = Self { nodes, roots, sets, covers };
        trees.cover(0);
        trees
    }
}

impl Ensemble {
    /// Adds up the rows of every node from node `first` on, given those of the leaves.
    pub(super) fn cover(&mut self, first: usize) {
        // Children stand behind their parents.
        for at in (first..self.nodes.len()).rev() {
            let left = at + self.nodes[at].left as usize;
            if left > at && left + 1 < self.nodes.len() {
                self.covers[at] = self.covers[left].saturating_add(self.covers[left + 1]);
            }
        }
    }
}
