//! Merging customers: each field from the newest upload that fills it, within one upload from its last line.
use super::order::{Eraser, by_origin};
use super::{Erased, Merged, Overlap, RowAt};
use crate::table::columns::CustomerColumns;
use crate::table::schema::schema;
use crate::table::{Table, TableError};
use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::interleave;

/// Merges customers: one row each, sorted by bucket and customer. The row's provenance is that of the newest upload
/// that has the customer.
///
/// # Errors
/// A batch that is not of the customers table.
pub fn customers(batches: &[RecordBatch], erased: &Erased) -> Result<Merged, TableError> {
    let columns = batches.iter().map(CustomerColumns::of).collect::<Result<Vec<_>, _>>()?;
    let mut overlap = Overlap::default();
    let mut rows: Vec<RowAt> = Vec::with_capacity(columns.iter().map(CustomerColumns::len).sum());
    let mut eraser = Eraser::new(erased);
    for (batch, view) in columns.iter().enumerate() {
        for row in 0..view.len() {
            if eraser.holds(view.customer_id, row) {
                overlap.erased += 1;
            } else {
                rows.push((batch as u32, row as u32));
            }
        }
    }
    let customer_of = |(batch, row): RowAt| {
        let view = &columns[batch as usize];
        (view.bucket.value(row as usize), view.customer_id.value(row as usize))
    };
    rows.sort_unstable_by(|left, right| {
        let (a, b) = (&columns[left.0 as usize].provenance, &columns[right.0 as usize].provenance);
        customer_of(*left).cmp(&customer_of(*right)).then_with(|| by_origin(a, left.1 as usize, b, right.1 as usize))
    });
    let groups: Vec<&[RowAt]> = rows.chunk_by(|left, right| customer_of(*left) == customer_of(*right)).collect();
    overlap.superseded = (rows.len() - groups.len()) as u64;
    let mut merged = Vec::with_capacity(groups.len().div_ceil(super::BATCH_ROWS));
    for chunk in groups.chunks(super::BATCH_ROWS) {
        merged.push(newest_fields(batches, chunk)?);
    }
    Ok(Merged { batches: merged, overlap })
}

/// One row a group: of every column the last value that is not null.
fn newest_fields(batches: &[RecordBatch], groups: &[&[RowAt]]) -> Result<RecordBatch, TableError> {
    let schema = schema(Table::Customers);
    let mut merged: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
    for (place, _) in schema.fields().iter().enumerate() {
        let arrays: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(place).as_ref()).collect();
        let chosen: Vec<(usize, usize)> = groups
            .iter()
            .map(|group| {
                let last = group[group.len() - 1];
                let filled = group.iter().rev().find(|(batch, row)| arrays[*batch as usize].is_valid(*row as usize));
                let (batch, row) = *filled.unwrap_or(&last);
                (batch as usize, row as usize)
            })
            .collect();
        merged.push(interleave(&arrays, &chosen)?);
    }
    Ok(RecordBatch::try_new(schema, merged)?)
}
