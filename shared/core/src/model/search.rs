//! The search: a grid of recipes over out-of-time folds. In flow folds at the validation cutoffs; out flows one result
//! a trial, which can be stored and read back, so that a search can be stopped after any trial and continued elsewhere.
//! It never sees the test window.
use super::ModelError;
use super::fit::Fit;
use super::fold::Fold;
use super::metrics::Metrics;
use super::recipe::{Boosting, Btyd, Forest, Loss, Recipe};
use crate::time::Cutoff;
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// Bytes of a stored fit above which it cannot be promoted; the rest of the model's 8 MB is the feature context.
pub const LARGEST_FIT: usize = 6_000_000;

/// One point of the grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Its place in the plan, from 0.
    pub number: usize,
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
    /// The trial's place in the plan.
    pub number: usize,
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

/// The grid, families interleaved so that a small `budget` of trials still tries each of them. `rows` is how many rows
/// the smallest fold trains on: leaves hold a share of them.
pub fn grid(budget: usize, rows: usize) -> Vec<Trial> {
    let fine = (rows / 2_000).clamp(5, 40) as u32;
    let coarse = (rows / 300).clamp(10, 300) as u32;
    let boosting = |loss, leaves, min_leaf, column_share| {
        let (rounds, learning_rate, row_share, l2) = (250, 0.1, 0.5, 2.0);
        Recipe::Boosting(Boosting { loss, rounds, learning_rate, leaves, min_leaf, row_share, column_share, l2 })
    };
    let forest = |column_share, share_of_rows: usize| {
        let min_leaf = (rows / share_of_rows).clamp(5, 400) as u32;
        Recipe::Forest(Forest { trees: 40, min_leaf, column_share, row_share: 0.6 })
    };
    let hurdle = Loss::Hurdle { amount_rounds: 250 };
    let recipes = [
        Recipe::Linear { ridge: 0.1 },
        Recipe::Btyd(Btyd::BgNbd),
        boosting(Loss::Tweedie(1.5), 16, fine, 0.5),
        boosting(Loss::Squared, 16, fine, 0.5),
        Recipe::Btyd(Btyd::ParetoNbd),
        boosting(hurdle, 16, fine, 0.5),
        forest(0.2, 1_000),
        boosting(Loss::Squared, 31, fine, 0.3),
        boosting(hurdle, 31, fine, 0.3),
        boosting(Loss::Tweedie(1.3), 16, fine, 0.3),
        boosting(Loss::Squared, 8, coarse, 0.5),
        boosting(hurdle, 8, fine, 0.5),
        forest(0.33, 2_000),
        Recipe::Linear { ridge: 0.01 },
    ];
    recipes.into_iter().take(budget.max(1)).enumerate().map(|(number, recipe)| Trial { number, recipe }).collect()
}

/// Runs a trial on every validation fold: rounds are chosen by early stopping on each fold, the recipe keeps their
/// mean. A trial whose library refuses is a result with a fault, not an error: the search goes on.
pub fn run(trial: &Trial, folds: &[&Fold<'_>]) -> TrialResult {
    let started = Instant::now();
    let (mut results, mut rounds) = (Vec::new(), Vec::new());
    let mut fault = None;
    for fold in folds {
        match run_fold(&trial.recipe, fold) {
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
        recipe: with_rounds(&trial.recipe, &rounds),
        score: complete.then_some(mean),
        folds: results,
        seconds: started.elapsed().as_secs_f64(),
        fault,
    }
}

fn run_fold(recipe: &Recipe, fold: &Fold<'_>) -> Result<(FoldResult, Option<(u32, u32)>), ModelError> {
    let fit = fold.fit_stopping(recipe)?;
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

/// The better of two trials is the one with the higher score; of equals the earlier, so that a choice does not depend
/// on the order in which results arrive.
pub(crate) fn best<'a>(results: impl Iterator<Item = &'a TrialResult>) -> Option<&'a TrialResult> {
    results.filter(|result| result.score.is_some()).max_by(|a, b| {
        let by_score = a.score.unwrap_or(f64::MIN).total_cmp(&b.score.unwrap_or(f64::MIN));
        by_score.then(b.number.cmp(&a.number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_budget_still_tries_every_family() {
        let names = |budget| -> Vec<&str> { grid(budget, 50_000).iter().map(|trial| trial.recipe.name()).collect() };
        let seven = names(7);
        for name in ["linear", "bg_nbd", "pareto_nbd", "boosting_squared", "boosting_tweedie", "boosting_hurdle"] {
            assert!(seven.contains(&name), "{name}");
        }
        assert!(seven.contains(&"random_forest"));
        assert_eq!(names(2).len(), 2);
    }

    #[test]
    fn the_choice_does_not_depend_on_the_order_of_results() {
        let result = |number, score| TrialResult {
            number,
            recipe: Recipe::Btyd(Btyd::BgNbd),
            score,
            folds: Vec::new(),
            seconds: 0.0,
            fault: None,
        };
        let results = [result(3, Some(0.2)), result(1, Some(0.2)), result(2, None), result(4, Some(0.1))];
        assert_eq!(best(results.iter()).map(|r| r.number), Some(1));
        assert_eq!(best(results.iter().rev()).map(|r| r.number), Some(1));
    }

    #[test]
    fn a_trial_keeps_the_mean_of_the_rounds_that_its_folds_chose() {
        let trial = &grid(6, 50_000)[5];
        let Recipe::Boosting(kept) = with_rounds(&trial.recipe, &[(100, 40), (51, 20)]) else { unreachable!() };
        assert_eq!((kept.rounds, kept.loss), (76, Loss::Hurdle { amount_rounds: 30 }));
    }
}
