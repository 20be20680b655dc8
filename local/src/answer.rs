//! The JSON that commands print on stdout, one object each, for programs to read. Times are seconds.

use serde::Serialize;

/// What became of one upload.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Upload {
    /// Its key.
    pub(crate) key: String,
    /// The table it belongs to; `null` for a file that could not be read.
    pub(crate) table: Option<String>,
    /// Data rows in it.
    pub(crate) rows: u64,
    /// Rows that are in the lake.
    pub(crate) kept: u64,
    /// Rows refused, each with a reason.
    pub(crate) rejected: u64,
    /// How long reading it took.
    pub(crate) seconds: f64,
    /// Why it could not be read, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unreadable: Option<String>,
}

/// What `preprocess` prints, and the first part of what `run` prints.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Preprocessed {
    /// Every upload, ordered by key.
    pub(crate) uploads: Vec<Upload>,
    /// The whole command.
    pub(crate) seconds: f64,
}
