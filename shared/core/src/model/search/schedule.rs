//! Which trial comes next. In flow a strategy and the results so far; out flow the trials that are left of the present
//! rung. A schedule is data, stored with the plan: from the same results it always goes on in the same way.
//!
//! Successive halving (Jamieson & Talwalkar 2016, *Non-stochastic best arm identification and hyperparameter
//! optimization*, section 3) with a factor of three: all tree recipes on a ninth of the rows and the latest validation
//! window, the best third of them on a third of the rows, the best third of those on all. Lines and buy-till-you-die
//! models cost next to nothing and are tried on all rows at once.
use super::space;
use super::{Trial, TrialResult};
use crate::model::Recipe;
use crate::model::recipe::Family;
use serde::{Deserialize, Serialize};

/// Of how many recipes one passes a rung, and how many times more rows it then sees.
const FACTOR: usize = 3;
/// Fewer rows than this rank recipes by chance.
const FEWEST_ROWS: f64 = 4_000.0;

/// How a search spends its trials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Every point of the grid on all rows.
    Grid,
    /// Points drawn at random, on all rows.
    Random,
    /// Every point of the grid on few rows, the better ones on more, the best on all.
    #[default]
    Halving,
}

/// The trials of a search and how later ones follow from earlier results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// What is known to be tried from the beginning.
    start: Vec<Trial>,
    /// The rungs behind the first.
    rungs: Vec<Rung>,
}

/// A rung behind the first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Rung {
    /// Number of its first trial.
    first: usize,
    /// How many recipes reach it at most.
    trials: usize,
    /// Share of the rows.
    share: f64,
}

impl Schedule {
    /// The schedule of a search that begins with at most `budget` trials, on folds of `rows` rows. Where a ninth of the
    /// rows says too little, earlier rungs see more of them; where there are too few rows or recipes for rungs, every
    /// recipe is tried on all rows.
    pub fn new(strategy: Strategy, budget: usize, rows: usize, seed: u64) -> Schedule {
        let budget = budget.max(1);
        let mut recipes = match strategy {
            Strategy::Random => space::random(rows, budget.saturating_sub(4).max(1), seed),
            Strategy::Grid | Strategy::Halving => space::grid(rows),
        };
        recipes.truncate(budget);
        let trees = recipes.iter().filter(|recipe| recipe.family() == Family::Tree).count();
        let mut shares = vec![1.0];
        if strategy == Strategy::Halving && trees >= FACTOR * FACTOR {
            let least = FEWEST_ROWS / rows.max(1) as f64;
            let factor = FACTOR as f64;
            shares = vec![(1.0 / factor.powi(2)).max(least), (1.0 / factor).max(least), 1.0];
            shares.retain(|share| *share < 1.0);
            shares.push(1.0);
        }
        let last = shares.len() - 1;
        let start: Vec<Trial> = recipes
            .into_iter()
            .enumerate()
            .map(|(number, recipe)| {
                let rung = if recipe.family() == Family::Tree { 0 } else { last };
                Trial { number, configuration: number, rung, share: shares[rung], recipe }
            })
            .collect();
        let (mut first, mut left) = (start.len(), trees);
        let mut rungs = Vec::new();
        for share in &shares[1..] {
            left = left.div_ceil(FACTOR);
            rungs.push(Rung { first, trials: left, share: *share });
            first += left;
        }
        Schedule { start, rungs }
    }

    /// How many trials there are at most.
    pub fn planned(&self) -> usize {
        self.start.len() + self.rungs.iter().map(|rung| rung.trials).sum::<usize>()
    }

    /// The trials of the present rung without a result, in order; none when the search is done.
    pub fn pending(&self, results: &[TrialResult]) -> Vec<Trial> {
        let without = |trials: Vec<Trial>| -> Vec<Trial> {
            let known = |trial: &Trial| results.iter().any(|result| result.number == trial.number);
            trials.into_iter().filter(|trial| !known(trial)).collect()
        };
        let mut pending = without(self.start.clone());
        for (at, rung) in self.rungs.iter().enumerate() {
            if !pending.is_empty() {
                break;
            }
            pending = without(self.survivors(at, rung, results));
        }
        pending
    }

    /// The trials of `rung`: the best recipes of the rung `before`.
    fn survivors(&self, before: usize, rung: &Rung, results: &[TrialResult]) -> Vec<Trial> {
        let mut rivals: Vec<(&TrialResult, f64)> = results
            .iter()
            .filter(|result| result.rung == before && result.recipe.family() == Family::Tree)
            .filter_map(|result| result.score.map(|score| (result, score)))
            .collect();
        rivals.sort_by(|(a, of_a), (b, of_b)| of_b.total_cmp(of_a).then(a.number.cmp(&b.number)));
        let passed = rivals.into_iter().take(rung.trials).enumerate();
        passed
            .filter_map(|(place, (result, _))| {
                let recipe: &Recipe = &self.start.get(result.configuration)?.recipe;
                Some(Trial {
                    number: rung.first + place,
                    configuration: result.configuration,
                    rung: before + 1,
                    share: rung.share,
                    recipe: recipe.clone(),
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Family, Schedule, Strategy, TrialResult};
    use proptest::prelude::{prop, prop_assert, prop_assert_eq, proptest};

    /// A search in which the recipe of configuration `n` scores `quality[n]`, or fails.
    fn searched(schedule: &Schedule, quality: &[Option<f64>]) -> Vec<TrialResult> {
        let mut results: Vec<TrialResult> = Vec::new();
        while let Some(trial) = schedule.pending(&results).into_iter().next() {
            let score = quality[trial.configuration % quality.len()];
            results.push(TrialResult {
                configuration: trial.configuration,
                share: trial.share,
                recipe: trial.recipe,
                ..crate::model::search::result(trial.number, trial.rung, score)
            });
        }
        results
    }

    #[test]
    fn the_default_begins_with_at_least_24_trees_and_ends_on_all_rows() {
        let schedule = Schedule::new(Strategy::Halving, 40, 400_000, 1);
        let results = searched(&schedule, &[Some(0.5), Some(0.1), Some(0.7)]);
        let of_rung = |rung| results.iter().filter(move |r| r.rung == rung && r.recipe.family() == Family::Tree);
        assert!(of_rung(0).count() >= 24);
        assert!(of_rung(0).all(|r| (r.share - 1.0 / 9.0).abs() < 1e-12));
        assert_eq!((of_rung(1).count(), of_rung(2).count()), (9, 3));
        assert!(of_rung(2).all(|r| r.share == 1.0));
        assert_eq!(results.len(), schedule.planned());
    }

    #[test]
    fn with_few_rows_every_recipe_is_tried_on_all_of_them() {
        let schedule = Schedule::new(Strategy::Halving, 40, 3_000, 1);
        assert_eq!(schedule, Schedule::new(Strategy::Grid, 40, 3_000, 1));
        assert!(searched(&schedule, &[None]).iter().all(|result| result.share == 1.0));
    }

    proptest! {
        #[test]
        fn the_best_recipe_survives_and_the_order_of_results_changes_nothing(
            quality in prop::collection::vec(prop::option::weighted(0.9, 0.0..1.0_f64), 30),
            rows in 1_000..500_000_usize,
            budget in 1..40_usize,
        ) {
            let schedule = Schedule::new(Strategy::Halving, budget, rows, 1);
            let mut results = searched(&schedule, &quality);
            prop_assert!(results.len() <= schedule.planned());
            let tree = |result: &&TrialResult| result.recipe.family() == Family::Tree;
            let chosen = crate::model::search::best(results.iter().filter(tree)).and_then(|result| result.score);
            let best = results.iter().filter(tree).filter_map(|result| result.score).reduce(f64::max);
            prop_assert_eq!(chosen, best);
            results.reverse();
            prop_assert!(schedule.pending(&results).is_empty());
            // Stopped anywhere, it goes on with the very same trials.
            let half: Vec<TrialResult> = results.iter().skip(results.len().div_ceil(2)).cloned().collect();
            let next = schedule.pending(&half).into_iter().next().unwrap();
            let known = results.iter().find(|result| result.number == next.number).unwrap();
            prop_assert_eq!((known.configuration, known.rung), (next.configuration, next.rung));
        }
    }
}
