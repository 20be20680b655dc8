//! Gradient boosting and random forests on binned columns, as [linfa](https://docs.rs/linfa) estimators, in safe Rust.
//!
//! * **Boosting** ([`GradientBoosting`]): squared, Tweedie, logistic and pinball loss; leaf-wise or depth-wise trees;
//!   L1 and L2, least leaf weight, rows and gain; sampling of columns and, uniformly or by gradients, of rows; sample
//!   weights; early stopping.
//! * **Hurdle** ([`Hurdle`]): probability of a positive target × its amount, for targets that are mostly zero.
//! * **Forests** ([`RandomForest`]): bags of rows, a few features at every split, deep trees.
//! * Missing values (`NaN`) go to the side that training found better; columns can be categorical.
//! * What a prediction is made of ([`GradientBoosting::explain`]): exact Shapley values; gain and permutation importance.
//! * [`GradientBoosting::to_xgboost_json`] writes a model that XGBoost reads, and predicts the same with;
//!   of a hurdle both boosters, whose predictions multiply ([`HurdleExport`]), as their Shapley values stand apart
//!   ([`HurdleExplanation`]).
//! * The same seed gives the same model, bit for bit, at any number of threads: gradients are summed as integers.
//!
//! # With linfa
//! ```
//! use linfa::prelude::*;
//! use linfa::traits::Fit;
//! use ltv_trees::{GradientBoosting, Objective};
//! use ndarray::{Array1, Array2};
//!
//! // Spend of customers who order every `x0` days, `x1` at a time.
//! let records = Array2::from_shape_fn((600, 2), |(row, column)| (1 + (row * (7 + column)) % 40) as f32);
//! let spend: Array1<f32> = records.rows().into_iter().map(|row| 90.0 / row[0] * row[1]).collect();
//! let dataset = Dataset::new(records, spend);
//!
//! let model = GradientBoosting::params()
//!     .objective(Objective::Tweedie { power: 1.5 })
//!     .rounds(200)
//!     .min_leaf_rows(5)
//!     .fit(&dataset)?;
//!
//! let predicted = model.predict(dataset.records().view());
//! assert!(predicted.r2(dataset.targets())? > 0.9);
//! assert_eq!(model.predict_row(&[1.0, 8.0]), model.predict_row(&[1.0, 8.0]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//! `predict` takes a view of single-precision records. linfa's own `Predict`, for datasets and double precision, is
//! there too, as `Predict::predict(&model, &dataset)`.
//!
//! # Many fits on one matrix
//! Binning is done once. A [`BinnedMatrix`] is then shared by every trial of a search, every fold and every target;
//! a fit names the rows it may see. Rows that must not influence the boundaries, as those of a later time, are binned
//! by [`BinnedMatrix::bin_like`].
//! ```
//! use ltv_trees::{BinnedMatrix, GradientBoosting, ParamGuard, Validation};
//! use ndarray::Array2;
//!
//! let values = Array2::from_shape_fn((500, 3), |(row, column)| ((row * (column + 3)) % 101) as f32);
//! let later = Array2::from_shape_fn((200, 3), |(row, column)| ((row * (column + 5)) % 101) as f32);
//! let target = |values: &Array2<f32>| -> Vec<f32> { values.rows().into_iter().map(|x| x[0] - x[1]).collect() };
//!
//! let matrix = BinnedMatrix::from_columns(values.view(), &[false; 3], 256)?;
//! let later_matrix = matrix.bin_like(later.view())?;
//! let (rows, later_rows): (Vec<u32>, Vec<u32>) = ((0..500).collect(), (0..200).collect());
//! let (spend, later_spend) = (target(&values), target(&later));
//!
//! let params = GradientBoosting::params().rounds(300).early_stopping(20).check()?;
//! let validation = Validation { matrix: &later_matrix, rows: &later_rows, target: &later_spend };
//! let model = params.fit_binned(&matrix, &rows, &spend, None, Some(validation))?;
//! println!("{} rounds, {} bytes", model.rounds(), model.size_bytes());
//! # Ok::<(), ltv_trees::TreesError>(())
//! ```
//! Models are plain data for serde. A booster of 200 trees with 63 leaves takes about 300 kB.
//!
//! # How it works
//! Every feature is cut into at most 255 quantile bins and one for missing values; features of few bins share a byte.
//! A tree sums gradients by bin (a histogram), for the smaller child of each split only: the larger one's is the
//! difference from its parent's. First and second derivative are quantised into one 64-bit integer, so that one
//! addition does for both and the order of additions does not matter; leaf values are computed from the exact
//! derivatives, and from those of all rows, also where the tree was grown on a sample of them ([`Sampling`]). The gain of a split and the values of leaves are those of Chen and Guestrin (2016), "XGBoost: a
//! scalable tree boosting system", equations 5 and 7.
#![warn(missing_docs)]

mod binned;
mod boosting;
mod error;
mod estimator;
mod explain;
mod export;
mod forest;
mod gradient;
mod grow;
mod histogram;
mod hurdle;
mod importance;
mod objective;
mod sample;
mod settings;
mod split;
mod tree;

pub use binned::BinnedMatrix;
pub use boosting::{GradientBoosting, GradientBoostingParams, GradientBoostingValidParams, Validation};
pub use error::TreesError;
pub use explain::Explanation;
pub use forest::{RandomForest, RandomForestParams, RandomForestValidParams};
pub use grow::Growth;
pub use hurdle::{Hurdle, HurdleExplanation, HurdleExport, HurdleParams, HurdleValidParams};
pub use importance::permutation_importance;
pub use linfa::ParamGuard;
pub use objective::Objective;
pub use sample::Sampling;
