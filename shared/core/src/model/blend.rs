//! The blend of the best tree recipe and the best buy-till-you-die model. In flow both models' predictions of the
//! validation windows; out flows the weight. The test window never enters.
use super::metrics::Metrics;
use super::search::score;

/// Steps of the weight: finer ones differ by less than the validation windows do.
const STEPS: u32 = 20;

/// Out-of-time predictions of one validation window, in currency.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// What was spent.
    pub actual: &'a [f64],
    /// What the tree recipe predicted.
    pub tree: &'a [f64],
    /// What the buy-till-you-die model predicted.
    pub btyd: &'a [f64],
}

impl Pair<'_> {
    /// The two predictions at a share of the tree.
    pub fn blended(&self, weight: f64) -> Vec<f64> {
        self.tree.iter().zip(self.btyd).map(|(tree, btyd)| weight * tree + (1.0 - weight) * btyd).collect()
    }
}

/// The share of the tree in [0, 1] with the highest mean score over the windows, and that score. `None` of no window.
pub fn weight(windows: &[Pair<'_>]) -> Option<(f64, f64)> {
    if windows.is_empty() {
        return None;
    }
    let at = |step: u32| {
        let weight = f64::from(step) / f64::from(STEPS);
        let mean = windows.iter().map(|pair| score(&Metrics::of(pair.actual, &pair.blended(weight)))).sum::<f64>()
            / windows.len() as f64;
        (weight, mean)
    };
    (0..=STEPS).map(at).max_by(|a, b| a.1.total_cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_models_that_err_in_opposite_directions_are_mixed() {
        let actual: Vec<f64> = (0..200).map(|n| f64::from(n % 10)).collect();
        let error = |n: usize| if (n / 10).is_multiple_of(2) { 2.0 } else { -2.0 };
        let tree: Vec<f64> = actual.iter().enumerate().map(|(n, y)| y + error(n)).collect();
        let btyd: Vec<f64> = actual.iter().enumerate().map(|(n, y)| y - error(n)).collect();
        let (half, best) = weight(&[Pair { actual: &actual, tree: &tree, btyd: &btyd }]).unwrap();
        assert!((half - 0.5).abs() < 0.051 && best > 0.9, "{half} {best}");
    }

    #[test]
    fn a_model_that_knows_nothing_gets_no_share() {
        let actual: Vec<f64> = (0..200).map(|n| f64::from(n % 10)).collect();
        let nothing = vec![4.5; 200];
        assert_eq!(weight(&[Pair { actual: &actual, tree: &actual, btyd: &nothing }]).unwrap().0, 1.0);
        assert_eq!(weight(&[]), None);
    }
}
