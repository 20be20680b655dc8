//! linfa's `Fit` and `PredictInplace` for the estimators: from linfa datasets of any float type to binned matrices and
//! back. It never trains anything itself.
use crate::binned::BinnedMatrix;
use crate::boosting::{GradientBoosting, GradientBoostingValidParams};
use crate::error::TreesError;
use crate::forest::{RandomForest, RandomForestValidParams};
use crate::hurdle::{Hurdle, HurdleValidParams};
use linfa::Float;
use linfa::dataset::{AsSingleTargets, DatasetBase};
use linfa::traits::{Fit, PredictInplace};
use ndarray::{Array1, Array2, ArrayBase, ArrayView1, ArrayView2, Data, Ix2};

/// A dataset as the engine takes it.
struct Binned {
    matrix: BinnedMatrix,
    rows: Vec<u32>,
    target: Vec<f32>,
}

fn bin<F: Float>(
    records: ArrayView2<'_, F>,
    targets: ArrayView1<'_, F>,
    categorical: &[usize],
    max_bins: usize,
) -> Result<Binned, TreesError> {
    let mut flags = vec![false; records.ncols()];
    for &column in categorical {
        let features = records.ncols();
        let flag = flags.get_mut(column);
        let what = "columns, of which a later one is declared categorical";
        *flag.ok_or(TreesError::Length { what, found: features, expected: column + 1 })? = true;
    }
    let matrix = BinnedMatrix::from_columns(single(records).view(), &flags, max_bins)?;
    let rows = (0..matrix.rows() as u32).collect();
    Ok(Binned { matrix, rows, target: targets.iter().map(to_f32).collect() })
}

fn to_f32<F: Float>(value: &F) -> f32 {
    value.to_f32().unwrap_or(f32::NAN)
}

/// The same numbers in single precision.
fn single<F: Float>(records: ArrayView2<'_, F>) -> Array2<f32> {
    records.map(to_f32)
}

/// `Fit` of checked parameters and `PredictInplace` of the model, for every estimator alike.
macro_rules! estimator {
    ($params:ident, $model:ident, |$own:ident, $binned:ident, $weights:ident| $fit:expr) => {
        impl<F: Float, D: Data<Elem = F>, T: AsSingleTargets<Elem = F>> Fit<ArrayBase<D, Ix2>, T, TreesError>
            for $params
        {
            type Object = $model;

            /// Bins the dataset's records and fits all of its rows, with its weights if it has any.
            fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Self::Object, TreesError> {
                let (categorical, max_bins) = self.binning();
                let $binned = bin(dataset.records().view(), dataset.as_single_targets(), categorical, max_bins)?;
                let ($own, $weights) = (self, dataset.weights());
                $fit
            }
        }

        impl<F: Float, D: Data<Elem = F>> PredictInplace<ArrayBase<D, Ix2>, Array1<F>> for $model {
            fn predict_inplace(&self, records: &ArrayBase<D, Ix2>, predictions: &mut Array1<F>) {
                assert_eq!(records.nrows(), predictions.len(), "records and predictions differ in length");
                predictions.assign(&self.predict(single(records.view()).view()).map(|&value| F::cast(value)));
            }

            fn default_target(&self, records: &ArrayBase<D, Ix2>) -> Array1<F> {
                Array1::zeros(records.nrows())
            }
        }
    };
}

estimator!(GradientBoostingValidParams, GradientBoosting, |params, data, weights| {
    params.fit_binned(&data.matrix, &data.rows, &data.target, weights, None)
});
estimator!(RandomForestValidParams, RandomForest, |params, data, weights| {
    params.fit_binned(&data.matrix, &data.rows, &data.target, weights)
});
estimator!(HurdleValidParams, Hurdle, |params, data, weights| {
    params.fit_binned(&data.matrix, &data.rows, &data.target, weights, None)
});
