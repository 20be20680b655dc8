//! The level: one factor on all predictions, where validation windows agree that they are too low or too high.
//! In flow sums of validation windows; out flows the factor and whether it is known. The test window never enters.
use serde::{Deserialize, Serialize};

/// A correction of the level of predictions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// What predictions are multiplied by; 1 where the level is not identified.
    pub factor: f64,
    /// Do at least two validation windows agree in direction?
    pub identified: bool,
    /// Σ actual ÷ Σ predicted of each validation window, latest first.
    pub windows: Vec<f64>,
}

impl Level {
    /// No correction, and no window to know one from.
    pub fn unknown() -> Level {
        Level { factor: 1.0, identified: false, windows: Vec::new() }
    }

    /// The level of validation windows given as (Σ actual, Σ predicted): `exp(n/(n+1) · mean log(actual/predicted))`
    /// where all of at least two windows lie on one side of 1, else 1. Windows without spend or prediction say nothing.
    pub fn of(windows: &[(f64, f64)]) -> Level {
        let ratios: Vec<f64> = windows.iter().filter_map(|sums| ratio(*sums)).collect();
        let agree = ratios.iter().all(|ratio| *ratio > 1.0) || ratios.iter().all(|ratio| *ratio < 1.0);
        if ratios.len() < 2 || !agree {
            return Level { factor: 1.0, identified: false, windows: ratios };
        }
        let n = ratios.len() as f64;
        let mean_log = ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / n;
        Level { factor: (mean_log * n / (n + 1.0)).exp(), identified: true, windows: ratios }
    }

    /// What of a window's Σ actual ÷ Σ predicted, given as these two, this level leaves open: it may come again or not.
    /// 1 where the window says nothing.
    pub(crate) fn residual(&self, window: (f64, f64)) -> f64 {
        ratio(window).map_or(1.0, |ratio| ratio / self.factor)
    }

    /// Standard deviation of a window's log(actual ÷ predicted) after this level; what the sum of everyone's
    /// predictions is uncertain by, beyond chance. `None` with fewer than two windows.
    pub fn spread(&self) -> Option<f64> {
        let n = self.windows.len();
        let squares: f64 = self.windows.iter().map(|ratio| (ratio / self.factor).ln().powi(2)).sum();
        (n >= 2).then(|| (squares / (n as f64 - 1.0)).sqrt())
    }
}

/// Actual ÷ predicted, where there was both.
fn ratio((actual, predicted): (f64, f64)) -> Option<f64> {
    (actual > 0.0 && predicted > 0.0).then(|| actual / predicted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_windows_that_disagree_leave_the_level_alone() {
        // CDNOW's two factors
        let level = Level::of(&[(0.87, 1.0), (1.17, 1.0)]);
        assert!(!level.identified && level.factor == 1.0 && level.windows == [0.87, 1.17]);
    }

    #[test]
    fn windows_that_agree_move_the_level_by_their_shrunk_geometric_mean() {
        let level = Level::of(&[(50.0, 100.0), (200.0, 100.0 * 8.0)]);
        assert!(level.identified);
        assert!((level.factor - 0.125_f64.powf(0.5 * 2.0 / 3.0)).abs() < 1e-12);
        assert!((level.residual((50.0, 100.0)) - 1.0).abs() < 1e-12 && level.residual((0.0, 100.0)) == 1.0);
    }

    #[test]
    fn one_window_or_none_with_spend_identifies_nothing() {
        assert!(!Level::of(&[(50.0, 100.0)]).identified);
        assert!(!Level::of(&[(50.0, 100.0), (0.0, 100.0)]).identified);
        assert_eq!(Level::of(&[]), Level::unknown());
    }
}
