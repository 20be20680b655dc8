//! The leakage gate: in flows a window that is over, out flows a refusal where one feature alone tells its target too
//! well to be honest. What a feature may see is settled by construction and held by properties; this is the check that
//! notices when a new feature, or a column somebody uploads, breaks that all the same.
//!
//! A feature of the past cannot rank customers much better than what they have spent so far. One that closes most of
//! the gap between the best plain baseline and a perfect order holds part of the answer: Kaufman, Rosset & Perlich
//! (2012, *Leakage in data mining*, section 5) call such a feature's predictive power "too good to be true".
use super::ModelError;
use super::metrics::{descending, gini};
use crate::feature::Window;
use crate::feature::matrix::Scale;
use std::collections::BTreeMap;

/// Share of the baselines' gap to a perfect order (1 − normalized Gini) that a single feature may close.
const MOST_CLOSED: f64 = 0.85;
/// Fewer buyers than this are ranked well by chance.
const FEWEST_BUYERS: usize = 100;
/// Folds by which codes are ranked. Customers stand in the order of their hashes, so every so-manieth is a random draw.
const FOLDS: usize = 5;
/// Customers that the mean of all counts for in the mean of one code (Micci-Barreca 2001, *A preprocessing scheme for
/// high-cardinality categorical attributes*, equation 3).
const PRIOR: f64 = 10.0;

/// Refuses `window` where a feature alone, by its value or by what its code lets expect, ranks its customers by their
/// target better than honest features can.
///
/// # Errors
/// [`ModelError::LeakingFeature`].
pub fn audit(window: &Window) -> Result<(), ModelError> {
    if window.target.iter().filter(|spent| **spent > 0.0).count() < FEWEST_BUYERS {
        return Ok(());
    }
    let ranks = |by: &[f64]| gini(&window.target, &descending(by)).unwrap_or(0.0);
    let honest = ranks(&window.spend_to_date).max(ranks(&window.last_horizon_spend));
    let limit = 1.0 - (1.0 - MOST_CLOSED) * (1.0 - honest.max(0.0));
    for (column, feature) in window.features.features.iter().enumerate() {
        let values: Vec<f64> = window.features.values.column(column).iter().map(|value| f64::from(*value)).collect();
        let alone = match feature.scale {
            Scale::Categorical => ranks(&expected_by_code(&values, &window.target)),
            Scale::Numeric => {
                // A missing value ranks last from either end.
                let known = |sign: f64| -> Vec<f64> {
                    values
                        .iter()
                        .map(|value| if value.is_finite() { sign * value } else { f64::NEG_INFINITY })
                        .collect()
                };
                ranks(&known(1.0)).max(ranks(&known(-1.0)))
            }
        };
        if alone > limit {
            return Err(ModelError::LeakingFeature { feature: feature.name, cutoff: window.cutoff, alone, honest });
        }
    }
    Ok(())
}

/// What a customer's code lets expect of its target: the mean of the same code's customers in the other folds, drawn to
/// the mean of all of them. No customer's own target enters its own expectation. A missing code is a code.
fn expected_by_code(codes: &[f64], target: &[f64]) -> Vec<f64> {
    let mut sums: BTreeMap<u64, [(f64, f64); FOLDS]> = BTreeMap::new();
    let mut totals = [(0.0, 0.0); FOLDS];
    for (row, (code, spent)) in codes.iter().zip(target).enumerate() {
        for (sum, count) in [&mut sums.entry(code.to_bits()).or_default()[row % FOLDS], &mut totals[row % FOLDS]] {
            *sum += spent;
            *count += 1.0;
        }
    }
    let outside = |folds: &[(f64, f64); FOLDS], fold: usize| {
        let others = folds.iter().enumerate().filter(|(other, _)| *other != fold);
        others.fold((0.0, 0.0), |total, (_, one)| (total.0 + one.0, total.1 + one.1))
    };
    let expected = |(row, code): (usize, &f64)| {
        let (all, customers) = outside(&totals, row % FOLDS);
        let (sum, count) = sums.get(&code.to_bits()).map_or((0.0, 0.0), |folds| outside(folds, row % FOLDS));
        (sum + PRIOR * all / customers.max(1.0)) / (count + PRIOR)
    };
    codes.iter().enumerate().map(expected).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_customer_is_expected_to_spend_what_it_alone_spent() {
        // codes of their own say nothing, however much the one behind them spent
        let codes: Vec<f64> = (0..20).map(f64::from).collect();
        let mut target = vec![1.0; 20];
        target[7] = 1_000.0;
        let expected = expected_by_code(&codes, &target);
        assert!((expected[7] - 1.0).abs() < 1e-12, "{}", expected[7]);
        // a code that all big spenders share says it
        let codes: Vec<f64> = (0..20).map(|row| f64::from(u8::from(row >= 15))).collect();
        let target: Vec<f64> = codes.iter().map(|code| 100.0 * code).collect();
        let expected = expected_by_code(&codes, &target);
        // four of the five in the other folds, beside ten times the mean of the sixteen
        assert!((expected[15] - (400.0 + 10.0 * 25.0) / 14.0).abs() < 1e-12, "{}", expected[15]);
    }
}
