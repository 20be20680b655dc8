//! NBD: purchases at gamma-distributed rates by customers who never leave. The edge that the other models fall back to.
//!
//! In flow frequencies and ages; out flow expectations. Recency carries no information here.
use crate::counts::Density;
use crate::purchase::{Family, Times};
use crate::special::ln_rising;
use crate::{PurchaseKind, PurchaseParams, Summary};
use serde::{Deserialize, Serialize};

/// The negative binomial distribution of repeat purchases (Ehrenberg 1959): a customer buys as a Poisson process of
/// rate λ, λ ~ Gamma(r, α) between customers, and nobody leaves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nbd {
    /// Shape of the rates between customers, positive.
    pub r: f64,
    /// Rate parameter of the rates, positive, in units of time: the mean rate is r/α.
    pub alpha: f64,
}

impl Nbd {
    /// Settings of a fit.
    pub fn params() -> PurchaseParams {
        PurchaseParams::new(PurchaseKind::Nbd)
    }

    /// Purchases expected in the next `t`, in units of [`Summary::age`]: (r+x)/(α+T) · t.
    pub fn expected_purchases(&self, customer: &Summary, t: f64) -> f64 {
        (self.r + customer.x()) / (self.alpha + customer.age) * t
    }
}

impl Density<2> for Nbd {
    type Row = Times;
    type Shared = (f64, f64, f64);

    fn shared(&self, x: f64) -> Self::Shared {
        let (rising, by_r) = ln_rising(self.r, x);
        (x, rising + self.r * self.alpha.ln(), by_r + self.alpha.ln())
    }

    fn customer(&self, &(x, constant, by_r): &Self::Shared, row: &Times) -> (f64, [f64; 2]) {
        let observed = self.alpha + row.age;
        let log = observed.ln();
        (constant - (self.r + x) * log, [by_r - log, self.r / self.alpha - (self.r + x) / observed])
    }
}

impl Family<2> for Nbd {
    fn from_parameters([r, alpha]: [f64; 2]) -> Self {
        Self { r, alpha }
    }

    fn in_units(self, unit: f64) -> Self {
        Self { alpha: self.alpha * unit, ..self }
    }
}
