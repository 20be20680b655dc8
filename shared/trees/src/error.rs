//! What can be wrong with the input of a fit: every error names the thing and its value. It never wraps a panic.
use thiserror::Error;

/// Why a matrix could not be binned or a model could not be fitted.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum TreesError {
    /// A parameter lies outside of its range.
    #[error("parameter {name} is {value}, it must be {allowed}")]
    Parameter {
        /// The parameter's method on the builder.
        name: &'static str,
        /// What was given.
        value: f64,
        /// What is allowed, in words.
        allowed: &'static str,
    },
    /// Two things that belong together differ in length.
    #[error("{what}: {found} given, {expected} expected")]
    Length {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A row index beyond the matrix.
    #[error("row {row} does not exist in a matrix of {rows} rows")]
    NoSuchRow {
        /// The index given.
        row: u32,
        /// How many rows there are.
        rows: usize,
    },
    /// A row index given twice; use weights instead.
    #[error("row {row} is given more than once")]
    RepeatedRow {
        /// The index given twice.
        row: u32,
    },
    /// Nothing to learn from.
    #[error("no rows to fit")]
    NoRows,
    /// A target that the objective cannot learn from.
    #[error("the target of row {row} is {value}, which the {objective} objective does not allow")]
    Target {
        /// Row of the matrix.
        row: u32,
        /// Its target.
        value: f32,
        /// The objective's name.
        objective: &'static str,
    },
    /// A weight that is negative or not a number, or weights that are all zero.
    #[error("the weight of row {row} is {value}, it must be finite, not negative, and not zero for all rows")]
    Weight {
        /// Row of the matrix.
        row: u32,
        /// Its weight.
        value: f32,
    },
    /// The validation rows were not binned with the training matrix' boundaries.
    #[error("validation rows must be binned by `bin_like` of the training matrix")]
    ForeignBins,
    /// A model that was stored by a version that did not count the training rows of its nodes.
    #[error("the model does not know how many training rows its nodes saw, it must be fitted anew to be explained")]
    NoCovers,
    /// An error of linfa, for its `Fit` trait.
    #[error(transparent)]
    Linfa(#[from] linfa::Error),
}
