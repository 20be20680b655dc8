//! Settings of a fit of a purchase model, with linfa's two stages: unchecked, then checked.
//!
//! In flow settings and a linfa dataset or summaries; out flows what the fit answers. Only impossible input or settings
//! are errors.
use crate::maximise::Effort;
use crate::{BtydError, Fitted, PurchaseKind, PurchaseModel, Summary};
use linfa::{DatasetBase, ParamGuard, traits::Fit};
use ndarray::{ArrayBase, Data, Ix2};

/// How long and how exactly to search, as settings of parameters that wrap their checked form, and linfa's check of it.
macro_rules! effort_settings {
    ($params:ident, $checked:ident, $grid:literal) => {
        impl $params {
            #[doc = concat!("How many starts are followed to their maximum: the likeliest of a grid of ", $grid, ". At least 1.")]
            pub fn starts(mut self, starts: usize) -> Self {
                self.0.effort.starts = starts;
                self
            }

            /// Quasi-Newton iterations a start at most, before the Newton steps that end every fit. At least 1.
            pub fn max_iterations(mut self, iterations: u32) -> Self {
                self.0.effort.iterations = iterations;
                self
            }

            /// A fit has converged when the gradient of the log-likelihood by the logarithms of the parameters is below
            /// this per customer. In (0, 1).
            pub fn tolerance(mut self, tolerance: f64) -> Self {
                self.0.effort.tolerance = tolerance;
                self
            }
        }

        impl linfa::ParamGuard for $params {
            type Checked = $checked;
            type Error = crate::BtydError;

            fn check_ref(&self) -> Result<&Self::Checked, Self::Error> {
                self.0.effort.check()?;
                Ok(&self.0)
            }

            fn check(self) -> Result<Self::Checked, Self::Error> {
                self.check_ref()?;
                Ok(self.0)
            }
        }
    };
}
pub(crate) use effort_settings;

/// Unchecked settings of a fit. With linfa, `fit` takes a dataset whose records have the columns frequency, recency
/// and age (further ones are ignored) and whose targets are not looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct PurchaseParams(PurchaseValidParams);

/// Checked settings of a fit.
#[derive(Clone, Debug, PartialEq)]
pub struct PurchaseValidParams {
    pub(crate) kind: PurchaseKind,
    pub(crate) effort: Effort,
}

impl PurchaseParams {
    /// Defaults: the two likeliest of nine starts, 60 iterations each, gradient below 10⁻⁷ a customer.
    pub(crate) fn new(kind: PurchaseKind) -> Self {
        Self(PurchaseValidParams { kind, effort: Effort { starts: 2, iterations: 60, tolerance: 1e-7 } })
    }

    /// Fits the model to customers.
    ///
    /// # Errors
    /// For settings out of range and customers that cannot exist, never for what customers did.
    pub fn fit_summaries(&self, customers: &[Summary]) -> Result<Fitted<PurchaseModel>, BtydError> {
        self.check_ref()?.fit_summaries(customers)
    }
}

effort_settings!(PurchaseParams, PurchaseValidParams, "nine");

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BgNbd;
    use linfa::Dataset;
    use ndarray::Array2;

    #[test]
    fn a_linfa_dataset_gives_the_same_fit() {
        let customers: Vec<Summary> = (0..300_u32)
            .map(|i| {
                let age = 20.0 + f64::from(i % 23);
                let frequency = [0, 0, 1, 0, 3, 9][i as usize % 6];
                let recency = if frequency == 0 { 0.0 } else { age * f64::from(1 + i % 7) / 8.0 };
                Summary { frequency, recency, age, monetary: 0.0 }
            })
            .collect();
        let records = Array2::from_shape_fn((customers.len(), 3), |(row, column)| {
            let c = &customers[row];
            [f64::from(c.frequency), c.recency, c.age][column]
        });
        let fitted = BgNbd::params().fit(&Dataset::from(records)).expect("possible customers");
        assert_eq!(fitted, BgNbd::params().fit_summaries(&customers).expect("possible customers"));
    }

    #[test]
    fn impossible_customers_and_settings_are_named() {
        let good = Summary { frequency: 1, recency: 3.0, age: 10.0, monetary: 1.0 };
        let message = |bad: Summary| match BgNbd::params().fit_summaries(&[good, bad]) {
            Ok(fitted) => format!("{fitted:?}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(
            message(Summary { recency: 11.0, ..good }),
            "customer 1: recency is 11, but recency is at most the age"
        );
        assert_eq!(
            message(Summary { age: f64::NAN, ..good }),
            "customer 1: age is NaN, but age is finite and not negative"
        );
        let refused = |params: PurchaseParams| params.fit_summaries(&[good]).expect_err("out of range").to_string();
        assert_eq!(refused(BgNbd::params().starts(0)), "starts is 0, expected at least 1");
        assert_eq!(refused(BgNbd::params().tolerance(-1.0)), "tolerance is -1, expected a number in (0, 1)");
        let narrow = Dataset::from(Array2::<f64>::zeros((4, 2)));
        let error = BgNbd::params().fit(&narrow).expect_err("two columns");
        assert_eq!(error.to_string(), "records have 2 columns, expected 3 (frequency, recency, age)");
    }
}
