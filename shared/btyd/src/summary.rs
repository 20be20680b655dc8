//! What the models see of one customer.
//!
//! In flows what the caller counted; out flows the same, checked. Nothing is repaired here.
use crate::BtydError;

/// How far a recency may lie past its age before it is an error rather than rounding.
const ROUNDING: f64 = 1e-9;

/// What these models see of one customer. One purchase a customer-day; time in one unit of the caller's choice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Repeat purchases, x: purchase days after the first.
    pub frequency: u32,
    /// Time of the last purchase since the first, `t_x`; 0 without a repeat.
    pub recency: f64,
    /// Time from the first purchase to the end of observation, T.
    pub age: f64,
    /// Mean amount of *repeat* purchase days with a positive amount, z̄; 0 without one.
    pub monetary: f64,
}

impl Summary {
    /// Can a customer have this history? `row` is named in the error.
    pub(crate) fn check(&self, row: usize) -> Result<(), BtydError> {
        let impossible =
            |field: &'static str, value: f64, rule: &'static str| Err(BtydError::Summary { row, field, value, rule });
        if !self.age.is_finite() || self.age < 0.0 {
            return impossible("age", self.age, "is finite and not negative");
        }
        if !self.recency.is_finite() || self.recency < 0.0 {
            return impossible("recency", self.recency, "is finite and not negative");
        }
        if self.recency > self.age * (1.0 + ROUNDING) + ROUNDING {
            return impossible("recency", self.recency, "is at most the age");
        }
        if !self.monetary.is_finite() || self.monetary < 0.0 {
            return impossible("monetary", self.monetary, "is finite and not negative");
        }
        Ok(())
    }

    /// x as the formulas use it.
    pub(crate) fn x(&self) -> f64 {
        f64::from(self.frequency)
    }

    /// `t_x` as the formulas use it: 0 without a repeat, never past T.
    pub(crate) fn last(&self) -> f64 {
        if self.frequency == 0 { 0.0 } else { self.recency.min(self.age) }
    }
}

/// Checks every customer of a fit.
pub(crate) fn check_all(customers: &[Summary]) -> Result<(), BtydError> {
    customers.iter().enumerate().try_for_each(|(row, customer)| customer.check(row))
}
