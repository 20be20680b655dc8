//! The data of a snapshot in memory. In flow merged tables of the lake; out flows a history. Nothing is decided here.
use crate::error::TrainError;
use ltv_core::feature::History;
use ltv_core::table::Table;
use ltv_core::table::merge::Overlap;
use ltv_lake::Lake;
use ltv_lake::snapshot::Snapshot;
use tokio::runtime::Handle;

/// Rows of transactions that are merged at once.
const ROWS_AT_ONCE: u64 = 500_000;

/// A history, and what merging its uploads left out.
pub struct Data {
    /// Every customer and what they did.
    pub history: History,
    /// Rows of overlapping uploads that were left out.
    pub overlap: Overlap,
}

/// Reads and merges the tables of `snapshot`. Blocks: call it on a thread of its own.
///
/// # Errors
/// A failed request, a part that cannot be read, or settings that cannot be worked with.
pub fn load(lake: &Lake, snapshot: &Snapshot, io: &Handle) -> Result<Data, TrainError> {
    let mut builder = History::builder(lake.account())?;
    let mut overlap = Overlap::default();
    let transactions = io.block_on(lake.open_table(snapshot, Table::Transactions))?;
    for buckets in transactions.ranges(ROWS_AT_ONCE) {
        let merged = transactions.transactions(&buckets)?;
        overlap.add(&merged.overlap);
        for batch in &merged.batches {
            builder.batch(Table::Transactions, batch)?;
        }
    }
    drop(transactions);
    for table in [Table::Customers, Table::Spend, Table::Indicators, Table::LiftTests] {
        let merged = io.block_on(lake.open_table(snapshot, table))?.merged()?;
        overlap.add(&merged.overlap);
        for batch in &merged.batches {
            builder.batch(table, batch)?;
        }
    }
    Ok(Data { history: builder.finish(), overlap })
}
