//! Merging orders, refunds and cancellations.
use super::newest::{Newest, NewestBuilder};
use super::order::{Eraser, by_origin, rank_at};
use super::{Erased, Merged, Overlap, RowAt, gather};
use crate::customer::Bucket;
use crate::table::TableError;
use crate::table::columns::{TransactionColumns, kind_at, money_at, text_at};
use crate::table::read::ALL_BUCKETS;
use arrow::array::{Array, RecordBatch};
use std::cmp::Ordering;
use std::ops::RangeInclusive;

/// Merges all parts at once: sorted by bucket, customer, instant, upload and line.
///
/// # Errors
/// A batch that is not of the transactions table.
pub fn transactions(batches: &[RecordBatch], erased: &Erased) -> Result<Merged, TableError> {
    let mut newest = NewestBuilder::default();
    for batch in batches {
        newest.observe(batch, erased)?;
    }
    transactions_of(&ALL_BUCKETS, batches, &newest.build(), erased)
}

/// Merges the rows of a range of buckets, of all parts that have rows there; rows of other buckets are left out. What
/// `newest` says must be known of *all* buckets of all parts.
///
/// # Errors
/// A batch that is not of the transactions table.
pub fn transactions_of(
    buckets: &RangeInclusive<Bucket>,
    batches: &[RecordBatch],
    newest: &Newest,
    erased: &Erased,
) -> Result<Merged, TableError> {
    let columns = batches.iter().map(TransactionColumns::of).collect::<Result<Vec<_>, _>>()?;
    let wanted = i32::from(buckets.start().0)..=i32::from(buckets.end().0);
    let mut overlap = Overlap::default();
    let mut rows: Vec<RowAt> = Vec::with_capacity(columns.iter().map(TransactionColumns::len).sum());
    for (place, view) in columns.iter().enumerate() {
        let mut eraser = Eraser::new(erased);
        for row in 0..view.len() {
            if !wanted.contains(&view.bucket.value(row)) {
                continue;
            }
            if eraser.holds(view.customer_id, row) {
                overlap.erased += 1;
                continue;
            }
            let replaced = text_at(view.transaction_id, row)
                .is_some_and(|id| newest.supersedes(id, rank_at(&view.provenance, row)));
            if replaced {
                overlap.superseded += 1;
                continue;
            }
            rows.push((place as u32, row as u32));
        }
    }
    rows.sort_unstable_by(|left, right| compare(&columns, *left, *right));
    count_alike(&columns, &rows, &mut overlap);
    Ok(Merged { batches: gather(batches, &rows)?, overlap })
}

/// A total order, so that no order of parts shows in the result; two rows that are equal in it are interchangeable.
fn compare(columns: &[TransactionColumns<'_>], left: RowAt, right: RowAt) -> Ordering {
    let (a, i) = (&columns[left.0 as usize], left.1 as usize);
    let (b, j) = (&columns[right.0 as usize], right.1 as usize);
    a.bucket
        .value(i)
        .cmp(&b.bucket.value(j))
        .then_with(|| a.customer_id.value(i).cmp(b.customer_id.value(j)))
        .then_with(|| a.occurred_at.value(i).cmp(&b.occurred_at.value(j)))
        .then_with(|| by_origin(&a.provenance, i, &b.provenance, j))
        .then_with(|| kind_at(a.kind, i).cmp(&kind_at(b.kind, j)))
        .then_with(|| a.amount.value(i).cmp(&b.amount.value(j)))
}

/// Counts, among rows without an id at the same instant of a customer, those that an earlier upload has as well.
fn count_alike(columns: &[TransactionColumns<'_>], rows: &[RowAt], overlap: &mut Overlap) {
    let same_instant = |left: &RowAt, right: &RowAt| {
        let (a, i) = (&columns[left.0 as usize], left.1 as usize);
        let (b, j) = (&columns[right.0 as usize], right.1 as usize);
        a.occurred_at.value(i) == b.occurred_at.value(j) && a.customer_id.value(i) == b.customer_id.value(j)
    };
    for group in rows.chunk_by(same_instant).filter(|group| group.len() > 1) {
        let mut claimed = vec![false; group.len()];
        for (position, right) in group.iter().enumerate() {
            let (b, j) = (&columns[right.0 as usize], right.1 as usize);
            if b.transaction_id.is_valid(j) {
                continue;
            }
            let twin = group[..position].iter().enumerate().find(|(place, left)| {
                let (a, i) = (&columns[left.0 as usize], left.1 as usize);
                !claimed[*place]
                    && a.transaction_id.is_null(i)
                    && rank_at(&a.provenance, i) != rank_at(&b.provenance, j)
                    && a.amount.value(i) == b.amount.value(j)
                    && text_at(a.product_id, i) == text_at(b.product_id, j)
            });
            if let Some((place, _)) = twin {
                claimed[place] = true;
                overlap.alike_without_id += 1;
                overlap.alike_money += money_at(b.amount, j).unwrap_or_default();
            }
        }
    }
}
