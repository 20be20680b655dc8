//! How good predictions were: in flow what customers spent and what was predicted, out flow all metrics together.
//! Nothing here chooses, gates or promotes.
//!
//! The definitions are those of the usual Python stack, so that anyone can recompute every figure of a card from its
//! `test_predictions.parquet`: ranks as `pandas.Series.rank`, orders as `numpy.argsort(-p, kind="stable")`.
pub mod bootstrap;
pub mod decile;

use serde::{Deserialize, Serialize};

/// The metrics of one set of predictions. What is undefined (nobody there, no spread, no spend at all) is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Root of the mean squared error, in currency.
    pub rmse: Option<f64>,
    /// Mean absolute error, in currency. Reported, never a gate: with mostly zero targets, zero predicts it best.
    pub mae: Option<f64>,
    /// Share of variance explained: 1 − Σ(y − p)² / Σ(y − ȳ)².
    pub r2: Option<f64>,
    /// Correlation of ranks, ties by their mean rank. Reported, never a gate.
    pub spearman: Option<f64>,
    /// Area under the spend curve ranked by prediction over the same ranked by truth.
    pub gini: Option<f64>,
    /// Σ predicted ÷ Σ actual.
    pub sum_ratio: Option<f64>,
    /// Share of actual spend held by the 10 % of customers ranked highest.
    pub top10: Option<f64>,
}

impl Metrics {
    /// All metrics of `predicted` against `actual`, which correspond element by element.
    ///
    /// # Panics
    /// Where the two differ in length.
    pub fn of(actual: &[f64], predicted: &[f64]) -> Metrics {
        assert_eq!(actual.len(), predicted.len(), "one prediction a customer");
        if actual.is_empty() {
            return Metrics::default();
        }
        let n = actual.len() as f64;
        let total: f64 = actual.iter().sum();
        let mean = total / n;
        let squared: f64 = actual.iter().zip(predicted).map(|(y, p)| (y - p).powi(2)).sum();
        let spread: f64 = actual.iter().map(|y| (y - mean).powi(2)).sum();
        let order = descending(predicted);
        Metrics {
            rmse: Some((squared / n).sqrt()),
            mae: Some(actual.iter().zip(predicted).map(|(y, p)| (y - p).abs()).sum::<f64>() / n),
            r2: (spread > 0.0).then(|| 1.0 - squared / spread),
            spearman: spearman(actual, predicted),
            gini: gini(actual, &order),
            sum_ratio: (total > 0.0).then(|| predicted.iter().sum::<f64>() / total),
            top10: top_share(actual, &order, 0.1),
        }
    }
}

/// Indices by falling value; ties keep their order and what is no number comes last, as in
/// `numpy.argsort(-values, kind="stable")`.
pub(crate) fn descending(values: &[f64]) -> Vec<u32> {
    let falling = |a: f64, b: f64| b.partial_cmp(&a).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()));
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    order.sort_by(|a, b| falling(values[*a as usize], values[*b as usize]));
    order
}

/// Normalized Gini: 2 × mean of the cumulative share of spend in `order` − 1, over the same in the order of truth.
pub(crate) fn gini(actual: &[f64], order: &[u32]) -> Option<f64> {
    let (ranked, ideal) = (curve(actual, order)?, curve(actual, &descending(actual))?);
    (ideal.abs() > f64::EPSILON).then(|| ranked / ideal)
}

fn curve(actual: &[f64], order: &[u32]) -> Option<f64> {
    let total: f64 = actual.iter().sum();
    if total <= 0.0 {
        return None;
    }
    let (mut running, mut area) = (0.0, 0.0);
    for index in order {
        running += actual[*index as usize];
        area += running;
    }
    Some(2.0 * area / (total * order.len() as f64) - 1.0)
}

/// Share of all spend that the first `share` of `order` (at least one customer) holds.
fn top_share(actual: &[f64], order: &[u32], share: f64) -> Option<f64> {
    let total: f64 = actual.iter().sum();
    let top = ((order.len() as f64 * share) as usize).max(1);
    let held: f64 = order.iter().take(top).map(|index| actual[*index as usize]).sum();
    (total > 0.0).then(|| held / total)
}

/// Pearson correlation of ranks.
fn spearman(actual: &[f64], predicted: &[f64]) -> Option<f64> {
    let (a, b) = (ranks(actual), ranks(predicted));
    let mean = (a.len() as f64 + 1.0) / 2.0;
    let (mut both, mut of_a, mut of_b) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(&b) {
        both += (x - mean) * (y - mean);
        of_a += (x - mean).powi(2);
        of_b += (y - mean).powi(2);
    }
    (of_a > 0.0 && of_b > 0.0).then(|| both / (of_a * of_b).sqrt())
}

/// Ranks from 1 upwards; equal values share the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order = descending(values);
    order.reverse();
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0.0;
    for tied in order.chunk_by(|a, b| values[*a as usize] == values[*b as usize]) {
        let size = tied.len() as f64;
        for index in tied {
            ranks[*index as usize] = before + (size + 1.0) / 2.0;
        }
        before += size;
    }
    ranks
}

/// Mean pinball loss of `limit` as the `quantile` (in `(0, 1)`) of `actual`, in currency.
pub fn pinball(actual: &[f64], limit: &[f64], quantile: f64) -> f64 {
    let loss = |(y, q): (&f64, &f64)| if y >= q { quantile * (y - q) } else { (1.0 - quantile) * (q - y) };
    actual.iter().zip(limit).map(loss).sum::<f64>() / actual.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ACTUAL: [f64; 8] = [0.0, 12.5, 3.0, 0.0, 40.0, 0.0, 7.25, 1.0];
    const PREDICTED: [f64; 8] = [1.0, 9.0, 1.0, 0.5, 22.0, 4.0, 1.0, 0.5];

    fn close(value: Option<f64>, expected: f64) {
        assert!((value.unwrap() - expected).abs() < 5e-9, "{value:?} is not {expected}");
    }

    #[test]
    fn every_metric_is_what_numpy_and_pandas_compute() {
        // train_peers.py's report() on the two arrays above, numpy 2 and pandas 2
        let metrics = Metrics::of(&ACTUAL, &PREDICTED);
        close(metrics.rmse, 7.042_837_673_8);
        close(metrics.mae, 4.468_75);
        close(metrics.r2, 0.697_275_647_7);
        close(metrics.spearman, 0.603_785_526_5);
        close(metrics.gini, 0.870_930_232_6);
        close(metrics.sum_ratio, 0.611_764_705_9);
        close(metrics.top10, 0.627_450_980_4);
    }

    #[test]
    fn the_pinball_loss_of_a_median_is_half_the_absolute_error() {
        let error = Metrics::of(&ACTUAL, &PREDICTED).mae.unwrap();
        assert!((pinball(&ACTUAL, &PREDICTED, 0.5) - error / 2.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_number_ranks_last_and_zeros_of_both_signs_are_equal() {
        assert_eq!(descending(&[f64::NAN, 0.0, 3.0, -0.0, f64::NAN, 0.0, -1.0]), [2, 1, 3, 5, 6, 0, 4]);
    }

    #[test]
    fn nothing_is_ranked_where_nobody_spends() {
        let metrics = Metrics::of(&[0.0, 0.0], &[1.0, 2.0]);
        assert_eq!((metrics.gini, metrics.sum_ratio, metrics.r2, metrics.top10), (None, None, None, None));
    }

    #[test]
    fn of_nobody_nothing_is_known_and_no_error_is_zero() {
        let metrics = Metrics::of(&[], &[]);
        assert_eq!(metrics, Metrics::default());
        let stored = serde_json::to_value(metrics).unwrap();
        assert!(stored.as_object().unwrap().values().all(serde_json::Value::is_null), "{stored}");
    }

    fn spend() -> impl Strategy<Value = Vec<(f64, f64)>> {
        prop::collection::vec((prop_oneof![Just(0.0), 0.0..500.0], 0.0..500.0), 2..60)
    }

    proptest! {
        #[test]
        fn the_truth_predicts_itself_perfectly(pairs in spend()) {
            let actual: Vec<f64> = pairs.iter().map(|pair| pair.0).collect();
            prop_assume!(actual.iter().any(|y| *y != actual[0]));
            let metrics = Metrics::of(&actual, &actual);
            prop_assert!(metrics.rmse == Some(0.0) && (metrics.gini.unwrap() - 1.0).abs() < 1e-9);
            prop_assert!((metrics.r2.unwrap() - 1.0).abs() < 1e-9 && (metrics.spearman.unwrap() - 1.0).abs() < 1e-9);
        }

        #[test]
        fn ranking_metrics_ignore_the_unit_of_the_prediction(pairs in spend()) {
            let (actual, predicted): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let doubled: Vec<f64> = predicted.iter().map(|p| p * 2.0).collect();
            let (one, two) = (Metrics::of(&actual, &predicted), Metrics::of(&actual, &doubled));
            prop_assert_eq!((one.gini, one.spearman, one.top10), (two.gini, two.spearman, two.top10));
        }

        #[test]
        fn nothing_ranks_better_than_the_truth(pairs in spend()) {
            let (actual, predicted): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            if let Some(gini) = Metrics::of(&actual, &predicted).gini {
                prop_assert!(gini <= 1.0 + 1e-9 || gini.is_nan());
            }
        }
    }
}
