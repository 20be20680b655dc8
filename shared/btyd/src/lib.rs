//! Buy-till-you-die models: BG/NBD, MBG/NBD, Pareto/NBD and Gamma-Gamma.
#![warn(missing_docs)]

/// What these models see of one customer. One purchase a customer-day; time in one unit of the caller's choice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Repeat purchases, x: purchase days after the first.
    pub frequency: u32,
    /// Time of the last purchase since the first, t_x; 0 without a repeat.
    pub recency: f64,
    /// Time from the first purchase to the end of observation, T.
    pub age: f64,
    /// Mean amount of *repeat* purchase days with a positive amount, z̄; 0 without one.
    pub monetary: f64,
}
