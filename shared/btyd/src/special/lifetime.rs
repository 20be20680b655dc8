//! Purchases in the next t of a customer who is active now, where customers leave after a purchase.
//!
//! In flow the posterior of one customer; out flows an expectation. Two forms of one formula, each where it is exact.
use super::relative_decay;

/// Terms after which a series is given up; reached only where t is thousands of times the time observed.
const TERMS: u32 = 200_000;
/// Above this the paper's form is used, whose factor a−1 no longer matters and whose terms are positive.
const LARGE_A: f64 = 1.5;
/// A partial sum above this is scaled down, and its logarithm kept.
const LARGE_SUM: f64 = 1e200;

/// E[purchases in (T, T+t]] of a customer active at T, whose rate is Gamma(`shape`, `rate`) and whose probability of
/// leaving after each purchase is Beta(`a`, `b`), all as known at T (Fader, Hardie & Lee 2005, equation 10, without
/// P(alive)).
pub(crate) fn expected_purchases(shape: f64, rate: f64, a: f64, b: f64, t: f64) -> f64 {
    let c = a + b - 1.0;
    let z = t / (rate + t);
    let log_left = -(t / rate).ln_1p();
    let expected = if a > LARGE_A {
        c / (a - 1.0) * -(shape * log_left + ln_gauss(shape, b, c, z)).exp_m1()
    } else {
        regular(shape, a, c, z, log_left)
    };
    expected.max(0.0)
}

/// ln ₂F₁(k, b; c; z) for positive k, b, c and z in [0, 1), by its series of positive terms.
fn ln_gauss(k: f64, b: f64, c: f64, z: f64) -> f64 {
    let (mut term, mut sum, mut scaled_by) = (1.0, 1.0, 0.0);
    for n in 0..TERMS {
        let n = f64::from(n);
        let ratio = (k + n) * (b + n) / ((c + n) * (n + 1.0)) * z;
        term *= ratio;
        sum += term;
        if is_over(term, sum, ratio, z) {
            break;
        }
        if sum > LARGE_SUM {
            term /= LARGE_SUM;
            sum /= LARGE_SUM;
            scaled_by += LARGE_SUM.ln();
        }
    }
    sum.ln() + scaled_by
}

/// The paper's c/(a−1) · [1 − (1−z)ᵏ ₂F₁(k, b; c; z)] is 0/0 at a = 1 and undefined at c = 0. Euler's transformation
/// ₂F₁(k, b; c; z) = (1−z)^(a−1−k) ₂F₁(c−k, a−1; c; z) takes the factor a−1 out of the bracket, and multiplying c in
/// removes its pole. With ε = a−1 it is
/// c·(1−(1−z)^ε)/ε − (1−z)^ε Σₙ₌₁ (c−k)ₙ(a)ₙ₋₁/((c+1)ₙ₋₁ n!) zⁿ.
fn regular(k: f64, a: f64, c: f64, z: f64, log_left: f64) -> f64 {
    let mut term = (c - k) * z;
    let mut sum = 0.0;
    for n in 1..=TERMS {
        sum += term;
        let n = f64::from(n);
        let ratio = (c - k + n) * (a + n - 1.0) / ((c + n) * (n + 1.0)) * z;
        term *= ratio;
        if is_over(term, sum, ratio, z) {
            break;
        }
    }
    let epsilon = a - 1.0;
    c * relative_decay(epsilon, log_left) - (epsilon * log_left).exp() * sum
}

/// Is the rest of a series, whose ratios tend to z monotonically, below rounding?
fn is_over(term: f64, sum: f64, ratio: f64, z: f64) -> bool {
    let bound = ratio.abs().max(z);
    term == 0.0 || bound < 1.0 && term.abs() < 1e-17 * sum.abs() * (1.0 - bound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `E[(1 − (rate/(rate+p·t))ᵏ)/p]` over p ~ Beta(a, b): expected purchases given p, averaged by the midpoint rule.
    fn by_integration(shape: f64, rate: f64, a: f64, b: f64, t: f64) -> f64 {
        let points = 20_000;
        let (mut sum, mut mass) = (0.0, 0.0);
        for i in 0..points {
            let p = (f64::from(i) + 0.5) / f64::from(points);
            let weight = ((a - 1.0) * p.ln() + (b - 1.0) * (-p).ln_1p()).exp();
            sum += weight * (1.0 - (rate / (rate + p * t)).powf(shape)) / p;
            mass += weight;
        }
        sum / mass
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn expected_purchases_are_the_average_over_the_chance_of_leaving(
            shape in 0.1..12.0_f64, rate in 1.0..40.0_f64, a in 2.0..6.0_f64, b in 2.0..9.0_f64, t in 0.1..60.0_f64,
        ) {
            let expected = by_integration(shape, rate, a, b, t);
            prop_assert!((expected_purchases(shape, rate, a, b, t) / expected - 1.0).abs() < 1e-6);
        }

        #[test]
        fn both_forms_agree_where_both_are_exact(
            k in 0.1..40.0_f64, a in 1.2..3.0_f64, b in 0.1..50.0_f64, w in 0.01..20.0_f64,
        ) {
            let (c, z, log_left) = (a + b - 1.0, w / (1.0 + w), -w.ln_1p());
            let paper = c / (a - 1.0) * -(k * log_left + ln_gauss(k, b, c, z)).exp_m1();
            prop_assert!((regular(k, a, c, z, log_left) / paper - 1.0).abs() < 1e-8);
        }

        #[test]
        fn nobody_buys_more_than_if_they_never_left(
            shape in 0.01..300.0_f64, rate in 0.1..100.0_f64, a in 0.001..3000.0_f64, b in 0.001..3000.0_f64,
            t in 0.001..100.0_f64,
        ) {
            let expected = expected_purchases(shape, rate, a, b, t);
            prop_assert!(expected > 0.0 && expected <= shape / rate * t * (1.0 + 1e-9), "{}", expected);
            prop_assert!(expected <= expected_purchases(shape, rate, a, b, 1.5 * t) * (1.0 + 1e-9));
        }
    }

    #[test]
    fn the_poles_of_the_published_form_are_regular_points() {
        // a = 1 divides by zero in the paper's form, a + b = 1 asks for ₂F₁ at c = 0.
        for (a, b) in [(1.0, 2.0), (0.6, 0.4), (0.3, 0.7)] {
            let [below, at, above] = [-1e-6, 0.0, 1e-6].map(|d| expected_purchases(1.3, 5.0, a + d, b, 20.0));
            assert!((below + above - 2.0 * at).abs() < 1e-8 && at > 0.0, "{below} {at} {above}");
        }
    }
}
