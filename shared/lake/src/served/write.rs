//! Writing `customers.parquet`: in go records bucket by bucket, in any order within one, out comes a file sorted by
//! customer hash with a page index.
use crate::erase::Tombstones;
use crate::error::{LakeError, LakeResult};
use crate::lake::Lake;
use crate::layout::{self, PARQUET, RunId, Served};
use crate::scratch;
use arrow::array::{FixedSizeBinaryBuilder, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use ltv_core::customer::{Bucket, CustomerHash};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use std::fs::File;
use std::sync::{Arc, LazyLock};
use tempfile::TempDir;

/// Rows of a row group: few enough to bound what is read, many enough to keep the footer small.
const GROUP_ROWS: usize = 8_192;
/// Rows of a page: what one lookup decodes.
const PAGE_ROWS: usize = 256;

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let hash = Field::new("customer_hash", DataType::FixedSizeBinary(32), false);
    Arc::new(Schema::new(vec![hash, Field::new("customer", DataType::Utf8, false)]))
});

/// Is it the schema of `customers.parquet`?
pub(crate) fn is_served(schema: &Schema) -> bool {
    schema.fields() == SCHEMA.fields()
}

/// No dictionaries: their pages would be a third range to read. Pages end after the same rows in both columns.
pub(crate) fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_write_batch_size(PAGE_ROWS)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_column_statistics_enabled("customer_hash".into(), EnabledStatistics::Page)
}

/// A record that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CustomersError {
    /// Buckets must come in ascending order.
    #[error("a customer of bucket {} came after bucket {}", bucket.0, last.0)]
    Order {
        /// The customer's bucket.
        bucket: Bucket,
        /// The bucket before it.
        last: Bucket,
    },
}

/// Writes the records of a run's customers, on scratch space until [`CustomersWriter::finish`].
pub struct CustomersWriter {
    lake: Lake,
    key: String,
    erased: Tombstones,
    folder: TempDir,
    writer: ArrowWriter<File>,
    bucket: Bucket,
    pending: Vec<(CustomerHash, String)>,
    rows: u64,
}

impl Lake {
    /// A writer of the records that `GET /customers/{id}` answers.
    ///
    /// # Errors
    /// A failed request or a full disk.
    pub async fn customers_writer(&self, run: &RunId) -> LakeResult<CustomersWriter> {
        let folder = scratch::folder()?;
        let path = folder.path().join("customers.parquet");
        let file = File::create(&path).map_err(|error| LakeError::file(&path, error))?;
        let writer = ArrowWriter::try_new(file, SCHEMA.clone(), Some(properties().build()))
            .map_err(|error| LakeError::file(&path, error))?;
        Ok(CustomersWriter {
            lake: self.clone(),
            key: layout::served(run, Served::Customers),
            erased: self.tombstones().await?,
            folder,
            writer,
            bucket: Bucket(0),
            pending: Vec::new(),
            rows: 0,
        })
    }
}

impl CustomersWriter {
    /// Appends a customer's record, as JSON; erased ones are left out. Customers come in the order of their buckets, as
    /// merged tables have them, in any order within one. Blocks now and then.
    ///
    /// # Errors
    /// [`CustomersError::Order`], or a full disk.
    pub fn push(&mut self, customer: CustomerHash, json: String) -> LakeResult<()> {
        let bucket = customer.bucket();
        if bucket < self.bucket {
            return Err(CustomersError::Order { bucket, last: self.bucket }.into());
        }
        if bucket > self.bucket {
            self.end_bucket()?;
            self.bucket = bucket;
        }
        if !self.erased.hashes().contains(&customer) {
            self.pending.push((customer, json));
        }
        Ok(())
    }

    fn end_bucket(&mut self) -> LakeResult<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.pending.sort_unstable();
        let mut hashes = FixedSizeBinaryBuilder::with_capacity(self.pending.len(), 32);
        let mut records = StringBuilder::new();
        let path = self.folder.path();
        for (hash, json) in self.pending.drain(..) {
            hashes.append_value(hash.0).map_err(|error| LakeError::file(path, error))?;
            records.append_value(json);
        }
        let columns = vec![Arc::new(hashes.finish()) as _, Arc::new(records.finish()) as _];
        let batch = RecordBatch::try_new(SCHEMA.clone(), columns).map_err(|error| LakeError::file(path, error))?;
        self.rows += batch.num_rows() as u64;
        self.writer.write(&batch).map_err(|error| LakeError::file(path, error))
    }

    /// Uploads the file; customers in it.
    ///
    /// # Errors
    /// A failed request or a full disk.
    pub async fn finish(mut self) -> LakeResult<u64> {
        self.end_bucket()?;
        let path = self.folder.path().join("customers.parquet");
        self.writer.close().map_err(|error| LakeError::file(&path, error))?;
        self.lake.store.upload(&self.key, &path, PARQUET).await?;
        Ok(self.rows)
    }
}
