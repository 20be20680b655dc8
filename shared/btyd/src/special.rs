//! The special functions of these models, in forms that neither cancel nor overflow.
//!
//! In flow parameters and times, all positive; out flow values and, where a fit needs them, their derivatives. No
//! model and no customer is known here.
pub(crate) mod lifetime;
pub(crate) mod power_integral;

use statrs::function::gamma::{digamma, ln_gamma};

/// Up to here a rising factorial is multiplied out, which stays exact for large arguments too.
const MULTIPLIED: u32 = 16;

/// ln (a)ₙ = ln Γ(a+n) − ln Γ(a) for a whole n ≥ 0, and its derivative by a.
pub(crate) fn ln_rising(a: f64, n: f64) -> (f64, f64) {
    if n > f64::from(MULTIPLIED) {
        return (ln_gamma(a + n) - ln_gamma(a), digamma(a + n) - digamma(a));
    }
    let (mut product, mut derivative, mut i) = (1.0, 0.0, 0.0);
    while i < n {
        product *= a + i;
        derivative += (a + i).recip();
        i += 1.0;
    }
    (product.ln(), derivative)
}

/// ln(eᵘ + eᵛ), and the share of the first term in the sum. Either may be −∞.
pub(crate) fn ln_add_exp(u: f64, v: f64) -> (f64, f64) {
    let other = (v - u).exp();
    if other.is_infinite() {
        return (v, 0.0);
    }
    (u + other.ln_1p(), (1.0 + other).recip())
}

/// (1 − e^{εl})/ε, which is −l at ε = 0.
pub(crate) fn relative_decay(epsilon: f64, l: f64) -> f64 {
    let exponent = epsilon * l;
    if exponent.abs() < 1e-300 { -l } else { exponent.exp_m1() / exponent * -l }
}
