//! Gamma-Gamma: what one purchase of a customer is worth.
//!
//! In flow frequencies and mean amounts; out flows the expected amount of a purchase to come. It assumes that amounts
//! do not depend on how often somebody buys, and says nothing of whether they will.
use crate::counts::Density;
use crate::maximise::Effort;
use crate::{GammaGammaParams, Summary};
use serde::{Deserialize, Serialize};
use statrs::function::gamma::{digamma, ln_gamma};

/// Gamma-gamma model of spend (Fader & Hardie 2013, "The Gamma-Gamma model of monetary value"): amounts of one
/// customer are Gamma(p, ν) around a mean of their own, and ν ~ Gamma(q, v) between customers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GammaGamma {
    /// Shape of the amounts of one customer, positive.
    pub p: f64,
    /// Shape of the customers' rates ν, positive; the mean over customers exists where it is above 1.
    pub q: f64,
    /// Rate parameter of the customers' rates, positive, in units of money.
    pub v: f64,
    /// Mean amount of those who took part in the fit; what is expected of somebody without a repeat where the model
    /// itself has no mean. 0 without anybody.
    pub observed_mean: f64,
}

impl GammaGamma {
    /// Settings of a fit. Defaults: the two likeliest of six starts, 60 iterations each, gradient below 10⁻⁷.
    pub fn params() -> GammaGammaParams {
        GammaGammaParams::new(Effort { starts: 2, iterations: 60, tolerance: 1e-7 })
    }

    /// Mean amount over all customers, p·v/(q−1); where that does not exist, the mean that was observed.
    pub fn population_mean(&self) -> f64 {
        if self.q > 1.0 { self.p * self.v / (self.q - 1.0) } else { self.observed_mean }
    }

    /// Expected amount of a purchase to come (paper, equation 5): the customer's own mean z̄, weighted
    /// p·x/(p·x+q−1), against that of the population. Without a mean over customers (q ≤ 1) the own mean has all the
    /// weight, and without a repeat of a positive amount the population has.
    pub fn expected_spend(&self, customer: &Summary) -> f64 {
        if customer.frequency == 0 || customer.monetary <= 0.0 {
            return self.population_mean();
        }
        if self.q <= 1.0 {
            return customer.monetary;
        }
        let own = self.p * customer.x();
        self.p * (self.v + customer.x() * customer.monetary) / (own + self.q - 1.0)
    }

    /// Names and values of the parameters, in the order of [`crate::Fitted::standard_errors`].
    pub fn parameters(&self) -> Vec<(&'static str, f64)> {
        vec![("p", self.p), ("q", self.q), ("v", self.v)]
    }
}

impl Density<3> for GammaGamma {
    /// Mean amount z̄.
    type Row = f64;
    type Shared = Shared;

    fn shared(&self, x: f64) -> Shared {
        let (own, all) = (self.p * x, self.p * x + self.q);
        let psi = digamma(all);
        Shared {
            x,
            own,
            all,
            constant: ln_gamma(all) - ln_gamma(own) - ln_gamma(self.q) + self.q * self.v.ln() + own * x.ln(),
            by_p: x * (psi - digamma(own) + x.ln()),
            by_q: psi - digamma(self.q) + self.v.ln(),
        }
    }

    /// ln L = ln Γ(px+q) − ln Γ(px) − ln Γ(q) + q ln v + (px−1) ln z̄ + px ln x − (px+q) ln(v+x·z̄) (equation 1a).
    fn customer(&self, shared: &Shared, &mean: &f64) -> (f64, [f64; 3]) {
        let total = self.v + shared.x * mean;
        let (log_total, log_mean) = (total.ln(), mean.ln());
        let value = shared.constant + (shared.own - 1.0) * log_mean - shared.all * log_total;
        let by_p = shared.by_p + shared.x * (log_mean - log_total);
        (value, [by_p, shared.by_q - log_total, self.q / self.v - shared.all / total])
    }
}

/// What customers of one frequency share.
pub(crate) struct Shared {
    x: f64,
    own: f64,
    all: f64,
    constant: f64,
    by_p: f64,
    by_q: f64,
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these answers are exact, not rounded")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PUBLISHED: GammaGamma = GammaGamma { p: 6.25, q: 3.74, v: 15.44, observed_mean: 35.0 };

    fn spender(frequency: u32, monetary: f64) -> Summary {
        Summary { frequency, recency: 0.0, age: 0.0, monetary }
    }

    proptest! {
        #[test]
        fn the_gradient_is_that_of_the_likelihood(
            x in 1..30_u32, mean in 0.1..20.0_f64, p in 0.1..20.0_f64, q in 0.1..20.0_f64, v in 0.1..20.0_f64,
        ) {
            let likelihood = |[p, q, v]: [f64; 3]| {
                let model = GammaGamma { p, q, v, observed_mean: 0.0 };
                model.customer(&model.shared(f64::from(x)), &mean)
            };
            let at = [p, q, v];
            for i in 0..3 {
                let h = 1e-5 * at[i];
                let [mut above, mut below] = [at, at];
                above[i] += h;
                below[i] -= h;
                let numeric = (likelihood(above).0 - likelihood(below).0) / (2.0 * h);
                let analytic = likelihood(at).1[i];
                prop_assert!((numeric - analytic).abs() < 1e-5 * analytic.abs().max(1.0), "{} {}", numeric, analytic);
            }
        }

        #[test]
        fn expected_spend_lies_between_the_own_mean_and_the_population_s(x in 1..50_u32, own in 0.01..500.0_f64) {
            let expected = PUBLISHED.expected_spend(&spender(x, own));
            let population = PUBLISHED.population_mean();
            prop_assert!(own.min(population) <= expected + 1e-9 && expected <= own.max(population) + 1e-9);
        }
    }

    #[test]
    fn somebody_without_a_repeat_is_expected_to_spend_like_the_population() {
        assert!((PUBLISHED.expected_spend(&spender(0, 0.0)) - 6.25 * 15.44 / 2.74).abs() < 1e-12);
        assert_eq!(PUBLISHED.expected_spend(&spender(2, 0.0)), PUBLISHED.population_mean());
    }

    #[test]
    fn without_a_population_mean_the_own_mean_counts() {
        let wild = GammaGamma { q: 0.9, ..PUBLISHED };
        assert_eq!(wild.expected_spend(&spender(1, 12.0)), 12.0);
        assert_eq!(wild.expected_spend(&spender(0, 0.0)), 35.0);
    }
}
