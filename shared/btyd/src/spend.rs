//! Settings and fit of the Gamma-Gamma model: from customers to a model, whatever they spent.
//!
//! In flow settings and a linfa dataset or summaries; out flows a [`Fitted`] model. Only impossible input or settings
//! are errors.
use crate::counts::Counts;
use crate::maximise::{Effort, maximise};
use crate::params::{effort_settings, whole};
use crate::summary::check_all;
use crate::{Boundary, BtydError, Fitted, GammaGamma, Summary, start};
use linfa::{DatasetBase, ParamGuard, traits::Fit};
use ndarray::{ArrayBase, Data, Ix2};

/// Beyond this shape, amounts vary by less than 3 % of their mean.
const EQUAL: f64 = 1e3;

/// Unchecked settings of a fit. With linfa, `fit` takes a dataset whose records have the columns frequency and
/// monetary and whose targets are not looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct GammaGammaParams(GammaGammaValidParams);

/// Checked settings of a fit.
#[derive(Clone, Debug, PartialEq)]
pub struct GammaGammaValidParams {
    effort: Effort,
}

impl GammaGammaParams {
    pub(crate) fn new(effort: Effort) -> Self {
        Self(GammaGammaValidParams { effort })
    }

    /// Fits the model to those of the customers who have a repeat purchase of a positive amount.
    ///
    /// # Errors
    /// For settings out of range and customers that cannot exist, never for what customers spent.
    pub fn fit_summaries(&self, customers: &[Summary]) -> Result<Fitted<GammaGamma>, BtydError> {
        self.check_ref()?.fit_summaries(customers)
    }
}

effort_settings!(GammaGammaParams, GammaGammaValidParams, "six");

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

    fn spender(frequency: u32, monetary: f64) -> Summary {
        Summary { frequency, recency: 0.0, age: 0.0, monetary }
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
