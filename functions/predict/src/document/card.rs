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
    /// What past scorings predicted and what came true since; absent where nothing was scored before.
    pub track_record: Option<TrackRecord>,
    /// What the newest training came to. It is of another model than the card where that training kept what was live.
    pub newest_training: Option<NewestTraining>,
    /// Everything else that was recorded: trials, provenance, segments and rules.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// What a training came to, whichever model it left live.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NewestTraining {
    /// The id that its card and page stand under in the lake, also where its model did not go live.
    pub model_id: Option<String>,
    /// When it finished.
    #[schema(format = "date-time")]
    pub trained_at: String,
    /// The data that it was run on.
    pub snapshot: String,
    /// The cutoff that was scored once.
    #[schema(format = "date")]
    pub test: String,
    /// How many days are predicted.
    pub horizon: u16,
    /// `promote`: its challenger went live. `refresh`: the live recipe, refitted, did. `baseline`: the best baseline did.
    /// `keep`: what was live stayed.
    pub decision: String,
    /// Why, in a sentence.
    pub reason: String,
    /// The recipe that was chosen, with its metrics and their ranges on the test window.
    pub challenger: Map<String, Value>,
    /// The gate on the challenger: comparisons with their intervals, level, and reasons in sentences.
    pub verdict: Map<String, Value>,
    /// The gate on the live recipe against the baselines, where the challenger failed.
    pub champion_verdict: Option<Map<String, Value>>,
    /// What had moved since the training before: predictions, features, segments, and outside series against what that
    /// training's cutoffs saw of them.
    pub drift: Option<Map<String, Value>>,
    /// What was found wanting, in sentences.
    pub caveats: Vec<String>,
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

/// Every scoring that was stored, and how those did whose horizon has passed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrackRecord {
    /// How past scorings did, the latest cutoff first. Of several by one model from one cutoff the last counts.
    pub scorings: Vec<PastScoring>,
    /// Every scoring, earliest cutoff first, whether its horizon has passed or not.
    pub runs: Vec<Scoring>,
}

/// A stored scoring: which model predicted which days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Scoring {
    /// The run that stored it.
    pub run: String,
    /// The model that predicted.
    pub model_id: String,
    /// The first day predicted.
    #[schema(format = "date")]
    pub cutoff: String,
    /// How many days were predicted.
    pub horizon: u16,
}

/// How a past scoring did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PastScoring {
    /// The scoring.
    #[serde(flatten)]
    pub scoring: Scoring,
    /// Customers that were scored and are still known.
    pub customers: usize,
    /// Customers that were scored and are no longer in the data.
    pub unknown: usize,
    /// Sum of the predictions.
    pub predicted: f64,
    /// Sum of what the same customers then spent, net.
    pub realised: f64,
    /// RMSE, MAE, R², Spearman, Gini, predicted ÷ realised (`sum_ratio`) and top 10 % capture; null what is undefined.
    pub metrics: Map<String, Value>,
    /// Share of customers inside their 80 % interval; null where none of them is still known.
    pub inside: Option<f64>,
    /// Share of customers above its upper end.
    pub above: Option<f64>,
}
