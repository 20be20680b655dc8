//! Everything that can go wrong with the lake, as one type that names the key at fault.
use crate::config::ConfigError;
use crate::layout::RunId;
use crate::store::StoreError;
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// The result of an operation on the lake.
pub type LakeResult<T> = Result<T, LakeError>;

/// An operation on the lake that was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// A request failed or was refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The settings cannot be worked with.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The lake was written by a newer version of this program.
    #[error(
        "the lake has format {found}, this program knows formats up to {}; deploy a newer one",
        crate::layout::FORMAT
    )]
    NewerFormat {
        /// The version found in `format.json`.
        found: u32,
    },
    /// An object is not what its place says.
    #[error("object {key:?} is not a valid {kind}")]
    Malformed {
        /// The object.
        key: String,
        /// What it should be.
        kind: &'static str,
        /// Why it is not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Others wrote the same object again and again; worth another try later.
    #[error("object {key:?} was changed by others {tries} times while it was being written")]
    Contended {
        /// The object.
        key: String,
        /// How often it was tried.
        tries: u32,
    },
    /// Somebody else trains.
    #[error("training {run} is being carried out by {holder:?} until {until}")]
    LeaseHeld {
        /// The run under way.
        run: RunId,
        /// Who carries it out.
        holder: String,
        /// When its lease ends, if it is not renewed.
        until: Timestamp,
    },
    /// The lease was taken over by somebody else: stop writing.
    #[error("the lease on training {run} was lost")]
    LeaseLost {
        /// The run that was under way.
        run: RunId,
    },
    /// Another run went live since the pointer was read.
    #[error("another run went live first; run {run} is not published")]
    PointerMoved {
        /// The run that did not go live.
        run: RunId,
    },
    /// There is nothing to go back to.
    #[error("there is no earlier run to go back to")]
    NothingBefore,
    /// A model too large to be served.
    #[error("a model of {bytes} bytes is larger than the {limit} bytes that can be promoted")]
    ModelTooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A customer's record that cannot be served.
    #[error(transparent)]
    Customers(#[from] crate::served::CustomersError),
    /// An upload could not be read for a fault of this machine, not of the file.
    #[error("reading upload {key:?} failed")]
    Conversion {
        /// The upload.
        key: String,
        /// What failed.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file on scratch space could not be written, or is not what it should be.
    #[error("file {path:?} could not be read or written")]
    File {
        /// The file, or the folder that it stands in.
        path: PathBuf,
        /// What failed.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A name that cannot be part of a key.
    #[error("{0:?} cannot name a checkpoint or an export: 1 to 64 letters, digits, hyphens or underscores")]
    Name(String),
}

impl LakeError {
    /// The error and what it was caused by, in one line, for logs and for answers of functions.
    pub fn with_sources(&self) -> String {
        with_sources(self)
    }

    /// A file of scratch space that failed.
    pub(crate) fn file(path: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> LakeError {
        LakeError::File { path: path.to_owned(), source: source.into() }
    }
}

/// `error` and what it was caused by, in one line: the Lambda runtime prints no sources by itself.
pub fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        // Transparent errors repeat their source.
        if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
        source = error.source();
    }
    text
}
