//! Candidates, search, evaluation, promotion and the card. In flow windows of [`crate::feature`]; out flow one fitted
//! model, what it predicts, and the record of why it was chosen. Nothing here reads files or the lake.
//!
//! The rule that everything obeys: a fit for cutoff `c` is trained on windows that end at or before `c`. Whatever is
//! *chosen* (candidate, parameters, rounds, blend weight, level, interval widths) comes from the validation cutoffs; the
//! test window is scored once and only gates. [`fold::Fold`] is the only way to a fit and refuses anything else.
pub mod blend;
pub mod card;
pub mod cross_section;
pub mod fit;
pub mod fitted;
pub mod fold;
pub mod gate;
pub mod interval;
pub mod leakage;
pub mod level;
pub mod linear;
pub mod metrics;
pub mod recipe;
pub mod search;
pub mod training;
mod winsor;

pub use fitted::Model;
pub use recipe::Recipe;

use crate::time::Cutoff;
use serde::{Deserialize, Serialize};

/// What one customer is expected to spend in `[cutoff, cutoff + horizon)`, in currency.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The expectation, at least 0.
    pub predicted_spend: f64,
    /// Lower end of the central 80 % interval, often 0.
    pub low: f64,
    /// Its upper end, which is the 90 % upper limit.
    pub high: f64,
}

/// A training that cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A window that the protocol needs was not computed.
    #[error("the window of cutoff {cutoff} is needed and was not given")]
    MissingWindow {
        /// The cutoff.
        cutoff: Cutoff,
    },
    /// A fit would see days that it is scored on.
    #[error("the window of cutoff {trained} ends behind cutoff {scored}, which it was to train a fit for")]
    Leak {
        /// Cutoff of the training window.
        trained: Cutoff,
        /// Cutoff that is scored.
        scored: Cutoff,
    },
    /// A feature holds part of the answer.
    #[error(
        "feature {feature} alone ranks the customers of cutoff {cutoff} at Gini {alone:.3}, where their past spend \
         ranks them at {honest:.3}: it holds part of what is to be predicted"
    )]
    LeakingFeature {
        /// The feature.
        feature: &'static str,
        /// Cutoff of the window.
        cutoff: Cutoff,
        /// Normalized Gini of the feature alone.
        alone: f64,
        /// Normalized Gini of the best plain baseline.
        honest: f64,
    },
    /// A window that is not over has no target.
    #[error("the window of cutoff {cutoff} is not over, so it has no target")]
    NoTarget {
        /// The cutoff.
        cutoff: Cutoff,
    },
    /// There is no customer to learn from or to score.
    #[error("there is no customer to train on or to score at cutoff {cutoff}")]
    Nobody {
        /// The cutoff.
        cutoff: Cutoff,
    },
    /// A feature that a baseline is made of is not in the matrix.
    #[error("the matrix has no feature {name}")]
    NoFeature {
        /// The feature.
        name: &'static str,
    },
    /// A recipe that is no tree was fitted as one.
    #[error("{recipe} is not a tree recipe")]
    NoTree {
        /// The recipe.
        recipe: &'static str,
    },
    /// Trials that were planned have no result yet.
    #[error("{missing} of {planned} trials have no result yet")]
    Unfinished {
        /// How many are missing.
        missing: usize,
        /// How many were planned.
        planned: usize,
    },
    /// Every trial failed.
    #[error("no trial succeeded: {reason}")]
    NothingFitted {
        /// Why the first one failed.
        reason: String,
    },
    /// The linear solver refused.
    #[error(transparent)]
    Linear(#[from] linear::LinearError),
    /// The tree engine refused.
    #[error(transparent)]
    Trees(#[from] ltv_trees::TreesError),
    /// A buy-till-you-die model refused.
    #[error(transparent)]
    Btyd(#[from] ltv_btyd::BtydError),
    /// A model could not be encoded.
    #[error("the model could not be encoded")]
    Encoding(#[from] postcard::Error),
}
