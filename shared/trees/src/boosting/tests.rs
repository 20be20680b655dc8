//! Properties of fitted boosters on synthetic rows.
use super::*;
use crate::Growth;
use linfa::ParamGuard;
use linfa::traits::{Fit, Predict};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Rows of five features, one of them categorical and one often missing, and a target they explain but for noise.
pub(crate) fn sample(rows: usize, seed: u64) -> (Array2<f32>, Vec<f32>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut values = Array2::zeros((rows, 5));
    let mut target = Vec::with_capacity(rows);
    for mut row in values.rows_mut() {
        for value in &mut row {
            *value = random.random_range(-1.0f32..1.0);
        }
        row[3] = random.random_range(0..12) as f32;
        let missing = random.random_bool(0.3);
        if missing {
            row[4] = f32::NAN;
        }
        let group = [1.0, -1.0, 0.5][row[3] as usize % 3];
        let y = 3.0 * row[0] * row[1] + group + if missing { 1.0 } else { row[4] };
        target.push(y + random.random_range(-0.3f32..0.3));
    }
    (values, target)
}

const CATEGORICAL: [bool; 5] = [false, false, false, true, false];

fn mean_squared_error(predicted: &Array1<f32>, target: &[f32]) -> f64 {
    let pairs = predicted.iter().zip(target);
    pairs.map(|(p, y)| f64::from(p - y).powi(2)).sum::<f64>() / target.len() as f64
}

fn fit(params: GradientBoostingParams, values: &Array2<f32>, target: &[f32]) -> GradientBoosting {
    let matrix = BinnedMatrix::from_columns(values.view(), &CATEGORICAL, 256).unwrap();
    let rows: Vec<u32> = (0..target.len() as u32).collect();
    params.check().unwrap().fit_binned(&matrix, &rows, target, None, None).unwrap()
}

#[test]
fn a_booster_explains_interactions_categories_and_missing_values() {
    let (values, target) = sample(8_000, 1);
    let (new_values, new_target) = sample(4_000, 2);
    for growth in [Growth::LeafWise, Growth::DepthWise] {
        let model = fit(GradientBoosting::params().rounds(200).growth(growth), &values, &target);
        // The noise alone has a variance of 0.03, the target one of about 2.5.
        let error = mean_squared_error(&model.predict(new_values.view()), &new_target);
        assert!(error < 0.08, "{growth:?}: {error}");
    }
}

#[test]
fn the_model_is_the_same_at_any_number_of_threads() {
    let (values, target) = sample(30_000, 3);
    let spend: Vec<f32> = target.iter().map(|y| y.max(0.0)).collect();
    let params = GradientBoosting::params()
        .objective(Objective::Tweedie { power: 1.5 })
        .rounds(10)
        .row_fraction(0.7)
        .column_fraction(0.8)
        .node_column_fraction(0.8);
    let fits = [1, 2, 5].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| fit(params.clone(), &values, &spend))
    });
    assert_eq!(fits[0], fits[1]);
    assert_eq!(fits[0], fits[2]);
}

#[test]
fn a_single_row_is_predicted_as_in_a_batch() {
    let (values, target) = sample(3_000, 4);
    let model = fit(GradientBoosting::params().rounds(30), &values, &target);
    let batch = model.predict(values.view());
    for (row, &expected) in values.rows().into_iter().zip(&batch) {
        assert_eq!(model.predict_row(&row.to_vec()).to_bits(), expected.to_bits());
    }
}

#[test]
fn training_scores_equal_predictions() {
    // The trees route binned rows in training and real values afterwards: both must agree on every row.
    let (values, target) = sample(5_000, 5);
    let matrix = BinnedMatrix::from_columns(values.view(), &CATEGORICAL, 64).unwrap();
    let rows: Vec<u32> = (0..5_000).collect();
    let validation = Validation { matrix: &matrix, rows: &rows, target: &target };
    let params = GradientBoosting::params().rounds(20).row_fraction(0.5).check().unwrap();
    let model = params.fit_binned(&matrix, &rows, &target, None, Some(validation)).unwrap();
    let error = mean_squared_error(&model.predict(values.view()), &target);
    let reported = model.validation_losses().last().copied().unwrap();
    assert!((error - reported).abs() < 1e-4 * error, "{error} {reported}");
}

#[test]
fn early_stopping_keeps_the_best_round() {
    let (values, target) = sample(1_000, 6);
    let (new_values, new_target) = sample(1_000, 7);
    let matrix = BinnedMatrix::from_columns(values.view(), &CATEGORICAL, 256).unwrap();
    let new_matrix = matrix.bin_like(new_values.view()).unwrap();
    let rows: Vec<u32> = (0..1_000).collect();
    let validation = Validation { matrix: &new_matrix, rows: &rows, target: &new_target };
    let params = GradientBoosting::params().rounds(500).learning_rate(0.3).early_stopping(20).check().unwrap();
    let model = params.fit_binned(&matrix, &rows, &target, None, Some(validation)).unwrap();
    let losses = model.validation_losses();
    assert!(losses.len() < 500, "it never stopped");
    assert_eq!(losses.len(), model.rounds() + 20);
    let best = losses[model.rounds() - 1];
    assert!(losses.iter().all(|&loss| loss >= best));
    let error = mean_squared_error(&model.predict(new_values.view()), &new_target);
    assert!((error - best).abs() < 1e-4 * best, "{error} {best}");
}

#[test]
fn a_fit_on_some_rows_equals_a_fit_on_a_matrix_of_those_rows() {
    let (values, target) = sample(4_000, 8);
    let matrix = BinnedMatrix::from_columns(values.view(), &CATEGORICAL, 256).unwrap();
    let rows: Vec<u32> = (0..4_000).filter(|row| row % 3 != 0).collect();
    let params = GradientBoosting::params().rounds(10).check().unwrap();
    let some = params.fit_binned(&matrix, &rows, &target, None, None).unwrap();
    let mut shuffled = rows.clone();
    shuffled.reverse();
    assert_eq!(some, params.fit_binned(&matrix, &shuffled, &target, None, None).unwrap());
    let mut poisoned = target.clone();
    (0..4_000).step_by(3).for_each(|row| poisoned[row] = f32::NAN);
    assert_eq!(some, params.fit_binned(&matrix, &rows, &poisoned, None, None).unwrap());
}

#[test]
fn linfa_fits_and_predicts_double_precision_datasets() {
    let (values, target) = sample(2_000, 9);
    let records = values.mapv(f64::from);
    let targets = Array1::from_iter(target.iter().map(|&y| f64::from(y)));
    let dataset = linfa::Dataset::new(records.clone(), targets);
    let model = GradientBoosting::params().categorical(&[3]).fit(&dataset).unwrap();
    let predicted: Array1<f64> = Predict::predict(&model, &dataset);
    let direct = model.predict(values.view()).mapv(f64::from);
    assert_eq!(predicted, direct);
}
