//! The last step of a run: the deployed fit, its artifacts, everyone's scores, what the API answers from, and, when all
//! of that is in the lake, the pointer. In flow an evaluation and a history; out flows the answer. Until the pointer is
//! flipped nothing of the run is visible, so a crash anywhere before it leaves what was live untouched.
use crate::answer::{Answer, Predictions};
use crate::data::Data;
use crate::error::TrainError;
use crate::findings;
use crate::newest;
use crate::run::{self, Evaluated, Pinned};
use crate::score::Scored;
use crate::track;
use jiff::Timestamp;
use ltv_core::channel::budget::BudgetDocument;
use ltv_core::feature::signal::Signals;
use ltv_core::feature::{self, Context, availability};
use ltv_core::model::Model;
use ltv_core::model::card::{Card, Provenance};
use ltv_core::model::training::{Plan, Step, Training};
use ltv_core::report::Report;
use ltv_core::value::drift::Profile;
use ltv_core::value::segment::Thresholds;
use ltv_lake::layout::{self, Artifact, ModelId, RunId, Served};
use ltv_lake::store::StoreError;
use ltv_lake::{Lake, LakeError};
use serde_json::{Value, json};
use std::time::Instant;
use tokio::runtime::Handle;

/// A run that is to be published.
pub(crate) struct Publication<'a> {
    pub(crate) lake: &'a Lake,
    pub(crate) io: &'a Handle,
    pub(crate) run: &'a RunId,
    pub(crate) model_id: &'a ModelId,
    pub(crate) pinned: &'a Pinned,
    pub(crate) plan: &'a Plan,
    pub(crate) data: &'a Data,
    /// When this invocation began.
    pub(crate) begun: Instant,
}

impl Publication<'_> {
    /// Fits, stores, scores and flips the pointer. Blocks.
    pub(crate) fn carry_out(
        &self,
        context: &mut Context,
        Evaluated { trials, evaluation }: Evaluated,
    ) -> Result<Answer, TrainError> {
        let history = &self.data.history;
        let seconds_before = trials.iter().map(|trial| trial.seconds).sum::<f64>();
        let windows = feature::windows(history, context, &self.plan.cutoffs(Step::Deploy))?;
        let availability = availability::audit(history, context, &windows)?;
        let mut training = Training::new(self.plan, &windows);
        let thresholds = |spend: &[f64]| Thresholds::of(spend).0;
        let deployment = training.deploy(&evaluation, context, thresholds)?;
        let bytes = deployment.model.as_ref().map(Model::to_bytes).transpose()?;
        let provenance = Provenance {
            snapshot: self.pinned.snapshot.id.clone(),
            trained_at: Timestamp::now().to_string(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            overlap: self.data.overlap,
        };
        let id = Some(self.model_id.to_string());
        let card = Card::new(self.plan, trials, evaluation, &deployment, context.columns(), id, provenance);
        drop(training);

        let account = &self.pinned.account;
        let (live_id, scored) = match (&deployment.model, &self.pinned.live) {
            (Some(model), _) => {
                let window = windows.into_iter().find(|window| window.cutoff == model.cutoff);
                let window = window.ok_or(TrainError::NothingLive)?;
                let id = self.model_id.clone();
                (id.clone(), Scored::with(id, model, history, account, window, &deployment.predictions))
            }
            // What is live stays: everyone is scored with it on the new data.
            (None, Some(live)) => {
                drop(windows);
                let model = self.io.block_on(live_model(self.lake, &live.model))?;
                (live.model.clone(), Scored::of(live.model.clone(), &model, history, account)?)
            }
            (None, None) => return Err(TrainError::NothingLive),
        };
        let predictions = scored.put(self.lake, self.run, self.pinned.run_date, self.io)?;
        let before = self.io.block_on(self.last_profile())?;
        let last_run = self.pinned.live.as_ref().map(|live| &live.run);
        let track_record = track::put(self.lake, self.run, last_run, scored.scoring(self.run), history, self.io)?;
        let mut report = scored.report(card, before.as_ref(), track_record);
        report.audited(availability, Signals::of(history, &self.plan.protocol));
        self.io.block_on(async {
            self.put_artifacts(&report, bytes).await?;
            self.lake.put_served(self.run, Served::Training, &report.newest()).await?;
            self.pinned.go_live(self.lake, self.run, live_id).await
        })?;
        let seconds = self.begun.elapsed().as_secs_f64().max(seconds_before);
        let budget = serde_json::to_value(scored.budget())?;
        Ok(Answer { budget, ..Answer::finished(self.run, report.card.summary(seconds), predictions) })
    }

    /// What the last training kept of what it scored, where its card can be read. Its model may not have gone live.
    async fn last_profile(&self) -> Result<Option<Profile>, TrainError> {
        let Some(live) = &self.pinned.live else { return Ok(None) };
        let last = newest::trained_by(self.lake, live).await?;
        let card = match self.lake.artifact(&last, Artifact::CardJson).await {
            Err(LakeError::Store(StoreError::NotFound { .. })) => return Ok(None),
            found => found?,
        };
        Ok(serde_json::from_slice::<Report>(&card).ok().and_then(|report| report.profile))
    }

    async fn put_artifacts(&self, report: &Report, model: Option<Vec<u8>>) -> Result<(), TrainError> {
        let (card, evaluation) = (&report.card, &report.card.evaluation);
        let (recipe, model_bytes) = (card.recipe().clone(), model.as_ref().map(Vec::len));
        let description = self.pinned.describe(self.run, self.model_id, Some(recipe), model_bytes)?;
        let decision = json!({
            "model_id": self.model_id, "decision": evaluation.decision, "reason": evaluation.reason,
            "champion": self.pinned.live.as_ref().map(|live| &live.model), "verdict": evaluation.verdict,
            "champion_verdict": evaluation.champion_verdict,
        });
        let put = |artifact, bytes: Vec<u8>| self.lake.put_artifact(self.model_id, artifact, bytes);
        if let Some(model) = model {
            put(Artifact::ModelBin, model).await?;
        }
        put(Artifact::CardJson, serde_json::to_vec_pretty(report)?).await?;
        put(Artifact::ReportHtml, report.html().into_bytes()).await?;
        put(Artifact::DecisionJson, serde_json::to_vec_pretty(&decision)?).await?;
        Ok(put(Artifact::ModelJson, serde_json::to_vec_pretty(&description)?).await?)
    }
}

/// The model of that id. What was learned from data without customers has none.
pub(crate) async fn live_model(lake: &Lake, id: &ModelId) -> Result<Model, TrainError> {
    match lake.artifact(id, Artifact::ModelBin).await {
        Ok(bytes) => Ok(Model::from_bytes(&bytes)?),
        Err(LakeError::Store(StoreError::NotFound { .. })) => Err(TrainError::NothingLive),
        Err(error) => Err(error.into()),
    }
}

/// The answer for data and settings that what is live was already made of: its card, where its predictions are, and
/// no new run.
pub(crate) async fn unchanged(lake: &Lake, pinned: &Pinned) -> Result<Answer, TrainError> {
    let live = pinned.live.as_ref().ok_or(TrainError::NothingLive)?;
    let card = lake.artifact(&live.model, Artifact::CardJson).await?;
    let reason = format!("neither data nor settings have changed since run {}: it stays live", live.run);
    let stored: Option<BudgetDocument> = lake.served(&live.run, Served::Budget).await?;
    let budget = stored.as_ref().map_or(Ok(Value::Null), |stored| serde_json::to_value(stored.summary()))?;
    let answer = Answer { budget, ..Answer::carried_out(Some(&live.run), reason) };
    if run::description(lake, &live.model).await?.is_some_and(|description| description.recipe.is_none()) {
        return Ok(Answer { training: findings::training(&serde_json::from_slice(&card)?), ..answer });
    }
    let report: Report = serde_json::from_slice(&card)?;
    let predictions = Predictions {
        customers: lake.customers(&live.run).await?.count(),
        key: Some(layout::predictions_part(live.run_date, &live.run, 0)),
        export: layout::predictions_export(&live.run),
    };
    Ok(Answer { training: report.card.summary(0.0), predictions: Some(predictions), ..answer })
}
