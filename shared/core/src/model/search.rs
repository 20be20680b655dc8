//! The search: recipes over out-of-time folds. In flow folds at the validation cutoffs; out flows one result a trial,
//! which can be stored and read back, so that a search can be stopped after any trial and continued elsewhere. Which
//! recipes are tried is in `space`, which trial comes next in `schedule`. It never sees the test window.
mod schedule;
mod space;

pub use schedule::{Schedule, Strategy};

use super::ModelError;
use super::fit::Fit;
use super::fold::Fold;
use super::metrics::Metrics;
use super::recipe::{Boosting, Loss, Recipe};
use crate::time::Cutoff;
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// Bytes of a stored fit above which it cannot be promoted; the rest of the model's 8 MB is the feature context.
pub const LARGEST_FIT: usize = 6_000_000;

/// One thing to try.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Its place in the search, from 0.
    pub number: usize,
    /// The first trial of the same recipe: its own number, unless an earlier rung let it pass.
    pub configuration: usize,
    /// The rung, from 0; only the last is fitted on all rows.
    pub rung: usize,
    /// Share of the training rows that its fits see; below 1 only the latest validation window is scored where the rung
    /// is the first.
    pub share: f64,
    /// What is tried.
    pub recipe: Recipe,
}

/// How a trial did on one validation window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldResult {
    /// The validation cutoff.
    pub cutoff: Cutoff,
    /// All metrics on its window.
    pub metrics: Metrics,
    /// [`score`] on its window.
    pub score: f64,
    /// Bytes of the stored fit.
    pub bytes: usize,
}

/// What a trial found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialResult {
    /// The trial's place in the search.
    pub number: usize,
    /// The first trial of the same recipe.
    #[serde(default)]
    pub configuration: usize,
    /// The trial's rung.
    #[serde(default)]
    pub rung: usize,
    /// Share of the training rows that its fits saw.
    #[serde(default = "all_rows")]
    pub share: f64,
    /// The recipe, with the rounds that early stopping chose on the validation windows.
    pub recipe: Recipe,
    /// Mean [`score`] over the folds; `None` for a trial that failed.
    pub score: Option<f64>,
    /// Each fold's result, latest cutoff first.
    pub folds: Vec<FoldResult>,
    /// Wall-clock seconds of all fits and predictions.
    pub seconds: f64,
    /// Why the trial failed or cannot be chosen.
    pub fault: Option<String>,
}

/// What is maximised: normalized Gini − RMSE ÷ RMSE of the window's own mean. It rewards a good order of the customers
/// and a good amount alike, the two things the gate tests. MAE is left out on purpose: with mostly zero targets,
/// predicting zero has the best. An undefined part counts as nothing learned.
pub fn score(metrics: &Metrics) -> f64 {
    metrics.gini.unwrap_or(0.0) - (1.0 - metrics.r2.unwrap_or(0.0)).max(0.0).sqrt()
}

fn all_rows() -> f64 {
    1.0
}

/// Runs a trial on the validation folds, latest cutoff first: rounds are chosen by early stopping on each fold, the
/// recipe keeps their mean. The first of several rungs looks at the latest window only. A trial whose library refuses
/// is a result with a fault, not an error: the search goes on.
pub fn run(trial: &Trial, folds: &[&Fold<'_>]) -> TrialResult {
    let started = Instant::now();
    let (mut results, mut rounds) = (Vec::new(), Vec::new());
    let mut fault = None;
    let looked_at = if trial.rung == 0 && trial.share < 1.0 { 1 } else { folds.len() };
    for fold in folds.iter().take(looked_at) {
        match run_fold(trial, fold) {
            Ok((result, chosen)) => {
                if result.bytes > LARGEST_FIT {
                    fault = Some(format!("its fit of {} bytes is larger than {LARGEST_FIT}", result.bytes));
                }
                results.push(result);
                rounds.extend(chosen);
            }
            Err(error) => fault = Some(error.to_string()),
        }
    }
    let complete = fault.is_none() && !results.is_empty();
    let mean = results.iter().map(|fold| fold.score).sum::<f64>() / results.len().max(1) as f64;
    TrialResult {
        number: trial.number,
        configuration: trial.configuration,
        rung: trial.rung,
        share: trial.share,
        recipe: with_rounds(&trial.recipe, &rounds),
        score: complete.then_some(mean),
        folds: results,
        seconds: started.elapsed().as_secs_f64(),
        fault,
    }
}

fn run_fold(trial: &Trial, fold: &Fold<'_>) -> Result<(FoldResult, Option<(u32, u32)>), ModelError> {
    let fit = fold.fit_stopping(&trial.recipe, trial.share)?;
    let metrics = Metrics::of(&fold.window().target, &fold.predict(&fit));
    let result =
        FoldResult { cutoff: fold.window().cutoff, metrics, score: score(&metrics), bytes: stored_size(&fit)? };
    Ok((result, fit.rounds()))
}

/// Bytes of a fit in a stored model.
pub(crate) fn stored_size(fit: &Fit) -> Result<usize, ModelError> {
    Ok(postcard::to_stdvec(fit)?.len())
}

fn with_rounds(recipe: &Recipe, rounds: &[(u32, u32)]) -> Recipe {
    let Recipe::Boosting(boosting) = recipe else { return recipe.clone() };
    if rounds.is_empty() {
        return recipe.clone();
    }
    let mean = |of: fn(&(u32, u32)) -> u32| {
        let sum: u32 = rounds.iter().map(of).sum();
        sum.div_ceil(rounds.len() as u32).max(1)
    };
    let loss = match boosting.loss {
        Loss::Hurdle { .. } => Loss::Hurdle { amount_rounds: mean(|pair| pair.1) },
        other => other,
    };
    Recipe::Boosting(Boosting { rounds: mean(|pair| pair.0), loss, ..boosting.clone() })
}

/// The better of two trials is the one that came further, then the one with the higher score; of equals the earlier, so
/// that a choice does not depend on the order in which results arrive.
pub(crate) fn best<'a>(results: impl Iterator<Item = &'a TrialResult>) -> Option<&'a TrialResult> {
    results.filter(|result| result.score.is_some()).max_by(|a, b| {
        let by_score = a.score.unwrap_or(f64::MIN).total_cmp(&b.score.unwrap_or(f64::MIN));
        a.rung.cmp(&b.rung).then(by_score).then(b.number.cmp(&a.number))
    })
}

#[cfg(test)]
pub(crate) fn result(number: usize, rung: usize, score: Option<f64>) -> TrialResult {
    TrialResult {
        number,
        configuration: number,
        rung,
        share: 1.0,
        recipe: Recipe::Linear { ridge: 0.1 },
        score,
        folds: Vec::new(),
        seconds: 0.0,
        fault: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::recipe::Family;

    #[test]
    fn the_choice_does_not_depend_on_the_order_of_results() {
        let results = [result(3, 0, Some(0.2)), result(1, 0, Some(0.2)), result(2, 0, None), result(4, 0, Some(0.1))];
        assert_eq!(best(results.iter()).map(|r| r.number), Some(1));
        assert_eq!(best(results.iter().rev()).map(|r| r.number), Some(1));
    }

    #[test]
    fn a_trial_of_a_later_rung_is_chosen_over_a_higher_score_on_fewer_rows() {
        let results = [result(0, 0, Some(0.9)), result(5, 1, Some(0.2)), result(6, 1, None)];
        assert_eq!(best(results.iter()).map(|r| r.number), Some(5));
    }

    #[test]
    fn a_trial_keeps_the_mean_of_the_rounds_that_its_folds_chose() {
        let tried = space::grid(50_000).into_iter();
        let hurdle = tried.filter(|recipe| recipe.family() == Family::Tree).find(|r| r.name() == "boosting_hurdle");
        let Recipe::Boosting(kept) = with_rounds(&hurdle.unwrap(), &[(100, 40), (51, 20)]) else { unreachable!() };
        assert_eq!((kept.rounds, kept.loss), (76, Loss::Hurdle { amount_rounds: 30 }));
    }
}
