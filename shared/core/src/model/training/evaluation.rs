//! What an evaluation found, as data: stored as a checkpoint, and the most of a card. Nothing is computed here but
//! ranges of draws; [`super::Training::evaluate`] fills it.
use crate::model::Recipe;
use crate::model::fold::Seen;
use crate::model::gate::{Decision, Verdict};
use crate::model::interval::{Coverage, Intervals};
use crate::model::level::Level;
use crate::model::metrics::Metrics;
use crate::model::metrics::bootstrap::{self, Draws, Range};
use crate::model::metrics::decile::Decile;
use crate::time::{Cutoff, Horizon};
use serde::{Deserialize, Serialize};

/// Why a recipe was scored on the test window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Chosen by the validation windows.
    Challenger,
    /// What is live, refitted at the test cutoff.
    Champion,
    /// What needs no training.
    Baseline,
    /// The best of its kind, for comparison only.
    Other,
}

/// Central 90 % of the bootstrap draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ranges {
    /// Of the normalized Gini.
    pub gini: Option<Range>,
    /// Of the RMSE, in currency.
    pub rmse: Option<Range>,
    /// Of the share of variance explained.
    pub r2: Option<Range>,
    /// Of Σ predicted ÷ Σ actual.
    pub sum_ratio: Option<Range>,
}

impl Ranges {
    pub(super) fn of(draws: &Draws) -> Ranges {
        let central = bootstrap::central;
        Ranges {
            gini: central(&draws.gini),
            rmse: central(&draws.rmse),
            r2: central(&draws.r2),
            sum_ratio: central(&draws.sum_ratio),
        }
    }
}

/// A recipe on the test window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// What was fitted at the test cutoff.
    pub recipe: Recipe,
    /// Why it was scored.
    pub role: Role,
    /// Mean validation score, by which it was or was not chosen.
    pub validation: Option<f64>,
    /// All metrics on the test window.
    pub metrics: Metrics,
    /// Their bootstrap ranges.
    pub ranges: Ranges,
    /// Seconds of fitting and predicting at the test cutoff.
    pub seconds: f64,
}

/// Some of the test window's customers, apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Population {
    /// How many customers.
    pub customers: usize,
    /// What they spent in the window, in currency.
    pub actual: f64,
    /// What they were predicted to spend, in currency.
    pub predicted: f64,
    /// All metrics on them alone.
    pub metrics: Metrics,
}

/// The live recipe on one of several windows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rolling {
    /// The window's cutoff.
    pub cutoff: Cutoff,
    /// All metrics on it: with the level on the test window, without on the others, which the level was learned from.
    pub metrics: Metrics,
    /// Was the recipe chosen with the help of this window? Its figures are then flattering.
    pub chosen_on: bool,
}

/// Mean over windows and standard deviation between them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// The standard deviation.
    pub deviation: f64,
}

impl Spread {
    /// Of the windows whose figure is defined; `None` with fewer than two.
    fn of(figures: impl Iterator<Item = Option<f64>>) -> Option<Spread> {
        let figures: Vec<f64> = figures.flatten().collect();
        let n = figures.len() as f64;
        let mean = figures.iter().sum::<f64>() / n;
        let squares: f64 = figures.iter().map(|figure| (figure - mean).powi(2)).sum();
        (figures.len() >= 2).then(|| Spread { mean, deviation: (squares / (n - 1.0)).sqrt() })
    }
}

/// The windows of the rolling tests together. Of three windows that may be like each other it says what to expect of
/// the next one, and no more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RollingSpread {
    /// The normalized Gini.
    pub gini: Option<Spread>,
    /// The share of variance explained.
    pub r2: Option<Spread>,
    /// The RMSE, in currency.
    pub rmse: Option<Spread>,
    /// Σ predicted ÷ Σ actual.
    pub sum_ratio: Option<Spread>,
}

impl RollingSpread {
    pub(super) fn of(windows: &[Rolling]) -> RollingSpread {
        let of = |figure: fn(&Metrics) -> Option<f64>| Spread::of(windows.iter().map(|window| figure(&window.metrics)));
        RollingSpread {
            gini: of(|metrics| metrics.gini),
            r2: of(|metrics| metrics.r2),
            rmse: of(|metrics| metrics.rmse),
            sum_ratio: of(|metrics| metrics.sum_ratio),
        }
    }
}

/// What the evaluation found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The test cutoff.
    pub cutoff: Cutoff,
    /// How many days its window has.
    pub horizon: Horizon,
    /// Everything scored on the test window; the challenger first.
    pub candidates: Vec<Candidate>,
    /// The gate's verdict on the challenger.
    pub verdict: Verdict,
    /// The gate's verdict on the champion against the baselines, where the challenger failed.
    pub champion_verdict: Option<Verdict>,
    /// What follows from it.
    pub decision: Decision,
    /// Why, in a sentence.
    pub reason: String,
    /// The recipe that goes live, or, if what is live stays, the challenger: the figures below are its.
    pub subject: Recipe,
    /// Its level, from the validation windows.
    pub level: Level,
    /// Its intervals, from the validation windows.
    pub intervals: Intervals,
    /// Its metrics on the test window.
    pub metrics: Metrics,
    /// Its decile table on the test window.
    pub deciles: Vec<Decile>,
    /// How its intervals did on the test window.
    pub coverage: Coverage,
    /// Customers with at most one purchase day.
    pub cold: Population,
    /// The others.
    pub known: Population,
    /// What customers acquired inside the test window spent in it, in currency: predicted by nobody.
    pub later_arrivals: f64,
    /// Money that flooring the test fit's training targets at zero took away, in currency.
    pub floored: f64,
    /// Money that cutting off the test fit's training targets far above the others took away, in currency.
    #[serde(default)]
    pub winsorised: f64,
    /// The subject on up to three windows, latest first.
    pub rolling: Vec<Rolling>,
    /// Mean and spread of these.
    #[serde(default)]
    pub rolling_spread: RollingSpread,
    /// What every fit saw.
    pub seen: Vec<Seen>,
}

/// The subject's predictions of the test window, from which anyone can compute every metric again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TestPredictions {
    /// Which customers: indices into the history the window was made from.
    pub customers: Vec<u32>,
    /// What they spent, in currency, not floored.
    pub actual: Vec<f64>,
    /// What they were predicted to spend, in currency.
    pub predicted: Vec<f64>,
    /// Lower ends of the central 80 % intervals.
    pub low: Vec<f64>,
    /// Their upper ends.
    pub high: Vec<f64>,
    /// At most one purchase day.
    pub cold: Vec<bool>,
}
