//! What a run leaves for people and warehouses: in go Arrow batches, out come Parquet files by run date and their gzip
//! CSV twins under another prefix. Nothing but Parquet under `predictions/`: Athena reads every file there.
pub(crate) mod export;
mod past;

pub use past::ScoredRun;

use crate::erase::{self, Tombstones};
use crate::error::{LakeError, LakeResult};
use crate::lake::Lake;
use crate::layout::{self, GZIP, PARQUET, RunId};
use crate::scratch;
use crate::served;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use export::Export;
use jiff::civil::Date;
use ltv_core::table::merge::Erased;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use std::fs::File;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Rows after which a run's next Parquet file begins.
const FILE_ROWS: u64 = 1_000_000;

/// Writes the predictions of a run, on scratch space until [`PredictionsWriter::finish`].
pub struct PredictionsWriter {
    lake: Lake,
    run: RunId,
    run_date: Date,
    schema: SchemaRef,
    erased: Tombstones,
    folder: TempDir,
    files: Vec<PathBuf>,
    current: Option<(ArrowWriter<File>, u64)>,
    export: Export,
    rows: u64,
}

/// Where a run's predictions went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predictions {
    /// Customers written.
    pub rows: u64,
    /// Keys of the Parquet files.
    pub files: Vec<String>,
    /// Key of the CSV twin.
    pub export: String,
}

impl Lake {
    /// A writer of predictions with the columns of `schema`; a column `customer_id` is how erased customers are known.
    ///
    /// # Errors
    /// A failed request or a full disk.
    pub async fn predictions_writer(
        &self,
        run: &RunId,
        run_date: Date,
        schema: SchemaRef,
    ) -> LakeResult<PredictionsWriter> {
        let folder = scratch::folder()?;
        let path = folder.path().join("predictions.csv.gz");
        let export = Export::create(&path, &schema).map_err(|error| LakeError::file(&path, error))?;
        Ok(PredictionsWriter {
            lake: self.clone(),
            run: run.clone(),
            run_date,
            schema,
            erased: self.tombstones().await?,
            folder,
            files: Vec::new(),
            current: None,
            export,
            rows: 0,
        })
    }

    /// Writes a small table of a run (segments, channels) as the gzip CSV `name`; its key.
    ///
    /// # Errors
    /// [`LakeError::Name`], a failed request, or a full disk.
    pub async fn put_export(&self, run: &RunId, name: &str, rows: &RecordBatch) -> LakeResult<String> {
        let key = layout::export(run, crate::checkpoint::checked(name)?);
        let folder = scratch::folder()?;
        let path = folder.path().join("export.csv.gz");
        let write = || {
            let mut export = Export::create(&path, &rows.schema())?;
            export.write(rows)?;
            export.finish()
        };
        write().map_err(|error| LakeError::file(&path, error))?;
        self.store.upload(&key, &path, GZIP).await?;
        Ok(key)
    }
}

impl PredictionsWriter {
    /// Appends rows; those of erased customers are left out. Blocks.
    ///
    /// # Errors
    /// A full disk, or a batch of other columns.
    pub fn write(&mut self, batch: &RecordBatch) -> LakeResult<()> {
        let folder = self.folder.path().to_owned();
        self.append(batch).map_err(|error| LakeError::file(&folder, error))
    }

    fn append(&mut self, batch: &RecordBatch) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let kept = erase::keep_rows(batch, self.erased.hashes())?;
        let batch = kept.as_ref().unwrap_or(batch);
        let (mut writer, rows) = if let Some(current) = self.current.take() {
            current
        } else {
            let path = self.folder.path().join(format!("{}.parquet", self.files.len()));
            let file = File::create(&path)?;
            self.files.push(path);
            (ArrowWriter::try_new(file, self.schema.clone(), Some(properties().build()))?, 0)
        };
        writer.write(batch)?;
        self.export.write(batch)?;
        self.rows += batch.num_rows() as u64;
        let rows = rows + batch.num_rows() as u64;
        if rows >= FILE_ROWS {
            writer.close()?;
        } else {
            self.current = Some((writer, rows));
        }
        Ok(())
    }

    /// Uploads what was written. Nothing reads it before the pointer names the run.
    ///
    /// # Errors
    /// A failed request or a full disk.
    pub async fn finish(mut self) -> LakeResult<Predictions> {
        let folder = self.folder.path().to_owned();
        if self.files.is_empty() {
            // A run that scored nobody still has a table with columns.
            self.write(&RecordBatch::new_empty(self.schema.clone()))?;
        }
        if let Some((writer, _)) = self.current.take() {
            writer.close().map_err(|error| LakeError::file(&folder, error))?;
        }
        self.export.finish().map_err(|error| LakeError::file(&folder, error))?;
        let mut files = Vec::with_capacity(self.files.len());
        for (number, path) in self.files.iter().enumerate() {
            let key = layout::predictions_part(self.run_date, &self.run, number);
            self.lake.store.upload(&key, path, PARQUET).await?;
            files.push(key);
        }
        let export = layout::predictions_export(&self.run);
        self.lake.store.upload(&export, &folder.join("predictions.csv.gz"), GZIP).await?;
        Ok(Predictions { rows: self.rows, files, export })
    }
}

fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by(concat!("ltv ", env!("CARGO_PKG_VERSION")).to_owned())
}

/// Copies a Parquet file of a run or a model without the erased customers; `false` where it holds none.
pub(crate) fn copy_parquet(
    file: &Path,
    target: &Path,
    erased: &Erased,
) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    let open = || ParquetRecordBatchReaderBuilder::try_new(File::open(file)?);
    let mut found = false;
    for batch in open()?.build()? {
        found = found || erase::keep_rows(&batch?, erased)?.is_some();
    }
    if !found {
        return Ok(false);
    }
    let builder = open()?;
    let schema = builder.schema().clone();
    let properties = if served::is_served(&schema) { served::properties() } else { properties() };
    let mut writer = ArrowWriter::try_new(File::create(target)?, schema, Some(properties.build()))?;
    for batch in builder.build()? {
        let batch = batch?;
        writer.write(erase::keep_rows(&batch, erased)?.as_ref().unwrap_or(&batch))?;
    }
    writer.close()?;
    Ok(true)
}

/// Copies a gzip CSV without the erased customers; `false` where it holds none.
pub(crate) fn copy_export(
    file: &Path,
    target: &Path,
    erased: &Erased,
) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    let input = flate2::read::MultiGzDecoder::new(File::open(file)?);
    let mut output = flate2::write::GzEncoder::new(File::create(target)?, flate2::Compression::default());
    let found = erase::copy_csv(input, &mut output, erased)? > 0;
    output.finish()?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::PREDICTIONS;
    use crate::memory::{LAKE, Memory};
    use arrow::array::{ArrayRef, Float64Array, StringArray};
    use arrow::compute::concat_batches;
    use jiff::Timestamp;
    use ltv_core::account::Account;
    use ltv_core::customer::CustomerHash;
    use std::io::Read;
    use std::sync::Arc;

    const DATE: Date = Date::constant(2026, 11, 21);
    const IDS: [&str; 6] = ["=1+1", "plain", "-5", "@x", "a,b \"c\"", "gone"];

    fn batch() -> RecordBatch {
        let amounts: Vec<Option<f64>> = vec![Some(-12.5), None, Some(0.0), Some(1.0), Some(2.0), Some(3.0)];
        let columns: [(&str, ArrayRef); 2] = [
            ("customer_id", Arc::new(StringArray::from(IDS.to_vec()))),
            ("predicted_spend", Arc::new(Float64Array::from(amounts))),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    async fn written(lake: &Lake) -> Predictions {
        let mut writer = lake.predictions_writer(&"run".parse().unwrap(), DATE, batch().schema()).await.unwrap();
        writer.write(&batch()).unwrap();
        writer.finish().await.unwrap()
    }

    fn table(memory: &Memory, key: &str) -> RecordBatch {
        let reader = ParquetRecordBatchReaderBuilder::try_new(memory.get(LAKE, key).unwrap()).unwrap();
        let (schema, batches) = (reader.schema().clone(), reader.build().unwrap());
        concat_batches(&schema, &batches.collect::<Result<Vec<_>, _>>().unwrap()).unwrap()
    }

    fn text(memory: &Memory, key: &str) -> String {
        let mut text = String::new();
        let bytes = memory.get(LAKE, key).unwrap();
        flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
        text
    }

    #[tokio::test]
    async fn predictions_are_parquet_and_their_twin_is_csv_without_formulas() {
        let memory = Memory::new(0);
        let predictions = written(&memory.lake(Account::default())).await;
        assert_eq!(predictions.files, ["predictions/run_date=2026-11-21/run=run/part-00000.parquet"]);
        assert_eq!(table(&memory, &predictions.files[0]), batch());
        let expected =
            "customer_id,predicted_spend\n'=1+1,-12.5\nplain,\n'-5,0.0\n'@x,1.0\n\"a,b \"\"c\"\"\",2.0\ngone,3.0\n";
        assert_eq!(text(&memory, &predictions.export), expected);
        assert!(memory.keys(LAKE, PREDICTIONS).iter().all(|key| key.ends_with(".parquet")));
    }

    #[tokio::test]
    async fn erasing_leaves_the_others_of_a_run_as_they_were() {
        let memory = Memory::new(0);
        let lake = memory.lake(Account::default());
        let predictions = written(&lake).await;
        for id in ["gone", "=1+1"] {
            lake.erase(&CustomerHash::of(id), Timestamp::now()).await.unwrap();
        }
        assert_eq!(table(&memory, &predictions.files[0]), batch().slice(1, 4));
        let csv = text(&memory, &predictions.export);
        assert!(!csv.contains("gone") && !csv.contains("=1+1") && csv.contains("'-5,0.0"), "{csv}");
        let next = written(&lake).await;
        assert_eq!(next.rows, 4);
    }

    #[tokio::test]
    async fn a_run_of_nobody_is_a_table_without_rows() {
        let memory = Memory::new(0);
        let lake = memory.lake(Account::default());
        let writer = lake.predictions_writer(&"run".parse().unwrap(), DATE, batch().schema()).await.unwrap();
        let predictions = writer.finish().await.unwrap();
        assert_eq!(table(&memory, &predictions.files[0]).num_rows(), 0);
        assert_eq!(text(&memory, &predictions.export), "customer_id,predicted_spend\n");
        let key = lake.put_export(&"run".parse().unwrap(), "segments", &batch()).await.unwrap();
        assert_eq!(text(&memory, &key).lines().count(), 7);
        assert!(lake.put_export(&"run".parse().unwrap(), "a/b", &batch()).await.is_err());
    }
}
