//! Why a fit was refused. What customers did is never a reason; impossible input and impossible settings are.

/// A refused fit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BtydError {
    /// A customer no history can produce: a negative age, a purchase after the end of observation, not a number.
    #[error("customer {row}: {field} is {value}, but {field} {rule}")]
    Summary {
        /// Index of the customer in the input, from 0.
        row: usize,
        /// Which part of the summary.
        field: &'static str,
        /// What it holds.
        value: f64,
        /// What it must be, as the predicate of a sentence.
        rule: &'static str,
    },
    /// A dataset of the wrong shape.
    #[error("records have {found} columns, expected {expected}")]
    Columns {
        /// Names of the expected columns in order.
        expected: &'static str,
        /// How many came.
        found: usize,
    },
    /// A setting outside its range.
    #[error("{name} is {value}, expected {range}")]
    Parameter {
        /// Name of the setting.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed.
        range: &'static str,
    },
    /// Raised by linfa itself.
    #[error(transparent)]
    Linfa(#[from] linfa::error::Error),
}
