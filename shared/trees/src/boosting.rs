//! Gradient boosting: from a binned matrix and targets to an ensemble of trees, each fitted to the gradients that the
//! trees before it leave. It never bins, and never sees validation rows other than to decide when to stop.
pub(crate) mod params;
mod round;

use crate::binned::BinnedMatrix;
use crate::error::TreesError;
use crate::explain::Explanation;
use crate::export;
use crate::objective::Objective;
use crate::tree::Ensemble;
use ndarray::{Array1, ArrayView2};
pub use params::{GradientBoostingParams, GradientBoostingValidParams};
use round::Trainer;
use serde::{Deserialize, Serialize};

/// Rows that decide when to stop, never seen by a tree.
#[derive(Clone, Copy, Debug)]
pub struct Validation<'a> {
    /// Binned by [`BinnedMatrix::bin_like`] of the training matrix, or that matrix itself.
    pub matrix: &'a BinnedMatrix,
    /// Which rows of it.
    pub rows: &'a [u32],
    /// Targets of *all* rows of the matrix.
    pub target: &'a [f32],
}

/// A fitted booster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GradientBoosting {
    objective: Objective,
    start: f32,
    features: usize,
    ensemble: Ensemble,
    gains: Vec<f64>,
    validation_losses: Vec<f64>,
}

impl GradientBoostingValidParams {
    /// Fits `rows` of `matrix`, without copying or binning anything anew.
    ///
    /// `target` and `weights` have one entry for *every* row of the matrix, so that many fits can share them; only
    /// those of `rows` are looked at. Rows may come in any order; it does not change the model.
    ///
    /// # Errors
    /// [`TreesError::NoRows`], [`TreesError::NoSuchRow`] or [`TreesError::RepeatedRow`] for `rows` that cannot be
    /// used; [`TreesError::Length`] for targets or weights of another length than the matrix; [`TreesError::Target`]
    /// and [`TreesError::Weight`] for values that the objective cannot use; [`TreesError::ForeignBins`] for
    /// validation rows with other bins.
    pub fn fit_binned(
        &self,
        matrix: &BinnedMatrix,
        rows: &[u32],
        target: &[f32],
        weights: Option<&[f32]>,
        validation: Option<Validation<'_>>,
    ) -> Result<GradientBoosting, TreesError> {
        let rows = matrix.checked_rows(rows)?;
        self.check_data(&rows, matrix, target, weights)?;
        if let Some(v) = &validation {
            v.matrix.checked_rows(v.rows)?;
            self.check_data(v.rows, v.matrix, v.target, None)?;
            if v.matrix.layout != matrix.layout {
                return Err(TreesError::ForeignBins);
            }
        }
        if rows.len() == matrix.rows {
            return Ok(self.run(Trainer::new(self, matrix, target, weights, validation)));
        }
        // A copy of the rows' bytes is a small price for reading them without gaps in every round.
        let pick = |values: &[f32]| -> Vec<f32> { rows.iter().map(|&row| values[row as usize]).collect() };
        let (matrix, target, weights) = (matrix.select(&rows), pick(target), weights.map(pick));
        Ok(self.run(Trainer::new(self, &matrix, &target, weights.as_deref(), validation)))
    }

    fn run(&self, mut trainer: Trainer<'_>) -> GradientBoosting {
        let mut losses: Vec<f64> = Vec::new();
        let mut best = 0;
        for round in 0..self.rounds {
            trainer.round(round);
            let Some(loss) = trainer.validation_loss() else { continue };
            losses.push(loss);
            if loss < losses[best] {
                best = round;
            }
            if self.early_stopping.is_some_and(|patience| round - best >= patience) {
                break;
            }
        }
        if self.early_stopping.is_some() && !losses.is_empty() {
            trainer.truncate(best + 1);
        }
        trainer.finish(losses)
    }

    fn check_data(
        &self,
        rows: &[u32],
        matrix: &BinnedMatrix,
        target: &[f32],
        weights: Option<&[f32]>,
    ) -> Result<(), TreesError> {
        check_length("targets", target.len(), matrix.rows)?;
        if let Some(weights) = weights {
            check_weights(rows, matrix, weights)?;
        }
        match rows.iter().find(|&&row| !self.objective.allows(target[row as usize])) {
            Some(&row) => {
                let (value, objective) = (target[row as usize], self.objective.name());
                Err(TreesError::Target { row, value, objective })
            }
            None => Ok(()),
        }
    }
}

pub(crate) fn check_length(what: &'static str, found: usize, expected: usize) -> Result<(), TreesError> {
    if found == expected { Ok(()) } else { Err(TreesError::Length { what, found, expected }) }
}

pub(crate) fn check_weights(rows: &[u32], matrix: &BinnedMatrix, weights: &[f32]) -> Result<(), TreesError> {
    check_length("weights", weights.len(), matrix.rows)?;
    let unusable = |&&row: &&u32| !(weights[row as usize] >= 0.0 && weights[row as usize].is_finite());
    let nothing = rows.iter().all(|&row| weights[row as usize] == 0.0);
    match rows.iter().find(unusable).or(rows.first().filter(|_| nothing)) {
        Some(&row) => Err(TreesError::Weight { row, value: weights[row as usize] }),
        None => Ok(()),
    }
}

impl GradientBoosting {
    /// Predictions of `records`, shape (rows, features), on the scale of the target: amounts, probabilities.
    ///
    /// # Panics
    /// If `records` has another number of columns than the model was fitted on, as linfa's `Predict` does.
    pub fn predict(&self, records: ArrayView2<'_, f32>) -> Array1<f32> {
        assert_eq!(records.ncols(), self.features, "the model was fitted on another number of columns");
        let mut sums = self.ensemble.sum(records, self.start);
        for score in &mut sums {
            *score = self.objective.respond(*score);
        }
        Array1::from_vec(sums)
    }

    /// Prediction of one row, equal to the bit to [`predict`](Self::predict).
    ///
    /// # Panics
    /// If `row` has another length than the model was fitted on.
    pub fn predict_row(&self, row: &[f32]) -> f32 {
        assert_eq!(row.len(), self.features, "the model was fitted on another number of columns");
        self.objective.respond(self.ensemble.sum_row(row, self.start))
    }

    /// Every feature's share in the raw scores of `records`, shape (rows, features): exact Shapley values.
    ///
    /// # Errors
    /// [`TreesError::Length`] for records of another number of columns, [`TreesError::NoCovers`] for a model stored
    /// by a version that did not count rows.
    pub fn explain(&self, records: ArrayView2<'_, f32>) -> Result<Explanation, TreesError> {
        check_length("columns of the records", records.ncols(), self.features)?;
        self.ensemble.explain(records, f64::from(self.start), 1.0)
    }

    /// The model in XGBoost's JSON format, for `xgboost.Booster(model_file=…)`: predictions agree to single precision.
    ///
    /// Columns that hold category codes stay numbers there; codes of 2²⁴ and more, and what is no code, are missing here
    /// and not there. A pinball loss is exported as an absolute error, which predicts alike. Covers are training rows.
    ///
    /// # Errors
    /// None is known: the writer of JSON reports what it cannot write.
    pub fn to_xgboost_json(&self) -> serde_json::Result<String> {
        export::to_json(&self.ensemble, self.features, self.start, 1.0, self.objective)
    }

    /// The trees.
    #[cfg(test)]
    pub(crate) fn trees(&self) -> &Ensemble {
        &self.ensemble
    }

    /// What was minimised.
    pub fn objective(&self) -> Objective {
        self.objective
    }

    /// How many trees there are, after early stopping.
    pub fn rounds(&self) -> usize {
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

    /// The mean validation loss after every round, also of rounds dropped by early stopping; empty without validation.
    pub fn validation_losses(&self) -> &[f64] {
        &self.validation_losses
    }

    /// Bytes of memory the model takes; a compact serialisation takes no more.
    pub fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.ensemble.size_bytes() + (self.gains.len() + self.validation_losses.len()) * 8
    }
}

#[cfg(test)]
pub(crate) mod tests;
