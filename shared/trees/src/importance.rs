//! What a feature is worth to a model on rows it was not fitted on: by how much the loss rises when the feature's values
//! change places between rows. Breiman (2001), "Random forests", section 10. It fits nothing, and takes any model.
use crate::boosting::check_length;
use crate::error::TreesError;
use ndarray::{Array1, ArrayView2};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// By how much `loss` of `predict` rises when one column of `records`, shape (rows, features), is shuffled: one entry a
/// feature, the mean of `repeats` shuffles. About 0, or below, for a feature that does not matter.
///
/// `loss` takes predictions and target, and is to be small where they agree.
/// ```
/// use linfa::{Dataset, traits::Fit};
/// use ltv_trees::{GradientBoosting, permutation_importance};
/// use ndarray::{Array1, Array2};
///
/// let records = Array2::from_shape_fn((400, 2), |(row, column)| ((row * (7 + column)) % 40) as f32);
/// let target: Array1<f32> = records.column(0).to_owned();
/// let model = GradientBoosting::params().fit(&Dataset::new(records.clone(), target.clone()))?;
/// let squares = |predicted: &Array1<f32>, target: &[f32]| -> f64 {
///     predicted.iter().zip(target).map(|(p, y)| f64::from(p - y).powi(2)).sum::<f64>() / target.len() as f64
/// };
/// let target = target.to_vec();
/// let worth = permutation_importance(|records| model.predict(records), records.view(), &target, squares, 3, 0)?;
/// assert!(worth[0] > 100.0 * worth[1].abs());
/// # Ok::<(), ltv_trees::TreesError>(())
/// ```
///
/// # Errors
/// [`TreesError::NoRows`] without rows, [`TreesError::Length`] unless `target` has one entry a row,
/// [`TreesError::Parameter`] for 0 repeats.
pub fn permutation_importance(
    predict: impl Fn(ArrayView2<'_, f32>) -> Array1<f32>,
    records: ArrayView2<'_, f32>,
    target: &[f32],
    loss: impl Fn(&Array1<f32>, &[f32]) -> f64,
    repeats: usize,
    seed: u64,
) -> Result<Vec<f64>, TreesError> {
    let (rows, features) = records.dim();
    if rows == 0 {
        return Err(TreesError::NoRows);
    }
    check_length("targets", target.len(), rows)?;
    if repeats == 0 {
        return Err(TreesError::Parameter { name: "repeats", value: 0.0, allowed: "at least 1" });
    }
    let before = loss(&predict(records), target);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut shuffled = records.to_owned();
    let mut worth = Vec::with_capacity(features);
    for feature in 0..features {
        let mut after = 0.0;
        for _ in 0..repeats {
            let mut column = shuffled.column_mut(feature);
            for at in (1..rows).rev() {
                // Fisher and Yates; the upper half of a product is a number up to `at`, with a bias below rows / 2³².
                let other = (u64::from(random.next_u32()) * (at as u64 + 1)) >> 32;
                column.swap(at, other as usize);
            }
            after += loss(&predict(shuffled.view()), target);
        }
        shuffled.column_mut(feature).assign(&records.column(feature));
        worth.push(after / repeats as f64 - before);
    }
    Ok(worth)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boosting::tests::sample;
    use crate::{GradientBoosting, TreesError};
    use linfa::traits::Fit;

    fn squares(predicted: &Array1<f32>, target: &[f32]) -> f64 {
        predicted.iter().zip(target).map(|(p, y)| f64::from(p - y).powi(2)).sum::<f64>() / target.len() as f64
    }

    #[test]
    fn features_are_worth_what_they_explain() {
        let ((values, target), (later, later_target)) = (sample(4_000, 1), sample(4_000, 2));
        let dataset = linfa::Dataset::new(values, Array1::from(target));
        let model = GradientBoosting::params().categorical(&[3]).fit(&dataset).unwrap();
        let worth = permutation_importance(|x| model.predict(x), later.view(), &later_target, squares, 2, 1).unwrap();
        // Shuffling x₀ in y = 3·x₀·x₁ + … puts 9·(x₀ - x₀')²·x₁² on the loss: 9 · 2/3 · 1/3 = 2.
        assert!((worth[0] - 2.0).abs() < 0.2 && (worth[1] - 2.0).abs() < 0.2, "{worth:?}");
        assert!(worth[2].abs() < 0.02 && worth[3] > 0.5, "{worth:?}");
    }

    #[test]
    fn nothing_to_compare_with_is_refused() {
        let (values, target) = sample(10, 3);
        let of = |target: &[f32], repeats| {
            permutation_importance(|x| Array1::zeros(x.nrows()), values.view(), target, squares, repeats, 0)
        };
        assert!(matches!(of(&target[1..], 1), Err(TreesError::Length { .. })));
        assert!(matches!(of(&target, 0), Err(TreesError::Parameter { .. })));
    }
}
