//! Why a row is predicted what it is: from trees and a row to every feature's share in the raw score, its Shapley value.
//! It never looks at other rows: what is expected without a feature follows from the training rows that each node saw.
mod path;

use crate::error::TreesError;
use crate::tree::Ensemble;
use ndarray::{Array2, ArrayView2};
use path::Path;
use rayon::prelude::*;

/// Shares of features in predictions, on the scale on which trees are added: amounts for the squared and the pinball
/// loss, logarithms of amounts for Tweedie, log odds for the logistic one.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// What is expected of a row of which nothing is known: the mean over the training rows.
    pub expected: f64,
    /// Shape (rows, features). A row's shares and `expected` add up to its raw score.
    pub shares: Array2<f64>,
}

impl Ensemble {
    /// Shares of all features in the sum of trees, times `scale`, and `start` beside them.
    ///
    /// Exact Shapley values of the expectation of Lundberg, Erion and Lee (2018), "Consistent individualized feature
    /// attribution for tree ensembles", algorithm 2: time grows with leaves × depth², memory with depth².
    pub(crate) fn explain(
        &self,
        records: ArrayView2<'_, f32>,
        start: f64,
        scale: f64,
    ) -> Result<Explanation, TreesError> {
        let expected: f64 =
            self.roots().map(|root| self.expected(root)).sum::<Option<f64>>().ok_or(TreesError::NoCovers)?;
        let features = records.ncols();
        let mut shares = Array2::zeros(records.dim());
        shares.axis_iter_mut(ndarray::Axis(0)).into_par_iter().enumerate().for_each(|(row, mut shares)| {
            let record: Vec<f32> = records.row(row).to_vec();
            let mut phi = vec![0.0; features];
            for root in self.roots() {
                descend(self, root, &record, &Path::default(), None, &mut phi);
            }
            shares.iter_mut().zip(phi).for_each(|(share, phi)| *share = phi * scale);
        });
        Ok(Explanation { expected: start + expected * scale, shares })
    }

    /// The mean leaf of a tree's training rows; `None` if they were not counted.
    fn expected(&self, root: usize) -> Option<f64> {
        match self.children(root) {
            None => Some(self.value(root)),
            Some([left, right]) => {
                let (a, b) = (self.rows(left), self.rows(right));
                (a + b > 0.0).then_some(())?;
                // A side without rows has no expectation, and no part in this one.
                let part = |child, rows: f64| if rows > 0.0 { Some(rows * self.expected(child)?) } else { Some(0.0) };
                Some((part(left, a)? + part(right, b)?) / (a + b))
            }
        }
    }
}

/// RECURSE of algorithm 2: `path` holds the features on the way to node `at`, `last` the one that led there.
fn descend(trees: &Ensemble, at: usize, row: &[f32], path: &Path, last: Option<(usize, f64, f64)>, phi: &mut [f64]) {
    let mut path = path.clone();
    match last {
        Some((feature, zero, one)) => path.extend(Some(feature), zero, one),
        None => path.extend(None, 1.0, 1.0),
    }
    let Some([left, right]) = trees.children(at) else {
        path.share(trees.value(at), phi);
        return;
    };
    let feature = trees.feature(at);
    let (hot, cold) = if trees.step(at, row) == left { (left, right) } else { (right, left) };
    // A feature that led to this node before counts once, with the shares of both of its splits.
    let (zero, one) = path.take(feature).unwrap_or((1.0, 1.0));
    let rows = trees.rows(at);
    for (child, one) in [(hot, one), (cold, 0.0)] {
        let zero = zero * trees.rows(child) / rows;
        if zero > 0.0 || one > 0.0 {
            descend(trees, child, row, &path, Some((feature, zero, one)), phi);
        }
    }
}

#[cfg(test)]
mod tests;
