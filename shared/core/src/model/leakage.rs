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

/// Share of the baselines' gap to a perfect order (1 − normalized Gini) that a single feature may close.
const MOST_CLOSED: f64 = 0.85;
/// Fewer buyers than this are ranked well by chance.
const FEWEST_BUYERS: usize = 100;

/// Refuses `window` where a feature alone ranks its customers by their target better than honest features can.
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
        if feature.scale == Scale::Categorical {
            continue;
        }
        let values: Vec<f64> = window.features.values.column(column).iter().map(|value| f64::from(*value)).collect();
        // A missing value ranks last from either end.
        let known = |sign: f64| -> Vec<f64> {
            values.iter().map(|value| if value.is_finite() { sign * value } else { f64::NEG_INFINITY }).collect()
        };
        let alone = ranks(&known(1.0)).max(ranks(&known(-1.0)));
        if alone > limit {
            return Err(ModelError::LeakingFeature { feature: feature.name, cutoff: window.cutoff, alone, honest });
        }
    }
    Ok(())
}
