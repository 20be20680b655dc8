//! `card.json`, as a training writes it. What stands in every card is typed, by ltv-core's own types, which bring their
//! description; the rest is as the model's documentation says, and grows with it.
use ltv_core::model::card::{FeatureEntry, Splits};
use ltv_core::report::NewestTraining;
use ltv_core::value::track::TrackRecord;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A model's card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ModelCard {
    /// The model; null where the training kept what was live.
    pub model_id: Option<String>,
    /// Currency of all amounts.
    pub currency: Option<String>,
    /// Which days were learned from, chosen on and tested on.
    pub splits: Option<Splits>,
    /// The choice and its figures on the test window: candidates, metrics, intervals, the gate's verdict.
    #[serde(default)]
    pub evaluation: Map<String, Value>,
    /// What was learned from a table without dates, where that is all there is.
    pub cross_section: Option<Value>,
    /// Every feature, the most important first.
    #[serde(default)]
    pub features: Vec<FeatureEntry>,
    /// What was found wanting, in sentences.
    #[serde(default)]
    pub caveats: Vec<String>,
    /// What past scorings predicted and what came true since; absent where nothing was scored before.
    pub track_record: Option<TrackRecord>,
    /// What the newest training came to. It is of another model than the card where that training kept what was live.
    pub newest_training: Option<NewestTraining>,
    /// Everything else that was recorded: trials, provenance, segments and rules.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}
