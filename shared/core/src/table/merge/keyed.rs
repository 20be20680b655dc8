//! Merging tables whose rows have a key of their own: spend, indicators, lift tests and the cross-section.
use super::order::{Eraser, by_origin, rank_at};
use super::{Erased, Merged, Overlap, RowAt, gather};
use crate::table::TableError;
use crate::table::columns::{
    AcquisitionColumns, IndicatorColumns, LiftTestColumns, ProvenanceColumns, SpendColumns, day_at, text_at,
};
use arrow::array::RecordBatch;
use std::cmp::Ordering;

/// Merges spend: all lines of a date, account, channel and campaign come from the newest upload that has them. A
/// campaign is its id, or its name where it has none. Sorted by date, channel, account, campaign, upload and line.
///
/// # Errors
/// A batch that is not of the spend table.
pub fn spend(batches: &[RecordBatch]) -> Result<Merged, TableError> {
    merge_all(
        batches,
        SpendColumns::of,
        |view, row| {
            let campaign = text_at(view.campaign_id, row).or_else(|| text_at(view.campaign_name, row));
            (view.date.value(row), view.channel.get(row), view.account.get(row), campaign)
        },
        |view| &view.provenance,
    )
}

/// Merges indicators: a value published anew is another row; the same publication comes from the newest upload that
/// has it. Sorted by date, name, publication, upload and line.
///
/// # Errors
/// A batch that is not of the indicators table.
pub fn indicators(batches: &[RecordBatch]) -> Result<Merged, TableError> {
    merge_all(
        batches,
        IndicatorColumns::of,
        |view, row| (view.date.value(row), view.name.get(row), day_at(view.published_at, row)),
        |view| &view.provenance,
    )
}

/// Merges lift tests: of the same days, channel and measure comes what the newest upload has. Sorted by these, upload
/// and line.
///
/// # Errors
/// A batch that is not of the table of lift tests.
pub fn lift_tests(batches: &[RecordBatch]) -> Result<Merged, TableError> {
    merge_all(
        batches,
        LiftTestColumns::of,
        |view, row| (view.start.value(row), view.end.value(row), view.channel.get(row), view.measure.get(row)),
        |view| &view.provenance,
    )
}

/// Merges the cross-section: a customer's rows come from the newest upload that has the customer. Sorted by bucket,
/// customer, upload and line.
///
/// # Errors
/// A batch that is not of the acquisition table.
pub fn acquisition(batches: &[RecordBatch], erased: &Erased) -> Result<Merged, TableError> {
    let columns = batches.iter().map(AcquisitionColumns::of).collect::<Result<Vec<_>, _>>()?;
    let mut overlap = Overlap::default();
    let mut rows = all_rows(batches);
    let mut eraser = Eraser::new(erased);
    rows.retain(|(batch, row)| {
        let is_erased = eraser.holds(columns[*batch as usize].customer_id, *row as usize);
        overlap.erased += u64::from(is_erased);
        !is_erased
    });
    merge_by_key(
        batches,
        rows,
        overlap,
        |(batch, row)| {
            let (view, row) = (&columns[batch as usize], row as usize);
            (view.bucket.value(row), view.customer_id.value(row))
        },
        |batch| &columns[batch as usize].provenance,
    )
}

/// Merges every row of a table that nobody can be erased from.
fn merge_all<'a, V, K: Ord>(
    batches: &'a [RecordBatch],
    view: impl Fn(&'a RecordBatch) -> Result<V, TableError>,
    key: impl Fn(&V, usize) -> K,
    provenance: impl Fn(&V) -> &ProvenanceColumns<'a>,
) -> Result<Merged, TableError> {
    let views = batches.iter().map(view).collect::<Result<Vec<_>, _>>()?;
    merge_by_key(
        batches,
        all_rows(batches),
        Overlap::default(),
        |(batch, row)| key(&views[batch as usize], row as usize),
        |batch| provenance(&views[batch as usize]),
    )
}

fn all_rows(batches: &[RecordBatch]) -> Vec<RowAt> {
    let lengths = batches.iter().map(RecordBatch::num_rows).enumerate();
    lengths.flat_map(|(batch, rows)| (0..rows as u32).map(move |row| (batch as u32, row))).collect()
}

/// Sorts by key, then by upload and line, and keeps of every key the rows of its newest upload.
fn merge_by_key<'a, K: Ord>(
    batches: &[RecordBatch],
    mut rows: Vec<RowAt>,
    mut overlap: Overlap,
    key: impl Fn(RowAt) -> K,
    provenance: impl Fn(u32) -> &'a ProvenanceColumns<'a>,
) -> Result<Merged, TableError> {
    rows.sort_unstable_by(|left, right| -> Ordering {
        key(*left)
            .cmp(&key(*right))
            .then_with(|| by_origin(provenance(left.0), left.1 as usize, provenance(right.0), right.1 as usize))
    });
    let mut kept = Vec::with_capacity(rows.len());
    for group in rows.chunk_by(|left, right| key(*left) == key(*right)) {
        let rank_of = |(batch, row): RowAt| rank_at(provenance(batch), row as usize);
        let newest = rank_of(group[group.len() - 1]);
        let first = group.partition_point(|row| rank_of(*row) < newest);
        overlap.superseded += first as u64;
        kept.extend_from_slice(&group[first..]);
    }
    Ok(Merged { batches: gather(batches, &kept)?, overlap })
}
