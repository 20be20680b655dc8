//! `test_predictions.parquet`: customer, actual, predicted, interval and cold of the test window, from which anyone can
//! compute every metric of a card again.
use crate::error::TrainError;
use arrow::array::{ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray};
use ltv_core::feature::History;
use ltv_core::model::training::TestPredictions;
use parquet::arrow::ArrowWriter;
use std::sync::Arc;

/// The file's bytes.
pub(crate) fn encoded(history: &History, test: &TestPredictions) -> Result<Vec<u8>, TrainError> {
    let ids = test.customers.iter().map(|customer| history.id(*customer));
    let numbers = |of: &[f64]| -> ArrayRef { Arc::new(Float64Array::from(of.to_vec())) };
    let columns: [(&str, ArrayRef); 6] = [
        ("customer_id", Arc::new(StringArray::from_iter_values(ids))),
        ("actual", numbers(&test.actual)),
        ("predicted", numbers(&test.predicted)),
        ("low", numbers(&test.low)),
        ("high", numbers(&test.high)),
        ("cold", Arc::new(BooleanArray::from(test.cold.clone()))),
    ];
    let batch = RecordBatch::try_from_iter(columns)?;
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None)?;
    writer.write(&batch)?;
    Ok(writer.into_inner()?)
}
