//! Gradient boosting and random forests on binned columns, as linfa estimators.
#![warn(missing_docs)]

mod binned;
mod boosting;
mod error;
mod estimator;
mod forest;
mod gradient;
mod grow;
mod histogram;
mod hurdle;
mod objective;
mod split;
mod tree;

pub use binned::BinnedMatrix;
pub use boosting::{GradientBoosting, GradientBoostingParams, GradientBoostingValidParams, Validation};
pub use error::TreesError;
pub use forest::{RandomForest, RandomForestParams, RandomForestValidParams};
pub use grow::Growth;
pub use hurdle::{Hurdle, HurdleParams, HurdleValidParams};
pub use linfa::ParamGuard;
pub use objective::Objective;
