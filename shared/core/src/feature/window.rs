//! One training example a customer and cutoff: features of what lay before, and the target behind.
use super::matrix::Matrix;
use crate::time::{Cutoff, Horizon};
use ltv_btyd::Summary;

/// Every customer acquired before a cutoff, as known on that day, and, where it has passed, what they spent in the
/// window behind it. Rows of all fields correspond.
#[derive(Clone, Debug)]
pub struct Window {
    /// The day that separates features from target.
    pub cutoff: Cutoff,
    /// How many days the target covers.
    pub horizon: Horizon,
    /// Which customers: indices into the history the window was made from.
    pub customers: Vec<u32>,
    /// What was known of them.
    pub features: Matrix,
    /// What buy-till-you-die models see of them, in weeks and currency.
    pub summaries: Vec<Summary>,
    /// Net spend before the cutoff.
    pub spend_to_date: Vec<f64>,
    /// Net spend of the `horizon` days before the cutoff: the strongest plain baseline.
    pub last_horizon_spend: Vec<f64>,
    /// No purchase day at all, or exactly one.
    pub cold: Vec<bool>,
    /// Net spend in `[cutoff, cutoff + horizon)`, refunds subtracted and not floored; empty where the window is not over.
    pub target: Vec<f64>,
    /// What customers acquired inside the window spent in it: reported apart, predicted by nobody.
    pub later_arrivals: f64,
}

impl Window {
    /// How many customers.
    pub fn len(&self) -> usize {
        self.customers.len()
    }

    /// Is there nobody?
    pub fn is_empty(&self) -> bool {
        self.customers.is_empty()
    }

    /// Targets as models are trained on them, floored at zero, and how much money the floor took away.
    pub fn training_target(&self) -> (Vec<f64>, f64) {
        let floored = self.target.iter().filter(|t| **t < 0.0).fold(0.0, |sum, t| sum - t);
        (self.target.iter().map(|t| t.max(0.0)).collect(), floored)
    }
}
