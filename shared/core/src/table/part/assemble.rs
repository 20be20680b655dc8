//! Writing a part on all cores: in flow the sorted rows of one row group after the other, encoded wherever there is a
//! thread for it; out flows one Parquet file of them in the order they were appended. Sorts nothing.
use super::properties;
use crate::table::schema::schema;
use crate::table::{Table, TableError};
use arrow::array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::file::writer::SerializedFileWriter;
use std::io::Write;
use std::ops::Range;

/// A row group, encoded and compressed, that belongs to no file yet.
pub(crate) struct Group {
    columns: Vec<ArrowColumnChunk>,
}

/// Encodes row groups; threads share it.
pub(crate) struct Encoder {
    table: Table,
    factory: ArrowRowGroupWriterFactory,
}

impl Encoder {
    /// The batches as one row group.
    pub(crate) fn encode(
        &self,
        batches: impl Iterator<Item = Result<RecordBatch, TableError>>,
    ) -> Result<Group, TableError> {
        let schema = schema(self.table);
        let mut writers = self.factory.create_column_writers(0)?;
        for batch in batches {
            let batch = batch?;
            for ((field, column), writer) in schema.fields().iter().zip(batch.columns()).zip(&mut writers) {
                for leaf in compute_leaves(field, column)? {
                    writer.write(&leaf)?;
                }
            }
        }
        let columns = writers.into_iter().map(ArrowColumnWriter::close).collect::<Result<Vec<_>, _>>()?;
        Ok(Group { columns })
    }
}

/// Puts row groups one behind the other.
pub(crate) struct Assembler<W: Write + Send> {
    file: SerializedFileWriter<W>,
}

impl<W: Write + Send> Assembler<W> {
    /// A part of `table`, written to `output`, and what encodes its row groups.
    pub(crate) fn new(output: W, table: Table) -> Result<(Assembler<W>, Encoder), TableError> {
        let writer = ArrowWriter::try_new(output, schema(table), Some(properties(table)?))?;
        let (file, factory) = writer.into_serialized_writer()?;
        Ok((Assembler { file }, Encoder { table, factory }))
    }

    /// Appends a row group: its rows follow those before it in the table's order.
    pub(crate) fn append(&mut self, group: Group) -> Result<(), TableError> {
        let mut writer = self.file.next_row_group()?;
        for column in group.columns {
            column.append_to_row_group(&mut writer)?;
        }
        writer.close()?;
        Ok(())
    }

    /// Ends the file.
    pub(crate) fn finish(self) -> Result<W, TableError> {
        Ok(self.file.into_inner()?)
    }
}

/// Where rows of these buckets, sorted, are cut into row groups of about `group` rows: only between buckets.
pub(crate) fn groups_of(buckets: &[u16], group: usize) -> Vec<Range<usize>> {
    let (mut groups, mut start) = (Vec::new(), 0);
    while start < buckets.len() {
        let mut end = (start + group).min(buckets.len());
        while end < buckets.len() && buckets[end] == buckets[end - 1] {
            end += 1;
        }
        groups.push(start..end);
        start = end;
    }
    groups
}
