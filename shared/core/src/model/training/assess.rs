//! Choosing and calibrating, from the validation windows alone: the blend's weight, the challenger, level and interval
//! widths. In flow trial results; out flow a recipe and its calibration. The test window never enters this file.
use super::Training;
use crate::model::interval::{Intervals, TAIL};
use crate::model::level::Level;
use crate::model::metrics::Metrics;
use crate::model::metrics::bootstrap::quantile;
use crate::model::recipe::Family;
use crate::model::search::{self, TrialResult};
use crate::model::{ModelError, Recipe, blend};

/// A recipe with its mean validation score.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chosen {
    pub(super) recipe: Recipe,
    pub(super) score: f64,
}

/// What is put on top of a recipe's raw predictions.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Calibration {
    pub(super) level: Level,
    pub(super) intervals: Intervals,
    /// The 10 % and 90 % quantiles of validation spend: the interval of somebody who knows nothing of a customer.
    pub(super) unconditional: (f64, f64),
}

impl Training<'_> {
    /// The best recipe of all trials and of the blend, by validation score; of equals, the simpler.
    pub(super) fn choose(&mut self, results: &[TrialResult]) -> Result<Chosen, ModelError> {
        let of = |family: Family| search::best(results.iter().filter(move |r| r.recipe.family() == family));
        let mut chosen: Vec<Chosen> = Vec::new();
        for best in [Family::Linear, Family::Btyd, Family::Tree].into_iter().filter_map(of) {
            // scored again at the mean of the rounds, so that trees are not flattered by rounds chosen fold by fold
            chosen.push(Chosen { recipe: best.recipe.clone(), score: self.validation_score(&best.recipe)? });
        }
        if let (Some(tree), Some(btyd)) = (of(Family::Tree), of(Family::Btyd)) {
            chosen.extend(self.blended(&tree.recipe, &btyd.recipe)?);
        }
        let mut best: Option<Chosen> = None;
        for one in chosen {
            if best.as_ref().is_none_or(|best| one.score > best.score) {
                best = Some(one);
            }
        }
        let first_fault = results.iter().find_map(|result| result.fault.clone());
        best.ok_or_else(|| ModelError::NothingFitted {
            reason: first_fault.unwrap_or_else(|| "none was run".to_owned()),
        })
    }

    /// The two recipes blended at the best validation weight, unless that is one of them alone.
    fn blended(&mut self, tree: &Recipe, btyd: &Recipe) -> Result<Option<Chosen>, ModelError> {
        let Recipe::Btyd(kind) = btyd else { return Ok(None) };
        let mut windows = Vec::new();
        for cutoff in self.plan.protocol.validation() {
            windows.push((self.predicted(tree, cutoff)?, self.predicted(btyd, cutoff)?, self.actual(cutoff)));
        }
        let pairs: Vec<blend::Pair<'_>> =
            windows.iter().map(|(tree, btyd, actual)| blend::Pair { actual, tree, btyd }).collect();
        let Some((weight, score)) = blend::weight(&pairs) else { return Ok(None) };
        let mixed = weight > 0.0 && weight < 1.0;
        let recipe = Recipe::Blend { tree: Box::new(tree.clone()), btyd: *kind, weight };
        Ok(mixed.then_some(Chosen { recipe, score }))
    }

    /// Mean validation score of a recipe.
    pub(super) fn validation_score(&mut self, recipe: &Recipe) -> Result<f64, ModelError> {
        let cutoffs = self.plan.protocol.validation();
        let mut sum = 0.0;
        for cutoff in &cutoffs {
            let predicted = self.predicted(recipe, *cutoff)?;
            sum += search::score(&Metrics::of(self.actual(*cutoff), &predicted));
        }
        Ok(sum / cutoffs.len().max(1) as f64)
    }

    /// Level and intervals of a recipe.
    pub(super) fn calibrate(&mut self, recipe: &Recipe) -> Result<Calibration, ModelError> {
        let (mut actual, mut predicted, mut sums, mut customers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for cutoff in self.plan.protocol.validation() {
            let of_window = self.predicted(recipe, cutoff)?;
            let spent = self.actual(cutoff);
            sums.push((spent.iter().sum::<f64>(), of_window.iter().sum::<f64>()));
            customers.push(spent.len());
            actual.extend_from_slice(spent);
            predicted.extend(of_window);
        }
        let level = Level::of(&sums);
        for amount in &mut predicted {
            *amount *= level.factor;
        }
        let levels: Vec<f64> = (sums.iter().zip(&customers))
            .flat_map(|(sums, customers)| std::iter::repeat_n(level.residual(*sums), *customers))
            .collect();
        let limit = |q| quantile(&actual, q).unwrap_or(0.0);
        Ok(Calibration {
            level,
            intervals: Intervals::learn(&actual, &predicted, &levels),
            unconditional: (limit(TAIL).max(0.0), limit(1.0 - TAIL).max(0.0)),
        })
    }
}
