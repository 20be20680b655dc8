//! Shapley values against their definition, over all subsets of features.
use super::*;
use crate::boosting::tests::sample;
use crate::{BinnedMatrix, GradientBoosting, Objective, ParamGuard, RandomForest, Sampling};
use proptest::prelude::*;

/// What a tree says of a row of which only the features in `known` are known: EXPVALUE of algorithm 1.
fn conditional(trees: &Ensemble, at: usize, row: &[f32], known: usize) -> f64 {
    match trees.children(at) {
        None => trees.value(at),
        Some(_) if known >> trees.feature(at) & 1 == 1 => conditional(trees, trees.step(at, row), row, known),
        Some(children) => {
            let [left, right] = children.map(|child| trees.rows(child) * conditional(trees, child, row, known));
            (left + right) / trees.rows(at)
        }
    }
}

/// Shapley's formula: a feature's share is the mean of what it adds, over all orders of features.
fn by_definition(trees: &Ensemble, row: &[f32]) -> Vec<f64> {
    let features = row.len();
    let value = |known: usize| trees.roots().map(|root| conditional(trees, root, row, known)).sum::<f64>();
    let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
    let share = |feature: usize| {
        let others = (0..1 << features).filter(|known: &usize| known >> feature & 1 == 0);
        let parts = others.map(|known| {
            let size = known.count_ones() as usize;
            let weight = factorial(size) * factorial(features - size - 1) / factorial(features);
            weight * (value(known | 1 << feature) - value(known))
        });
        parts.sum::<f64>()
    };
    (0..features).map(share).collect()
}

fn booster(seed: u64, leaves: usize, fraction: f64) -> (GradientBoosting, ndarray::Array2<f32>) {
    let (values, target) = sample(700, seed);
    let matrix = BinnedMatrix::from_columns(values.view(), &[false, false, false, true, false], 64).unwrap();
    let rows: Vec<u32> = (0..700).collect();
    let params = GradientBoosting::params().rounds(7).leaves(leaves).min_leaf_rows(3);
    let params = params.row_fraction(fraction).sampling(Sampling::Gradient).check().unwrap();
    (params.fit_binned(&matrix, &rows, &target, None, None).unwrap(), values)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn shares_are_the_shapley_values_by_their_definition(
        seed in 0u64..1_000, leaves in 2usize..24, fraction in prop::sample::select(vec![0.4, 1.0]), row in 0usize..700,
    ) {
        let (model, values) = booster(seed, leaves, fraction);
        let row = values.row(row).to_vec();
        let records = ArrayView2::from_shape((1, 5), &row).unwrap();
        let explained = model.explain(records).unwrap();
        for (share, expected) in explained.shares.iter().zip(by_definition(model.trees(), &row)) {
            prop_assert!((share - expected).abs() < 1e-9, "{} {}", share, expected);
        }
    }

    #[test]
    fn shares_and_expectation_add_up_to_the_score(seed in 0u64..1_000, leaves in 2usize..60) {
        let (model, values) = booster(seed, leaves, 1.0);
        let explained = model.explain(values.view()).unwrap();
        // The squared loss responds with the score itself, rounded to single precision.
        for (shares, predicted) in explained.shares.rows().into_iter().zip(model.predict(values.view())) {
            prop_assert!((explained.expected + shares.sum() - f64::from(predicted)).abs() < 1e-5);
        }
        let mean = model.predict(values.view()).iter().map(|&p| f64::from(p)).sum::<f64>() / 700.0;
        prop_assert!((mean - explained.expected).abs() < 1e-5, "{} {}", mean, explained.expected);
    }
}

#[test]
fn a_forest_is_explained_on_the_scale_of_its_mean() {
    let (values, target) = sample(900, 5);
    let matrix = BinnedMatrix::from_columns(values.view(), &[false, false, false, true, false], 64).unwrap();
    let rows: Vec<u32> = (0..900).collect();
    let forest = RandomForest::params().trees(9).check().unwrap();
    let forest = forest.fit_binned(&matrix, &rows, &target, None).unwrap();
    let explained = forest.explain(values.view()).unwrap();
    for (shares, predicted) in explained.shares.rows().into_iter().zip(forest.predict(values.view())) {
        assert!((explained.expected + shares.sum() - f64::from(predicted)).abs() < 1e-5);
    }
}

#[test]
fn trees_kept_before_rows_were_counted_cannot_be_explained() {
    let (model, values) = booster(1, 8, 1.0);
    let mut old = serde_json::to_value(&model).unwrap();
    for node in old["ensemble"]["nodes"].as_array_mut().unwrap().iter_mut().filter(|node| node["kind"] == 0) {
        node["left"] = 0.into();
    }
    let old: GradientBoosting = serde_json::from_value(old).unwrap();
    assert_eq!(old.predict(values.view()), model.predict(values.view()));
    assert!(matches!(old.explain(values.view()), Err(TreesError::NoCovers)));
    let kept: GradientBoosting = serde_json::from_value(serde_json::to_value(&model).unwrap()).unwrap();
    assert_eq!(kept.explain(values.view()).unwrap(), model.explain(values.view()).unwrap());
}

#[test]
fn a_probability_is_explained_in_log_odds() {
    let (values, target) = sample(700, 3);
    let target: Vec<f32> = target.iter().map(|&y| f32::from(u8::from(y > 0.0))).collect();
    let dataset = linfa::Dataset::new(values.clone(), ndarray::Array1::from(target));
    let params = GradientBoosting::params().objective(Objective::Logistic).rounds(5);
    let model = linfa::traits::Fit::fit(&params, &dataset).unwrap();
    let explained = model.explain(values.view()).unwrap();
    for (shares, probability) in explained.shares.rows().into_iter().zip(model.predict(values.view())) {
        let odds = (explained.expected + shares.sum()).exp();
        assert!((odds / (1.0 + odds) - f64::from(probability)).abs() < 1e-5);
    }
}
