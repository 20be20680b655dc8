//! Gamma-Gamma: what one purchase of a customer is worth.
//!
//! In flow frequencies and mean amounts; out flows the expected amount of a purchase to come. It assumes that amounts
//! do not depend on how often somebody buys, and says nothing of whether they will.
use crate::counts::{Counts, Density};
use crate::maximise::{Effort, maximise};
use crate::params::whole;
use crate::summary::check_all;
use crate::{Boundary, BtydError, Fitted, Summary, start};
use linfa::{DatasetBase, ParamGuard, traits::Fit};
use ndarray::{ArrayBase, Data, Ix2};
use serde::{Deserialize, Serialize};
use statrs::function::gamma::{digamma, ln_gamma};

/// Beyond this shape, amounts vary by less than 3 % of their mean.
const EQUAL: f64 = 1e3;

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

/// Unchecked settings of a fit. With linfa, `fit` takes a dataset whose records have the columns frequency and
/// monetary and whose targets are not looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct GammaGammaParams(GammaGammaValidParams);

/// Checked settings of a fit.
#[derive(Clone, Debug, PartialEq)]
pub struct GammaGammaValidParams {
    effort: Effort,
}

impl GammaGamma {
    /// Settings of a fit. Defaults: the two likeliest of six starts, 60 iterations each, gradient below 10⁻⁷.
    pub fn params() -> GammaGammaParams {
        GammaGammaParams(GammaGammaValidParams { effort: Effort { starts: 2, iterations: 60, tolerance: 1e-7 } })
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

    /// Names and values of the parameters, in the order of [`Fitted::standard_errors`].
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

impl GammaGammaParams {
    /// How many starts are followed to their maximum: the likeliest of a grid of six. At least 1.
    pub fn starts(mut self, starts: usize) -> Self {
        self.0.effort.starts = starts;
        self
    }

    /// Quasi-Newton iterations a start at most, before the Newton steps that end every fit. At least 1.
    pub fn max_iterations(mut self, iterations: u32) -> Self {
        self.0.effort.iterations = iterations;
        self
    }

    /// A fit has converged when the gradient of the log-likelihood by the logarithms of the parameters is below this
    /// per customer. In (0, 1).
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.effort.tolerance = tolerance;
        self
    }

    /// Fits the model to those of the customers who have a repeat purchase of a positive amount.
    ///
    /// # Errors
    /// For settings out of range and customers that cannot exist, never for what customers spent.
    pub fn fit_summaries(&self, customers: &[Summary]) -> Result<Fitted<GammaGamma>, BtydError> {
        self.check_ref()?.fit_summaries(customers)
    }
}

impl ParamGuard for GammaGammaParams {
    type Checked = GammaGammaValidParams;
    type Error = BtydError;

    fn check_ref(&self) -> Result<&Self::Checked, BtydError> {
        self.0.effort.check()?;
        Ok(&self.0)
    }

    fn check(self) -> Result<Self::Checked, BtydError> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl GammaGammaValidParams {
    /// Fits the model to those of the customers who have a repeat purchase of a positive amount.
    ///
    /// # Errors
    /// For customers that cannot exist.
    pub fn fit_summaries(&self, customers: &[Summary]) -> Result<Fitted<GammaGamma>, BtydError> {
        check_all(customers)?;
        let spent = || customers.iter().filter(|c| c.frequency > 0 && c.monetary > 0.0);
        let repeaters = spent().count() as f64;
        if repeaters == 0.0 {
            let nothing = GammaGamma { p: 1.0, q: 1.0, v: 1.0, observed_mean: 0.0 };
            return Ok(Fitted {
                model: nothing,
                log_likelihood: 0.0,
                converged: false,
                boundary: Some(Boundary::NoData),
                standard_errors: None,
                without_dropout: None,
                customers: 0,
                evaluations: 0,
            });
        }
        let mean = spent().map(|c| c.monetary / repeaters).sum::<f64>();
        let counts = Counts::new(spent().map(|c| (c.frequency, c.monetary / mean)), |amount| [*amount]);
        let with = |[p, q, v]: [f64; 3], unit: f64| GammaGamma { p, q, v: v * unit, observed_mean: mean };
        let likelihood = |parameters: [f64; 3]| {
            let (value, gradient) = counts.log_likelihood(&with(parameters, 1.0));
            (value / repeaters, gradient.map(|g| g / repeaters))
        };
        let best = maximise(likelihood, &start::amounts(), self.effort);
        let model = with(best.parameters, mean);
        let boundary = edge(&model);
        let standard_errors = best.covariance.filter(|_| boundary.is_none()).map(|covariance| {
            // A standard error of a logarithm is a relative one, in any unit.
            let variances = covariance.diag().mapv(|v| v / repeaters);
            model.parameters().iter().zip(variances).map(|((_, value), v)| value * v.sqrt()).collect()
        });
        Ok(Fitted {
            model,
            // A density of amounts has the dimension of money⁻¹.
            log_likelihood: counts.log_likelihood(&with(best.parameters, 1.0)).0 - repeaters * mean.ln(),
            converged: best.converged,
            boundary,
            standard_errors,
            without_dropout: None,
            customers: counts.customers(),
            evaluations: best.evaluations,
        })
    }
}

/// Where a maximum lies at the edge of what the model can tell apart.
fn edge(model: &GammaGamma) -> Option<Boundary> {
    if model.q <= 1.0 {
        Some(Boundary::NoMeanSpend)
    } else if model.p > EQUAL {
        Some(Boundary::EqualAmounts)
    } else if model.q > EQUAL {
        Some(Boundary::EqualSpenders)
    } else {
        None
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, BtydError> for GammaGammaValidParams {
    type Object = Fitted<GammaGamma>;

    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Self::Object, BtydError> {
        let records = dataset.records();
        if records.ncols() < 2 {
            return Err(BtydError::Columns { expected: "2 (frequency, monetary)", found: records.ncols() });
        }
        let customers: Result<Vec<Summary>, BtydError> = records
            .outer_iter()
            .enumerate()
            .map(|(row, r)| Ok(Summary { frequency: whole(r[0], row)?, recency: 0.0, age: 0.0, monetary: r[1] }))
            .collect();
        self.fit_summaries(&customers?)
    }
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

    #[test]
    fn a_fit_uses_repeaters_of_positive_amounts_alone() {
        let repeaters: Vec<Summary> =
            (1..200_u32).map(|i| spender(1 + i % 4, 10.0 + f64::from(i * 37 % 101))).collect();
        let mut all = repeaters.clone();
        all.extend([spender(0, 0.0), spender(3, 0.0)]);
        let (few, many) = (GammaGamma::params().fit_summaries(&repeaters), GammaGamma::params().fit_summaries(&all));
        let (few, many) = (few.expect("possible customers"), many.expect("possible customers"));
        assert_eq!(few, many);
        assert_eq!(many.customers, 199);
    }

    #[test]
    fn nobody_to_learn_from_is_an_answer_too() {
        let fitted = GammaGamma::params().fit_summaries(&[spender(0, 0.0)]).expect("possible customers");
        assert_eq!(fitted.boundary, Some(Boundary::NoData));
        assert_eq!(fitted.model.expected_spend(&spender(0, 0.0)), 0.0);
        assert_eq!(fitted.model.expected_spend(&spender(1, 9.0)), 9.0);
    }

    #[test]
    fn constant_amounts_are_told_as_an_edge() {
        let even: Vec<Summary> = (0..300_u32).map(|i| spender(1 + i % 3, 20.0)).collect();
        let fitted = GammaGamma::params().fit_summaries(&even).expect("possible customers");
        assert!(matches!(fitted.boundary, Some(Boundary::EqualAmounts | Boundary::EqualSpenders)), "{fitted:?}");
        assert!((fitted.model.expected_spend(&spender(0, 0.0)) - 20.0).abs() < 0.1, "{fitted:?}");
    }
}
