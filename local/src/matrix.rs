//! `matrix`: the lake's data in, the latest out-of-time split as two Parquet files out, so that other programs can be
//! compared on the same rows, features and targets.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ltv_core::feature::export::{ExportError, write_split};
use ltv_core::feature::signal::identified;
use ltv_core::feature::{Protocol, ProtocolError};
use ltv_lake::{Lake, LakeError};
use ltv_train::TrainError;
use serde_json::{Value, json};
use tokio::runtime::Handle;

/// Why there is no matrix.
#[derive(Debug, thiserror::Error)]
pub enum MatrixError {
    /// The lake.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The tables.
    #[error("{}", .0.with_sources())]
    Data(#[from] TrainError),
    /// Too short a history.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// The features or the files.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// A file.
    #[error("cannot write {}", .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Writes `train.parquet` and `test.parquet` into the folder `out`, and tells what is in them.
///
/// # Errors
/// [`MatrixError`].
pub async fn write(lake: &Lake, out: &Path) -> Result<Value, MatrixError> {
    let snapshot = lake.snapshot(Timestamp::now()).await?;
    let (lake, out, io) = (lake.clone(), out.to_path_buf(), Handle::current());
    let written = tokio::task::spawn_blocking(move || {
        let history = ltv_train::data::load(&lake, &snapshot, &io)?.history;
        let (first, last) = history.span().ok_or(ProtocolError::Empty)?;
        let protocol = Protocol::new(first, last, lake.account().horizon)?;
        let protocol = identified::reaching_back(&history, protocol);
        let at = |path: &Path| {
            let path = path.to_path_buf();
            move |source| MatrixError::File { path, source }
        };
        fs::create_dir_all(&out).map_err(at(&out))?;
        let (train, test) = (out.join("train.parquet"), out.join("test.parquet"));
        let train_file = File::create(&train).map_err(at(&train))?;
        let test_file = File::create(&test).map_err(at(&test))?;
        let exported = write_split(&history, lake.account(), &protocol, train_file, test_file)?;
        Ok::<_, MatrixError>(json!({
            "train": {"path": train, "rows": exported.train_rows},
            "test": {"path": test, "rows": exported.test_rows},
            "cutoff": protocol.test().0.to_string(),
            "horizon_days": protocol.horizon.days(),
        }))
    });
    match written.await {
        Ok(written) => written,
        // The thread is gone only if it panicked: so does whoever waits for it.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
