//! Parquet files of any schema: in flow columns, out flow rows of text, batch by batch. Decimals and times keep every
//! digit; what stands inside of lists and structs is no cell.
use super::chunk::{Chunks, NumberedRow};
use super::content::RowsFile;
use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

const BATCH_ROWS: usize = 4096;

/// The rows of a Parquet file; `Err` says, in a sentence, why there are none.
pub(crate) fn open(path: &Path) -> io::Result<Result<RowsFile, String>> {
    let damaged = |fault: &dyn std::fmt::Display| Ok(Err(format!("The Parquet file cannot be read: {fault}.")));
    let metadata = match ArrowReaderMetadata::load(&File::open(path)?, ArrowReaderOptions::default()) {
        Ok(metadata) => metadata,
        Err(fault) => return damaged(&fault),
    };
    if metadata.schema().fields().is_empty() {
        return damaged(&"it has no columns");
    }
    let path = path.to_owned();
    let open = move || {
        let header: Vec<String> = metadata.schema().fields().iter().map(|field| field.name().clone()).collect();
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(File::open(&path)?, metadata.clone());
        let reader = builder.with_batch_size(BATCH_ROWS).build().map_err(of_the_content)?;
        let mut next = 1;
        let rows = reader.flat_map(move |batch| {
            let rows = batch.and_then(|batch| rows_of(&batch)).map_err(of_the_content);
            let first = next;
            next += rows.as_ref().map_or(0, |rows| rows.len() as u64);
            numbered(rows, first)
        });
        Ok(Chunks::Rows(Box::new(std::iter::once(Ok((0, header))).chain(rows))))
    };
    Ok(Ok(RowsFile { container: "parquet", sheet: None, open: Box::new(open) }))
}

fn of_the_content(fault: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, fault)
}

fn numbered(rows: io::Result<Vec<Vec<String>>>, first: u64) -> Vec<io::Result<NumberedRow>> {
    match rows {
        Ok(rows) => (first..).zip(rows).map(Ok).collect(),
        Err(fault) => vec![Err(fault)],
    }
}

fn rows_of(batch: &RecordBatch) -> Result<Vec<Vec<String>>, ArrowError> {
    let mut rows = vec![Vec::with_capacity(batch.num_columns()); batch.num_rows()];
    let options = FormatOptions::new().with_null("");
    for column in batch.columns() {
        let (column, suffix) = in_utc(column)?;
        let is_float = column.data_type().is_floating();
        let formatter = ArrayFormatter::try_new(&column, &options)?;
        for (place, row) in rows.iter_mut().enumerate() {
            let mut cell = formatter.value(place).try_to_string()?;
            // Written as ids that have gone through a float are known.
            if is_float && let Some((mantissa, exponent)) = cell.split_once('e').filter(|(_, e)| !e.starts_with('-')) {
                cell = format!("{mantissa}E+{exponent}");
            }
            if !cell.is_empty() {
                cell.push_str(suffix);
            }
            row.push(cell);
        }
    }
    Ok(rows)
}

/// Instants of any zone as UTC, and what says so behind them.
fn in_utc(column: &ArrayRef) -> Result<(ArrayRef, &'static str), ArrowError> {
    let DataType::Timestamp(_, Some(zone)) = column.data_type() else { return Ok((column.clone(), "")) };
    let micros = cast(column, &DataType::Timestamp(TimeUnit::Microsecond, Some(zone.clone())))?;
    let instants = micros.as_primitive::<TimestampMicrosecondType>().clone();
    Ok((Arc::new(instants.with_timezone_opt(None::<Arc<str>>)), "Z"))
}
