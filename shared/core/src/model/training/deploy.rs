//! The deployed fit: the recipe that goes live, refitted on all windows that end at or before E. In flow an evaluation;
//! out flows a model, or none where what is live stays. The figures of a card belong to the evaluation's fit, not to
//! this one, which nothing can be tested on yet.
use super::{Evaluation, Training};
use crate::feature::Context;
use crate::model::fitted::Model;
use crate::model::fold::Seen;
use crate::model::{ModelError, Prediction};
use serde::{Deserialize, Serialize};

/// How much a feature matters to a fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// The feature.
    pub feature: String,
    /// Its share of all features' importance.
    pub share: f64,
}

/// What goes live.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deployment {
    /// The model; `None` where what is live stays.
    pub model: Option<Model>,
    /// Its predictions of everyone known at E, in the order of the window of E; empty without a model.
    pub predictions: Vec<Prediction>,
    /// What its fit is made of, the most important first; features that play no part are left out.
    pub importance: Vec<Importance>,
    /// What its fit saw.
    pub seen: Option<Seen>,
    /// Money that flooring its training targets at zero took away, in currency.
    pub floored: f64,
    /// What its fit has to say of itself, such as a boundary it ran to.
    pub note: Option<String>,
}

impl Training<'_> {
    /// Fits the evaluation's subject on everything up to E and predicts everyone known at E. `segments` makes the
    /// thresholds of Medium, High and Very High out of everyone's predicted spend, in currency.
    ///
    /// # Errors
    /// A window that is missing or would leak, and what a candidate's library refuses.
    pub fn deploy(
        &mut self,
        evaluation: &Evaluation,
        context: &Context,
        segments: impl Fn(&[f64]) -> [f64; 3],
    ) -> Result<Deployment, ModelError> {
        if !evaluation.decision.goes_live() {
            return Ok(Deployment::default());
        }
        let cutoff = self.plan.protocol.deployment();
        self.prepare(cutoff)?;
        let fold = &self.folds[&cutoff];
        let fit = fold.fit(&evaluation.subject)?;
        let mut model = Model {
            recipe: evaluation.subject.clone(),
            fit,
            level: evaluation.level.clone(),
            intervals: evaluation.intervals.clone(),
            segments: [0.0; 3],
            cutoff,
            horizon: evaluation.horizon,
            context: context.for_predictions_from(cutoff),
        };
        let window = fold.window();
        let predictions = model.predict(&window.features, &window.summaries);
        let spend: Vec<f64> = predictions.iter().map(|prediction| prediction.predicted_spend).collect();
        model.segments = segments(&spend);
        let features = window.features.features;
        let shares = model.fit.importance(features.len());
        let mut importance: Vec<Importance> = features
            .iter()
            .zip(&shares)
            .filter(|(_, share)| **share > 0.0)
            .map(|(feature, share)| Importance { feature: feature.name.to_owned(), share: *share })
            .collect();
        importance.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.feature.cmp(&b.feature)));
        let (seen, floored, note) = (Some(fold.seen()), fold.floored(), model.fit.note().map(str::to_owned));
        Ok(Deployment { model: Some(model), predictions, importance, seen, floored, note })
    }
}
