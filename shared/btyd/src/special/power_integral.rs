//! I(p, q; a, b) = ∫ (a+τ)⁻ᵖ (b+τ)⁻ᵠ dτ over an interval of time: the chance of having left, in the Pareto/NBD.
//!
//! Schmittlein, Morrison & Colombo (1987, appendix) and Fader & Hardie (2005, "A note on deriving the Pareto/NBD
//! model") state it as a difference of two Gaussian hypergeometric functions, one at each end. The difference cancels
//! where the interval is short. Here the two series are subtracted term by term, where each difference is positive.

/// ln I and its derivatives by p, q, a and b.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PowerIntegral {
    pub(crate) ln: f64,
    pub(crate) by_p: f64,
    pub(crate) by_q: f64,
    pub(crate) by_a: f64,
    pub(crate) by_b: f64,
}

/// Beyond this argument the series needs over 350 terms, and quadrature is the cheaper.
const SERIES_BELOW: f64 = 0.9;
/// The same where the terms grow until about this one before they fall.
const HUMP: f64 = 200.0;
/// More than the two limits above ever ask for.
const TERMS: f64 = 5_000.0;
/// Where the integrand has fallen by e to this power, what follows is below rounding.
const NEGLIGIBLE: f64 = 50.0;

/// Half of the nodes and weights of the 16-point Gauss–Legendre rule on [−1, 1] (Abramowitz & Stegun, table 25.4).
const GAUSS_LEGENDRE: [(f64, f64); 8] = [
    (0.095_012_509_837_637_44, 0.189_450_610_455_068_5),
    (0.281_603_550_779_258_9, 0.182_603_415_044_923_58),
    (0.458_016_777_657_227_4, 0.169_156_519_395_002_53),
    (0.617_876_244_402_643_7, 0.149_595_988_816_576_73),
    (0.755_404_408_355_003, 0.124_628_971_255_533_87),
    (0.865_631_202_387_831_7, 0.095_158_511_682_492_78),
    (0.944_575_023_073_232_6, 0.062_253_523_938_647_89),
    (0.989_400_934_991_649_9, 0.027_152_459_411_754_095),
];

/// I over [`lo`, `hi`] for positive p, q, a, b with p + q > 1. An empty interval gives ln 0 = −∞ and derivatives 0.
pub(crate) fn power_integral(p: f64, q: f64, a: f64, b: f64, lo: f64, hi: f64) -> PowerIntegral {
    if hi <= lo {
        return PowerIntegral { ln: f64::NEG_INFINITY, by_p: 0.0, by_q: 0.0, by_a: 0.0, by_b: 0.0 };
    }
    if a < b {
        // The same integral with its factors exchanged.
        let i = power_integral(q, p, b, a, lo, hi);
        return PowerIntegral { ln: i.ln, by_p: i.by_q, by_q: i.by_p, by_a: i.by_b, by_b: i.by_a };
    }
    let z = (a - b) / (a + lo);
    if z < SERIES_BELOW && q * z < HUMP * (1.0 - z) {
        series(p, q, a, b, lo, hi)
    } else {
        quadrature(p, q, a, b, lo, hi)
    }
}

/// For a ≥ b. With k = p+q−1, A = a+lo, B = a+hi, z = (a−b)/A and ρ = A/B,
/// (b+τ)⁻ᵠ = (a+τ)⁻ᵠ Σ (q)ₙ/n! ((a−b)/(a+τ))ⁿ integrates term by term to
/// I = A⁻ᵏ Σ (q)ₙ/n! zⁿ (1 − ρᵏ⁺ⁿ)/(k+n), whose terms are all positive.
fn series(p: f64, q: f64, a: f64, b: f64, lo: f64, hi: f64) -> PowerIntegral {
    let k = p + q - 1.0;
    let start = a + lo;
    let z = (a - b) / start;
    let log_ratio = -((hi - lo) / start).ln_1p();
    let ratio = log_ratio.exp();
    let left = -log_ratio.exp_m1();

    // (q)ₙ/n! zⁿ, its logarithmic derivative by q, and itself divided by z.
    let (mut term, mut by_rising_term, mut term_by_z) = (1.0, 0.0, 0.0);
    let mut end = (k * log_ratio).exp();
    // Sums for I and for its derivatives by k, by the coefficients, by a−b and by A.
    let (mut sum, mut by_k, mut by_rising, mut by_gap, mut by_start) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let mut n = 0.0;
    while n < TERMS {
        // Where ρ is near 1 the difference from 1 is taken before it is rounded away.
        let exponent = (k + n) * log_ratio;
        let missing = if exponent > -0.5 { -exponent.exp_m1() } else { 1.0 - end };
        let share = missing / (k + n);
        sum += term * share;
        by_k -= term * (log_ratio * end + share) / (k + n);
        by_rising += term * share * by_rising_term;
        by_gap += n * term_by_z * share;
        by_start -= term * (missing + end * left);

        let growth = (q + n) / (n + 1.0) * z;
        if growth < 1.0 && term * share <= 1e-17 * sum * (1.0 - growth.max(z)) {
            break;
        }
        by_rising_term += (q + n).recip();
        term_by_z = term * (q + n) / (n + 1.0);
        term = term_by_z * z;
        end *= ratio;
        n += 1.0;
    }
    let by_k = by_k / sum - start.ln();
    let by_gap = by_gap / (sum * start);
    PowerIntegral {
        ln: sum.ln() - k * start.ln(),
        by_p: by_k,
        by_q: by_k + by_rising / sum,
        by_a: by_gap + by_start / (sum * start),
        by_b: -by_gap,
    }
}

/// For a ≥ b: Gauss–Legendre panels in u = ln(b+τ), in which both factors are smooth however small b is, up to where
/// the integrand is negligible.
fn quadrature(p: f64, q: f64, a: f64, b: f64, lo: f64, hi: f64) -> PowerIntegral {
    let first = (b + lo).ln();
    let fall = |length: f64| {
        let later = (b + lo) * length.exp_m1();
        p * (later / (a + lo)).ln_1p() + q * length
    };
    let length = reach(fall, ((hi - lo) / (b + lo)).ln_1p());
    // Within one panel the integrand changes by a few powers of e, which 16 points integrate to the last digits.
    let panels = (length + fall(length) / 4.0).ceil().max(1.0);
    let half = length / panels / 2.0;
    // Its larger end keeps the sum from over- and underflow.
    let log_integrand = |u: f64| -p * (a - b + u.exp()).ln() - (q - 1.0) * u;
    let scale = log_integrand(first).max(log_integrand(first + length));

    let (mut sum, mut by_p, mut by_q, mut by_a, mut by_b) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let mut panel = 0.0;
    while panel < panels {
        let centre = first + (2.0 * panel + 1.0) * half;
        for (node, weight) in GAUSS_LEGENDRE {
            for u in [centre - half * node, centre + half * node] {
                let far = a - b + u.exp();
                let value = weight * half * (log_integrand(u) - scale).exp();
                sum += value;
                by_p -= value * far.ln();
                by_q -= value * u;
                by_a -= value * p / far;
                by_b -= value * q * (-u).exp();
            }
        }
        panel += 1.0;
    }
    PowerIntegral { ln: sum.ln() + scale, by_p: by_p / sum, by_q: by_q / sum, by_a: by_a / sum, by_b: by_b / sum }
}

/// How far to integrate: all of `length`, or to where the integrand has fallen to nothing, found by bisection.
fn reach(fall: impl Fn(f64) -> f64, length: f64) -> f64 {
    const HALVINGS: u32 = 40;
    if fall(length) <= NEGLIGIBLE {
        return length;
    }
    let (mut short, mut long) = (0.0, length);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (short + long);
        if fall(middle) <= NEGLIGIBLE {
            short = middle;
        } else {
            long = middle;
        }
    }
    long
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these answers are exact, not rounded")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_rule_integrates_polynomials_up_to_degree_31() {
        for power in [0, 2, 10, 20, 30] {
            let sum: f64 = GAUSS_LEGENDRE.iter().map(|(node, weight)| 2.0 * weight * node.powi(power)).sum();
            assert!((sum - 2.0 / (f64::from(power) + 1.0)).abs() < 1e-15, "degree {power}: {sum}");
        }
    }

    #[test]
    fn an_empty_interval_holds_nothing() {
        assert_eq!(power_integral(1.2, 1.6, 10.0, 11.0, 3.0, 3.0).ln, f64::NEG_INFINITY);
    }

    fn close(u: PowerIntegral, v: PowerIntegral, tolerance: f64) -> bool {
        let near = |u: f64, v: f64| (u - v).abs() <= tolerance * u.abs().max(1.0);
        near(u.ln, v.ln) && near(u.by_p, v.by_p) && near(u.by_q, v.by_q) && near(u.by_a, v.by_a) && near(u.by_b, v.by_b)
    }

    #[test]
    fn extreme_shapes_are_integrated_too() {
        // Where it falls steeply, ∫ (a+τ)⁻ᵖ(b+τ)⁻ᵠ dτ ≈ (a+lo)⁻ᵖ(b+lo)⁻ᵠ / (p/(a+lo) + q/(b+lo)), Laplace's method.
        for (p, q, a, b) in [(1e4, 2.0, 3.0, 0.5), (0.5, 2e4, 9.0, 2.0), (3e4, 1e4, 5.0, 4.9), (2e8, 1.5, 2e4, 1e-3)] {
            let i = power_integral(p, q, a, b, 1.0, 1e3);
            let slope = p / (a + 1.0) + q / (b + 1.0);
            let laplace = -p * f64::ln(a + 1.0) - q * f64::ln(b + 1.0) - slope.ln();
            assert!((i.ln - laplace).abs() < 0.01, "{i:?} {laplace}");
        }
    }

    proptest! {
        #[test]
        fn with_equal_rates_it_is_a_power(p in 0.05..30.0_f64, q in 1.0..5.0_f64, a in 0.1..50.0_f64, length in 0.1..50.0_f64) {
            let k = p + q - 1.0;
            let i = power_integral(p, q, a, a, 2.0, 2.0 + length);
            let exact = -k * (a + 2.0).ln() + (-(-k * (length / (a + 2.0)).ln_1p()).exp_m1() / k).ln();
            prop_assert!((i.ln - exact).abs() < 1e-12 * exact.abs().max(1.0));
        }

        #[test]
        fn series_and_quadrature_agree(
            p in 0.05..40.0_f64, q in 0.05..40.0_f64, b in 0.1..20.0_f64, gap in 0.0..40.0_f64,
            lo in 0.0..30.0_f64, length in 0.01..60.0_f64,
        ) {
            prop_assume!(p + q > 1.01);
            let a = b + gap;
            let (u, v) = (series(p, q, a, b, lo, lo + length), quadrature(p, q, a, b, lo, lo + length));
            prop_assert!(close(u, v, 1e-9), "{:?} {:?}", u, v);
        }

        #[test]
        fn derivatives_are_those_of_the_value(
            p in 0.2..20.0_f64, q in 1.05..8.0_f64, a in 0.5..40.0_f64, b in 0.5..40.0_f64,
            lo in 0.0..30.0_f64, length in 0.1..60.0_f64,
        ) {
            let h = 1e-5;
            let at = |dp: f64, dq: f64, da: f64, db: f64| {
                power_integral(p + dp, q + dq, a + da, b + db, lo, lo + length).ln
            };
            let i = power_integral(p, q, a, b, lo, lo + length);
            let slopes = [
                (i.by_p, at(h, 0.0, 0.0, 0.0) - at(-h, 0.0, 0.0, 0.0)),
                (i.by_q, at(0.0, h, 0.0, 0.0) - at(0.0, -h, 0.0, 0.0)),
                (i.by_a, at(0.0, 0.0, h, 0.0) - at(0.0, 0.0, -h, 0.0)),
                (i.by_b, at(0.0, 0.0, 0.0, h) - at(0.0, 0.0, 0.0, -h)),
            ];
            for (analytic, difference) in slopes {
                let numeric = difference / (2.0 * h);
                prop_assert!((analytic - numeric).abs() < 1e-6 * analytic.abs().max(1.0), "{} {}", analytic, numeric);
            }
        }
    }
}
