//! The account of every exported file: in flow its rows one by one; out flows what a reader that follows the rules of
//! the lake must find in it. It is written to `truth/uploads.csv`, never to the uploads.
use serde::Serialize;

/// What one file holds, and what must become of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FileAccount {
    /// Key of the upload, below `uploads/`.
    pub key: String,
    /// Canonical table.
    pub table: &'static str,
    /// How the file writes dates.
    pub date_format: &'static str,
    /// Data rows, duplicates included; headers, banners and totals rows are not counted.
    pub rows: u64,
    /// Rows to be kept.
    pub kept: u64,
    /// Their amounts or spend, in cents.
    pub kept_cents: i64,
    /// Rows without a customer id, to be refused.
    pub missing_customer: u64,
    /// Rows whose date is garbage, to be refused.
    pub garbage_date: u64,
    /// Rows whose amount is garbage, to be refused.
    pub garbage_amount: u64,
    /// Second copies of a row, kept or refused as the first ones are.
    pub duplicates: u64,
    /// Kept rows whose amount is recorded far too large.
    pub outliers: u64,
    /// Totals and summary rows, to be taken for no data.
    pub totals_rows: u64,
    /// Kept rows that a newer upload supersedes when tables are merged.
    pub superseded: u64,
    /// Their amounts or spend, in cents.
    pub superseded_cents: i64,
}

impl FileAccount {
    /// The account of an empty file.
    pub(crate) fn new(key: String, table: &'static str, date_format: &'static str) -> FileAccount {
        FileAccount { key, table, date_format, ..FileAccount::default() }
    }

    /// Adds the counts of another part of the same file.
    pub(crate) fn add(&mut self, part: &FileAccount) {
        self.rows += part.rows;
        self.kept += part.kept;
        self.kept_cents += part.kept_cents;
        self.missing_customer += part.missing_customer;
        self.garbage_date += part.garbage_date;
        self.garbage_amount += part.garbage_amount;
        self.duplicates += part.duplicates;
        self.outliers += part.outliers;
        self.totals_rows += part.totals_rows;
        self.superseded += part.superseded;
        self.superseded_cents += part.superseded_cents;
    }

    /// Counts a row that is to be kept.
    pub(crate) fn keep(&mut self, cents: i64, superseded: bool) {
        self.kept += 1;
        self.kept_cents += cents;
        if superseded {
            self.superseded += 1;
            self.superseded_cents += cents;
        }
    }
}
