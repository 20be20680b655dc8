//! What the training says of budgets. In flow a history, and where there are customers their economics; out flows
//! `budget.json`, from which requests are answered. A table of media and revenue without customers makes a run of its
//! own: channels and budget, and no model that predicts.
use crate::answer::Answer;
use crate::error::TrainError;
use crate::run::Pinned;
use ltv_core::channel::budget::BudgetDocument;
use ltv_core::channel::observed;
use ltv_core::feature::History;
use ltv_lake::Lake;
use ltv_lake::layout::{Artifact, RunId, Served};
use serde_json::json;
use tokio::runtime::Handle;

/// Can a budget be advised from this history, though it holds no customer?
pub(crate) fn is_media_only(history: &History) -> bool {
    history.span().is_none() && observed::revenue_media(history).is_ok()
}

/// Learns from a media table, stores what it tells and makes it live. Blocks.
pub(crate) fn carry_out(
    lake: &Lake,
    run: &RunId,
    pinned: &Pinned,
    history: &History,
    io: &Handle,
) -> Result<Answer, TrainError> {
    let found = observed::of_revenue(history, &pinned.account, &[]);
    let figures = observed::media_figures(history, found.as_ref().ok().map(|(budgeting, _)| budgeting));
    let document = BudgetDocument::of(found);
    let model_id = pinned.model_id()?;
    let reason = match (&document.advice, &document.refused) {
        (Some(advice), _) => format!("response curves on revenue; {}", advice.reason),
        (None, refused) => format!("no budget is advised: {}", refused.as_deref().unwrap_or("no reason")),
    };
    let channels = json!({"media": true, "currency": history.currency(), "channels": figures});
    let card = json!({
        "model_id": model_id, "media": true, "channels": figures, "budget": document.summary(), "reason": reason,
        "snapshot": pinned.snapshot.id, "program": env!("CARGO_PKG_VERSION"),
    });
    io.block_on(async {
        lake.put_artifact(&model_id, Artifact::CardJson, serde_json::to_vec_pretty(&card)?).await?;
        lake.put_served(run, Served::Channels, &channels).await?;
        lake.put_served(run, Served::Budget, &document).await?;
        pinned.go_live(lake, run, model_id.clone()).await
    })?;
    let training = json!({
        "model_id": model_id, "chosen": "response_curves", "horizon_days": null, "cutoff": null, "candidates": [],
        "channels": figures, "promoted": true, "reason": reason,
    });
    let budget = serde_json::to_value(document.summary())?;
    Ok(Answer { training, budget, ..Answer::carried_out(Some(run), reason) })
}
