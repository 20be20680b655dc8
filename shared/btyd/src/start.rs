//! Where the searches start.
//!
//! In flow simple moments of the customers, in units in which times and amounts have mean 1; out flow grids of
//! parameters around the plausible. Several starts matter: these likelihoods are flat in places and have ridges.
use crate::counts::Counts;
use crate::purchase::Times;

/// (r, α) of a gamma distribution of rates with the mean and variance of the customers', kept within reason.
pub(crate) fn rates(counts: &Counts<Times>) -> [f64; 2] {
    let customers = counts.customers() as f64;
    let age = counts.sum(|_, row| row.age) / customers;
    let mean = counts.frequency_sum() / customers;
    let variance = counts.sum(|x, _| (x - mean) * (x - mean)) / customers;
    // Var x = mean + mean²/r when everybody is observed for the same time.
    let r = (mean * mean / (variance - mean).max(0.01 * mean)).clamp(0.05, 20.0);
    [r, r * age / mean]
}

/// Around the rates of an NBD, which takes those who left for slow buyers.
pub(crate) fn beta_dropout([r, alpha]: [f64; 2]) -> Vec<[f64; 4]> {
    let rates = [[r, alpha], [0.7 * r, 0.4 * alpha], [1.5 * r, 1.2 * alpha]];
    let leaving = [[0.8, 2.5], [0.2, 2.0], [1.0, 10.0]];
    rates.iter().flat_map(|[r, alpha]| leaving.map(|[a, b]| [*r, *alpha, a, b])).collect()
}

/// As [`beta_dropout`], with rates of leaving whose typical customer stays for a third of, once and ten times the
/// mean age.
pub(crate) fn gamma_dropout([r, alpha]: [f64; 2]) -> Vec<[f64; 4]> {
    let rates = [[r, alpha], [0.7 * r, 0.4 * alpha], [1.5 * r, 1.2 * alpha]];
    let leaving = [[0.6, 0.3], [0.6, 1.0], [1.0, 10.0]];
    rates.iter().flat_map(|[r, alpha]| leaving.map(|[s, beta]| [*r, *alpha, s, beta])).collect()
}

/// (p, q, v) of amounts with mean 1, from even to very uneven.
pub(crate) fn amounts() -> Vec<[f64; 3]> {
    [1.0, 6.0].into_iter().flat_map(|p| [2.0_f64, 4.0, 10.0].map(|q| [p, q, (q - 1.0) / p])).collect()
}
