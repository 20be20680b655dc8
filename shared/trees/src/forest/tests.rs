//! Properties of fitted forests on synthetic rows.
use super::*;
use crate::boosting::tests::sample;
use linfa::ParamGuard;
use ndarray::Array2;

const CATEGORICAL: [bool; 5] = [false, false, false, true, false];

fn fit(params: RandomForestParams, values: &Array2<f32>, target: &[f32]) -> RandomForest {
    let matrix = BinnedMatrix::from_columns(values.view(), &CATEGORICAL, 256).unwrap();
    let rows: Vec<u32> = (0..target.len() as u32).collect();
    params.check().unwrap().fit_binned(&matrix, &rows, target, None).unwrap()
}

#[test]
fn a_forest_explains_interactions_categories_and_missing_values() {
    let (values, target) = sample(8_000, 1);
    let (new_values, new_target) = sample(4_000, 2);
    let model = fit(RandomForest::params().trees(40).column_fraction(0.8), &values, &target);
    let predicted = model.predict(new_values.view());
    let error = predicted.iter().zip(&new_target).map(|(p, y)| (p - y).powi(2)).sum::<f32>() / 4_000.0;
    // The noise alone has a variance of 0.03, the target one of about 2.5.
    assert!(error < 0.2, "{error}");
    assert!(model.gain_importance()[0] > 10.0 * model.gain_importance()[2]);
}

#[test]
fn the_forest_is_the_same_at_any_number_of_threads() {
    let (values, target) = sample(3_000, 3);
    let fits = [1, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| fit(RandomForest::params().trees(7), &values, &target))
    });
    assert_eq!(fits[0], fits[1]);
}

#[test]
fn one_leaf_predicts_the_mean_of_its_bag() {
    let (values, target) = sample(2_000, 4);
    let model = fit(RandomForest::params().trees(200).min_leaf_rows(2_000), &values, &target);
    let mean = target.iter().sum::<f32>() / 2_000.0;
    // 200 bags of 2,000 rows with a standard deviation of 1.6: a standard error of 0.0025.
    assert!((model.predict_row(&values.row(0).to_vec()) - mean).abs() < 0.01);
}

#[test]
fn no_leaf_holds_fewer_rows_than_allowed() {
    let (values, target) = sample(2_000, 5);
    let matrix = BinnedMatrix::from_columns(values.view(), &CATEGORICAL, 256).unwrap();
    let params = RandomForest::params().min_leaf_rows(25).column_fraction(1.0).check().unwrap();
    let tree = Grove::new(&params, &matrix, &target, None).grow(0);
    // Hessians are counts, in the lowest bits: 2,000 rows need 11.
    let units = |node: &crate::grow::GrownNode| node.total & 0x7ff;
    let leaves: Vec<u64> = tree.nodes.iter().filter(|node| node.split.is_none()).map(units).collect();
    assert!(leaves.len() > 20, "{leaves:?}");
    assert!(leaves.iter().all(|&rows| rows >= 25), "{leaves:?}");
}
