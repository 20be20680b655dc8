//! Intervals around predictions by split conformal prediction: in flow out-of-time predictions of validation windows
//! and what was spent, out flow limits per band of the predicted value. The test window never enters.
//!
//! Spend is mostly zero and heavy-tailed, so a band's limits are quantiles of actual ÷ predicted: asymmetric, in
//! proportion to the prediction, and zero below wherever a fifth of the band's customers or more spend nothing. Quantiles carry the
//! finite-sample correction of split conformal prediction (Lei et al. 2018, *Distribution-free predictive inference
//! for regression*, section 2.2), which guarantees the coverage for exchangeable customers. Validation windows are
//! weighted equally by pooling them. Windows are not exchangeable, though: where nobody knows whether the level of one
//! comes again, each customer counts for half as they were and for half as if the level had been right.
mod coverage;

pub use coverage::{BandCoverage, Coverage};
pub(crate) use coverage::{above, holds};

use super::metrics::descending;
use serde::{Deserialize, Serialize};

/// Share of customers that may spend less than `low`, and more than `high`: the interval is the central 80 %, and
/// `high` the 90 % upper limit.
pub const TAIL: f64 = 0.1;
/// Shares of customers, by rising prediction, at which bands end: finer at the top, where the money is.
const EDGES: [f64; 13] = [0.15, 0.3, 0.45, 0.6, 0.7, 0.8, 0.87, 0.92, 0.95, 0.97, 0.985, 0.995, 1.0];
const SMALLEST_BAND: usize = 60;

/// Limits of the customers whose prediction is at most `up_to`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// Highest prediction of the band, in currency; the last band has no end.
    pub up_to: f64,
    /// `low` as a multiple of the prediction.
    pub low: f64,
    /// `high` as a multiple of the prediction.
    pub high: f64,
    /// Share of the band's validation customers that spent nothing.
    pub zeros: f64,
    /// Root of the mean squared (actual − predicted) as a multiple of the prediction: what chance adds to sums.
    pub deviation: f64,
    /// How many validation customers the limits come from.
    pub customers: usize,
}

/// Limits for any prediction.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Intervals {
    /// By rising prediction. Empty where there was nothing to learn from.
    pub bands: Vec<Band>,
    /// Predictions are treated as at least this much, in currency, so that a prediction of zero has a width.
    pub floor: f64,
}

impl Intervals {
    /// Learns limits from out-of-time predictions and what was spent, in currency; the slices correspond. `levels` are
    /// what each customer's window leaves open of Σ actual ÷ Σ predicted, for which limits allow with half a chance. Up
    /// to thirteen bands, fewer where one would hold less than sixty customers.
    ///
    /// # Panics
    /// Where the three differ in length.
    pub fn learn(actual: &[f64], predicted: &[f64], levels: &[f64]) -> Intervals {
        assert!(actual.len() == predicted.len() && actual.len() == levels.len(), "one prediction and level a customer");
        let mut order = descending(predicted);
        order.reverse();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let floor = (mean(predicted).max(mean(actual)) * 0.01).max(1e-6);
        let mut learned: Vec<Band> = Vec::with_capacity(EDGES.len());
        let mut start = 0;
        for edge in EDGES {
            let mut end = (order.len() as f64 * edge).round() as usize;
            if order.len() - end < SMALLEST_BAND {
                end = order.len();
            }
            if end < start + SMALLEST_BAND && end < order.len() {
                continue;
            }
            // equal predictions stay in one band
            while end > 0 && end < order.len() && predicted[order[end] as usize] == predicted[order[end - 1] as usize] {
                end += 1;
            }
            if end <= start {
                continue;
            }
            learned.push(Band::learn(actual, predicted, levels, &order[start..end], floor));
            start = end;
        }
        Intervals { bands: learned, floor }
    }

    /// `(low, high)` around one prediction, in currency; both at least 0 and around the prediction's order of size.
    /// Without anything learned, the prediction itself.
    pub fn around(&self, predicted: f64) -> (f64, f64) {
        match self.band(predicted) {
            Some(band) => {
                let base = predicted.max(self.floor);
                (band.low * base, band.high * base)
            }
            None => (predicted.max(0.0), predicted.max(0.0)),
        }
    }

    /// Variance of one customer's spend around the prediction, in currency squared.
    pub(crate) fn variance(&self, predicted: f64) -> f64 {
        self.band(predicted).map_or(0.0, |band| (band.deviation * predicted.max(self.floor)).powi(2))
    }

    fn band(&self, predicted: f64) -> Option<&Band> {
        let at = self.bands.partition_point(|band| band.up_to < predicted);
        self.bands.get(at).or(self.bands.last())
    }
}

impl Band {
    fn learn(actual: &[f64], predicted: &[f64], levels: &[f64], members: &[u32], floor: f64) -> Band {
        let n = members.len();
        let ratio = |index: usize| actual[index] / predicted[index].max(floor);
        let squares: f64 = members.iter().map(|index| (ratio(*index as usize) - 1.0).powi(2)).sum();
        let zeros = members.iter().filter(|index| actual[**index as usize] <= 0.0).count() as f64 / n as f64;
        let either = |index: &u32| {
            let index = *index as usize;
            [ratio(index), ratio(index) / levels[index]]
        };
        let mut ratios: Vec<f64> = members.iter().flat_map(either).collect();
        ratios.sort_by(f64::total_cmp);
        Band {
            up_to: members.last().map_or(0.0, |index| predicted[*index as usize]),
            low: lower(&ratios),
            high: ratios[upper_rank(ratios.len())].max(0.0),
            zeros,
            deviation: (squares / n as f64).sqrt(),
            customers: n,
        }
    }
}

/// The lower limit of rising `ratios`. Where more than a tail of them are zero, no lower limit leaves just a tail below:
/// it is zero, or the least that is more than nothing, whichever brings the share inside nearer to the central one.
fn lower(ratios: &[f64]) -> f64 {
    let n = ratios.len();
    let limit = ratios[lower_rank(n)].max(0.0);
    let nothing = ratios.partition_point(|ratio| *ratio <= 0.0);
    let off = |inside: usize| (inside as f64 / n as f64 - (1.0 - 2.0 * TAIL)).abs();
    let up_to_high = upper_rank(n) + 1;
    if limit > 0.0 || nothing >= up_to_high || off(up_to_high) <= off(up_to_high - nothing) {
        return limit;
    }
    ratios[nothing]
}

/// Index, in the `halves` of n customers, who count for a half twice each, of the (⌊(n + 1)·tail·2⌋ − 1)-th smallest: the
/// weighted quantile of conformal prediction (Tibshirani et al. 2019, *Conformal prediction under covariate shift*,
/// section 2), in which the customer to come counts for a whole and may spend less than anybody; the first where there
/// are too few.
fn lower_rank(halves: usize) -> usize {
    (((halves + 2) as f64 * TAIL).floor() as usize).saturating_sub(2)
}

/// Index of the ⌈(n + 1)·(1 − tail)·2⌉-th smallest of the `halves`, likewise; the last where there are too few.
fn upper_rank(halves: usize) -> usize {
    (((halves + 2) as f64 * (1.0 - TAIL)).ceil() as usize).clamp(1, halves) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Customers of whom a share, falling with the prediction, spends nothing, and the others an exponential amount.
    fn business(customers: usize, seed: u64) -> (Vec<f64>, Vec<f64>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..customers)
            .map(|_| {
                let predicted: f64 = 200.0 * rng.random::<f64>().powi(3);
                let buys = rng.random::<f64>() < (0.1 + predicted / 150.0).min(1.0);
                let amount = -predicted * (1.0 - rng.random::<f64>()).ln();
                (if buys { amount } else { 0.0 }, predicted)
            })
            .unzip()
    }

    #[test]
    fn limits_hold_on_customers_they_were_not_learned_from() {
        let (actual, predicted) = business(20_000, 1);
        let intervals = Intervals::learn(&actual, &predicted, &vec![1.0; actual.len()]);
        let (actual, predicted) = business(20_000, 2);
        let coverage = Coverage::measure(&intervals, &actual, &predicted, (0.0, 50.0));
        assert!(coverage.inside >= 0.78, "{}", coverage.inside);
        for band in &coverage.bands {
            // four standard deviations of the difference of two binomial shares, learned and measured on as many
            let four = |share: f64| 4.0 * (2.0 * share * (1.0 - share) / band.customers as f64).sqrt();
            if band.zeros < 0.1 - four(0.1) {
                assert!((band.inside - 0.8).abs() < four(0.2), "{band:?}");
            }
            if band.zeros < 0.9 - four(0.1) {
                assert!((band.above - 0.1).abs() < four(0.1), "{band:?}");
            }
        }
        assert!(coverage.pinball < coverage.pinball_unconditional);
        assert_eq!(coverage.bands.iter().map(|band| band.customers).sum::<usize>(), 20_000);
    }

    #[test]
    fn limits_of_a_window_whose_level_is_not_known_to_return_hold_on_average_over_both_levels() {
        let (mut actual, predicted) = business(20_000, 3);
        let above = |actual: &[f64], levels: f64, of: &[f64]| {
            let intervals = Intervals::learn(actual, &predicted, &vec![levels; actual.len()]);
            Coverage::measure(&intervals, of, &predicted, (0.0, 50.0)).above
        };
        let as_predicted = actual.clone();
        for spent in &mut actual {
            *spent *= 0.6;
        }
        let unaware = above(&actual, 1.0, &as_predicted);
        let (if_gone, if_back) = (above(&actual, 0.6, &as_predicted), above(&actual, 0.6, &actual));
        assert!(unaware > 0.16, "{unaware}");
        assert!(if_gone < 0.14 && if_back < 0.1, "{if_gone} {if_back}");
        assert!((f64::midpoint(if_gone, if_back) - 0.1).abs() < 0.003, "{if_gone} {if_back}");
    }

    #[test]
    fn a_lower_limit_excludes_those_who_spend_nothing_where_that_brings_the_interval_nearer_to_80_percent() {
        let limits = |zeros: usize| {
            let actual: Vec<f64> = (0..1000).map(|n| if n < zeros { 0.0 } else { 1.0 + n as f64 }).collect();
            let around = Intervals::learn(&actual, &vec![100.0; 1000], &vec![1.0; 1000]).around(100.0);
            (around.0, actual.iter().filter(|spent| holds(**spent, around)).count())
        };
        // 90 % of them up to the upper limit, less those who spend nothing and are excluded
        assert_eq!(limits(150), (151.0, 751));
        assert_eq!(limits(199), (200.0, 702));
        assert_eq!(limits(210), (0.0, 901));
        assert_eq!(limits(950), (0.0, 950));
        let (low, inside) = limits(50);
        assert!(low > 51.0 && (800..=802).contains(&inside), "{low} {inside}");
    }

    #[test]
    fn each_limit_leaves_at_most_a_tail_to_a_customer_to_come_at_any_number_of_customers() {
        // of n + 1 exchangeable customers each is as likely to be the one to come: at or below the rank that n have
        for n in 9..400_usize {
            let (lower, upper) = (lower_rank(2 * n) / 2 + 1, upper_rank(2 * n) / 2 + 1);
            assert!(upper as f64 >= 0.9 * (n + 1) as f64 - 1e-9, "{upper} of {n}");
            assert!((upper - 1) as f64 <= 0.9 * (n + 1) as f64 + 1e-9, "{upper} of {n} is more than it takes");
            assert!(lower as f64 <= 0.1 * (n + 1) as f64 + 1e-9, "{lower} of {n}");
            assert!((lower + 1) as f64 >= 0.1 * (n + 1) as f64 - 1e-9, "{lower} of {n} is less than it may");
        }
    }

    #[test]
    fn equal_predictions_share_one_band_and_a_prediction_of_zero_has_a_width() {
        let actual: Vec<f64> = (0..1000).map(|n| f64::from(n % 4) * 10.0).collect();
        let intervals = Intervals::learn(&actual, &vec![0.0; 1000], &vec![1.0; 1000]);
        assert_eq!(intervals.bands.len(), 1);
        let (low, high) = intervals.around(0.0);
        assert!(low == 0.0 && (high - 30.0).abs() < 1e-9, "{low} {high}");
    }

    #[test]
    fn with_nothing_learned_the_prediction_is_its_own_interval() {
        assert_eq!(Intervals::default().around(12.0), (12.0, 12.0));
        assert_eq!(Intervals::learn(&[], &[], &[]).around(12.0), (12.0, 12.0));
    }
}
