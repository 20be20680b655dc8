//! The dateless cross-section: no cutoff, so no model that predicts in time. In flow its merged rows; out flows what
//! they tell, with cost and return by channel.
use crate::error::TrainError;
use crate::findings::Findings;
use crate::run::Pinned;
use ltv_core::channel::cross_section::CrossSection as Channels;
use ltv_core::model::cross_section::CrossSection;
use ltv_core::table::Table;
use ltv_core::table::columns::AcquisitionColumns;
use ltv_core::table::row::Acquisition;
use ltv_lake::Lake;
use serde_json::{Map, json};
use tokio::runtime::Handle;

/// Learns from the snapshot's cross-section. Blocks.
pub(crate) fn learn(lake: &Lake, pinned: &Pinned, io: &Handle) -> Result<Findings, TrainError> {
    let merged = io.block_on(lake.open_table(&pinned.snapshot, Table::Acquisition))?.merged()?;
    let mut rows: Vec<Acquisition> = Vec::new();
    for batch in &merged.batches {
        let columns = AcquisitionColumns::of(batch)?;
        rows.extend((0..columns.len()).map(|row| columns.row(row)));
    }
    let found = CrossSection::of(&rows, pinned.settings.seed)?;
    let (by_channel, total) = Channels::of(&rows).figures();
    Ok(Findings {
        chosen: json!(found.chosen),
        candidates: json!(found.candidates),
        reason: found.finding.clone(),
        channels: json!({"cross_section": true, "channels": by_channel, "total": total}),
        budget: None,
        more: Map::from_iter([("cross_section".to_owned(), json!(found)), ("total".to_owned(), json!(total))]),
    })
}
