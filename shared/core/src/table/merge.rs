//! Overlapping exports become one truth: in flow batches of several parts of one table, in any order and any split;
//! out flow sorted batches in which every order, customer, campaign-day and value stands once.
//!
//! The rules: all lines of a transaction id come from the newest upload that has it; spend likewise by date, account,
//! channel and campaign; indicators by date, name and publication, lift tests by days, channel and measure, and cross-section rows by customer; a customer's
//! fields come each from the newest upload that fills it. Rows without an id are never merged, and what looks alike
//! among them is reported. Rows of erased customers are left out before any rule is applied, so that it makes no
//! difference whether their parts were rewritten already. The newest of two uploads is the one uploaded later; at
//! the same microsecond, the one whose source id is greater.
mod customers;
mod keyed;
mod newest;
mod order;
mod transactions;

pub use customers::customers;
pub use keyed::{acquisition, indicators, lift_tests, spend};
pub use newest::{Newest, NewestBuilder, OBSERVED_COLUMNS};
pub use transactions::{transactions, transactions_of};

use super::TableError;
use crate::customer::CustomerHash;
use crate::money::Money;
use arrow::array::RecordBatch;
use arrow::compute::interleave_record_batch;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Rows in a batch that is merged.
const BATCH_ROWS: usize = 65_536;

/// The customers whose rows no reader sees any more.
pub type Erased = HashSet<CustomerHash>;

/// Merged rows, and what merging them left out.
#[derive(Clone, Debug)]
pub struct Merged {
    /// Batches in the table's schema and order.
    pub batches: Vec<RecordBatch>,
    /// What was left out or looked odd.
    pub overlap: Overlap,
}

/// What merging left out, and what it could not decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlap {
    /// Rows that a newer upload replaced.
    pub superseded: u64,
    /// Rows of erased customers.
    pub erased: u64,
    /// Rows without an id for which an earlier upload has an equal one: same customer, instant, amount and product.
    /// They are kept, as nothing says that they are the same purchase.
    pub alike_without_id: u64,
    /// The money of those.
    pub alike_money: Money,
}

impl Overlap {
    /// Adds what another range of buckets found.
    pub fn add(&mut self, other: &Overlap) {
        self.superseded += other.superseded;
        self.erased += other.erased;
        self.alike_without_id += other.alike_without_id;
        self.alike_money += other.alike_money;
    }
}

/// A row of some batch: the batch's index and the row's.
type RowAt = (u32, u32);

/// Copies the rows out in their new order.
fn gather(batches: &[RecordBatch], rows: &[RowAt]) -> Result<Vec<RecordBatch>, TableError> {
    let sources: Vec<&RecordBatch> = batches.iter().collect();
    let mut merged = Vec::with_capacity(rows.len().div_ceil(BATCH_ROWS));
    for chunk in rows.chunks(BATCH_ROWS) {
        let indices: Vec<(usize, usize)> = chunk.iter().map(|(batch, row)| (*batch as usize, *row as usize)).collect();
        merged.push(interleave_record_batch(&sources, &indices)?);
    }
    Ok(merged)
}

#[cfg(test)]
mod tests;
