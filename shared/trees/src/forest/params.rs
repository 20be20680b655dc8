//! Parameters of a forest, checked before any work. They never hold data.
use super::RandomForest;
use crate::boosting::params::{at_least, share};
use crate::error::TreesError;
use crate::settings::{common_settings, guard};
use serde::{Deserialize, Serialize};

/// Checked parameters of a random forest; made by [`ParamGuard::check`](crate::ParamGuard::check) of
/// [`RandomForestParams`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomForestValidParams {
    pub(crate) trees: usize,
    pub(crate) min_leaf_rows: usize,
    pub(crate) max_depth: usize,
    pub(crate) row_fraction: f64,
    pub(crate) column_fraction: f64,
    pub(crate) seed: u64,
    pub(crate) max_bins: usize,
    pub(crate) categorical: Vec<usize>,
}

impl RandomForestValidParams {
    fn verify(&self) -> Result<(), TreesError> {
        at_least("trees", self.trees, 1)?;
        at_least("min_leaf_rows", self.min_leaf_rows, 1)?;
        at_least("depth", self.max_depth, 1)?;
        share("row_fraction", self.row_fraction)?;
        share("column_fraction", self.column_fraction)
    }
}

/// Parameters of a random forest, not yet checked; made by [`RandomForest::params`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomForestParams(RandomForestValidParams);

impl RandomForest {
    /// Parameters to begin with: 100 trees of unlimited depth with at least 5 rows a leaf, bags as large as the data,
    /// a third of the features at every split.
    pub fn params() -> RandomForestParams {
        RandomForestParams(RandomForestValidParams {
            trees: 100,
            min_leaf_rows: 5,
            max_depth: usize::MAX,
            row_fraction: 1.0,
            column_fraction: 1.0 / 3.0,
            seed: 0,
            max_bins: 256,
            categorical: Vec::new(),
        })
    }
}

impl RandomForestParams {
    /// How many trees, at least 1.
    pub fn trees(mut self, trees: usize) -> Self {
        self.0.trees = trees;
        self
    }

    /// Fewest rows in a leaf, at least 1; a row drawn twice counts twice.
    pub fn min_leaf_rows(mut self, rows: usize) -> Self {
        self.0.min_leaf_rows = rows;
        self
    }

    /// Most splits between root and leaf, at least 1; unlimited by default.
    pub fn depth(mut self, depth: usize) -> Self {
        self.0.max_depth = depth;
        self
    }

    /// Size of a bag as a share of all rows, above 0 and at most 1; drawn with replacement.
    pub fn row_fraction(mut self, fraction: f64) -> Self {
        self.0.row_fraction = fraction;
        self
    }

    /// Share of features that each split considers, above 0 and at most 1.
    pub fn column_fraction(mut self, fraction: f64) -> Self {
        self.0.column_fraction = fraction;
        self
    }
}

guard!(RandomForestParams, RandomForestValidParams);
common_settings!(RandomForestParams, RandomForestValidParams);
