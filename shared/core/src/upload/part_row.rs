//! What the rows of all tables have in common on their way into a part: whose they are, what they are worth, when they
//! happened, and how they are encoded.
use super::link;
use super::waiting::{self, Damaged, Waiting, line};
use crate::money::Money;
use crate::table::encode::{self, Provenance};
use crate::table::row::{Acquisition, Customer, Indicator, Kind, LiftTest, Spend, Transaction};
use crate::table::{Table, TableError};
use arrow::array::RecordBatch;
use serde::Deserialize;
use std::collections::HashMap;

const DAY_MICROS: i64 = 86_400_000_000;

/// A row of some table, as counting and sorting see it. In tables of customers the first field is the customer.
pub(crate) trait PartRow {
    /// Its table.
    const TABLE: Table;
    /// Writes it behind `bytes`, for [`TableRows::read`], but for what stands in its head.
    fn write(&self, bytes: &mut Vec<u8>);
    /// Writes what rows that follow each other may have in common, beside bucket and time.
    fn write_head(&self, _bytes: &mut Vec<u8>) {}
    /// Whose it is, in tables of customers.
    fn customer_id(&self) -> Option<&str> {
        None
    }
    /// Its amount.
    fn money(&self) -> Money {
        Money::ZERO
    }
    /// The currency of that.
    fn currency(&self) -> Option<&str> {
        None
    }
    /// Is it an order, whose size may be out of all proportion?
    fn is_order(&self) -> bool {
        false
    }
    /// When it happened: UTC microseconds in tables of customers, else those of the day's start.
    fn at(&self) -> Option<i64> {
        None
    }
}

/// Reads rows of a table back.
pub(crate) trait TableRows {
    /// A row that borrows from where it waited.
    type Row<'a>: PartRow + Deserialize<'a>;
    /// The row that waited; `before` is the one whose head it has, where that was read.
    fn read<'a>(waiting: &Waiting<'a>, _before: Option<&Self::Row<'a>>) -> Result<Self::Row<'a>, Damaged> {
        waiting::read_row(waiting.row)
    }
    /// Whose row waited, in tables of customers.
    fn customer<'a>(waiting: &Waiting<'a>) -> Result<&'a [u8], Damaged> {
        waiting::read_first(waiting.row).map(str::as_bytes)
    }
    /// The rows as a batch.
    fn encode(rows: &[Self::Row<'_>], provenance: &Provenance) -> Result<RecordBatch, TableError>;
    /// What is done to the sorted rows of some buckets before they are written; returns those it was done to.
    fn settle(_rows: &mut [Self::Row<'_>]) -> Vec<usize> {
        Vec::new()
    }
    /// Does the row say nothing that an earlier one did not say?
    fn is_told_by(_earlier: &Self::Row<'_>, _row: &Self::Row<'_>) -> bool {
        false
    }
}

impl<Text: AsRef<str>> PartRow for Transaction<Text> {
    const TABLE: Table = Table::Transactions;
    fn write(&self, bytes: &mut Vec<u8>) {
        line::write(self, bytes);
    }
    fn write_head(&self, bytes: &mut Vec<u8>) {
        line::write_head(self, bytes);
    }
    fn customer_id(&self) -> Option<&str> {
        Some(self.customer_id.as_ref())
    }
    fn money(&self) -> Money {
        self.amount
    }
    fn currency(&self) -> Option<&str> {
        self.currency.as_ref().map(AsRef::as_ref)
    }
    fn is_order(&self) -> bool {
        self.kind == Kind::Order
    }
    fn at(&self) -> Option<i64> {
        Some(self.occurred_at)
    }
}

impl PartRow for Customer {
    const TABLE: Table = Table::Customers;
    fn write(&self, bytes: &mut Vec<u8>) {
        waiting::write_row(self, bytes);
    }
    fn customer_id(&self) -> Option<&str> {
        Some(&self.customer_id)
    }
    fn at(&self) -> Option<i64> {
        self.acquired_at
    }
}

impl PartRow for Acquisition {
    const TABLE: Table = Table::Acquisition;
    fn write(&self, bytes: &mut Vec<u8>) {
        waiting::write_row(self, bytes);
    }
    fn customer_id(&self) -> Option<&str> {
        Some(&self.customer_id)
    }
    fn money(&self) -> Money {
        self.revenue
    }
}

impl PartRow for Spend {
    const TABLE: Table = Table::Spend;
    fn write(&self, bytes: &mut Vec<u8>) {
        waiting::write_row(self, bytes);
    }
    fn money(&self) -> Money {
        self.spend
    }
    fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }
    fn at(&self) -> Option<i64> {
        Some(i64::from(self.date.0) * DAY_MICROS)
    }
}

impl PartRow for Indicator {
    const TABLE: Table = Table::Indicators;
    fn write(&self, bytes: &mut Vec<u8>) {
        waiting::write_row(self, bytes);
    }
    fn at(&self) -> Option<i64> {
        Some(i64::from(self.date.0) * DAY_MICROS)
    }
}

impl PartRow for LiftTest {
    const TABLE: Table = Table::LiftTests;
    fn write(&self, bytes: &mut Vec<u8>) {
        waiting::write_row(self, bytes);
    }
    fn at(&self) -> Option<i64> {
        Some(i64::from(self.start.0) * DAY_MICROS)
    }
}

/// Reads [`Transaction`]s.
pub(crate) struct TransactionRows;
/// Reads [`Customer`]s.
pub(crate) struct CustomerRows;
/// Reads [`Acquisition`]s.
pub(crate) struct AcquisitionRows;
/// Reads [`Spend`].
pub(crate) struct SpendRows;
/// Reads [`Indicator`]s.
pub(crate) struct IndicatorRows;
/// Reads [`LiftTest`]s.
pub(crate) struct LiftTestRows;

impl TableRows for TransactionRows {
    type Row<'a> = Transaction<&'a str>;
    fn read<'a>(waiting: &Waiting<'a>, before: Option<&Transaction<&'a str>>) -> Result<Transaction<&'a str>, Damaged> {
        line::read(waiting, before)
    }
    fn customer<'a>(waiting: &Waiting<'a>) -> Result<&'a [u8], Damaged> {
        line::customer(waiting.head)
    }
    fn encode(rows: &[Transaction<&str>], provenance: &Provenance) -> Result<RecordBatch, TableError> {
        encode::transactions(rows, provenance)
    }
    fn settle(rows: &mut [Transaction<&str>]) -> Vec<usize> {
        link::link(rows)
    }
}

impl TableRows for CustomerRows {
    type Row<'a> = Customer;
    fn encode(rows: &[Customer], provenance: &Provenance) -> Result<RecordBatch, TableError> {
        encode::customers(rows, provenance)
    }
    fn is_told_by(earlier: &Customer, row: &Customer) -> bool {
        let line = earlier.line;
        earlier.customer_id == row.customer_id && *earlier == Customer { line, ..row.clone() }
    }
}

impl TableRows for AcquisitionRows {
    type Row<'a> = Acquisition;
    fn encode(rows: &[Acquisition], provenance: &Provenance) -> Result<RecordBatch, TableError> {
        encode::acquisition(rows, provenance)
    }
}

impl TableRows for SpendRows {
    type Row<'a> = Spend;
    fn encode(rows: &[Spend], provenance: &Provenance) -> Result<RecordBatch, TableError> {
        encode::spend(rows, provenance)
    }
}

impl TableRows for IndicatorRows {
    type Row<'a> = Indicator;
    fn encode(rows: &[Indicator], provenance: &Provenance) -> Result<RecordBatch, TableError> {
        encode::indicators(rows, provenance)
    }
    fn settle(rows: &mut [Indicator]) -> Vec<usize> {
        replaced(rows)
    }
}

/// The values behind which another of the same series, day and publication stands.
fn replaced(rows: &[Indicator]) -> Vec<usize> {
    let mut latest = HashMap::new();
    let mut found = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        if let Some(before) = latest.insert((row.date, row.name.as_str(), row.published_at), place)
            && rows[before].value.to_bits() != row.value.to_bits()
        {
            found.push(before);
        }
    }
    found
}

impl TableRows for LiftTestRows {
    type Row<'a> = LiftTest;
    fn encode(rows: &[LiftTest], provenance: &Provenance) -> Result<RecordBatch, TableError> {
        encode::lift_tests(rows, provenance)
    }
}
