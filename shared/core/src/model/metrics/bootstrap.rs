//! The paired bootstrap: customers are drawn again with replacement, the same draw for every set of predictions, and
//! the metrics that gates use are computed on each draw. In flow actual spend and several predictions; out flow one
//! series of values a prediction, which correspond draw by draw. Equal for a seed, whatever the number of threads.
use super::descending;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A range of values and the share of draws that fall in it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// The 5 % quantile of the draws.
    pub low: f64,
    /// The 95 % quantile of the draws.
    pub high: f64,
}

/// Metrics of one set of predictions on every draw. NaN where a draw leaves one undefined.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draws {
    /// Normalized Gini.
    pub gini: Vec<f64>,
    /// Root of the mean squared error, in currency.
    pub rmse: Vec<f64>,
    /// Share of variance explained.
    pub r2: Vec<f64>,
    /// Σ predicted ÷ Σ actual.
    pub sum_ratio: Vec<f64>,
}

/// How many draws are made for `customers`: 1,000 where that is quick, fewer for large businesses, whose draws differ less.
pub fn draws_for(customers: usize) -> usize {
    (20_000_000 / customers.max(1)).clamp(200, 1_000)
}

struct Ranked<'a> {
    predicted: &'a [f64],
    order: Vec<u32>,
}

/// `draws` bootstrap draws of the customers, every set of `predictions` measured on each. All slices correspond.
pub fn paired(actual: &[f64], predictions: &[&[f64]], draws: usize, seed: u64) -> Vec<Draws> {
    let truth = descending(actual);
    let ranked: Vec<Ranked<'_>> =
        predictions.iter().map(|predicted| Ranked { predicted, order: descending(predicted) }).collect();
    let measured: Vec<Vec<[f64; 4]>> = (0..draws)
        .into_par_iter()
        .map(|draw| {
            let counts = counts(actual.len(), seed, draw as u64);
            let base = Base::of(actual, &truth, &counts);
            ranked.iter().map(|one| measure(actual, one, &counts, &base)).collect()
        })
        .collect();
    (0..predictions.len())
        .map(|which| {
            let column = |metric: usize| measured.iter().map(|draw| draw[which][metric]).collect();
            Draws { gini: column(0), rmse: column(1), r2: column(2), sum_ratio: column(3) }
        })
        .collect()
}

/// How often each of `customers` is drawn.
fn counts(customers: usize, seed: u64, draw: u64) -> Vec<u16> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(draw);
    let mut counts = vec![0_u16; customers];
    for _ in 0..customers {
        let drawn = &mut counts[rng.random_range(0..customers)];
        *drawn = drawn.saturating_add(1);
    }
    counts
}

/// What a draw says about the truth alone.
struct Base {
    n: f64,
    total: f64,
    spread: f64,
    ideal: f64,
}

impl Base {
    fn of(actual: &[f64], truth: &[u32], counts: &[u16]) -> Base {
        let (mut n, mut total, mut squares) = (0.0, 0.0, 0.0);
        for (y, count) in actual.iter().zip(counts) {
            let count = f64::from(*count);
            n += count;
            total += count * y;
            squares += count * y * y;
        }
        Base { n, total, spread: squares - total * total / n, ideal: area(actual, truth, counts, n, total) }
    }
}

fn measure(actual: &[f64], ranked: &Ranked<'_>, counts: &[u16], base: &Base) -> [f64; 4] {
    let (mut squared, mut sum) = (0.0, 0.0);
    for ((y, p), count) in actual.iter().zip(ranked.predicted).zip(counts) {
        let count = f64::from(*count);
        squared += count * (y - p) * (y - p);
        sum += count * p;
    }
    let gini = area(actual, &ranked.order, counts, base.n, base.total) / base.ideal;
    [gini, (squared / base.n).sqrt(), 1.0 - squared / base.spread, sum / base.total]
}

/// 2 × mean of the cumulative share of spend − 1, a customer drawn k times counting k times.
fn area(actual: &[f64], order: &[u32], counts: &[u16], n: f64, total: f64) -> f64 {
    let (mut running, mut area) = (0.0, 0.0);
    for index in order {
        let (y, count) = (actual[*index as usize], f64::from(counts[*index as usize]));
        area += count * running + y * count * (count + 1.0) / 2.0;
        running += count * y;
    }
    2.0 * area / (total * n) - 1.0
}

/// The `q` quantile of the finite `values`, by linear interpolation; `None` where none is finite.
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    let mut finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    finite.sort_by(f64::total_cmp);
    let last = finite.len().checked_sub(1)?;
    let at = q.clamp(0.0, 1.0) * last as f64;
    let (below, above) = (finite[at.floor() as usize], finite[at.ceil() as usize]);
    Some(below + (above - below) * at.fract())
}

/// The central 90 % of `values`.
pub fn central(values: &[f64]) -> Option<Range> {
    Some(Range { low: quantile(values, 0.05)?, high: quantile(values, 0.95)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::metrics::Metrics;
    use proptest::prelude::*;

    fn expanded(values: &[f64], counts: &[u16]) -> Vec<f64> {
        values.iter().zip(counts).flat_map(|(v, c)| std::iter::repeat_n(*v, usize::from(*c))).collect()
    }

    proptest! {
        #[test]
        fn a_draw_is_measured_as_if_its_customers_stood_there_as_often_as_drawn(
            pairs in prop::collection::vec((0.0..100.0, 0.0..100.0), 5..40), seed in 0_u64..50,
        ) {
            let (actual, predicted): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let draws = &paired(&actual, &[&predicted], 3, seed)[0];
            for draw in 0..3 {
                let counts = counts(actual.len(), seed, draw as u64);
                let metrics = Metrics::of(&expanded(&actual, &counts), &expanded(&predicted, &counts));
                prop_assert!((draws.rmse[draw] - metrics.rmse.unwrap()).abs() < 1e-9);
                let near = |a: f64, b: Option<f64>| b.is_none_or(|b| (a - b).abs() < 1e-6 * (1.0 + b.abs()));
                prop_assert!(near(draws.gini[draw], metrics.gini), "{} {:?}", draws.gini[draw], metrics.gini);
                prop_assert!(near(draws.sum_ratio[draw], metrics.sum_ratio) && near(draws.r2[draw], metrics.r2));
            }
        }
    }

    #[test]
    fn the_draws_of_a_seed_are_the_same_at_any_number_of_threads() {
        let actual: Vec<f64> = (0..500).map(|n| f64::from(n % 7)).collect();
        let predicted: Vec<f64> = (0..500).map(|n| f64::from(n % 5)).collect();
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let one = alone.install(|| paired(&actual, &[&predicted], 50, 9));
        assert_eq!(one, paired(&actual, &[&predicted], 50, 9));
        assert_ne!(one, paired(&actual, &[&predicted], 50, 10));
    }

    #[test]
    fn quantiles_interpolate_between_neighbours_and_skip_what_is_undefined() {
        assert_eq!(quantile(&[4.0, f64::NAN, 1.0, 2.0], 0.75), Some(3.0));
        assert_eq!(quantile(&[f64::NAN], 0.5), None);
    }
}
