//! Predictions that were stored before: in goes the lake, out come its scored runs and the rows of one of them. What a
//! row means is the caller's.
use crate::error::{LakeError, LakeResult};
use crate::lake::Lake;
use crate::layout::{self, PREDICTIONS, RunId};
use arrow::array::RecordBatch;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// Rows of a batch of predictions.
const BATCH: usize = 65_536;

/// A run whose predictions are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoredRun {
    /// The run.
    pub run: RunId,
    /// Keys of its Parquet files, in order.
    pub files: Vec<String>,
}

impl Lake {
    /// Every run whose predictions are stored, by day, then by run: also those that never went live.
    ///
    /// # Errors
    /// A failed request.
    pub async fn scored_runs(&self) -> LakeResult<Vec<ScoredRun>> {
        let mut runs: Vec<ScoredRun> = Vec::new();
        for object in self.store.list(PREDICTIONS).await? {
            let Some(run) = layout::run_of_predictions(&object.key) else { continue };
            match runs.last_mut() {
                Some(last) if last.run == run => last.files.push(object.key),
                _ => runs.push(ScoredRun { run, files: vec![object.key] }),
            }
        }
        Ok(runs)
    }

    /// The columns called `names` of a file of predictions, at most `rows` rows of it.
    ///
    /// # Errors
    /// [`crate::store::StoreError::NotFound`], a file that is no Parquet ([`LakeError::Malformed`]), or a failed request.
    pub async fn predictions(&self, file: &str, names: &[&str], rows: usize) -> LakeResult<Vec<RecordBatch>> {
        let bytes = self.store.get(file).await?.bytes;
        read(bytes, names, rows).map_err(|source| LakeError::Malformed {
            key: file.to_owned(),
            kind: "file of predictions",
            source,
        })
    }
}

fn read(
    bytes: Bytes,
    names: &[&str],
    rows: usize,
) -> Result<Vec<RecordBatch>, Box<dyn std::error::Error + Send + Sync>> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), names.iter().copied());
    let reader = builder.with_projection(mask).with_batch_size(BATCH.min(rows)).with_limit(rows).build()?;
    Ok(reader.collect::<Result<Vec<RecordBatch>, _>>()?)
}
