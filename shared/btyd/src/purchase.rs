//! Any of the purchase models: what callers hold when the choice is made by data or configuration.
//!
//! In flow summaries; out flow P(alive) and expected purchases of whichever model it is.
use crate::counts::{Counts, Density};
use crate::{BgNbd, MbgNbd, Nbd, ParetoNbd, PurchaseParams, Summary};
use serde::{Deserialize, Serialize};

/// Recency and age of a customer, in the units of a fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) recency: f64,
    pub(crate) age: f64,
}

/// A model with `N` parameters as a fit handles it.
pub(crate) trait Family<const N: usize>: Density<N, Row = Times> {
    /// The model of these parameters, in the order of its fields.
    fn from_parameters(parameters: [f64; N]) -> Self;

    /// The same model with time measured in the caller's units, of which one of the fit's holds `unit`.
    fn in_units(self, unit: f64) -> Self;
}

/// Which model of purchases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PurchaseKind {
    /// [`BgNbd`].
    BgNbd,
    /// [`MbgNbd`].
    MbgNbd,
    /// [`ParetoNbd`].
    ParetoNbd,
    /// [`Nbd`].
    Nbd,
}

impl PurchaseKind {
    /// The name in the literature: `bg/nbd`, `mbg/nbd`, `pareto/nbd` or `nbd`.
    pub fn name(self) -> &'static str {
        match self {
            Self::BgNbd => "bg/nbd",
            Self::MbgNbd => "mbg/nbd",
            Self::ParetoNbd => "pareto/nbd",
            Self::Nbd => "nbd",
        }
    }
}

/// A fitted model of purchases.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum PurchaseModel {
    /// Leaves after repeat purchases.
    BgNbd(BgNbd),
    /// Leaves after any purchase.
    MbgNbd(MbgNbd),
    /// Leaves at any time.
    ParetoNbd(ParetoNbd),
    /// Never leaves.
    Nbd(Nbd),
}

impl PurchaseModel {
    /// Settings of a fit of `kind`.
    pub fn params(kind: PurchaseKind) -> PurchaseParams {
        PurchaseParams::new(kind)
    }

    /// Which model this is; after a fit that fell back, not the one asked for.
    pub fn kind(&self) -> PurchaseKind {
        match self {
            Self::BgNbd(_) => PurchaseKind::BgNbd,
            Self::MbgNbd(_) => PurchaseKind::MbgNbd,
            Self::ParetoNbd(_) => PurchaseKind::ParetoNbd,
            Self::Nbd(_) => PurchaseKind::Nbd,
        }
    }

    /// Names and values of the parameters, in the order of [`crate::Fitted::standard_errors`].
    pub fn parameters(&self) -> Vec<(&'static str, f64)> {
        match *self {
            Self::BgNbd(BgNbd { r, alpha, a, b }) | Self::MbgNbd(MbgNbd { r, alpha, a, b }) => {
                vec![("r", r), ("alpha", alpha), ("a", a), ("b", b)]
            }
            Self::ParetoNbd(ParetoNbd { r, alpha, s, beta }) => {
                vec![("r", r), ("alpha", alpha), ("s", s), ("beta", beta)]
            }
            Self::Nbd(Nbd { r, alpha }) => vec![("r", r), ("alpha", alpha)],
        }
    }

    /// Probability that the customer has not left by the end of observation; 1 for an [`Nbd`].
    pub fn p_alive(&self, customer: &Summary) -> f64 {
        match self {
            Self::BgNbd(model) => model.p_alive(customer),
            Self::MbgNbd(model) => model.p_alive(customer),
            Self::ParetoNbd(model) => model.p_alive(customer),
            Self::Nbd(_) => 1.0,
        }
    }

    /// Purchases expected in the `t` that follow the end of observation, in units of [`Summary::age`].
    pub fn expected_purchases(&self, customer: &Summary, t: f64) -> f64 {
        match self {
            Self::BgNbd(model) => model.expected_purchases(customer, t),
            Self::MbgNbd(model) => model.expected_purchases(customer, t),
            Self::ParetoNbd(model) => model.expected_purchases(customer, t),
            Self::Nbd(model) => model.expected_purchases(customer, t),
        }
    }

    /// Log-likelihood of customers under this model, comparable with [`crate::Fitted::log_likelihood`].
    pub fn log_likelihood(&self, customers: &[Summary]) -> f64 {
        let counts = times(customers, 1.0);
        match self {
            Self::BgNbd(model) => counts.log_likelihood(model).0,
            Self::MbgNbd(model) => counts.log_likelihood(model).0,
            Self::ParetoNbd(model) => counts.log_likelihood(model).0,
            Self::Nbd(model) => counts.log_likelihood(model).0,
        }
    }
}

/// Customers with their times divided by `unit`, identical ones counted.
pub(crate) fn times(customers: &[Summary], unit: f64) -> Counts<Times> {
    let row = |customer: &Summary| Times { recency: customer.last() / unit, age: customer.age / unit };
    Counts::new(customers.iter().map(|c| (c.frequency, row(c))), |row| [row.recency, row.age])
}

impl From<BgNbd> for PurchaseModel {
    fn from(model: BgNbd) -> Self {
        Self::BgNbd(model)
    }
}

impl From<MbgNbd> for PurchaseModel {
    fn from(model: MbgNbd) -> Self {
        Self::MbgNbd(model)
    }
}

impl From<ParetoNbd> for PurchaseModel {
    fn from(model: ParetoNbd) -> Self {
        Self::ParetoNbd(model)
    }
}

impl From<Nbd> for PurchaseModel {
    fn from(model: Nbd) -> Self {
        Self::Nbd(model)
    }
}
