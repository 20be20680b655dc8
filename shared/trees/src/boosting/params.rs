//! Parameters of a booster, checked before any work. They never hold data.
use super::GradientBoosting;
use crate::error::TreesError;
use crate::grow::{Growth, Plan};
use crate::objective::Objective;
use crate::sample::Sampling;
use crate::settings::{common_settings, guard};
use crate::split::Rules;
use serde::{Deserialize, Serialize};

/// Checked parameters of gradient boosting; made by [`ParamGuard::check`](crate::ParamGuard::check) of
/// [`GradientBoostingParams`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GradientBoostingValidParams {
    pub(crate) objective: Objective,
    pub(crate) rounds: usize,
    pub(crate) learning_rate: f64,
    pub(crate) plan: Plan,
    pub(crate) row_fraction: f64,
    pub(crate) sampling: Sampling,
    pub(crate) column_fraction: f64,
    pub(crate) early_stopping: Option<usize>,
    pub(crate) seed: u64,
    pub(crate) max_bins: usize,
    pub(crate) categorical: Vec<usize>,
}

impl GradientBoostingValidParams {
    /// Checks every parameter's range.
    pub(crate) fn verify(&self) -> Result<(), TreesError> {
        self.objective.check()?;
        at_least("rounds", self.rounds, 1)?;
        at_least("leaves", self.plan.max_leaves, 2)?;
        at_least("depth", self.plan.max_depth, 1)?;
        share("learning_rate", self.learning_rate)?;
        share("row_fraction", self.row_fraction)?;
        share("column_fraction", self.column_fraction)?;
        if let Some(patience) = self.early_stopping {
            at_least("early_stopping", patience, 1)?;
        }
        check_plan(&self.plan)
    }
}

/// Parameters of gradient boosting, not yet checked; made by [`GradientBoosting::params`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GradientBoostingParams(pub(crate) GradientBoostingValidParams);

impl GradientBoosting {
    /// Parameters to begin with: squared loss, 100 rounds at learning rate 0.1 of leaf-wise trees with 31 leaves of at
    /// least 20 rows, L2 of 1, no sampling, no early stopping.
    pub fn params() -> GradientBoostingParams {
        GradientBoostingParams(GradientBoostingValidParams {
            objective: Objective::Squared,
            rounds: 100,
            learning_rate: 0.1,
            plan: Plan {
                growth: Growth::LeafWise,
                max_leaves: 31,
                max_depth: usize::MAX,
                rules: Rules {
                    l1: 0.0,
                    l2: 1.0,
                    min_child_weight: 1e-3,
                    min_leaf_rows: 20.0,
                    min_gain: 0.0,
                    category_smoothing: 10.0,
                    category_l2: 10.0,
                },
                node_fraction: 1.0,
            },
            row_fraction: 1.0,
            sampling: Sampling::Uniform,
            column_fraction: 1.0,
            early_stopping: None,
            seed: 0,
            max_bins: 256,
            categorical: Vec::new(),
        })
    }
}

impl GradientBoostingParams {
    /// What to minimise.
    pub fn objective(mut self, objective: Objective) -> Self {
        self.0.objective = objective;
        self
    }

    /// How many trees, at least 1; fewer if early stopping says so.
    pub fn rounds(mut self, rounds: usize) -> Self {
        self.0.rounds = rounds;
        self
    }

    /// By how much every tree is shrunk, above 0 and at most 1.
    pub fn learning_rate(mut self, rate: f64) -> Self {
        self.0.learning_rate = rate;
        self
    }

    /// In which order leaves are split.
    pub fn growth(mut self, growth: Growth) -> Self {
        self.0.plan.growth = growth;
        self
    }

    /// Most leaves of a tree, at least 2.
    pub fn leaves(mut self, leaves: usize) -> Self {
        self.0.plan.max_leaves = leaves;
        self
    }

    /// Most splits between root and leaf, at least 1; unlimited by default.
    pub fn depth(mut self, depth: usize) -> Self {
        self.0.plan.max_depth = depth;
        self
    }

    /// Least sum of second derivatives in a leaf, not negative.
    pub fn min_child_weight(mut self, weight: f64) -> Self {
        self.0.plan.rules.min_child_weight = weight;
        self
    }

    /// Fewest rows in a leaf, at least 1.
    pub fn min_leaf_rows(mut self, rows: usize) -> Self {
        self.0.plan.rules.min_leaf_rows = rows as f64;
        self
    }

    /// Least gain of a split (twice the loss it takes away), not negative.
    pub fn min_gain(mut self, gain: f64) -> Self {
        self.0.plan.rules.min_gain = gain;
        self
    }

    /// Penalty on the absolute values of leaves, not negative.
    pub fn l1(mut self, l1: f64) -> Self {
        self.0.plan.rules.l1 = l1;
        self
    }

    /// Penalty on the squares of leaves, not negative.
    pub fn l2(mut self, l2: f64) -> Self {
        self.0.plan.rules.l2 = l2;
        self
    }

    /// Share of rows that each tree is grown on, above 0 and at most 1, drawn without replacement. The values of its
    /// leaves come from all rows.
    pub fn row_fraction(mut self, fraction: f64) -> Self {
        self.0.row_fraction = fraction;
        self
    }

    /// How that share is drawn. By gradients, a tenth to a third of many rows is about as good as all.
    pub fn sampling(mut self, sampling: Sampling) -> Self {
        self.0.sampling = sampling;
        self
    }

    /// Share of features that each tree may use, above 0 and at most 1.
    pub fn column_fraction(mut self, fraction: f64) -> Self {
        self.0.column_fraction = fraction;
        self
    }

    /// Share of a tree's features that each leaf may use, above 0 and at most 1.
    pub fn node_column_fraction(mut self, fraction: f64) -> Self {
        self.0.plan.node_fraction = fraction;
        self
    }

    /// Stops when the validation loss has not improved for so many rounds, and keeps the best round's trees.
    /// Has no effect without validation rows.
    pub fn early_stopping(mut self, patience: usize) -> Self {
        self.0.early_stopping = Some(patience);
        self
    }

    /// Weight that a category's mean gradient gets from smoothing, before categories are ordered by it.
    pub fn category_smoothing(mut self, weight: f64) -> Self {
        self.0.plan.rules.category_smoothing = weight;
        self
    }

    /// L2 penalty that splits on categories pay on top.
    pub fn category_l2(mut self, l2: f64) -> Self {
        self.0.plan.rules.category_l2 = l2;
        self
    }
}

guard!(GradientBoostingParams, GradientBoostingValidParams);
common_settings!(GradientBoostingParams, GradientBoostingValidParams);

/// Checks what all trees have in common.
pub(crate) fn check_plan(plan: &Plan) -> Result<(), TreesError> {
    let rules = &plan.rules;
    share("node_column_fraction", plan.node_fraction)?;
    if rules.min_leaf_rows < 1.0 {
        return Err(refuse("min_leaf_rows", rules.min_leaf_rows, "at least 1"));
    }
    not_negative("min_child_weight", rules.min_child_weight)?;
    not_negative("min_gain", rules.min_gain)?;
    not_negative("l1", rules.l1)?;
    not_negative("l2", rules.l2)?;
    not_negative("category_smoothing", rules.category_smoothing)?;
    not_negative("category_l2", rules.category_l2)
}

pub(crate) fn at_least(name: &'static str, value: usize, least: usize) -> Result<(), TreesError> {
    let allowed = if least == 1 { "at least 1" } else { "at least 2" };
    if value < least { Err(refuse(name, value as f64, allowed)) } else { Ok(()) }
}

pub(crate) fn share(name: &'static str, value: f64) -> Result<(), TreesError> {
    if value > 0.0 && value <= 1.0 { Ok(()) } else { Err(refuse(name, value, "above 0 and at most 1")) }
}

fn not_negative(name: &'static str, value: f64) -> Result<(), TreesError> {
    if value >= 0.0 && value.is_finite() { Ok(()) } else { Err(refuse(name, value, "finite and not negative")) }
}

fn refuse(name: &'static str, value: f64, allowed: &'static str) -> TreesError {
    TreesError::Parameter { name, value, allowed }
}
