//! The gate: may a recipe go live? In flow the test window's predictions of the challenger, of the baselines and of
//! the champion's recipe refitted at the same cutoff; out flows a verdict with its reasons. The test window is scored
//! once and only here; nothing is tuned on it.
use super::metrics::bootstrap::{self, Draws};
use serde::{Deserialize, Serialize};

/// Gini that a challenger may lose at worst, as the lower 90 % limit of the difference.
pub const GINI_MARGIN: f64 = 0.005;
/// Share of the opponent's RMSE that a challenger may lose at worst, as the lower 90 % limit of the gain.
pub const RMSE_MARGIN: f64 = 0.01;
/// Σ predicted ÷ Σ actual that a recipe must keep to.
pub const LEVEL: std::ops::RangeInclusive<f64> = 0.7..=1.4;
/// One-sided: one draw in ten lies below the lower 90 % limit.
const LIMIT: f64 = 0.1;

/// A gain over an opponent: its median and 80 % central range over the draws, whose lower end is the lower 90 % limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gain {
    /// The lower 90 % limit.
    pub lower: f64,
    /// The median.
    pub median: f64,
    /// The upper 90 % limit.
    pub upper: f64,
}

impl Gain {
    fn of(draws: &[f64]) -> Option<Gain> {
        let at = |q| bootstrap::quantile(draws, q);
        Some(Gain { lower: at(LIMIT)?, median: at(0.5)?, upper: at(1.0 - LIMIT)? })
    }
}

/// A challenger against one opponent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The opponent's name.
    pub opponent: String,
    /// Gini of the challenger − Gini of the opponent. `None` where no draw ranks anybody.
    pub gini: Option<Gain>,
    /// Share of the opponent's RMSE that the challenger saves.
    pub rmse: Option<Gain>,
    /// Is no limit worse than its margin, and at least one strictly better?
    pub passed: bool,
}

impl Comparison {
    /// Compares draw by draw; both series come from the same call of [`bootstrap::paired`].
    pub fn of(opponent: &str, challenger: &Draws, other: &Draws) -> Comparison {
        let gini: Vec<f64> = challenger.gini.iter().zip(&other.gini).map(|(ours, theirs)| ours - theirs).collect();
        let rmse: Vec<f64> =
            challenger.rmse.iter().zip(&other.rmse).map(|(ours, theirs)| 1.0 - ours / theirs).collect();
        let (gini, rmse) = (Gain::of(&gini), Gain::of(&rmse));
        let no_worse =
            gini.is_none_or(|gain| gain.lower >= -GINI_MARGIN) && rmse.is_none_or(|gain| gain.lower >= -RMSE_MARGIN);
        let better = [gini, rmse].iter().flatten().any(|gain| gain.lower > 0.0);
        Comparison { opponent: opponent.to_owned(), gini, rmse, passed: no_worse && better }
    }

    /// The comparison as a sentence for a person.
    pub fn sentence(&self) -> String {
        let verdict = if self.passed { "better than" } else { "not shown to be better than" };
        let part = |name: &str, gain: Option<Gain>, scale: f64, unit: &str| match gain {
            Some(g) => format!("{name} {:+.3}{unit} (90 % limit {:+.3}{unit})", g.median * scale, g.lower * scale),
            None => format!("{name} undefined"),
        };
        let (gini, rmse) = (part("Gini", self.gini, 1.0, ""), part("RMSE saved", self.rmse, 100.0, " %"));
        format!("{verdict} {}: {gini}, {rmse}", self.opponent)
    }
}

/// What the gate found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// May the challenger go live?
    pub passed: bool,
    /// The challenger against every baseline, and the champion's recipe where there is one.
    pub comparisons: Vec<Comparison>,
    /// Σ predicted ÷ Σ actual of the challenger on the test window.
    pub level: Option<f64>,
    /// Is that level inside [`LEVEL`]?
    pub level_passed: bool,
    /// Why, in sentences.
    pub reasons: Vec<String>,
}

impl Verdict {
    /// All comparisons must pass, and the level must lie in [`LEVEL`].
    pub fn of(comparisons: Vec<Comparison>, level: Option<f64>) -> Verdict {
        let level_passed = level.is_some_and(|level| LEVEL.contains(&level));
        let mut reasons: Vec<String> = comparisons.iter().map(Comparison::sentence).collect();
        reasons.push(match level {
            Some(level) if level_passed => {
                format!("level {level:.2} lies between {} and {}", LEVEL.start(), LEVEL.end())
            }
            Some(level) => format!("level {level:.2} lies outside {} to {}", LEVEL.start(), LEVEL.end()),
            None => "nobody spent anything in the test window, so no level can be checked".to_owned(),
        });
        let passed = level_passed && comparisons.iter().all(|comparison| comparison.passed);
        Verdict { passed, comparisons, level, level_passed, reasons }
    }
}

/// What is done with a training's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The challenger passed: its recipe, refitted on all windows, goes live.
    Promote,
    /// The challenger is the champion's own recipe, or lost to it: the champion's recipe, refitted on all windows,
    /// goes live, having passed against the baselines.
    Refresh,
    /// Nothing passed and nothing is live: the best baseline goes live, marked as such.
    Baseline,
    /// Nothing passed: what is live stays, as it is.
    Keep,
}

impl Decision {
    /// Does another fit go live?
    pub fn goes_live(self) -> bool {
        self != Decision::Keep
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::metrics::bootstrap::paired;

    /// Customers whose spend follows a signal; the challenger sees it, the opponent sees less of it.
    fn draws(noise: f64) -> (Draws, Draws) {
        let signal = |n: usize| ((n * 7919) % 101) as f64;
        let actual: Vec<f64> = (0..600).map(|n| if n % 3 == 0 { signal(n) * 2.0 } else { 0.0 }).collect();
        let challenger: Vec<f64> = (0..600).map(|n| if n % 3 == 0 { signal(n) * 1.9 } else { 2.0 }).collect();
        let other: Vec<f64> = challenger.iter().enumerate().map(|(n, p)| p + noise * ((n * 31) % 17) as f64).collect();
        let mut both = paired(&actual, &[&challenger, &other], 200, 1);
        let other = both.pop().unwrap();
        (both.pop().unwrap(), other)
    }

    #[test]
    fn a_challenger_that_sees_more_passes_and_its_opponent_does_not() {
        let (challenger, other) = draws(3.0);
        assert!(Comparison::of("other", &challenger, &other).passed);
        assert!(!Comparison::of("challenger", &other, &challenger).passed);
    }

    #[test]
    fn equal_predictions_are_no_improvement() {
        let (challenger, same) = draws(0.0);
        let comparison = Comparison::of("same", &challenger, &same);
        assert!(!comparison.passed && comparison.gini.unwrap().lower == 0.0);
    }

    #[test]
    fn a_level_outside_its_limits_fails_whatever_the_ranking() {
        let (challenger, other) = draws(3.0);
        let comparison = Comparison::of("other", &challenger, &other);
        assert!(Verdict::of(vec![comparison.clone()], Some(1.4)).passed);
        assert!(!Verdict::of(vec![comparison.clone()], Some(1.41)).passed);
        assert!(!Verdict::of(vec![comparison], None).passed);
    }

    #[test]
    fn a_loss_beyond_the_margin_on_one_metric_is_not_made_good_by_the_other() {
        let (mut challenger, other) = draws(3.0);
        for rmse in &mut challenger.rmse {
            *rmse *= 10.0;
        }
        let comparison = Comparison::of("other", &challenger, &other);
        assert!(comparison.gini.unwrap().lower > 0.0 && !comparison.passed);
    }
}
