//! Runs whose data predict nobody's future: a cross-section without dates, a media table without customers. In flow
//! what was found; out flow a card, what the API answers from, and the answer. They go live and are left unchanged as a
//! run with a model is; only that nobody is scored.
use crate::answer::Answer;
use crate::error::TrainError;
use crate::run::Pinned;
use ltv_core::channel::budget::BudgetDocument;
use ltv_lake::Lake;
use ltv_lake::layout::{Artifact, RunId, Served};
use serde_json::{Map, Value, json};

/// What stands in a training's answer of such a run, beside its `model_id`; the card has the same and more.
const TOLD: [&str; 5] = ["model_id", "chosen", "candidates", "channels", "reason"];

/// What such a run found.
pub(crate) struct Findings {
    /// What was fitted.
    pub(crate) chosen: Value,
    /// What it was chosen from.
    pub(crate) candidates: Value,
    /// The finding, in a sentence.
    pub(crate) reason: String,
    /// `channels.json`; its `channels` stand in card and answer too.
    pub(crate) channels: Value,
    /// `budget.json`, where there are curves or a reason why there are none.
    pub(crate) budget: Option<BudgetDocument>,
    /// What stands in the card besides.
    pub(crate) more: Map<String, Value>,
}

impl Findings {
    /// Stores what was found and makes it live.
    pub(crate) async fn publish(self, lake: &Lake, run: &RunId, pinned: &Pinned) -> Result<Answer, TrainError> {
        let model_id = pinned.model_id()?;
        let mut card = json!({
            "model_id": model_id, "chosen": self.chosen, "candidates": self.candidates,
            "channels": self.channels["channels"], "reason": self.reason,
            "snapshot": pinned.snapshot.id, "program": env!("CARGO_PKG_VERSION"),
        });
        if let Some(card) = card.as_object_mut() {
            card.extend(self.more);
        }
        let description = pinned.describe(run, &model_id, None, None)?;
        lake.put_artifact(&model_id, Artifact::CardJson, serde_json::to_vec_pretty(&card)?).await?;
        lake.put_artifact(&model_id, Artifact::ModelJson, serde_json::to_vec_pretty(&description)?).await?;
        lake.put_served(run, Served::Channels, &self.channels).await?;
        let mut budget = Value::Null;
        if let Some(document) = &self.budget {
            lake.put_served(run, Served::Budget, document).await?;
            budget = serde_json::to_value(document.summary())?;
        }
        pinned.go_live(lake, run, model_id).await?;
        Ok(Answer { training: training(&card), budget, ..Answer::carried_out(Some(run), self.reason) })
    }
}

/// What a card of such a run says of its training.
pub(crate) fn training(card: &Value) -> Value {
    let mut training = json!({"horizon_days": null, "cutoff": null, "promoted": true});
    for key in TOLD {
        training[key] = card[key].clone();
    }
    training
}
