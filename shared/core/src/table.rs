//! The canonical tables: what every upload becomes, whatever it looked like.
//!
//! In flows rows from [`crate::upload`]; out flow sorted, immutable Parquet parts, and, on the way back, the rows of
//! several overlapping parts merged into one truth. Money is `Decimal128(18, 6)`, instants are UTC microseconds, ids
//! are strings.
pub mod row;

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
}

impl Table {
    /// Every table.
    pub const ALL: [Table; 5] =
        [Table::Transactions, Table::Customers, Table::Spend, Table::Acquisition, Table::Indicators];

    /// The table's name in keys and reports.
    pub fn name(self) -> &'static str {
        match self {
            Table::Transactions => "transactions",
            Table::Customers => "customers",
            Table::Spend => "spend",
            Table::Acquisition => "acquisition",
            Table::Indicators => "indicators",
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
