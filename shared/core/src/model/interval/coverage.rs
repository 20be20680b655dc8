//! How intervals did: in flow limits that were learned before and what customers outside of those spent, out flow
//! shares of them inside and above, per band too, and pinball losses. Nothing is learned here.
use super::{Intervals, TAIL};
use crate::model::metrics::{descending, pinball};
use serde::{Deserialize, Serialize};

/// How intervals did on customers they were not learned from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Share of customers inside `[low, high]`.
    pub inside: f64,
    /// Share of customers above `high`.
    pub above: f64,
    /// The same per band of the prediction, by rising prediction.
    pub bands: Vec<BandCoverage>,
    /// Mean of the 10 % and 90 % pinball losses of the limits, in currency.
    pub pinball: f64,
    /// The same for one interval for everyone, from the quantiles of validation spend.
    pub pinball_unconditional: f64,
}

/// How intervals did in one band.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BandCoverage {
    /// Highest prediction of the band, in currency.
    pub up_to: f64,
    /// How many customers.
    pub customers: usize,
    /// Share of them that spent nothing.
    pub zeros: f64,
    /// Share inside `[low, high]`.
    pub inside: f64,
    /// Share above `high`.
    pub above: f64,
}

impl Coverage {
    /// Measures `intervals` on held-out customers. `unconditional` holds the 10 % and 90 % quantiles of validation spend.
    pub fn measure(intervals: &Intervals, actual: &[f64], predicted: &[f64], unconditional: (f64, f64)) -> Coverage {
        let limits: Vec<(f64, f64)> = predicted.iter().map(|p| intervals.around(*p)).collect();
        let inside = |i: usize| holds(actual[i], limits[i]);
        let mut order = descending(predicted);
        order.reverse();
        let mut bands = Vec::new();
        let mut start = 0;
        for (number, band) in intervals.bands.iter().enumerate() {
            let last = number + 1 == intervals.bands.len();
            let end = start + order[start..].partition_point(|i| last || predicted[*i as usize] <= band.up_to);
            let members = &order[start..end];
            start = end;
            if members.is_empty() {
                continue;
            }
            let share = |count: usize| count as f64 / members.len() as f64;
            bands.push(BandCoverage {
                up_to: band.up_to,
                customers: members.len(),
                zeros: share(members.iter().filter(|i| actual[**i as usize] <= 0.0).count()),
                inside: share(members.iter().filter(|i| inside(**i as usize)).count()),
                above: share(members.iter().filter(|i| above(actual[**i as usize], limits[**i as usize].1)).count()),
            });
        }
        let n = actual.len().max(1) as f64;
        let loss =
            |low: &[f64], high: &[f64]| f64::midpoint(pinball(actual, low, TAIL), pinball(actual, high, 1.0 - TAIL));
        let (low, high): (Vec<f64>, Vec<f64>) = limits.iter().copied().unzip();
        Coverage {
            inside: (0..actual.len()).filter(|i| inside(*i)).count() as f64 / n,
            above: (0..actual.len()).filter(|i| above(actual[*i], limits[*i].1)).count() as f64 / n,
            bands,
            pinball: loss(&low, &high),
            pinball_unconditional: loss(&vec![unconditional.0; actual.len()], &vec![unconditional.1; actual.len()]),
        }
    }
}

/// Does `actual` lie in `(low, high)`, both ends included? In currency.
pub(crate) fn holds(actual: f64, (low, high): (f64, f64)) -> bool {
    actual >= low - low.abs() * 1e-9 && !above(actual, high)
}

/// Does `actual` exceed the upper limit `high`? In currency.
pub(crate) fn above(actual: f64, high: f64) -> bool {
    actual > high + high.abs() * 1e-9
}
