//! Reading a part back: in flows a Parquet file, or the bytes of one; out flow batches of a range of buckets, from no
//! more row groups than hold it. Never merges parts; see [`super::merge`].
use super::part::{TABLE_KEY, VERSION_KEY};
use super::schema::{VERSION, schema};
use super::{Table, TableError};
use crate::customer::Bucket;
use arrow::array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::statistics::Statistics;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Rows in a batch that is read.
const BATCH_ROWS: usize = 16_384;

/// An opened part.
pub struct PartReader<R> {
    input: Shared<R>,
    metadata: ArrowReaderMetadata,
}

/// One input for several readers: files cannot be cloned.
struct Shared<R>(Arc<R>);

impl<R> Clone for Shared<R> {
    fn clone(&self) -> Shared<R> {
        Shared(self.0.clone())
    }
}

impl<R: ChunkReader> Length for Shared<R> {
    fn len(&self) -> u64 {
        self.0.len()
    }
}

impl<R: ChunkReader> ChunkReader for Shared<R> {
    type T = R::T;
    fn get_read(&self, start: u64) -> parquet::errors::Result<R::T> {
        self.0.get_read(start)
    }
    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<bytes::Bytes> {
        self.0.get_bytes(start, length)
    }
}

impl<R: ChunkReader + 'static> PartReader<R> {
    /// Opens a part of `table`: a file, or `bytes::Bytes`.
    ///
    /// # Errors
    /// A file that is no part of `table`, or one of a newer version.
    pub fn open(input: R, table: Table) -> Result<PartReader<R>, TableError> {
        let input = Shared(Arc::new(input));
        let metadata = ArrowReaderMetadata::load(&input, parquet::arrow::arrow_reader::ArrowReaderOptions::default())?;
        check(metadata.metadata(), table)?;
        if metadata.schema().fields() != schema(table).fields() {
            return Err(TableError::NotAPart(table));
        }
        Ok(PartReader { input, metadata })
    }

    /// The footer.
    pub fn metadata(&self) -> &ParquetMetaData {
        self.metadata.metadata()
    }

    /// All rows of `buckets` and, as row groups are read whole, perhaps of some around them; tables without buckets
    /// are read whole. Use [`super::merge`] with the same range to have exactly its rows.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(&self, buckets: &RangeInclusive<Bucket>) -> Result<ParquetRecordBatchReader, TableError> {
        self.build(buckets, None)
    }

    /// The columns called `names` of all rows, in the table's order of columns.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read_columns(&self, names: &[&str]) -> Result<ParquetRecordBatchReader, TableError> {
        self.build(&ALL_BUCKETS, Some(names))
    }

    fn build(
        &self,
        buckets: &RangeInclusive<Bucket>,
        names: Option<&[&str]>,
    ) -> Result<ParquetRecordBatchReader, TableError> {
        let groups = row_groups_with(self.metadata(), buckets);
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.input.clone(), self.metadata.clone())
            .with_batch_size(BATCH_ROWS)
            .with_row_groups(groups);
        if let Some(names) = names {
            let mask = ProjectionMask::columns(builder.parquet_schema(), names.iter().copied());
            builder = builder.with_projection(mask);
        }
        Ok(builder.build()?)
    }
}

/// Every bucket.
pub const ALL_BUCKETS: RangeInclusive<Bucket> = Bucket(0)..=Bucket(crate::customer::BUCKETS - 1);

/// All rows of a part, for small tables and tests.
///
/// # Errors
/// A file that is no part of `table` or cannot be read.
pub fn read_all<R: ChunkReader + 'static>(input: R, table: Table) -> Result<Vec<RecordBatch>, TableError> {
    let reader = PartReader::open(input, table)?.read(&ALL_BUCKETS)?;
    Ok(reader.collect::<Result<Vec<_>, _>>()?)
}

/// Refuses what is no part of `table`, by its footer alone.
///
/// # Errors
/// A file that is no part of `table`, or one of a newer version.
pub fn check(metadata: &ParquetMetaData, table: Table) -> Result<(), TableError> {
    let pairs = metadata.file_metadata().key_value_metadata();
    let value_of = |key: &str| pairs?.iter().find(|pair| pair.key == key)?.value.as_deref();
    if value_of(TABLE_KEY) != Some(table.name()) {
        return Err(TableError::NotAPart(table));
    }
    let found: u32 = value_of(VERSION_KEY).and_then(|text| text.parse().ok()).ok_or(TableError::NotAPart(table))?;
    if found > VERSION {
        return Err(TableError::Newer { found });
    }
    Ok(())
}

/// Which row groups hold rows of `buckets`, by the footer's statistics; all of them in a table without buckets.
pub fn row_groups_with(metadata: &ParquetMetaData, buckets: &RangeInclusive<Bucket>) -> Vec<usize> {
    let touches = |group: &RowGroupMetaData| match bucket_range_of(group) {
        Some((first, last)) => first <= *buckets.end() && last >= *buckets.start(),
        None => true,
    };
    (0..metadata.num_row_groups()).filter(|group| touches(metadata.row_group(*group))).collect()
}

/// The first and last bucket of a row group; `None` in a table without buckets.
pub fn bucket_range_of(group: &RowGroupMetaData) -> Option<(Bucket, Bucket)> {
    let column = group.columns().iter().find(|column| column.column_path().string() == "bucket")?;
    let Some(Statistics::Int32(statistics)) = column.statistics() else { return None };
    let bucket = |value: Option<&i32>| u16::try_from(*value?).ok().map(Bucket);
    Some((bucket(statistics.min_opt())?, bucket(statistics.max_opt())?))
}
