//! Least squares on standardised features. In flow training rows; out flows a line per feature. Means, spreads and
//! what stands in for missing values come from the training rows alone.
//!
//! The solver is linfa-linear's. It takes far longer for many rows than to reduce them first to as many rows as there
//! are features, with the same solution: the Cholesky factor of the normal equations, read in blocks of rows. A ridge
//! penalty keeps them positive definite where features repeat each other (trailing windows of a young business).
use crate::feature::matrix::{Feature, Scale};
use linfa::Dataset;
use linfa::traits::Fit;
use linfa_linalg::cholesky::Cholesky;
use linfa_linalg::triangular::{SolveTriangular, UPLO};
use linfa_linear::LinearRegression;
use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

/// Rows that are standardised at a time: their block stays in a core's cache.
const BLOCK: usize = 2_048;

/// A column that takes part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Term {
    column: u32,
    /// Mean of the training rows that have a value; stands in for missing ones.
    mean: f64,
    /// Currency per unit of the column.
    slope: f64,
    /// Slope per standard deviation: what the column matters, in currency.
    weight: f64,
}

/// A fitted line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    intercept: f64,
    terms: Vec<Term>,
}

/// The system could not be solved.
#[derive(Debug, thiserror::Error)]
#[error("least squares on {rows} rows and {columns} columns: {reason}")]
pub struct LinearError {
    rows: usize,
    columns: usize,
    reason: String,
}

impl Linear {
    /// Fits `values` of shape (rows, features) to `target` (rows, in currency); codes, which have no order, and columns
    /// without spread are left out. `ridge` is the penalty per row on standardised slopes.
    ///
    /// # Errors
    /// A system that the solver refuses, which takes non-finite targets.
    pub fn fit(
        features: &[Feature],
        values: ArrayView2<'_, f32>,
        target: &[f32],
        ridge: f64,
    ) -> Result<Linear, LinearError> {
        let rows = values.nrows();
        let mut terms = Vec::new();
        let mut spreads = Vec::new();
        for (column, feature) in features.iter().enumerate() {
            let (mean, spread) = moments(values.column(column).iter().copied());
            if feature.scale == Scale::Numeric && spread > 1e-9 * (1.0 + mean.abs()) {
                terms.push(Term { column: column as u32, mean, slope: 0.0, weight: 0.0 });
                spreads.push(spread);
            }
        }
        let intercept = target.iter().map(|y| f64::from(*y)).sum::<f64>() / rows.max(1) as f64;
        if terms.is_empty() {
            return Ok(Linear { intercept, terms });
        }
        let refused =
            |error: &dyn std::error::Error| LinearError { rows, columns: terms.len(), reason: error.to_string() };
        let (mut normal, sides) = normal_equations(&terms, &spreads, values, target, intercept);
        for place in 0..terms.len() {
            normal[[place, place]] += ridge * rows as f64;
        }
        let factor = normal.cholesky().map_err(|error| refused(&error))?;
        let sides = factor.solve_triangular(&sides, UPLO::Lower).map_err(|error| refused(&error))?;
        let fitted = LinearRegression::new()
            .with_intercept(false)
            .fit(&Dataset::new(factor.reversed_axes(), sides.remove_axis(Axis(1))))
            .map_err(|error| refused(&error))?;
        for ((term, spread), weight) in terms.iter_mut().zip(&spreads).zip(fitted.params()) {
            (term.weight, term.slope) = (*weight, weight / spread);
        }
        Ok(Linear { intercept, terms })
    }

    /// Predicted spend of one row, in currency, not floored.
    pub fn predict_row(&self, row: &[f32]) -> f64 {
        let part = |term: &Term| {
            let value = f64::from(row[term.column as usize]);
            if value.is_finite() { term.slope * (value - term.mean) } else { 0.0 }
        };
        self.intercept + self.terms.iter().map(part).sum::<f64>()
    }

    /// Each column's weight: currency per standard deviation, without its sign; 0 for columns left out.
    pub(crate) fn importance(&self, columns: usize) -> Vec<f64> {
        let mut importance = vec![0.0; columns];
        for term in &self.terms {
            importance[term.column as usize] = term.weight.abs();
        }
        importance
    }
}

/// `ZᵀZ` and `Zᵀ(y − intercept)` of the standardised columns Z, in which a missing value is 0, the mean.
fn normal_equations(
    terms: &[Term],
    spreads: &[f64],
    values: ArrayView2<'_, f32>,
    target: &[f32],
    intercept: f64,
) -> (Array2<f64>, Array2<f64>) {
    let mut normal = Array2::zeros((terms.len(), terms.len()));
    let mut sides = Array2::zeros((terms.len(), 1));
    for (rows, target) in values.axis_chunks_iter(Axis(0), BLOCK).zip(target.chunks(BLOCK)) {
        let mut block = Array2::zeros((terms.len(), rows.nrows()));
        for ((term, spread), mut standardised) in terms.iter().zip(spreads).zip(block.rows_mut()) {
            for (to, value) in standardised.iter_mut().zip(rows.column(term.column as usize)) {
                if value.is_finite() {
                    *to = (f64::from(*value) - term.mean) / spread;
                }
            }
        }
        let centred = Array2::from_shape_fn((rows.nrows(), 1), |(row, _)| f64::from(target[row]) - intercept);
        normal += &block.dot(&block.t());
        sides += &block.dot(&centred);
    }
    (normal, sides)
}

/// Mean and standard deviation of the finite values.
fn moments(values: impl Iterator<Item = f32> + Clone) -> (f64, f64) {
    let finite = values.filter(|value| value.is_finite()).map(f64::from);
    let (mut n, mut sum) = (0.0, 0.0);
    for value in finite.clone() {
        n += 1.0;
        sum += value;
    }
    let mean = if n > 0.0 { sum / n } else { 0.0 };
    let squares: f64 = finite.map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / f64::max(n, 1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array;

    const FEATURES: [Feature; 4] = {
        const fn numeric(name: &'static str) -> Feature {
            Feature { name, unit: "currency", description: "", scale: Scale::Numeric }
        }
        let code = Feature { name: "code", unit: "code", description: "", scale: Scale::Categorical };
        [numeric("a"), numeric("b"), numeric("the same as b"), code]
    };

    fn rows() -> (Array2<f32>, Vec<f32>) {
        let values = Array::from_shape_fn((200, 4), |(row, column)| match column {
            0 => (row % 13) as f32,
            1 | 2 => ((row * 7) % 31) as f32,
            _ => (row % 3) as f32,
        });
        let target = values.rows().into_iter().map(|row| 5.0 + 2.0 * row[0] - 0.5 * row[1]).collect();
        (values, target)
    }

    #[test]
    fn a_line_is_recovered_though_two_columns_repeat_each_other() {
        let (values, target) = rows();
        let line = Linear::fit(&FEATURES, values.view(), &target, 1e-9).unwrap();
        for (row, y) in values.rows().into_iter().zip(&target) {
            assert!((line.predict_row(&row.to_vec()) - f64::from(*y)).abs() < 1e-3);
        }
        assert_eq!(line.importance(4)[3], 0.0);
    }

    #[test]
    fn a_missing_value_counts_as_the_mean_of_the_training_rows() {
        let (values, target) = rows();
        let line = Linear::fit(&FEATURES, values.view(), &target, 1e-9).unwrap();
        let mean = values.column(0).sum() / 200.0;
        assert!((line.predict_row(&[f32::NAN, 3.0, 3.0, 0.0]) - line.predict_row(&[mean, 3.0, 3.0, 0.0])).abs() < 1e-4);
    }

    #[test]
    fn without_any_spread_the_mean_is_predicted() {
        let line = Linear::fit(&FEATURES, Array2::ones((3, 4)).view(), &[1.0, 2.0, 6.0], 1e-4).unwrap();
        assert!((line.predict_row(&[9.0; 4]) - 3.0).abs() < 1e-9);
    }
}
