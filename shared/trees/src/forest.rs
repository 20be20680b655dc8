//! Random forests: from a binned matrix and targets to the mean of many deep trees, each grown on a bag of rows drawn
//! with replacement and on few features a split. Breiman (2001), "Random forests". It never bins.
mod bag;
mod params;

use crate::binned::BinnedMatrix;
use crate::boosting::{check_length, check_weights};
use crate::error::TreesError;
use crate::explain::Explanation;
use crate::export;
use crate::objective::Objective;
use crate::tree::Ensemble;
use bag::{BaggedTree, Grove};
use ndarray::{Array1, ArrayView2};
pub use params::{RandomForestParams, RandomForestValidParams};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A fitted forest for squared loss: its prediction is an estimate of the mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomForest {
    features: usize,
    ensemble: Ensemble,
    gains: Vec<f64>,
}

impl RandomForestValidParams {
    /// Fits `rows` of `matrix`; arguments and errors as of
    /// [`GradientBoostingValidParams::fit_binned`](crate::GradientBoostingValidParams::fit_binned).
    ///
    /// # Errors
    /// [`TreesError`] for rows, targets or weights that cannot be used.
    pub fn fit_binned(
        &self,
        matrix: &BinnedMatrix,
        rows: &[u32],
        target: &[f32],
        weights: Option<&[f32]>,
    ) -> Result<RandomForest, TreesError> {
        let rows = matrix.checked_rows(rows)?;
        check_length("targets", target.len(), matrix.rows)?;
        if let Some(weights) = weights {
            check_weights(&rows, matrix, weights)?;
        }
        if let Some(&row) = rows.iter().find(|&&row| !target[row as usize].is_finite()) {
            return Err(TreesError::Target { row, value: target[row as usize], objective: "squared" });
        }
        if rows.len() == matrix.rows {
            return Ok(self.run(matrix, target, weights));
        }
        let pick = |values: &[f32]| -> Vec<f32> { rows.iter().map(|&row| values[row as usize]).collect() };
        Ok(self.run(&matrix.select(&rows), &pick(target), weights.map(pick).as_deref()))
    }

    fn run(&self, matrix: &BinnedMatrix, target: &[f32], weights: Option<&[f32]>) -> RandomForest {
        let grove = Grove::new(self, matrix, target, weights);
        let trees: Vec<BaggedTree> = (0..self.trees).into_par_iter().map(|tree| grove.grow(tree)).collect();
        let features = matrix.features();
        let mut forest = RandomForest { features, ensemble: Ensemble::default(), gains: vec![0.0; features] };
        for tree in trees {
            let rows = tree.nodes.iter().map(|node| if node.split.is_some() { 0 } else { node.range.len() as u32 });
            forest.ensemble.push(&tree.nodes, &tree.values, &rows.collect::<Vec<_>>(), &matrix.layout.cuts);
            for (split, _) in tree.nodes.iter().filter_map(|node| node.split.as_ref()) {
                forest.gains[split.feature] += split.gain;
            }
        }
        forest
    }
}

impl RandomForest {
    /// Predictions of `records`, shape (rows, features).
    ///
    /// # Panics
    /// If `records` has another number of columns than the forest was fitted on, as linfa's `Predict` does.
    pub fn predict(&self, records: ArrayView2<'_, f32>) -> Array1<f32> {
        assert_eq!(records.ncols(), self.features, "the forest was fitted on another number of columns");
        let mut sums = self.ensemble.sum(records, 0.0);
        for sum in &mut sums {
            *sum /= self.ensemble.len() as f32;
        }
        Array1::from_vec(sums)
    }

    /// Prediction of one row, equal to the bit to [`predict`](Self::predict).
    ///
    /// # Panics
    /// If `row` has another length than the forest was fitted on.
    pub fn predict_row(&self, row: &[f32]) -> f32 {
        assert_eq!(row.len(), self.features, "the forest was fitted on another number of columns");
        self.ensemble.sum_row(row, 0.0) / self.ensemble.len() as f32
    }

    /// Every feature's share in the predictions of `records`, shape (rows, features): exact Shapley values.
    ///
    /// # Errors
    /// [`TreesError::Length`] for records of another number of columns, [`TreesError::NoCovers`] for a forest stored
    /// by a version that did not count rows.
    pub fn explain(&self, records: ArrayView2<'_, f32>) -> Result<Explanation, TreesError> {
        check_length("columns of the records", records.ncols(), self.features)?;
        self.ensemble.explain(records, 0.0, 1.0 / self.ensemble.len() as f64)
    }

    /// The forest in XGBoost's JSON format; as of [`GradientBoosting::to_xgboost_json`](crate::GradientBoosting::to_xgboost_json).
    ///
    /// # Errors
    /// None is known: the writer of JSON reports what it cannot write.
    pub fn to_xgboost_json(&self) -> serde_json::Result<String> {
        export::to_json(&self.ensemble, self.features, 0.0, 1.0 / self.ensemble.len() as f64, Objective::Squared)
    }

    /// How many trees there are.
    pub fn trees(&self) -> usize {
        self.ensemble.len()
    }

    /// How many features a row has.
    pub fn features(&self) -> usize {
        self.features
    }

    /// The gain of every feature's splits, summed: one entry a feature, 0 for those never used.
    pub fn gain_importance(&self) -> &[f64] {
        &self.gains
    }

    /// Bytes of memory the model takes; a compact serialisation takes no more.
    pub fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.ensemble.size_bytes() + self.gains.len() * 8
    }
}

#[cfg(test)]
mod tests;
