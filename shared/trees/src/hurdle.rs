//! The hurdle: from targets that are often zero to the product of two boosters, the probability of a positive target
//! and its amount if positive. Mullahy (1986), "Specification and testing of some modified count data models",
//! section 2. It never sees a negative target: floor them first.
use crate::binned::BinnedMatrix;
use crate::boosting::{
    GradientBoosting, GradientBoostingParams, GradientBoostingValidParams, Validation, check_length, check_weights,
};
use crate::error::TreesError;
use crate::explain::Explanation;
use crate::objective::Objective;
use crate::settings::guard;
use ndarray::{Array1, ArrayView2};
use serde::{Deserialize, Serialize};

/// Checked parameters of a hurdle; made by [`ParamGuard::check`](crate::ParamGuard::check) of [`HurdleParams`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HurdleValidParams {
    occurrence: GradientBoostingValidParams,
    amount: GradientBoostingValidParams,
}

/// Parameters of a hurdle, not yet checked; made by [`Hurdle::params`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HurdleParams(HurdleValidParams);

/// A fitted hurdle: its prediction is P(y > 0) · E(y | y > 0).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hurdle {
    occurrence: GradientBoosting,
    amount: Option<GradientBoosting>,
}

/// Both boosters of a hurdle in XGBoost's JSON format.
///
/// XGBoost has no product of two models. Its answer for a row is the answer of the first times that of the second,
/// `Booster(occurrence).predict(rows) * Booster(amount).predict(rows)`, and 0 where there is no second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HurdleExport {
    /// The probability of a positive target: `binary:logistic`.
    pub occurrence: String,
    /// A positive target's amount, by the objective it was fitted with; `None` if no target was positive.
    pub amount: Option<String>,
}

/// Shares of features in the raw scores of a hurdle's two parts.
///
/// A row's shares and `expected` of a part add up to that part's raw score: to the log odds of a positive target, and,
/// of an amount by Tweedie deviance, to its logarithm. They do *not* add up to the prediction, whose logarithm is
/// ln σ(log odds) + ln amount: the Shapley values of a product are no sum of those of its factors, and none of the
/// product are given. What a feature does to whether and to how much stands apart instead.
#[derive(Clone, Debug, PartialEq)]
pub struct HurdleExplanation {
    /// Of the probability of a positive target.
    pub occurrence: Explanation,
    /// Of a positive target's amount; `None` if no target was positive.
    pub amount: Option<Explanation>,
}

impl Hurdle {
    /// Parameters to begin with: those of [`GradientBoosting::params`] for both parts, log loss for the probability,
    /// Tweedie deviance of power 1.5 for the amount.
    pub fn params() -> HurdleParams {
        HurdleParams(HurdleValidParams {
            occurrence: GradientBoosting::params().objective(Objective::Logistic).0,
            amount: GradientBoosting::params().objective(Objective::Tweedie { power: 1.5 }).0,
        })
    }

    /// Predictions of `records`, shape (rows, features): probability times amount.
    ///
    /// # Panics
    /// If `records` has another number of columns than the model was fitted on, as linfa's `Predict` does.
    pub fn predict(&self, records: ArrayView2<'_, f32>) -> Array1<f32> {
        let mut predicted = self.occurrence.predict(records);
        match &self.amount {
            Some(amount) => predicted *= &amount.predict(records),
            None => predicted.fill(0.0),
        }
        predicted
    }

    /// Prediction of one row, equal to the bit to [`predict`](Self::predict).
    ///
    /// # Panics
    /// If `row` has another length than the model was fitted on.
    pub fn predict_row(&self, row: &[f32]) -> f32 {
        self.amount.as_ref().map_or(0.0, |amount| self.occurrence.predict_row(row) * amount.predict_row(row))
    }

    /// The booster of the probability that the target is positive.
    pub fn occurrence(&self) -> &GradientBoosting {
        &self.occurrence
    }

    /// The booster of a positive target's amount; `None` if no target was positive.
    pub fn amount(&self) -> Option<&GradientBoosting> {
        self.amount.as_ref()
    }

    /// The gain of every feature's splits as shares of each part's total, and the mean of both parts.
    pub fn gain_importance(&self) -> Vec<f64> {
        let mut mean = vec![0.0; self.occurrence.features()];
        let parts: Vec<&GradientBoosting> = std::iter::once(&self.occurrence).chain(&self.amount).collect();
        for part in &parts {
            let total: f64 = part.gain_importance().iter().sum();
            for (sum, gain) in mean.iter_mut().zip(part.gain_importance()) {
                *sum += if total > 0.0 { gain / total / parts.len() as f64 } else { 0.0 };
            }
        }
        mean
    }

    /// Every feature's share in the raw scores of both parts, of `records`, shape (rows, features): exact Shapley values
    /// of each part, as of [`GradientBoosting::explain`]; [`HurdleExplanation`] says what they add up to.
    ///
    /// # Errors
    /// Those of [`GradientBoosting::explain`].
    pub fn explain(&self, records: ArrayView2<'_, f32>) -> Result<HurdleExplanation, TreesError> {
        let amount = self.amount.as_ref().map(|amount| amount.explain(records)).transpose()?;
        Ok(HurdleExplanation { occurrence: self.occurrence.explain(records)?, amount })
    }

    /// Both boosters in XGBoost's JSON format, as of [`GradientBoosting::to_xgboost_json`]; [`HurdleExport`] says how
    /// their predictions are put together.
    ///
    /// # Errors
    /// None is known: the writer of JSON reports what it cannot write.
    pub fn to_xgboost_json(&self) -> serde_json::Result<HurdleExport> {
        let amount = self.amount.as_ref().map(GradientBoosting::to_xgboost_json).transpose()?;
        Ok(HurdleExport { occurrence: self.occurrence.to_xgboost_json()?, amount })
    }

    /// Bytes of memory the model takes; a compact serialisation takes no more.
    pub fn size_bytes(&self) -> usize {
        self.occurrence.size_bytes() + self.amount.as_ref().map_or(0, GradientBoosting::size_bytes)
    }
}

impl HurdleParams {
    /// Parameters of both parts; each keeps its objective.
    pub fn both(self, params: &GradientBoostingParams) -> Self {
        let amount = params.clone().objective(self.0.amount.objective);
        self.occurrence(params.clone()).amount(amount)
    }

    /// Parameters of the probability; their objective is replaced by log loss.
    pub fn occurrence(mut self, params: GradientBoostingParams) -> Self {
        self.0.occurrence = params.objective(Objective::Logistic).0;
        self
    }

    /// Parameters of the amount, with its objective. It is fitted on the rows of positive targets alone.
    pub fn amount(mut self, params: GradientBoostingParams) -> Self {
        self.0.amount = params.0;
        self
    }
}

guard!(HurdleParams, HurdleValidParams);

impl HurdleValidParams {
    fn verify(&self) -> Result<(), TreesError> {
        self.occurrence.verify()?;
        self.amount.verify()
    }

    /// Categorical columns and bins, for fits that do their own binning.
    pub(crate) fn binning(&self) -> (&[usize], usize) {
        self.occurrence.binning()
    }

    /// Fits `rows` of `matrix`; arguments and errors as of [`GradientBoostingValidParams::fit_binned`]. Targets must
    /// not be negative. Each part stops early by its own validation loss.
    ///
    /// # Errors
    /// [`TreesError`] for rows, targets, weights or validation rows that cannot be used.
    pub fn fit_binned(
        &self,
        matrix: &BinnedMatrix,
        rows: &[u32],
        target: &[f32],
        weights: Option<&[f32]>,
        validation: Option<Validation<'_>>,
    ) -> Result<Hurdle, TreesError> {
        let (occurs, positive) = divide(matrix, rows, target)?;
        if let Some(weights) = weights {
            check_weights(rows, matrix, weights)?;
        }
        let held_out = validation.map(|v| Ok::<_, TreesError>((v, divide(v.matrix, v.rows, v.target)?))).transpose()?;
        let occurrence_rows =
            held_out.as_ref().map(|(v, (occurs, _))| Validation { matrix: v.matrix, rows: v.rows, target: occurs });
        let occurrence = self.occurrence.fit_binned(matrix, rows, &occurs, weights, occurrence_rows)?;
        // Rows that weigh nothing say nothing: without any other positive one there is no amount to learn.
        let weighs = |&&row: &&u32| weights.is_none_or(|weights| weights[row as usize] > 0.0);
        if !positive.iter().any(|row| weighs(&row)) {
            return Ok(Hurdle { occurrence, amount: None });
        }
        let amount_rows = held_out
            .as_ref()
            .filter(|(_, (_, positive))| !positive.is_empty())
            .map(|(v, (_, positive))| Validation { matrix: v.matrix, rows: positive, target: v.target });
        let amount = self.amount.fit_binned(matrix, &positive, target, weights, amount_rows)?;
        Ok(Hurdle { occurrence, amount: Some(amount) })
    }
}

/// Per row of the matrix whether its target is positive, as 0 or 1, and those of `rows` where it is.
fn divide(matrix: &BinnedMatrix, rows: &[u32], target: &[f32]) -> Result<(Vec<f32>, Vec<u32>), TreesError> {
    check_length("targets", target.len(), matrix.rows())?;
    matrix.checked_rows(rows)?;
    let refused = |&&row: &&u32| !(target[row as usize] >= 0.0 && target[row as usize].is_finite());
    if let Some(&row) = rows.iter().find(refused) {
        return Err(TreesError::Target { row, value: target[row as usize], objective: "hurdle" });
    }
    let occurs = target.iter().map(|&y| f32::from(u8::from(y > 0.0))).collect();
    Ok((occurs, rows.iter().copied().filter(|&row| target[row as usize] > 0.0).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boosting::tests::sample;
    use linfa::ParamGuard;

    fn fit(target: &[f32], values: ArrayView2<'_, f32>) -> Result<Hurdle, TreesError> {
        let matrix = BinnedMatrix::from_columns(values, &[false; 5], 64)?;
        let rows: Vec<u32> = (0..target.len() as u32).collect();
        let params = Hurdle::params().both(&GradientBoosting::params().rounds(100));
        params.check()?.fit_binned(&matrix, &rows, target, None, None)
    }

    #[test]
    fn a_hurdle_predicts_the_mean_of_zero_inflated_amounts() {
        let (values, signal) = sample(6_000, 1);
        let target: Vec<f32> = signal.iter().map(|y| if *y > 0.5 { y.exp() } else { 0.0 }).collect();
        let model = fit(&target, values.view()).unwrap();
        let predicted = model.predict(values.view());
        let (total, actual): (f32, f32) = (predicted.sum(), target.iter().sum());
        assert!((total / actual - 1.0).abs() < 0.05, "{total} {actual}");
        assert_eq!(model.predict_row(&values.row(7).to_vec()).to_bits(), predicted[7].to_bits());
    }

    #[test]
    fn the_shares_of_each_part_add_up_to_its_score_and_the_parts_multiply_to_the_prediction() {
        let (values, signal) = sample(2_000, 4);
        let target: Vec<f32> = signal.iter().map(|y| if *y > 0.5 { y.exp() } else { 0.0 }).collect();
        let model = fit(&target, values.view()).unwrap();
        let explained = model.explain(values.view()).unwrap();
        let amount = explained.amount.unwrap();
        let score = |part: &Explanation, row: usize| part.expected + part.shares.row(row).sum();
        for (row, predicted) in model.predict(values.view()).iter().enumerate() {
            let odds = score(&explained.occurrence, row).exp();
            let product = odds / (1.0 + odds) * score(&amount, row).exp();
            // predictions are single precision, over a hundred trees of each part
            assert!((product / f64::from(*predicted) - 1.0).abs() < 1e-4, "{row}: {product} {predicted}");
        }
    }

    #[test]
    fn without_a_positive_target_everything_is_zero() {
        let (values, _) = sample(500, 2);
        let model = fit(&[0.0; 500], values.view()).unwrap();
        assert!(model.amount().is_none());
        assert!(model.explain(values.view()).unwrap().amount.is_none());
        assert!(model.to_xgboost_json().unwrap().amount.is_none());
        assert!(model.predict(values.view()).iter().all(|&p| p == 0.0));
    }

    #[test]
    fn a_negative_target_is_refused_with_its_row() {
        let (values, _) = sample(500, 3);
        let mut target = vec![1.0; 500];
        target[123] = -2.0;
        let error = fit(&target, values.view()).unwrap_err();
        assert_eq!(error.to_string(), "the target of row 123 is -2, which the hurdle objective does not allow");
    }
}
