//! The dateless cross-section: no cutoff, so no model that predicts in time. In flow its merged rows; out flow a card
//! that says what they tell, and cost and return by channel.
use crate::answer::Answer;
use crate::error::TrainError;
use crate::run::Pinned;
use arrow::array::RecordBatch;
use ltv_core::channel::cross_section::CrossSection as Channels;
use ltv_core::model::cross_section::CrossSection;
use ltv_core::table::Table;
use ltv_core::table::columns::{AcquisitionColumns, money_at};
use ltv_core::table::row::Acquisition;
use ltv_core::{money::Money, table::TableError};
use ltv_lake::Lake;
use ltv_lake::layout::{Artifact, RunId, Served};
use serde_json::json;
use tokio::runtime::Handle;

/// Learns from the snapshot's cross-section and stores what it tells. Blocks.
pub(crate) fn carry_out(lake: &Lake, run: &RunId, pinned: &Pinned, io: &Handle) -> Result<Answer, TrainError> {
    let merged = io.block_on(lake.open_table(&pinned.snapshot, Table::Acquisition))?.merged()?;
    let mut rows = Vec::new();
    let mut channels = Channels::default();
    for batch in &merged.batches {
        rows_of(batch, &mut rows)?;
        channels.batch(batch)?;
    }
    let found = CrossSection::of(&rows, pinned.settings.seed)?;
    let (by_channel, total) = channels.figures();
    let model_id = pinned.model_id()?;
    let channels = json!({"cross_section": true, "channels": by_channel, "total": total});
    let card = json!({
        "model_id": model_id, "cross_section": found, "channels": by_channel, "total": total,
        "snapshot": pinned.snapshot.id, "program": env!("CARGO_PKG_VERSION"),
    });
    io.block_on(async {
        lake.put_artifact(&model_id, Artifact::CardJson, serde_json::to_vec_pretty(&card)?).await?;
        Ok::<_, TrainError>(lake.put_served(run, Served::Channels, &channels).await?)
    })?;
    let training = json!({
        "model_id": model_id, "chosen": found.chosen, "horizon_days": null, "cutoff": null,
        "candidates": found.candidates, "channels": by_channel, "promoted": false, "reason": found.finding,
    });
    Ok(Answer { training, ..Answer::carried_out(Some(run), found.finding) })
}

fn rows_of(batch: &RecordBatch, rows: &mut Vec<Acquisition>) -> Result<(), TableError> {
    let columns = AcquisitionColumns::of(batch)?;
    for row in 0..columns.len() {
        rows.push(Acquisition {
            customer_id: columns.customer_id.value(row).to_owned(),
            channel: columns.channel.get(row).unwrap_or_default().to_owned(),
            cost: money_at(columns.cost, row).unwrap_or(Money::ZERO),
            conversion_rate: columns.conversion_rate.value(row),
            revenue: money_at(columns.revenue, row).unwrap_or(Money::ZERO),
            line: columns.provenance.line.value(row).unsigned_abs(),
        });
    }
    Ok(())
}
