//! What a fit hands back: the model, how good it is, and how far it can be trusted.
//!
//! In flow the results of an optimisation; out flows a record that can be stored beside the model. It predicts nothing.
use serde::{Deserialize, Serialize};

/// A fitted model and the account of its fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fitted<M> {
    /// The model, in the caller's units of time and money.
    pub model: M,
    /// Log-likelihood of the customers under `model`, in the caller's units, without the constants that depend on
    /// the data alone (as in the papers).
    pub log_likelihood: f64,
    /// Was a stationary point reached? At a boundary: was the model answered with instead maximised?
    pub converged: bool,
    /// Where the likelihood has no maximum inside its space, which edge it runs to.
    pub boundary: Option<Boundary>,
    /// Standard errors of the parameters in the order of the model's fields, from the inverse of the observed
    /// information; absent at a boundary and where that matrix is not positive definite.
    pub standard_errors: Option<Vec<f64>>,
    /// Log-likelihood of the model without dropout ([`crate::Nbd`]) on the same customers, for purchase models: twice
    /// the difference to `log_likelihood` tests whether anyone left.
    pub without_dropout: Option<f64>,
    /// How many customers took part.
    pub customers: u64,
    /// How many evaluations of likelihood and gradient it took.
    pub evaluations: u32,
}

/// An edge of a model's space that its likelihood runs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Boundary {
    /// Nobody to learn from: no customer, or none observed for any time. The model is a placeholder that expects
    /// (nearly) nothing.
    NoData,
    /// Nobody came back, so that rates cannot be told from zero. The answer is an [`crate::Nbd`] with the rate of half
    /// a purchase in all the time observed.
    NoRepeats,
    /// Dropout does not improve the likelihood (a/(a+b) → 0, s/β → 0). The answer is an [`crate::Nbd`].
    NoDropout,
    /// All customers buy at one rate (r, α → ∞ at a fixed ratio). The answer is a model near that edge.
    EqualRates,
    /// All customers leave at one rate or probability (a, b → ∞ or s, β → ∞ at a fixed ratio). The answer is a model
    /// near that edge.
    EqualDropout,
    /// Every customer leaves at once or never (a, b → 0 at a fixed ratio). The answer is a model near that edge.
    SplitDropout,
    /// Amounts spread so widely between customers that their mean does not exist (q ≤ 1). Customers are answered with
    /// their own means.
    NoMeanSpend,
    /// Amounts do not vary within a customer (p → ∞). The answer is a model near that edge.
    EqualAmounts,
    /// All customers spend alike (q, v → ∞ at a fixed ratio). The answer is a model near that edge.
    EqualSpenders,
}
