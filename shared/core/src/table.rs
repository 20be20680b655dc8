//! The canonical tables: what every upload becomes, whatever it looked like.
//!
//! In flows rows from [`crate::upload`]; out flow sorted, immutable Parquet parts, and, on the way back, the rows of
//! several overlapping parts merged into one truth. Money is `Decimal128(18, 6)`, instants are UTC microseconds, ids
//! are strings.
pub mod columns;
pub mod encode;
pub mod merge;
pub mod part;
pub mod read;
pub mod row;
pub mod schema;

use serde::{Deserialize, Serialize};
use std::fmt;

/// A canonical table. Its name is the first segment of an upload's key, and a folder of the lake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// Orders, refunds and cancellations: [`row::Transaction`].
    Transactions,
    /// One row a customer: [`row::Customer`].
    Customers,
    /// Ad spend by day, channel and campaign: [`row::Spend`].
    Spend,
    /// A dateless cross-section of acquired customers: [`row::Acquisition`].
    Acquisition,
    /// Economic series: [`row::Indicator`].
    Indicators,
    /// What experiments on channels found: [`row::LiftTest`].
    LiftTests,
}

impl Table {
    /// Every table.
    pub const ALL: [Table; 6] =
        [Table::Transactions, Table::Customers, Table::Spend, Table::Acquisition, Table::Indicators, Table::LiftTests];

    /// Is the table sorted by the bucket of its customers? The others are sorted by date.
    pub fn is_by_customer(self) -> bool {
        matches!(self, Table::Transactions | Table::Customers | Table::Acquisition)
    }

    /// The table called `name`.
    pub fn of_name(name: &str) -> Option<Table> {
        Table::ALL.into_iter().find(|table| table.name() == name)
    }

    /// The table's name in keys and reports.
    pub fn name(self) -> &'static str {
        match self {
            Table::Transactions => "transactions",
            Table::Customers => "customers",
            Table::Spend => "spend",
            Table::Acquisition => "acquisition",
            Table::Indicators => "indicators",
            Table::LiftTests => "lift_tests",
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A part that cannot be written, read or merged.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// A batch lacks a column, or has it in another type.
    #[error("column {column} of table {table} is missing or of another type")]
    Column {
        /// The table that the batch was said to be of.
        table: Table,
        /// The column at fault.
        column: String,
    },
    /// A part of another table, or none of ours.
    #[error("the file is no part of table {0}")]
    NotAPart(Table),
    /// A part of a newer version of the schemas.
    #[error("the part has version {found} of the tables, newer than {}", schema::VERSION)]
    Newer {
        /// The part's version.
        found: u32,
    },
    /// Arrow refused a batch.
    #[error("a batch could not be built")]
    Arrow(#[from] arrow::error::ArrowError),
    /// Parquet refused to write or read.
    #[error("a part could not be written or read")]
    Parquet(#[from] parquet::errors::ParquetError),
}
