//! Writing a part: in flow batches of one table, sorted; out flows a Parquet file whose row groups end only between
//! buckets, so that a range of buckets is a range of row groups. Never sorts: what comes unsorted is written unsorted.
pub(crate) mod assemble;

use super::schema::{VERSION, schema};
use super::{Table, TableError};
use arrow::array::{Array, Int32Array, RecordBatch};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use std::io::Write;

/// Rows after which a row group ends, at the next bucket.
pub const ROW_GROUP_ROWS: usize = 100_000;

/// Rows that are encoded at a time.
const WRITE_BATCH_ROWS: usize = 8192;

pub(crate) const TABLE_KEY: &str = "ltv.table";
pub(crate) const VERSION_KEY: &str = "ltv.version";

/// Writes one part.
pub struct PartWriter<W: Write + Send> {
    writer: ArrowWriter<W>,
    table: Table,
    last_bucket: Option<i32>,
    in_group: usize,
    rows: u64,
    row_group_rows: usize,
}

impl<W: Write + Send> PartWriter<W> {
    /// A part of `table`, written to `output`.
    ///
    /// # Errors
    /// An output that cannot be written to.
    pub fn new(output: W, table: Table) -> Result<PartWriter<W>, TableError> {
        PartWriter::with_row_groups_of(ROW_GROUP_ROWS, output, table)
    }

    pub(crate) fn with_row_groups_of(
        row_group_rows: usize,
        output: W,
        table: Table,
    ) -> Result<PartWriter<W>, TableError> {
        let writer = ArrowWriter::try_new(output, schema(table), Some(properties(table)?))?;
        Ok(PartWriter { writer, table, last_bucket: None, in_group: 0, rows: 0, row_group_rows })
    }

    /// Appends a batch: its rows follow those written before in the table's order.
    ///
    /// # Errors
    /// A batch of other columns; an output that cannot be written to.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), TableError> {
        let buckets = if self.table.is_by_customer() { Some(bucket_column(self.table, batch)?) } else { None };
        let mut start = 0;
        while start < batch.num_rows() {
            let mut end = (start + self.row_group_rows.saturating_sub(self.in_group)).min(batch.num_rows());
            if let Some(buckets) = buckets {
                end =
                    next_bucket(buckets, end, end.checked_sub(1).map_or(self.last_bucket, |i| Some(buckets.value(i))));
            }
            self.writer.write(&batch.slice(start, end - start))?;
            self.in_group += end - start;
            self.last_bucket = buckets.filter(|_| end > 0).map(|buckets| buckets.value(end - 1));
            start = end;
            let full = self.in_group >= self.row_group_rows;
            if full && start < batch.num_rows() {
                self.end_row_group()?;
            }
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    fn end_row_group(&mut self) -> Result<(), TableError> {
        self.writer.flush()?;
        self.in_group = 0;
        Ok(())
    }

    /// Rows written so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Ends the file.
    ///
    /// # Errors
    /// An output that cannot be written to.
    pub fn finish(self) -> Result<W, TableError> {
        Ok(self.writer.into_inner()?)
    }
}

/// What is sorted, or counts up within an order, is written as differences: smaller than by a dictionary, and no value is
/// looked up in one.
const WRITTEN_AS_DIFFERENCES: [&str; 4] = ["bucket", "occurred_at", "line", "uploaded_at"];

/// How parts are encoded: zstd, statistics of the buckets alone (which are found by them), the table's name and version.
fn properties(table: Table) -> Result<WriterProperties, TableError> {
    let mut properties = WriterProperties::builder();
    for column in WRITTEN_AS_DIFFERENCES {
        properties = properties
            .set_column_dictionary_enabled(column.into(), false)
            .set_column_encoding(column.into(), Encoding::DELTA_BINARY_PACKED);
    }
    Ok(properties
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(None)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_column_statistics_enabled("bucket".into(), EnabledStatistics::Chunk)
        .set_write_batch_size(WRITE_BATCH_ROWS)
        .set_created_by(concat!("ltv ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(vec![
            KeyValue::new(TABLE_KEY.to_owned(), table.name().to_owned()),
            KeyValue::new(VERSION_KEY.to_owned(), VERSION.to_string()),
        ]))
        .build())
}

fn bucket_column(table: Table, batch: &RecordBatch) -> Result<&Int32Array, TableError> {
    batch
        .column_by_name("bucket")
        .and_then(|column| column.as_any().downcast_ref::<Int32Array>())
        .ok_or_else(|| TableError::Column { table, column: "bucket".to_owned() })
}

/// The first row at or behind `from` whose bucket is not `current`: where a row group may end.
fn next_bucket(buckets: &Int32Array, from: usize, current: Option<i32>) -> usize {
    (from..buckets.len()).find(|row| Some(buckets.value(*row)) != current).unwrap_or(buckets.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::{Bucket, CustomerHash};
    use crate::money::Money;
    use crate::table::encode::{self, Provenance};
    use crate::table::read::{PartReader, bucket_range_of};
    use crate::table::row::Transaction;
    use bytes::Bytes;
    use parquet::file::metadata::RowGroupMetaData;
    use proptest::prelude::*;

    fn purchases(customers: u16) -> Vec<Transaction> {
        let mut rows: Vec<Transaction> = (0..customers)
            .map(|n| {
                let first = Transaction::order(&format!("c{n}"), 0, Money::from_cents(1));
                Transaction { line: u64::from(n), ..first }
            })
            .collect();
        rows.sort_by_key(|row| CustomerHash::of(&row.customer_id).bucket());
        rows
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn no_bucket_lies_in_two_row_groups(customers in 1_u16..3000, group in 1_usize..400, batch in 1_usize..700) {
            let source = Provenance { source_id: "s".to_owned(), uploaded_at: 0 };
            let mut writer = PartWriter::with_row_groups_of(group, Vec::new(), Table::Transactions).unwrap();
            for rows in purchases(customers).chunks(batch) {
                writer.write(&encode::transactions(rows, &source).unwrap()).unwrap();
            }
            let part = PartReader::open(Bytes::from(writer.finish().unwrap()), Table::Transactions).unwrap();
            let ranges: Vec<(Bucket, Bucket)> =
                part.metadata().row_groups().iter().map(|group| bucket_range_of(group).unwrap()).collect();
            prop_assert!(ranges.windows(2).all(|pair| pair[0].1 < pair[1].0), "{ranges:?}");
            let rows: i64 = part.metadata().row_groups().iter().map(RowGroupMetaData::num_rows).sum();
            prop_assert_eq!(rows, i64::from(customers));
        }
    }
}
