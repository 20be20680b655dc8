//! From actual and predicted values to one JSON line of metrics. It never fits anything.
use serde::Serialize;

/// What is printed, in the order in which others print it.
#[derive(Serialize)]
struct Line<'a> {
    model: &'a str,
    seconds: f64,
    rmse: f64,
    mae: f64,
    r2: f64,
    spearman: f64,
    gini: f64,
    sum_ratio: f64,
    top10: f64,
    /// Share of the rows that each tree was grown on.
    sample: f64,
}

/// The metrics of one model, as the comparison prints them.
pub(crate) fn line(
    model: &str,
    seconds: f64,
    actual: &[f32],
    predicted: &[f32],
    sample: f64,
) -> serde_json::Result<String> {
    let pairs: Vec<(f64, f64)> = actual.iter().zip(predicted).map(|(&y, &p)| (f64::from(y), f64::from(p))).collect();
    let rows = pairs.len() as f64;
    let (y, p): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let (total, mean) = (y.iter().sum::<f64>(), y.iter().sum::<f64>() / rows);
    let squares: f64 = pairs.iter().map(|(y, p)| (y - p).powi(2)).sum();
    let best: Vec<usize> = descending(&p).into_iter().take((y.len() / 10).max(1)).collect();
    let round = |value: f64| (value * 1e4).round() / 1e4;
    let line = Line {
        model,
        seconds: (seconds * 1e3).round() / 1e3,
        rmse: round((squares / rows).sqrt()),
        mae: round(pairs.iter().map(|(y, p)| (y - p).abs()).sum::<f64>() / rows),
        r2: round(1.0 - squares / y.iter().map(|y| (y - mean).powi(2)).sum::<f64>()),
        spearman: round(correlation(&ranks(&p), &ranks(&y))),
        gini: round(gini(&y, &p) / gini(&y, &y)),
        sum_ratio: round(p.iter().sum::<f64>() / total),
        top10: round(best.iter().map(|&row| y[row]).sum::<f64>() / total),
        sample: round(sample),
    };
    serde_json::to_string(&line)
}

/// Positions from the largest value to the smallest, ties in their order.
fn descending(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    order
}

/// Twice the area under the curve of actual values cumulated by prediction, less one.
fn gini(actual: &[f64], predicted: &[f64]) -> f64 {
    let total: f64 = actual.iter().sum();
    let mut reached = 0.0;
    let area = descending(predicted).into_iter().map(|row| {
        reached += actual[row] / total;
        reached
    });
    2.0 * area.sum::<f64>() / actual.len() as f64 - 1.0
}

/// Ranks, equal values sharing the middle of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let order = descending(values);
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    while first < order.len() {
        let same = |&&row: &&usize| values[row].total_cmp(&values[order[first]]).is_eq();
        let end = first + order[first..].iter().take_while(same).count();
        for &row in &order[first..end] {
            ranks[row] = (first + end - 1) as f64 / 2.0;
        }
        first = end;
    }
    ranks
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let rows = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / rows, b.iter().sum::<f64>() / rows);
    let product =
        |x: &[f64], mx: f64, y: &[f64], my: f64| -> f64 { x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum() };
    product(a, mean_a, b, mean_b) / (product(a, mean_a, a, mean_a) * product(b, mean_b, b, mean_b)).sqrt()
}
