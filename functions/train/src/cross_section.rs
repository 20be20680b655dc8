//! The dateless cross-section: no cutoff, so no model that predicts in time. In flow its merged rows; out flow a card
//! that says what they tell, and cost and return by channel, which go live: the API answers from them.
use crate::answer::Answer;
use crate::error::TrainError;
use crate::run::Pinned;
use ltv_core::channel::cross_section::CrossSection as Channels;
use ltv_core::model::cross_section::CrossSection;
use ltv_core::table::Table;
use ltv_core::table::columns::AcquisitionColumns;
use ltv_core::table::row::Acquisition;
use ltv_lake::Lake;
use ltv_lake::layout::{Artifact, RunId, Served};
use serde_json::json;
use tokio::runtime::Handle;

/// Learns from the snapshot's cross-section, stores what it tells and makes it live. Blocks.
pub(crate) fn carry_out(lake: &Lake, run: &RunId, pinned: &Pinned, io: &Handle) -> Result<Answer, TrainError> {
    let merged = io.block_on(lake.open_table(&pinned.snapshot, Table::Acquisition))?.merged()?;
    let mut rows: Vec<Acquisition> = Vec::new();
    for batch in &merged.batches {
        let columns = AcquisitionColumns::of(batch)?;
        rows.extend((0..columns.len()).map(|row| columns.row(row)));
    }
    let found = CrossSection::of(&rows, pinned.settings.seed)?;
    let (by_channel, total) = Channels::of(&rows).figures();
    let model_id = pinned.model_id()?;
    let channels = json!({"cross_section": true, "channels": by_channel, "total": total});
    let card = json!({
        "model_id": model_id, "cross_section": found, "channels": by_channel, "total": total,
        "snapshot": pinned.snapshot.id, "program": env!("CARGO_PKG_VERSION"),
    });
    io.block_on(async {
        lake.put_artifact(&model_id, Artifact::CardJson, serde_json::to_vec_pretty(&card)?).await?;
        lake.put_served(run, Served::Channels, &channels).await?;
        pinned.go_live(lake, run, model_id.clone()).await
    })?;
    let training = json!({
        "model_id": model_id, "chosen": found.chosen, "horizon_days": null, "cutoff": null,
        "candidates": found.candidates, "channels": by_channel, "promoted": true, "reason": found.finding,
    });
    Ok(Answer { training, ..Answer::carried_out(Some(run), found.finding) })
}
