//! Amounts as answers show them: in go features' and models' floats, out come cents.

/// An amount to the cent.
pub(crate) fn cents(amount: f64) -> f64 {
    // Adding 0 turns a negative zero into one that prints without a sign.
    (amount * 100.0).round() / 100.0 + 0.0
}

/// An amount to the cent, where there is one.
pub(crate) fn cents_of(amount: Option<f64>) -> Option<f64> {
    amount.map(cents)
}
