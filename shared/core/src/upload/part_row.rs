//! What the rows of all tables have in common on their way into a part: whose they are, what they are worth, when they
//! happened, their order and their encoding.
use super::link;
use crate::money::Money;
use crate::table::encode::{self, Provenance};
use crate::table::row::{Acquisition, Customer, Indicator, Kind, Spend, Transaction};
use crate::table::{Table, TableError};
use arrow::array::RecordBatch;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cmp::Ordering;

/// A row of some table, as sorting and counting see it.
pub(crate) trait PartRow: Serialize + DeserializeOwned {
    /// Its table.
    const TABLE: Table;
    /// Whose it is, in tables of customers.
    fn customer_id(&self) -> Option<&str>;
    /// Its amount.
    fn money(&self) -> Money;
    /// The currency of that.
    fn currency(&self) -> Option<&str>;
    /// What kind of transaction it is, where it is one.
    fn kind(&self) -> Option<Kind> {
        None
    }
    /// When it happened: UTC microseconds in tables of customers, else those of the day's start.
    fn at(&self) -> Option<i64>;
    /// Its order among the rows of one bucket.
    fn compare(&self, other: &Self) -> Ordering;
    /// The rows as a batch.
    fn encode(rows: &[Self], provenance: &Provenance) -> Result<RecordBatch, TableError>
    where
        Self: Sized;
    /// What is done to sorted rows before they are written; returns those it was done to.
    fn settle(_rows: &mut [Self]) -> Vec<usize>
    where
        Self: Sized,
    {
        Vec::new()
    }
}

impl PartRow for Transaction {
    const TABLE: Table = Table::Transactions;
    fn customer_id(&self) -> Option<&str> {
        Some(&self.customer_id)
    }
    fn money(&self) -> Money {
        self.amount
    }
    fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }
    fn kind(&self) -> Option<Kind> {
        Some(self.kind)
    }
    fn at(&self) -> Option<i64> {
        Some(self.occurred_at)
    }
    fn compare(&self, other: &Transaction) -> Ordering {
        let key = |row: &Transaction| (row.occurred_at, row.line, row.kind);
        self.customer_id.cmp(&other.customer_id).then_with(|| key(self).cmp(&key(other)))
    }
    fn encode(rows: &[Transaction], provenance: &Provenance) -> Result<RecordBatch, TableError> {
        encode::transactions(rows, provenance)
    }
    fn settle(rows: &mut [Transaction]) -> Vec<usize> {
        link::link(rows)
    }
}

impl PartRow for Customer {
    const TABLE: Table = Table::Customers;
    fn customer_id(&self) -> Option<&str> {
        Some(&self.customer_id)
    }
    fn money(&self) -> Money {
        Money::ZERO
    }
    fn currency(&self) -> Option<&str> {
        None
    }
    fn at(&self) -> Option<i64> {
        self.acquired_at
    }
    fn compare(&self, other: &Customer) -> Ordering {
        self.customer_id.cmp(&other.customer_id).then_with(|| self.line.cmp(&other.line))
    }
    fn encode(rows: &[Customer], provenance: &Provenance) -> Result<RecordBatch, TableError> {
        encode::customers(rows, provenance)
    }
}

impl PartRow for Acquisition {
    const TABLE: Table = Table::Acquisition;
    fn customer_id(&self) -> Option<&str> {
        Some(&self.customer_id)
    }
    fn money(&self) -> Money {
        self.revenue
    }
    fn currency(&self) -> Option<&str> {
        None
    }
    fn at(&self) -> Option<i64> {
        None
    }
    fn compare(&self, other: &Acquisition) -> Ordering {
        self.customer_id.cmp(&other.customer_id).then_with(|| self.line.cmp(&other.line))
    }
    fn encode(rows: &[Acquisition], provenance: &Provenance) -> Result<RecordBatch, TableError> {
        encode::acquisition(rows, provenance)
    }
}

impl PartRow for Spend {
    const TABLE: Table = Table::Spend;
    fn customer_id(&self) -> Option<&str> {
        None
    }
    fn money(&self) -> Money {
        self.spend
    }
    fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }
    fn at(&self) -> Option<i64> {
        Some(i64::from(self.date.0) * 86_400_000_000)
    }
    fn compare(&self, other: &Spend) -> Ordering {
        (self.date, self.line).cmp(&(other.date, other.line))
    }
    fn encode(rows: &[Spend], provenance: &Provenance) -> Result<RecordBatch, TableError> {
        encode::spend(rows, provenance)
    }
}

impl PartRow for Indicator {
    const TABLE: Table = Table::Indicators;
    fn customer_id(&self) -> Option<&str> {
        None
    }
    fn money(&self) -> Money {
        Money::ZERO
    }
    fn currency(&self) -> Option<&str> {
        None
    }
    fn at(&self) -> Option<i64> {
        Some(i64::from(self.date.0) * 86_400_000_000)
    }
    fn compare(&self, other: &Indicator) -> Ordering {
        (self.date, self.line).cmp(&(other.date, other.line))
    }
    fn encode(rows: &[Indicator], provenance: &Provenance) -> Result<RecordBatch, TableError> {
        encode::indicators(rows, provenance)
    }
}
