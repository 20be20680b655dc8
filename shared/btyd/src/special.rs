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

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these answers are exact, not rounded")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_rising_factorial_continues_where_it_is_no_longer_multiplied(a in 0.01..50.0_f64) {
            let (at, by) = ln_rising(a, 16.0);
            let (next, next_by) = ln_rising(a, 17.0);
            prop_assert!((next - at - (a + 16.0).ln()).abs() < 1e-11 * next.abs().max(1.0));
            prop_assert!((next_by - by - (a + 16.0).recip()).abs() < 1e-11 * next_by.max(1.0));
        }

        #[test]
        fn a_sum_of_exponentials_does_not_overflow(u in -2000.0..2000.0_f64, gap in -30.0..30.0_f64) {
            let (ln, share) = ln_add_exp(u, u + gap);
            prop_assert!((ln - u - (1.0 + gap.exp()).ln()).abs() < 1e-10);
            prop_assert!((share - 1.0 / (1.0 + gap.exp())).abs() < 1e-12);
        }
    }

    #[test]
    fn an_impossible_event_has_no_share() {
        assert_eq!(ln_add_exp(-3.0, f64::NEG_INFINITY), (-3.0, 1.0));
        assert_eq!(ln_add_exp(-1e9, 3.0), (3.0, 0.0));
    }

    #[test]
    fn relative_decay_passes_through_its_limit() {
        assert_eq!(relative_decay(0.0, -2.0), 2.0);
        assert!((relative_decay(1e-9, -2.0) - 2.0).abs() < 1e-8);
        assert!((relative_decay(0.5, -2.0) - (1.0 - (-1.0_f64).exp()) / 0.5).abs() < 1e-14);
    }
}
