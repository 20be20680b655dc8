//! Quantiles of draws: in flow sorted numbers, out flow the value below which a share of them lies.
use serde::{Deserialize, Serialize};

/// The quantile of sorted numbers, interpolated (Hyndman & Fan 1996, The American Statistician 50, type 7). Not a
/// number where there are none.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = share * last as f64;
    let (below, part) = (place.floor() as usize, place.fract());
    sorted[below] + part * (sorted[(below + 1).min(last)] - sorted[below])
}

/// Mean and central 80 % of draws.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// A tenth of the draws lie below.
    pub low: f64,
    /// A tenth of the draws lie above.
    pub high: f64,
}

impl Interval {
    /// The interval of draws in any order, of which there is at least one.
    pub fn of(mut draws: Vec<f64>) -> Interval {
        draws.sort_by(f64::total_cmp);
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        Interval { mean, low: quantile(&draws, 0.1), high: quantile(&draws, 0.9) }
    }

    /// The interval in another unit.
    pub fn times(self, factor: f64) -> Interval {
        Interval { mean: self.mean * factor, low: self.low * factor, high: self.high * factor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate_between_neighbours() {
        let sorted = [1.0, 2.0, 4.0];
        assert_eq!((quantile(&sorted, 0.0), quantile(&sorted, 0.75), quantile(&sorted, 1.0)), (1.0, 3.0, 4.0));
        assert!(quantile(&[], 0.5).is_nan());
        let interval = Interval::of((0..=10).map(f64::from).rev().collect());
        assert_eq!((interval.low, interval.mean, interval.high), (1.0, 5.0, 9.0));
    }
}
