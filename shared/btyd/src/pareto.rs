//! Pareto/NBD: customers leave at any moment, at exponential times whose rates are gamma-distributed.
//!
//! In flow summaries and four parameters; out flow likelihoods, P(alive) and expected purchases.
use crate::counts::Density;
use crate::purchase::{Family, Times};
use crate::special::power_integral::power_integral;
use crate::special::{ln_add_exp, ln_rising, relative_decay};
use crate::{PurchaseKind, PurchaseParams, Summary};
use serde::{Deserialize, Serialize};

/// Pareto/NBD (Schmittlein, Morrison & Colombo 1987, "Counting your customers", Management Science 33(1); derivation
/// of Fader & Hardie 2005): a customer buys at a Poisson rate λ ~ Gamma(r, α) and leaves at a rate μ ~ Gamma(s, β).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParetoNbd {
    /// Shape of the purchase rates, positive.
    pub r: f64,
    /// Rate parameter of the purchase rates, positive, in units of time.
    pub alpha: f64,
    /// Shape of the rates of leaving, positive.
    pub s: f64,
    /// Rate parameter of the rates of leaving, positive, in units of time.
    pub beta: f64,
}

impl ParetoNbd {
    /// Settings of a fit.
    pub fn params() -> PurchaseParams {
        PurchaseParams::new(PurchaseKind::ParetoNbd)
    }

    /// Probability that the customer has not left by the end of observation.
    pub fn p_alive(&self, customer: &Summary) -> f64 {
        let row = Times { recency: customer.last(), age: customer.age };
        self.lifetime(customer.x(), &row).1
    }

    /// Purchases expected in the next `t`, in units of [`Summary::age`] (Fader & Hardie 2005, equation 41):
    /// P(alive) (r+x)(β+T)/(α+T) · [1 − ((β+T)/(β+T+t))^(s−1)]/(s−1), which has a limit at s = 1.
    pub fn expected_purchases(&self, customer: &Summary, t: f64) -> f64 {
        let rate = (self.r + customer.x()) / (self.alpha + customer.age);
        let known = self.beta + customer.age;
        let lifetime = known * relative_decay(self.s - 1.0, -(t / known).ln_1p());
        self.p_alive(customer) * rate * lifetime
    }

    /// ln of the part of the likelihood that knows of leaving, and the share of the customers who have not left:
    /// `(α+T)^−(r+x) (β+T)^−s + s ∫ (α+τ)^−(r+x) (β+τ)^−(s+1) dτ` over `[t_x, T]`.
    fn lifetime(&self, x: f64, row: &Times) -> (f64, f64) {
        let shape = self.r + x;
        let stayed = -shape * (self.alpha + row.age).ln() - self.s * (self.beta + row.age).ln();
        let left = power_integral(shape, self.s + 1.0, self.alpha, self.beta, row.recency, row.age);
        ln_add_exp(stayed, self.s.ln() + left.ln)
    }
}

/// What customers of one frequency share.
pub(crate) struct Shared {
    x: f64,
    constant: f64,
    by_r: f64,
}

impl Density<4> for ParetoNbd {
    type Row = Times;
    type Shared = Shared;

    fn shared(&self, x: f64) -> Shared {
        let (rising, by_r) = ln_rising(self.r, x);
        let constant = rising + self.r * self.alpha.ln() + self.s * self.beta.ln();
        Shared { x, constant, by_r: by_r + self.alpha.ln() }
    }

    fn customer(&self, shared: &Shared, row: &Times) -> (f64, [f64; 4]) {
        let shape = self.r + shared.x;
        let (observed, known) = (self.alpha + row.age, self.beta + row.age);
        let (log_observed, log_known) = (observed.ln(), known.ln());
        let stayed = -shape * log_observed - self.s * log_known;
        let i = power_integral(shape, self.s + 1.0, self.alpha, self.beta, row.recency, row.age);
        let (ln, alive) = ln_add_exp(stayed, self.s.ln() + i.ln);
        let left = 1.0 - alive;
        let gradient = [
            shared.by_r - alive * log_observed + left * i.by_p,
            self.r / self.alpha - alive * shape / observed + left * i.by_a,
            self.beta.ln() - alive * log_known + left * (self.s.recip() + i.by_q),
            self.s / self.beta - alive * self.s / known + left * i.by_b,
        ];
        (shared.constant + ln, gradient)
    }
}

impl Family<4> for ParetoNbd {
    fn from_parameters([r, alpha, s, beta]: [f64; 4]) -> Self {
        Self { r, alpha, s, beta }
    }

    fn in_units(self, unit: f64) -> Self {
        Self { alpha: self.alpha * unit, beta: self.beta * unit, ..self }
    }
}
