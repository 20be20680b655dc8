//! The latest out-of-time split as plain tables, so that other programs can be compared on the same work: in flow a
//! history and its protocol; out flow one Parquet file to train on and one to be tested on. Nothing is fitted here
//! but what features are made of.
use super::matrix::Feature;
use super::protocol::Protocol;
use super::signal::identified;
use super::window::Window;
use super::{Context, ContextError, History, windows};
use crate::account::Account;
use arrow::array::{ArrayRef, Date32Array, Float32Array, Float64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::errors::ParquetError;
use std::io::Write;
use std::sync::Arc;

/// Why a split could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is nothing to split.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// A model that features are made of refused its customers.
    #[error("a buy-till-you-die model could not be fitted")]
    Fit(#[from] ltv_btyd::BtydError),
    /// The columns do not make a table.
    #[error("the matrix could not be laid out")]
    Columns(#[from] ArrowError),
    /// The file could not be written.
    #[error("the matrix could not be written")]
    Parquet(#[from] ParquetError),
}

/// How many rows went where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Rows of the training windows, several a customer.
    pub train_rows: usize,
    /// Rows of the test window, one a customer.
    pub test_rows: usize,
}

/// Writes the windows that a fit for the test cutoff trains on to `train`, targets floored at zero as models see them,
/// and the test window to `test`, targets as they are.
///
/// # Errors
/// An empty history, or an output that cannot be written to.
pub fn write_split<W: Write + Send>(
    history: &History,
    account: &Account,
    protocol: &Protocol,
    train: W,
    test: W,
) -> Result<Exported, ExportError> {
    let signals = identified::identified(history, protocol);
    let mut context = Context::learn(history, protocol.horizon, account)?.with_signals(signals);
    let features = context.columns();
    let test_window = windows(history, &mut context, &[protocol.test()])?;
    let test_rows =
        write(test, features, test_window.iter().map(|window| table(history, window, window.target.clone())))?;
    let cutoffs = protocol.training_for(protocol.test());
    // One window at a time: together they can be larger than the history itself.
    let batches = cutoffs.into_iter().rev().flat_map(|cutoff| match windows(history, &mut context, &[cutoff]) {
        Ok(windows) => windows
            .iter()
            .map(|window| table(history, window, window.training_target().0))
            .collect::<Vec<Result<RecordBatch, ExportError>>>(),
        Err(error) => vec![Err(error.into())],
    });
    Ok(Exported { train_rows: write(train, features, batches)?, test_rows })
}

fn write<W: Write + Send>(
    output: W,
    features: &[Feature],
    batches: impl Iterator<Item = Result<RecordBatch, ExportError>>,
) -> Result<usize, ExportError> {
    let mut writer = ArrowWriter::try_new(output, schema(features), None)?;
    let mut rows = 0;
    for batch in batches {
        let batch = batch?;
        rows += batch.num_rows();
        writer.write(&batch)?;
        writer.flush()?;
    }
    writer.close()?;
    Ok(rows)
}

/// A customer and a cutoff, which are no numbers and so no features to whoever takes all numeric columns; the features;
/// the target.
fn schema(features: &[Feature]) -> SchemaRef {
    let mut fields =
        vec![Field::new("customer_id", DataType::Utf8, false), Field::new("cutoff", DataType::Date32, false)];
    fields.extend(features.iter().map(|feature| Field::new(feature.name, DataType::Float32, false)));
    fields.push(Field::new("target", DataType::Float64, false));
    Arc::new(Schema::new(fields))
}

fn table(history: &History, window: &Window, target: Vec<f64>) -> Result<RecordBatch, ExportError> {
    let ids = window.customers.iter().map(|customer| history.id(*customer));
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(ids)),
        Arc::new(Date32Array::from_value(window.cutoff.0.0, window.len())),
    ];
    for column in window.features.values.columns() {
        columns.push(Arc::new(Float32Array::from_iter_values(column.iter().copied())));
    }
    columns.push(Arc::new(Float64Array::from(target)));
    Ok(RecordBatch::try_new(schema(window.features.features), columns)?)
}
