//! The matrix that every candidate trains on and predicts from: one column a feature, one row a customer.
use ndarray::Array2;
use serde::Serialize;

/// Whether a column's numbers have an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Numbers.
    Numeric,
    /// Codes of a vocabulary, without an order.
    Categorical,
}

/// What one feature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Feature {
    /// Its name in matrices, cards and answers.
    pub name: &'static str,
    /// Its unit: `days`, `orders`, `currency`, `share`, `code`, …
    pub unit: &'static str,
    /// What it is, in a sentence.
    pub description: &'static str,
    /// Whether its numbers have an order.
    pub scale: Scale,
}

/// Features of some customers at one cutoff. Missing values are `NaN`.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// What the columns are, in their order.
    pub features: &'static [Feature],
    /// Shape (customers, features), column-major.
    pub values: Array2<f32>,
}

impl Matrix {
    /// How many customers.
    pub fn rows(&self) -> usize {
        self.values.nrows()
    }

    /// For every customer: was there a purchase day before the cutoff?
    pub(crate) fn has_bought(&self) -> impl Iterator<Item = bool> {
        let column = self.column_of("purchase_days").map(|column| self.values.column(column));
        (0..self.rows()).map(move |row| column.is_some_and(|column| column[row] > 0.0))
    }

    /// Where the feature called `name` stands.
    pub fn column_of(&self, name: &str) -> Option<usize> {
        self.features.iter().position(|feature| feature.name == name)
    }
}
