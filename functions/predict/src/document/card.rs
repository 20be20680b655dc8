//! `card.json`, as a training writes it. What stands in every card is typed; the rest is as the model's documentation
//! says, and grows with it.
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
    pub splits: Option<CardSplits>,
    /// The choice and its figures on the test window: candidates, metrics, intervals, the gate's verdict.
    #[serde(default)]
    pub evaluation: Map<String, Value>,
    /// What was learned from a table without dates, where that is all there is.
    pub cross_section: Option<Value>,
    /// Every feature, the most important first.
    #[serde(default)]
    pub features: Vec<CardFeature>,
    /// What was found wanting, in sentences.
    #[serde(default)]
    pub caveats: Vec<String>,
    /// Everything else that was recorded: trials, provenance, segments and rules.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// The days of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CardSplits {
    /// The first day with events.
    #[schema(format = "date")]
    pub start: String,
    /// The last day with events, taken as partial: predictions begin here.
    #[schema(format = "date")]
    pub end: String,
    /// How many days are predicted.
    pub horizon: u16,
    /// The cutoff that was scored once.
    #[schema(format = "date")]
    pub test: String,
    /// The cutoffs that everything was chosen on.
    pub validation: Vec<String>,
    /// Cutoffs that the tested fit learned from.
    pub evaluation_training: Vec<String>,
    /// Cutoffs that the live fit learned from.
    pub deployment_training: Vec<String>,
}

/// A feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CardFeature {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// What it is, in a sentence.
    pub description: String,
    /// Its share of all features' importance; 0 where it plays no part.
    pub importance: f64,
}
