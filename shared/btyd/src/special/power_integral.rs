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
    if (a - b) / (a + lo) < SERIES_BELOW { series(p, q, a, b, lo, hi) } else { quadrature(p, q, a, b, lo, hi) }
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

    let (mut coefficient, mut by_coefficient, mut power, mut left_power) = (1.0, 0.0, 1.0, 0.0);
    let mut end = (k * log_ratio).exp();
    // Sums for I and for its derivatives by k, by the coefficients, by a−b and by A.
    let (mut sum, mut by_k, mut by_rising, mut by_gap, mut by_start) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let mut n = 0.0;
    loop {
        // Where ρ is near 1 the difference from 1 is taken before it is rounded away.
        let exponent = (k + n) * log_ratio;
        let missing = if exponent > -0.5 { -exponent.exp_m1() } else { 1.0 - end };
        let share = missing / (k + n);
        let term = coefficient * power;
        sum += term * share;
        by_k -= term * (log_ratio * end + share) / (k + n);
        by_rising += term * share * by_coefficient;
        by_gap += coefficient * n * left_power * share;
        by_start -= term * (missing + end * left);

        let growth = (q + n) / (n + 1.0) * z;
        if growth < 1.0 && term * share <= 1e-17 * sum * (1.0 - growth.max(z)) {
            break;
        }
        by_coefficient += (q + n).recip();
        coefficient *= (q + n) / (n + 1.0);
        left_power = power;
        power *= z;
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

/// For a ≥ b: Gauss–Legendre panels in u = ln(b+τ), in which both factors are smooth however small b is.
fn quadrature(p: f64, q: f64, a: f64, b: f64, lo: f64, hi: f64) -> PowerIntegral {
    let first = (b + lo).ln();
    let length = ((hi - lo) / (b + lo)).ln_1p();
    // Within one panel the integrand changes by less than e⁴, which 16 points integrate to the last digits.
    let panels = (length * (p + q) / 4.0).ceil().max(1.0);
    let half = length / panels / 2.0;
    // The integrand falls or rises monotonically enough that its larger end keeps the sum from over- and underflow.
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
