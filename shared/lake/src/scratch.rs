//! Scratch space of this machine: folders that remove themselves, and work that must not hold up other requests.
use crate::error::LakeResult;
use crate::store::StoreError;
use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// An empty folder that is removed when dropped.
pub(crate) fn folder() -> LakeResult<TempDir> {
    let place = std::env::temp_dir();
    Ok(tempfile::Builder::new().prefix("ltv-").tempdir_in(&place).map_err(|source| failed(&place, source))?)
}

/// The failure of a scratch file.
pub(crate) fn failed(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Scratch { path: path.to_owned(), source }
}

/// Carries out `work` on a thread of its own. A panic in it goes on here, where the runtime reports it.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    ended(tokio::task::spawn_blocking(work)).await
}

/// What a task came to. A panic in it goes on here; where the runtime is being shut down, nothing does.
pub(crate) async fn ended<T>(task: JoinHandle<T>) -> T {
    match task.await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(payload) => std::panic::resume_unwind(payload),
            Err(_) => std::future::pending().await,
        },
    }
}

/// A finished scratch file as Parquet readers want it. Every access opens it anew: a shared handle would share its
/// position between readers.
#[derive(Clone, Debug)]
pub(crate) struct ScratchFile {
    path: Arc<Path>,
    length: u64,
}

impl ScratchFile {
    pub(crate) fn open(path: &Path) -> Result<ScratchFile, ParquetError> {
        Ok(ScratchFile { path: Arc::from(path), length: File::open(path)?.metadata()?.len() })
    }
}

impl Length for ScratchFile {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for ScratchFile {
    type T = BufReader<File>;

    fn get_read(&self, start: u64) -> Result<BufReader<File>, ParquetError> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(start))?;
        Ok(BufReader::new(file))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        File::open(&self.path)?.get_bytes(start, length)
    }
}
