//! Settings of a fit of a purchase model, and the fit: from customers to a model, whatever they did.
//!
//! In flow summaries or a linfa dataset; out flows a [`Fitted`] model. Only impossible input or settings are errors.
use crate::counts::Counts;
use crate::maximise::{Effort, Maximum, maximise};
use crate::purchase::{Family, Times, times};
use crate::summary::check_all;
use crate::{BgNbd, Boundary, BtydError, Fitted, MbgNbd, Nbd, ParetoNbd, PurchaseKind, PurchaseModel, Summary, start};
use linfa::{DatasetBase, ParamGuard, traits::Fit};
use ndarray::{ArrayBase, Data, Ix2};

/// A model with dropout must be likelier than the one without by more than this to be worth its name. Twice the
/// difference is χ²-like where nobody leaves; this is far below any level of significance, and above rounding.
const GAIN: f64 = 1e-2;
/// Beyond this shape, customers' rates differ by less than 3 % of their mean.
const EQUAL: f64 = 1e3;
/// Below this sum of a and b, over 99.9 % of the customers would leave at once or never.
const SPLIT: f64 = 1e-3;

/// Unchecked settings of a fit. With linfa, `fit` takes a dataset whose records have the columns frequency, recency
/// and age (further ones are ignored) and whose targets are not looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct PurchaseParams(PurchaseValidParams);

/// Checked settings of a fit.
#[derive(Clone, Debug, PartialEq)]
pub struct PurchaseValidParams {
    kind: PurchaseKind,
    effort: Effort,
}

impl PurchaseParams {
    /// Defaults: the two likeliest of nine starts, 60 iterations each, gradient below 10⁻⁷ a customer.
    pub(crate) fn new(kind: PurchaseKind) -> Self {
        Self(PurchaseValidParams { kind, effort: Effort { starts: 2, iterations: 60, tolerance: 1e-7 } })
    }

    /// How many starts are followed to their maximum: the likeliest of a grid of nine. At least 1.
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

    /// Fits the model to customers.
    ///
    /// # Errors
    /// For settings out of range and customers that cannot exist, never for what customers did.
    pub fn fit_summaries(&self, customers: &[Summary]) -> Result<Fitted<PurchaseModel>, BtydError> {
        self.check_ref()?.fit_summaries(customers)
    }
}

impl ParamGuard for PurchaseParams {
    type Checked = PurchaseValidParams;
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

impl Effort {
    pub(crate) fn check(&self) -> Result<(), BtydError> {
        let out_of_range =
            |name: &'static str, value: f64, range: &'static str| Err(BtydError::Parameter { name, value, range });
        if self.starts == 0 {
            return out_of_range("starts", 0.0, "at least 1");
        }
        if self.iterations == 0 {
            return out_of_range("max_iterations", 0.0, "at least 1");
        }
        if !(self.tolerance > 0.0 && self.tolerance < 1.0) {
            return out_of_range("tolerance", self.tolerance, "a number in (0, 1)");
        }
        Ok(())
    }
}

impl PurchaseValidParams {
    /// Fits the model to customers.
    ///
    /// # Errors
    /// For customers that cannot exist.
    pub fn fit_summaries(&self, customers: &[Summary]) -> Result<Fitted<PurchaseModel>, BtydError> {
        check_all(customers)?;
        let observed: f64 = customers.iter().map(|customer| customer.age).sum();
        if observed <= 0.0 {
            let idle = Nbd { r: 0.5, alpha: f64::MAX.sqrt() };
            return Ok(placeholder(idle, customers, Boundary::NoData));
        }
        // In units of the mean age all parameters are of the order of 1.
        let unit = observed / customers.len() as f64;
        let counts = times(customers, unit);
        if counts.frequency_sum() == 0.0 {
            return Ok(placeholder(Nbd { r: 0.5, alpha: observed }, customers, Boundary::NoRepeats));
        }
        let without = self.fit_family::<Nbd, 2>(&counts, &[start::rates(&counts)], unit);
        let PurchaseModel::Nbd(nbd) = without.model else { return Ok(without) };
        let rates = [nbd.r, nbd.alpha / unit];
        let fitted = match self.kind {
            PurchaseKind::Nbd => return Ok(without),
            PurchaseKind::BgNbd => self.fit_family::<BgNbd, 4>(&counts, &start::beta_dropout(rates), unit),
            PurchaseKind::MbgNbd => self.fit_family::<MbgNbd, 4>(&counts, &start::beta_dropout(rates), unit),
            PurchaseKind::ParetoNbd => self.fit_family::<ParetoNbd, 4>(&counts, &start::gamma_dropout(rates), unit),
        };
        let evaluations = without.evaluations + fitted.evaluations;
        if fitted.log_likelihood < without.log_likelihood + GAIN {
            return Ok(Fitted { boundary: Some(Boundary::NoDropout), evaluations, ..without });
        }
        Ok(Fitted { without_dropout: Some(without.log_likelihood), evaluations, ..fitted })
    }

    fn fit_family<M, const N: usize>(
        &self,
        counts: &Counts<Times>,
        starts: &[[f64; N]],
        unit: f64,
    ) -> Fitted<PurchaseModel>
    where
        M: Family<N> + Into<PurchaseModel>,
    {
        let customers = counts.customers() as f64;
        let likelihood = |parameters: [f64; N]| {
            let (value, gradient) = counts.log_likelihood(&M::from_parameters(parameters));
            (value / customers, gradient.map(|g| g / customers))
        };
        let best: Maximum<N> = maximise(likelihood, starts, self.effort);
        let scaled = M::from_parameters(best.parameters);
        // A density of x purchases has the dimension of time^−x.
        let log_likelihood = counts.log_likelihood(&scaled).0 - counts.frequency_sum() * unit.ln();
        let model: PurchaseModel = scaled.in_units(unit).into();
        let boundary = edge(&model);
        let standard_errors = best.covariance.filter(|_| boundary.is_none()).map(|covariance| {
            // A standard error of a logarithm is a relative one, in any unit.
            let variances = covariance.diag().mapv(|v| v / customers);
            model.parameters().iter().zip(variances).map(|((_, value), v)| value * v.sqrt()).collect()
        });
        Fitted {
            model,
            log_likelihood,
            converged: best.converged,
            boundary,
            standard_errors,
            without_dropout: matches!(model, PurchaseModel::Nbd(_)).then_some(log_likelihood),
            customers: counts.customers(),
            evaluations: best.evaluations,
        }
    }
}

/// Where a maximum lies at the edge of what the model can tell apart.
fn edge(model: &PurchaseModel) -> Option<Boundary> {
    let (r, leaving) = match *model {
        PurchaseModel::Nbd(Nbd { r, .. }) => (r, None),
        PurchaseModel::BgNbd(BgNbd { r, a, b, .. }) | PurchaseModel::MbgNbd(MbgNbd { r, a, b, .. }) => (r, Some(a + b)),
        PurchaseModel::ParetoNbd(ParetoNbd { r, s, .. }) => (r, Some(s)),
    };
    match leaving {
        _ if r > EQUAL => Some(Boundary::EqualRates),
        Some(shape) if shape > EQUAL => Some(Boundary::EqualDropout),
        Some(shape) if shape < SPLIT => Some(Boundary::SplitDropout),
        _ => None,
    }
}

/// The answer where nothing can be maximised.
fn placeholder(nbd: Nbd, customers: &[Summary], boundary: Boundary) -> Fitted<PurchaseModel> {
    let model = PurchaseModel::Nbd(nbd);
    let log_likelihood = model.log_likelihood(customers);
    Fitted {
        model,
        log_likelihood,
        converged: false,
        boundary: Some(boundary),
        standard_errors: None,
        without_dropout: Some(log_likelihood),
        customers: customers.len() as u64,
        evaluations: 0,
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, BtydError> for PurchaseValidParams {
    type Object = Fitted<PurchaseModel>;

    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Self::Object, BtydError> {
        let records = dataset.records();
        if records.ncols() < 3 {
            return Err(BtydError::Columns { expected: "3 (frequency, recency, age)", found: records.ncols() });
        }
        let customers: Result<Vec<Summary>, BtydError> = records
            .outer_iter()
            .enumerate()
            .map(|(row, r)| {
                let frequency = whole(r[0], row)?;
                Ok(Summary { frequency, recency: r[1], age: r[2], monetary: 0.0 })
            })
            .collect();
        self.fit_summaries(&customers?)
    }
}

/// A frequency out of a column of floats.
pub(crate) fn whole(value: f64, row: usize) -> Result<u32, BtydError> {
    if value.fract() != 0.0 || !(0.0..=f64::from(u32::MAX)).contains(&value) {
        return Err(BtydError::Summary { row, field: "frequency", value, rule: "is a whole number, not negative" });
    }
    Ok(value as u32)
}
