//! From a file that somebody dropped to canonical rows. In flow the bytes of one upload; out flow sorted Parquet parts, a
//! file of rejects and a report in which every row is accounted for. Nothing here knows where files come from or go to,
//! and no row is ever dropped in silence.
//!
//! The steps, each its own module: `incoming` (bytes, from here or elsewhere), `unpack` (compression), `content` (text,
//! or `sheet`, `json`, `columnar`; several tables in one: `alike`), `recognise` (which source, by its `adapter` and a
//! `hint`), `conventions` (dates, decimals, `numbering`), `chunk` and `record` (cells), `cells`, `who` and `clean` (rows
//! or rejects), `books` (what happened), `out`, `spill` and `sink` (sorting, doubles, links), `delivery` (what takes parts
//! and rejects as they are made). Chunks are worked on by all cores (`pipeline`); no step holds more of a file than a
//! chunk, or the rows of a range of customers.
pub mod adapter;
mod alike;
mod books;
mod cells;
mod chunk;
mod clean;
mod columnar;
mod contact;
mod content;
mod conventions;
mod currency;
mod date;
mod delivery;
pub mod field;
mod gather;
mod hint;
pub mod identity;
mod incoming;
mod json;
mod link;
mod named;
mod number;
mod numbering;
mod out;
pub(crate) mod outlier;
mod part_row;
mod pipeline;
mod rates;
mod recognise;
mod record;
mod reject;
pub mod report;
mod run;
mod sheet;
mod signs;
mod sink;
mod spill;
mod unpack;
mod waiting;
mod who;

pub use content::Encoding;
pub use delivery::{Delivery, Folder, Outgoing, Output};
pub use incoming::{Fetch, Incoming};
pub use number::DecimalMark;
pub use rates::Rates;
pub use recognise::Format;
pub use record::Delimiter;
pub use reject::{HASH_SEPARATOR, LEADING_COLUMNS as REJECT_COLUMNS, MASK};
pub use report::UploadReport;
pub use unpack::Packing;

use crate::account::{Account, AccountError};
use crate::table::{Table, TableError};
use adapter::Adapters;
use run::{Fault, Run};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Which upload a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its key in the uploads bucket; its folders, or else its name, hint at the table.
    pub key: String,
    /// The same for every generation of one key.
    pub source_id: String,
    /// When it was uploaded, in UTC microseconds since 1970.
    pub uploaded_at: i64,
}

/// A sorted Parquet file of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The table that it is a part of.
    pub table: Table,
    /// How many rows it holds.
    pub rows: u64,
}

/// What an upload became.
#[derive(Clone, Debug)]
pub struct Converted {
    /// One part for every table that has rows.
    pub parts: Vec<Part>,
    /// Are there refused rows?
    pub rejected: bool,
    /// What happened.
    pub report: UploadReport,
}

/// A fault of the machine or of this program, never of the upload: what cannot be read is a report.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// A file could not be read or written.
    #[error("{} could not be read or written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// What the upload became could not be delivered.
    #[error("the {output} could not be written")]
    Delivery {
        /// Which part of it.
        output: Output,
        /// The cause.
        source: io::Error,
    },
    /// The part could not be written.
    #[error("the part could not be written")]
    Table(#[from] TableError),
    /// The account's settings are no good.
    #[error("the account's settings are no good")]
    Account(#[from] AccountError),
    /// Rows or money were lost on the way: a fault of this program.
    #[error("{key}: {rows} rows are not {kept} kept, {rejected} rejected and {merged} merged, or their money is not")]
    Unbalanced {
        /// The upload.
        key: String,
        /// Rows read.
        rows: u64,
        /// Rows kept.
        kept: u64,
        /// Rows rejected.
        rejected: u64,
        /// Rows merged.
        merged: u64,
    },
}

impl UploadError {
    fn io(path: &Path, source: io::Error) -> UploadError {
        UploadError::Io { path: path.to_owned(), source }
    }
}

/// Converts the upload in `file`. Parts and rejects become files of the [`Folder`] `scratch`, which must be empty and is
/// the caller's to remove. The same bytes, source and account give the same parts, byte by byte.
///
/// # Errors
/// Only what is no fault of the file: a disk that is full, settings that are no good. A file that cannot be read is a
/// report with [`UploadReport::unreadable`] and no parts.
pub fn convert(file: &Path, source: &Source, account: &Account, scratch: &Path) -> Result<Converted, UploadError> {
    let folder = Folder::new(scratch);
    convert_with(&Incoming::here(file), source, account, &Known::default(), scratch, &folder)
}

/// What is known beside a file and the account's settings.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The adapters, the user's own among them.
    pub adapters: Adapters,
    /// Exchange rates that were uploaded.
    pub rates: Arc<Rates>,
}

/// As [`convert`], with adapters of the user's own and exchange rates, of a file that may lie elsewhere. Parts and rejects
/// go to `delivery` while they are made; `scratch` takes only what waits for its turn.
///
/// # Errors
/// As [`convert`], and [`UploadError::Delivery`].
pub fn convert_with(
    file: &Incoming,
    source: &Source,
    account: &Account,
    known: &Known,
    scratch: &Path,
    delivery: &dyn Delivery,
) -> Result<Converted, UploadError> {
    match Run::new(file, source, account, known, scratch, delivery)?.convert() {
        Ok(converted) => Ok(converted),
        Err(Fault::Upload(reason)) => Ok(unreadable(source, reason)),
        Err(Fault::Machine(error)) => Err(error),
    }
}

fn unreadable(source: &Source, reason: String) -> Converted {
    let report = UploadReport { key: source.key.clone(), unreadable: Some(reason), ..UploadReport::default() };
    Converted { parts: Vec::new(), rejected: false, report }
}

#[cfg(test)]
mod golden;
#[cfg(test)]
mod real_data;
#[cfg(test)]
mod tests;
