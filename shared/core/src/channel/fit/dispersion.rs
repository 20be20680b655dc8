//! How far outcomes scatter around their means: in flow outcomes and means, out flow the negative binomial's size and
//! the factor by which dependence between neighbouring periods makes the data weigh less. Nothing is fitted here.

/// Days over which errors of neighbouring periods are looked at together.
pub(crate) const DEPENDENT_DAYS: usize = 28;
const MOST_CORRELATION: f64 = 0.9;
const LEAST_SIZE: f64 = 0.2;
const LARGEST_SIZE: f64 = 1e5;

/// k of the negative binomial by moments: `Σ (y − μ)² = Σ (μ + μ²/k)`.
pub(crate) fn size(outcome: &[f64], means: &[f64]) -> f64 {
    let pairs = || outcome.iter().zip(means);
    let excess: f64 = pairs().map(|(y, mu)| (y - mu) * (y - mu) - mu).sum();
    let squares: f64 = pairs().map(|(_, mu)| mu * mu).sum();
    if excess <= squares / LARGEST_SIZE { LARGEST_SIZE } else { (squares / excess).max(LEAST_SIZE) }
}

/// The long-run variance of the standardised residuals over their variance: that of Newey & West (1987, Econometrica
/// 55, 703; Bartlett's weights up to `lags`), or that of an autoregression of order 1, `(1 + ρ) ÷ (1 − ρ)`, whichever is
/// larger, since the fitted season and slow spend have taken the slowest movements out of the residuals; and at least 1.
pub(crate) fn dependence(outcome: &[f64], means: &[f64], size: f64, lags: usize) -> f64 {
    let residual = |(y, mu): (&f64, &f64)| (y - mu) / (mu + mu * mu / size).sqrt().max(f64::MIN_POSITIVE);
    let residuals: Vec<f64> = outcome.iter().zip(means).map(residual).collect();
    let covariance = |lag: usize| residuals.iter().zip(&residuals[lag..]).map(|(a, b)| a * b).sum::<f64>();
    let variance = covariance(0);
    if variance <= 0.0 {
        return 1.0;
    }
    let lags = lags.min(residuals.len() / 4);
    let weighted = |lag: usize| (1.0 - lag as f64 / (lags as f64 + 1.0)) * covariance(lag);
    let long_run = variance + 2.0 * (1..=lags).map(weighted).sum::<f64>();
    let correlation = (covariance(1) / variance).clamp(0.0, MOST_CORRELATION);
    (long_run / variance).max((1.0 + correlation) / (1.0 - correlation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternating_errors_weigh_in_full_and_repeated_ones_by_their_runs() {
        let means = vec![100.0; 800];
        let alternating: Vec<f64> = (0..800).map(|n| if n % 2 == 0 { 120.0 } else { 80.0 }).collect();
        let k = size(&alternating, &means);
        // A variance of 400 is 100 + 100²/k.
        assert!((k - 10_000.0 / 300.0).abs() < 1e-9);
        assert_eq!(dependence(&alternating, &means, k, 28), 1.0);
        let runs: Vec<f64> = (0..800).map(|n| if (n / 4) % 2 == 0 { 120.0 } else { 80.0 }).collect();
        assert!(dependence(&runs, &means, size(&runs, &means), 3) > 1.5);
    }

    #[test]
    fn outcomes_without_excess_are_poisson() {
        assert_eq!(size(&[4.0, 6.0, 5.0], &[5.0, 5.0, 5.0]), LARGEST_SIZE);
    }
}
