//! Why a row is predicted what it is: from trees and a row to every feature's share in the raw score, its Shapley value.
//! It never looks at other rows: what is expected without a feature follows from the training rows that each node saw.
mod rule;
mod walk;

use crate::error::TreesError;
use crate::tree::Ensemble;
use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;
use walk::{Rules, Walk};

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
    /// Exact Shapley values of the conditional expectation of Lundberg, Erion and Lee (2018), "Consistent individualized
    /// feature attribution for tree ensembles", section 3. Time grows with leaves × depth, as by the
    /// linear algorithm of Yu et al. (2022), whose polynomials are kept here as their values at the nodes of a quadrature
    /// (`walk`).
    pub(crate) fn explain(
        &self,
        records: ArrayView2<'_, f32>,
        start: f64,
        scale: f64,
    ) -> Result<Explanation, TreesError> {
        let expected: f64 =
            self.roots().map(|root| self.expected(root)).sum::<Option<f64>>().ok_or(TreesError::NoCovers)?;
        let rules = Rules::of(self, records.ncols());
        let mut shares = Array2::zeros(records.dim());
        shares.axis_iter_mut(Axis(0)).into_par_iter().zip(records.axis_iter(Axis(0))).for_each_init(
            || Walk::new(self, &rules),
            |walk, (mut shares, record)| {
                let row = record.to_vec();
                shares.iter_mut().zip(walk.shares(&row)).for_each(|(share, phi)| *share = phi * scale);
            },
        );
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

#[cfg(test)]
mod tests;
