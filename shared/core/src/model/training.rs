//! A training, step by step: the trials of the search, the evaluation on the test window, the deployed fit. In flow
//! windows of a history and the results of earlier steps; out flow results that can be stored between steps, so that
//! every step can run in another process. It knows nothing of the lake: the caller stores and continues.
//!
//! ```text
//! Plan::new → Trial … Trial → Evaluate → Deploy
//!             TrialResult      Evaluation   Deployment (a Model, or none)
//! ```
mod assess;
mod deploy;
mod evaluate;
mod evaluation;
mod plan;

#[cfg(test)]
mod odd;
#[cfg(test)]
mod real_data;
#[cfg(test)]
mod signals;
#[cfg(test)]
mod stored;
#[cfg(test)]
mod tests;

pub use deploy::{Deployment, Importance};
pub use evaluation::{
    Candidate, Evaluation, Population, Ranges, Role, Rolling, RollingSpread, Spread, TestPredictions,
};
pub use plan::{Plan, Settings, Step};

use super::fold::{Fold, Seen};
use super::search::{self, Trial, TrialResult};
use super::{ModelError, Recipe, leakage};
use crate::feature::Window;
use crate::time::Cutoff;
use std::collections::{BTreeMap, BTreeSet};

/// A training at work on one set of windows. Folds and predictions are kept between the steps of one process; a step
/// in another process computes them again and comes to the same result.
pub struct Training<'a> {
    plan: &'a Plan,
    windows: &'a [Window],
    folds: BTreeMap<Cutoff, Fold<'a>>,
    predictions: Vec<(Recipe, Cutoff, Vec<f64>)>,
    seen: BTreeSet<Seen>,
}

impl<'a> Training<'a> {
    /// A training on `windows`, which hold at least the [`Plan::cutoffs`] of the steps that will be run.
    pub fn new(plan: &'a Plan, windows: &'a [Window]) -> Training<'a> {
        Training { plan, windows, folds: BTreeMap::new(), predictions: Vec::new(), seen: BTreeSet::new() }
    }

    /// Runs a trial on the validation folds.
    ///
    /// # Errors
    /// A window that is missing or would leak. A candidate that cannot be fitted is a result with a fault.
    pub fn run_trial(&mut self, trial: &Trial) -> Result<TrialResult, ModelError> {
        let cutoffs = self.plan.protocol.validation();
        for cutoff in &cutoffs {
            self.prepare(*cutoff)?;
        }
        let folds: Vec<&Fold<'_>> = cutoffs.iter().map(|cutoff| &self.folds[cutoff]).collect();
        Ok(search::run(trial, &folds))
    }

    /// Every fit made so far: what it saw, and what it was scored on.
    pub fn seen(&self) -> impl Iterator<Item = &Seen> {
        self.seen.iter()
    }

    /// Makes sure that the fold of `cutoff` is there.
    fn prepare(&mut self, cutoff: Cutoff) -> Result<(), ModelError> {
        if self.folds.contains_key(&cutoff) {
            return Ok(());
        }
        let settings = self.plan.settings;
        let fold = Fold::new(self.windows, &self.plan.protocol, cutoff, settings.most_rows, settings.seed)?;
        leakage::audit(fold.window())?;
        self.seen.insert(fold.seen());
        self.folds.insert(cutoff, fold);
        Ok(())
    }

    /// What `recipe`, fitted for `cutoff`, predicts for its window before any level, in currency.
    fn predicted(&mut self, recipe: &Recipe, cutoff: Cutoff) -> Result<Vec<f64>, ModelError> {
        if let Some(known) = self.predictions.iter().find(|(r, c, _)| r == recipe && *c == cutoff) {
            return Ok(known.2.clone());
        }
        self.prepare(cutoff)?;
        let predicted = if let Recipe::Blend { tree, btyd, weight } = recipe {
            // both parts are usually known already
            let (tree, btyd) = (self.predicted(tree, cutoff)?, self.predicted(&Recipe::Btyd(*btyd), cutoff)?);
            super::blend::Pair { actual: &[], tree: &tree, btyd: &btyd }.blended(*weight)
        } else {
            let fold = &self.folds[&cutoff];
            fold.predict(&fold.fit(recipe)?)
        };
        self.predictions.push((recipe.clone(), cutoff, predicted.clone()));
        Ok(predicted)
    }

    /// What was spent in the window of `cutoff`, in currency.
    fn actual(&self, cutoff: Cutoff) -> &'a [f64] {
        self.folds[&cutoff].window().target.as_slice()
    }
}
