//! The audit of availability: in flow a history, its context and windows that were computed from all of it, out flows
//! the proof that no feature used a row dated at or behind its cutoff, or a refusal that names the feature.
//!
//! For a sample of customers the history is cut off at each cutoff, so that nothing later exists in it, and their
//! features are computed once more; both must be equal to the bit. What a training pass may see is settled by
//! construction and held by properties; this holds for the very data that a model is about to be trained on.
use super::{Context, History, Window, window};
use crate::time::Cutoff;
use serde::{Deserialize, Serialize};

/// Customers that are audited at most: the first by hash, which are a uniform sample.
const AUDITED: usize = 1_000;

/// What was audited.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Availability {
    /// Features of each row.
    pub features: usize,
    /// Cutoffs, earliest first.
    pub cutoffs: Vec<Cutoff>,
    /// Rows that were computed again from what lay before their cutoff alone.
    pub rows: usize,
}

/// A feature that knows what was not known yet.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AvailabilityError {
    /// The values differ.
    #[error(
        "feature {feature} of a customer at cutoff {cutoff} is {found}, but {expected} from the rows dated before the \
         cutoff: it uses what was not known yet"
    )]
    Feature {
        /// The feature.
        feature: &'static str,
        /// Cutoff of the window.
        cutoff: Cutoff,
        /// What the window says.
        found: f32,
        /// What rows dated before the cutoff say.
        expected: f32,
    },
    /// A window holds customers of whom nothing was known yet, or lacks some.
    #[error(
        "the window of cutoff {cutoff} holds {found} of the audited customers, but {expected} were known before it"
    )]
    Population {
        /// Cutoff of the window.
        cutoff: Cutoff,
        /// How many it holds.
        found: usize,
        /// How many were known.
        expected: usize,
    },
}

/// Audits `windows`, computed from `history` in `context`.
///
/// # Errors
/// The first feature, or the first population, that rows dated before the cutoff do not give.
pub fn audit(history: &History, context: &Context, windows: &[Window]) -> Result<Availability, AvailabilityError> {
    let sample = history.len().min(AUDITED) as u32;
    let mut done = Availability { features: context.columns().len(), ..Availability::default() };
    for found in windows {
        let cutoff = found.cutoff;
        let expected = window(&history.known_before(cutoff, sample), context, cutoff);
        let rows = found.customers.partition_point(|customer| *customer < sample);
        if found.customers[..rows] != expected.customers[..] {
            return Err(AvailabilityError::Population { cutoff, found: rows, expected: expected.len() });
        }
        for row in 0..rows {
            let values = found.features.values.row(row);
            for ((feature, found), expected) in
                found.features.features.iter().zip(values).zip(expected.features.values.row(row))
            {
                // Whatever is missing is missing, with whatever bits.
                if found.to_bits() != expected.to_bits() && !(found.is_nan() && expected.is_nan()) {
                    let (found, expected) = (*found, *expected);
                    return Err(AvailabilityError::Feature { feature: feature.name, cutoff, found, expected });
                }
            }
        }
        done.cutoffs.push(cutoff);
        done.rows += rows;
    }
    Ok(done)
}
