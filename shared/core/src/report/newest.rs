//! What the newest training came to, whichever model it left live: in flows its report, out flows the short record of
//! its challenger and of the decision that every later run hands on. It is no card: that stands beside the model.
use super::Report;
use crate::model::gate::{Decision, Verdict};
use crate::model::training::Candidate;
use crate::time::{Cutoff, Horizon};
use crate::value::drift::Drift;
use serde::{Deserialize, Serialize};

/// What a training came to, whichever model it left live.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct NewestTraining {
    /// The id that its card and its page stand under, also where its model did not go live.
    pub model_id: Option<String>,
    /// When it finished, as RFC 3339.
    #[cfg_attr(feature = "schema", schema(format = "date-time"))]
    pub trained_at: String,
    /// Id of the data that it was run on.
    pub snapshot: String,
    /// The cutoff of the test window.
    #[cfg_attr(feature = "schema", schema(value_type = String, format = "date"))]
    pub test: Cutoff,
    /// How many days are predicted.
    #[cfg_attr(feature = "schema", schema(value_type = u16))]
    pub horizon: Horizon,
    /// What was done with it. `promote`: its challenger went live. `refresh`: the live recipe, refitted, did. `baseline`:
    /// the best baseline did. `keep`: what was live stayed.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub decision: Decision,
    /// Why, in a sentence.
    pub reason: String,
    /// The recipe that the validation windows chose, and all of its metrics on the test window.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub challenger: Candidate,
    /// The gate's comparisons of the challenger, with their intervals, and its reasons in sentences.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub verdict: Verdict,
    /// Those of the live recipe against the baselines, where the challenger failed.
    #[cfg_attr(feature = "schema", schema(value_type = Option<Object>))]
    pub champion_verdict: Option<Verdict>,
    /// What had moved since the training before: predictions, features, segments, and outside series against what that
    /// training's cutoffs saw of them.
    #[cfg_attr(feature = "schema", schema(value_type = Option<Object>))]
    pub drift: Option<Drift>,
    /// What was found wanting.
    pub caveats: Vec<String>,
}

impl Report {
    /// What later runs tell of this training; `None` of a report without a challenger, which no training writes.
    pub fn newest(&self) -> Option<NewestTraining> {
        let (card, evaluation) = (&self.card, &self.card.evaluation);
        Some(NewestTraining {
            model_id: card.model_id.clone(),
            trained_at: card.provenance.trained_at.clone(),
            snapshot: card.provenance.snapshot.clone(),
            test: evaluation.cutoff,
            horizon: evaluation.horizon,
            decision: evaluation.decision,
            reason: evaluation.reason.clone(),
            challenger: evaluation.candidates.first()?.clone(),
            verdict: evaluation.verdict.clone(),
            champion_verdict: evaluation.champion_verdict.clone(),
            drift: self.drift.clone(),
            caveats: card.caveats.iter().map(|caveat| caveat.0.clone()).collect(),
        })
    }
}
