//! The card: everything that is recorded of a training. In flow the results of its steps; out flows one serialisable
//! record, and the few lines of it that a run prints. Nothing is computed here that was not decided before.
use super::Recipe;
use super::gate::Decision;
use super::metrics::Metrics;
use super::search::TrialResult;
use super::training::{Deployment, Evaluation, Importance, Plan};
use crate::feature::matrix::Feature;
use crate::table::merge::Overlap;
use crate::time::{Cutoff, Day, Horizon};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a training was run on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Id of the data snapshot.
    pub snapshot: String,
    /// When the training finished, as RFC 3339.
    pub trained_at: String,
    /// Version of the program.
    pub program: String,
    /// What merging overlapping uploads left out, and what it could not decide.
    #[serde(default)]
    pub overlap: Overlap,
}

/// The split protocol as a card shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = CardSplits))]
pub struct Splits {
    /// The first day with events.
    #[cfg_attr(feature = "schema", schema(value_type = String, format = "date"))]
    pub start: Day,
    /// E: the last day with events, taken as partial; the deployed fit predicts from here.
    #[cfg_attr(feature = "schema", schema(value_type = String, format = "date"))]
    pub end: Day,
    /// How many days are predicted.
    #[cfg_attr(feature = "schema", schema(value_type = u16))]
    pub horizon: Horizon,
    /// The cutoff that was scored once.
    #[cfg_attr(feature = "schema", schema(value_type = String, format = "date"))]
    pub test: Cutoff,
    /// The cutoffs that everything was chosen on.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>))]
    pub validation: Vec<Cutoff>,
    /// The training cutoffs of the evaluation's fit.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>))]
    pub evaluation_training: Vec<Cutoff>,
    /// The training cutoffs of the deployed fit.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>))]
    pub deployment_training: Vec<Cutoff>,
}

/// A feature as a card shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = CardFeature))]
pub struct FeatureEntry {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// What it is, in a sentence.
    pub description: String,
    /// Its share of all features' importance in the deployed fit; 0 where it plays no part.
    pub importance: f64,
}

/// What was found wanting, so that a reader need not find it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Caveat(pub String);

/// Everything that is recorded of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Id of the model that goes live; absent where what is live stays.
    pub model_id: Option<String>,
    /// What it was run on.
    pub provenance: Provenance,
    /// The splits.
    pub splits: Splits,
    /// How many trials were planned; fewer results than that mean that recipes failed and left rungs short.
    pub planned_trials: usize,
    /// Every trial that was run.
    pub trials: Vec<TrialResult>,
    /// The choice and the test window.
    pub evaluation: Evaluation,
    /// Customers that were scored at E.
    pub scored_customers: usize,
    /// Money that flooring the deployed fit's training targets at zero took away, in currency.
    pub floored: f64,
    /// What the deployed fit has to say of itself.
    pub note: Option<String>,
    /// Every feature, the most important first.
    pub features: Vec<FeatureEntry>,
    /// What was found wanting.
    pub caveats: Vec<Caveat>,
}

impl Card {
    /// Puts a card together.
    pub fn new(
        plan: &Plan,
        trials: Vec<TrialResult>,
        evaluation: Evaluation,
        deployment: &Deployment,
        features: &[Feature],
        model_id: Option<String>,
        provenance: Provenance,
    ) -> Card {
        let protocol = &plan.protocol;
        let splits = Splits {
            start: protocol.start,
            end: protocol.end,
            horizon: protocol.horizon,
            test: protocol.test(),
            validation: protocol.validation(),
            evaluation_training: protocol.training_for(protocol.test()),
            deployment_training: protocol.training_for(protocol.deployment()),
        };
        let mut card = Card {
            model_id,
            provenance,
            splits,
            planned_trials: plan.search.planned(),
            trials,
            evaluation,
            scored_customers: deployment.predictions.len(),
            floored: deployment.floored,
            note: deployment.note.clone(),
            features: entries(features, &deployment.importance),
            caveats: Vec::new(),
        };
        card.caveats = card.found_wanting();
        card
    }

    /// The recipe that the card's figures are of.
    pub fn recipe(&self) -> &Recipe {
        &self.evaluation.subject
    }

    /// The training's part of the JSON object that a run ends with. `seconds` is what all of it took, `search_seconds`
    /// what the trials did.
    pub fn summary(&self, seconds: f64) -> Value {
        let candidates: Vec<Value> = self
            .evaluation
            .candidates
            .iter()
            .map(|one| {
                json!({
                    "name": one.recipe.name(), "params": one.recipe.params(), "role": one.role,
                    "metrics": one.metrics, "seconds": one.seconds,
                })
            })
            .collect();
        json!({
            "model_id": self.model_id,
            "chosen": self.recipe().name(),
            "horizon_days": self.splits.horizon.days(),
            "cutoff": self.splits.test,
            "metrics": self.evaluation.metrics,
            "candidates": candidates,
            "trials": self.trials.len(),
            "search_seconds": self.trials.iter().map(|trial| trial.seconds).sum::<f64>(),
            "promoted": self.evaluation.decision.goes_live(),
            "decision": self.evaluation.decision,
            "reason": self.evaluation.reason,
            "seconds": seconds,
        })
    }

    fn found_wanting(&self) -> Vec<Caveat> {
        let evaluation = &self.evaluation;
        let mut found = Vec::new();
        if self.trials.len() < self.planned_trials {
            found.push(format!(
                "{} of {} planned trials were run: too few recipes could be fitted to go on with",
                self.trials.len(),
                self.planned_trials
            ));
        }
        if evaluation.decision == Decision::Baseline {
            found.push("no model beat the baselines: a baseline is live, which only repeats the past".to_owned());
        }
        if !evaluation.level.identified {
            let ratios: Vec<String> = evaluation.level.windows.iter().map(|ratio| format!("{ratio:.2}")).collect();
            found.push(format!(
                "level not identified: actual ÷ predicted of the validation windows is {}, so no correction is made",
                if ratios.is_empty() { "unknown".to_owned() } else { ratios.join(" and ") }
            ));
        }
        if self.splits.validation.len() < 2 {
            found.push("there is a single validation window: choices rest on one season".to_owned());
        }
        if i64::from(self.splits.end.since(self.splits.start)) < 2 * 365 {
            found.push("less than two years of history: a season cannot be told from a trend".to_owned());
        }
        if evaluation.coverage.inside < 0.78 {
            let share = evaluation.coverage.inside * 100.0;
            found.push(format!("the 80 % intervals held for only {share:.0} % of the test window's customers"));
        }
        let spent = evaluation.cold.actual + evaluation.known.actual;
        if evaluation.later_arrivals > 0.0 && spent > 0.0 {
            let share = evaluation.later_arrivals / (spent + evaluation.later_arrivals) * 100.0;
            found.push(format!(
                "{share:.0} % of the test window's spend came from customers acquired inside it, whom nobody can predict"
            ));
        }
        let Overlap { alike_without_id, alike_money, .. } = self.provenance.overlap;
        if alike_without_id > 0 {
            found.push(format!(
                "{alike_without_id} rows without an id, {alike_money} in money, are like rows of another upload and count \
                 as purchases of their own: where exports overlap, leave ids in them or remove all but one"
            ));
        }
        if let Some(note) = &self.note {
            found.push(format!("buy-till-you-die model at a boundary ({note})"));
        }
        found.into_iter().map(Caveat).collect()
    }
}

fn entries(features: &[Feature], importance: &[Importance]) -> Vec<FeatureEntry> {
    let share = |name: &str| importance.iter().find(|one| one.feature == name).map_or(0.0, |one| one.share);
    let mut entries: Vec<FeatureEntry> = features
        .iter()
        .map(|feature| FeatureEntry {
            name: feature.name.to_owned(),
            unit: feature.unit.to_owned(),
            description: feature.description.to_owned(),
            importance: share(feature.name),
        })
        .collect();
    entries.sort_by(|a, b| b.importance.total_cmp(&a.importance));
    entries
}

/// A figure as text, or a dash where it is undefined.
pub(crate) fn optional(value: Option<f64>, digits: usize) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.digits$}"))
}

/// A share as a percentage, or a dash where it is undefined.
pub(crate) fn percent(share: Option<f64>, digits: usize) -> String {
    share.map_or("–".to_owned(), |share| format!("{:.digits$} %", share * 100.0))
}

/// The metrics of a line of a report: name, value as text.
pub(crate) fn shown(metrics: &Metrics) -> [(&'static str, String); 7] {
    [
        ("Gini", optional(metrics.gini, 3)),
        ("R²", optional(metrics.r2, 3)),
        ("RMSE", optional(metrics.rmse, 2)),
        ("MAE", optional(metrics.mae, 2)),
        ("Spearman", optional(metrics.spearman, 3)),
        ("predicted ÷ actual", optional(metrics.sum_ratio, 2)),
        ("top 10 % hold", percent(metrics.top10, 0)),
    ]
}
