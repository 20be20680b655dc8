//! What the function answers, and the training's part of what `ltv run` prints. In flow the results of a run; out
//! flows JSON.
use jiff::Timestamp;
use ltv_lake::erase::Erasure;
use ltv_lake::layout::RunId;
use serde::Serialize;
use serde_json::{Value, json};

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// Is there nothing left to do? A loop repeats the request until it is.
    pub done: bool,
    /// The run.
    pub run: Option<RunId>,
    /// Why nothing was trained or published, where that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Steps done and planned of a training that goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Steps>,
    /// The training that was finished: model, candidates, decision.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub training: Value,
    /// Where everyone's predictions are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predictions: Option<Predictions>,
    /// What is said of the budget: advice, or the reason why there is none, and a backtest.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub budget: Value,
    /// What an erasure rewrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erasure: Option<Erasure>,
}

/// How far a training is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Steps {
    /// Steps done.
    pub done: usize,
    /// Steps planned.
    pub planned: usize,
}

/// Everyone's predictions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Predictions {
    /// How many customers.
    pub customers: u64,
    /// Key of the first Parquet file.
    pub key: Option<String>,
    /// Key of the gzip CSV twin.
    pub export: String,
}

impl Answer {
    fn of(done: bool, run: Option<&RunId>) -> Answer {
        Answer {
            done,
            run: run.cloned(),
            reason: None,
            steps: None,
            training: Value::Null,
            predictions: None,
            budget: Value::Null,
            erasure: None,
        }
    }

    /// A run that was finished and published.
    pub(crate) fn finished(run: &RunId, training: Value, predictions: Predictions) -> Answer {
        Answer { training, predictions: Some(predictions), ..Answer::of(true, Some(run)) }
    }

    /// A training that the next invocation continues.
    pub(crate) fn unfinished(run: &RunId, done: usize, planned: usize) -> Answer {
        Answer { steps: Some(Steps { done, planned }), ..Answer::of(false, Some(run)) }
    }

    /// Somebody else trains.
    pub(crate) fn held(run: &RunId, until: Timestamp) -> Answer {
        let reason =
            format!("training {run} is under way elsewhere, until {until} at the latest; nothing was done here");
        Answer { reason: Some(reason), ..Answer::of(true, Some(run)) }
    }

    /// There is too little data.
    pub(crate) fn impossible(run: &RunId, reason: &str) -> Answer {
        let training = json!({"model_id": null, "chosen": null, "candidates": [], "promoted": false, "reason": reason});
        Answer { reason: Some(reason.to_owned()), training, ..Answer::of(true, Some(run)) }
    }

    /// Something that is no training was carried out.
    pub(crate) fn carried_out(run: Option<&RunId>, reason: String) -> Answer {
        Answer { reason: Some(reason), ..Answer::of(true, run) }
    }
}
