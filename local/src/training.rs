//! A training, carried out by the train function's handler as the deployment's state machine does: called again until
//! it says that it is done. In flows a lake, out flow what was trained and where everyone's predictions are.

use std::num::NonZeroUsize;
use std::sync::Arc;

use ltv_lake::Lake;
use ltv_train::{Context, TrainError};
use serde_json::{Value, json};

use crate::progress::{Progress, Task};

/// Holds the lease of every local training. A site is one process's at a time, so what it finds held is its own, left
/// by a process that was interrupted, and is taken up again.
const HOLDER: &str = "local";

/// What a training came to.
#[derive(Debug)]
pub struct Trained {
    /// Model, candidates and decision, as the handler tells them.
    pub training: Value,
    /// Where everyone's predictions are; `null` when there are none.
    pub predictions: Value,
    /// Advice about the budget, or why there is none; `null` when nothing was trained.
    pub budget: Value,
    /// What the handler says besides, in a sentence.
    pub reason: Option<String>,
    /// Why there is neither model nor predictions, in a sentence.
    pub lacking: Option<String>,
}

/// A handler that failed, or answered what cannot be passed on.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    /// The handler failed.
    #[error("{}", .0.with_sources())]
    Handler(#[from] TrainError),
    /// Its answer is no JSON.
    #[error("the training's answer cannot be passed on")]
    Answer(#[from] serde_json::Error),
}

/// How a training is carried out.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Days ahead to predict; the longest that the data support when `None`.
    pub horizon: Option<u16>,
    /// `grid`, `random` or `halving`; the handler's own choice when `None`.
    pub search: Option<String>,
    /// Recipes that the search tries at most; the handler's own choice when `None`.
    pub trials: Option<NonZeroUsize>,
    /// Train also where neither data nor settings have changed.
    pub force: bool,
}

/// Trains on everything in the lake, promotes and scores. Too little data is an answer, not an error.
///
/// # Errors
/// [`TrainingError`]; what was finished before it is kept, and the next training goes on from there.
pub async fn train(lake: &Lake, options: &Options, progress: &Progress) -> Result<Trained, TrainingError> {
    let task = Arc::new(progress.counted("train", 1));
    let mut event = json!({"action": "train", "force": options.force});
    if let Some(days) = options.horizon {
        event["horizon_days"] = days.into();
    }
    if let Some(search) = &options.search {
        event["search"] = search.as_str().into();
    }
    if let Some(trials) = options.trials {
        event["search_trials"] = trials.get().into();
    }
    let answer = loop {
        let shown: Arc<dyn ltv_train::Progress> = Arc::new(Shown(Arc::clone(&task)));
        let context = Context { request_id: HOLDER.to_owned(), deadline: None, progress: shown };
        let answer = ltv_train::handler(event.clone(), lake, context).await?;
        if answer.done {
            break answer;
        }
    };
    // A cross-section has a model's card, but nobody's future to predict.
    let lacking = match &answer.predictions {
        None if answer.training["model_id"].is_null() => {
            Some(answer.reason.clone().unwrap_or_else(|| "the training ended without predictions".to_owned()))
        }
        _ => None,
    };
    let predictions = serde_json::to_value(&answer.predictions)?;
    let trained =
        Trained { training: answer.training, predictions, budget: answer.budget, reason: answer.reason, lacking };
    task.say(summary(&trained));
    Ok(trained)
}

/// One line for people.
fn summary(trained: &Trained) -> String {
    if let Some(lacking) = &trained.lacking {
        return format!("train: no predictions: {lacking}");
    }
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let chosen = text(&trained.training["chosen"]);
    let candidates = trained.training["candidates"].as_array().map_or(0, Vec::len);
    let reason = trained.reason.clone().unwrap_or_else(|| text(&trained.training["reason"]));
    match (trained.training["horizon_days"].as_i64(), trained.predictions["customers"].as_u64()) {
        (Some(days), Some(customers)) => format!(
            "train: {chosen} chosen of {candidates} candidates, {days} days ahead, {customers} customers scored; {reason}"
        ),
        _ => format!("train: {chosen} chosen of {candidates} candidates; {reason}"),
    }
}

/// Passes the handler's progress on to a bar.
struct Shown(Arc<Task>);

impl ltv_train::Progress for Shown {
    fn step(&self, done: usize, planned: usize, what: &str) {
        self.0.plan(planned as u64);
        self.0.reach(done as u64);
        self.0.now(what);
    }
}
