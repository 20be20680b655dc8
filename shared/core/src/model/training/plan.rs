//! The plan of a training: what is tried, in which order, and which step comes next. In flow a split protocol and the
//! champion's recipe; out flows data that is stored with the first checkpoint and never changes afterwards.
use crate::feature::Protocol;
use crate::model::Recipe;
use crate::model::search::{Schedule, Strategy, Trial, TrialResult};
use crate::time::Cutoff;
use serde::{Deserialize, Serialize};

/// What an operator may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Recipes tried at most: the budget of a training.
    pub trials: usize,
    /// How they are tried.
    pub strategy: Strategy,
    /// Rows that one fit is trained on at most; more are drawn evenly from all windows.
    pub most_rows: usize,
    /// Seed of everything random.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { trials: 40, strategy: Strategy::Halving, most_rows: 400_000, seed: 20_260_101 }
    }
}

/// What a training will do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Which cutoffs are validated, tested and deployed.
    pub protocol: Protocol,
    /// Budget, rows and seed.
    pub settings: Settings,
    /// What is tried, and how.
    pub search: Schedule,
    /// The recipe of what is live, if anything is.
    pub champion: Option<Recipe>,
}

/// A separately callable step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The trial of that number.
    Trial(usize),
    /// The choice and the test window.
    Evaluate,
    /// The deployed fit.
    Deploy,
}

impl Plan {
    /// The plan for a history of `customers`. What is tried depends on how many rows there are, not on what is in them.
    pub fn new(protocol: Protocol, settings: Settings, customers: usize, champion: Option<Recipe>) -> Plan {
        let windows = protocol.validation().iter().map(|cutoff| protocol.training_for(*cutoff).len()).min();
        let rows = (customers * windows.unwrap_or(1)).min(settings.most_rows);
        let search = Schedule::new(settings.strategy, settings.trials, rows, settings.seed);
        Plan { protocol, settings, search, champion }
    }

    /// The trials that come next, in order: those of the present rung that have no result yet.
    pub fn pending(&self, results: &[TrialResult]) -> Vec<Trial> {
        self.search.pending(results)
    }

    /// What comes next, given what is done.
    pub fn next(&self, results: &[TrialResult], evaluated: bool) -> Step {
        match self.pending(results).first() {
            Some(trial) => Step::Trial(trial.number),
            None if evaluated => Step::Deploy,
            None => Step::Evaluate,
        }
    }

    /// The cutoffs whose windows a step needs, earliest first.
    pub fn cutoffs(&self, step: Step) -> Vec<Cutoff> {
        let scored = match step {
            Step::Trial(_) => self.protocol.validation(),
            Step::Evaluate => {
                let mut scored = self.protocol.validation();
                scored.push(self.protocol.test());
                scored
            }
            Step::Deploy => vec![self.protocol.deployment()],
        };
        let mut needed: Vec<Cutoff> = scored.iter().flat_map(|cutoff| self.protocol.training_for(*cutoff)).collect();
        needed.extend(scored);
        needed.sort_unstable();
        needed.dedup();
        needed
    }
}
