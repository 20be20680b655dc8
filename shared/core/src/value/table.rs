//! Customer values as an Arrow table: what `predictions/` and `exports/` hold. In flow rows, out flow record batches;
//! nothing is written here.
use super::CustomerValue;
use crate::time::{Cutoff, Horizon};
use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int32Array, RecordBatch, StringArray, UInt32Array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use std::iter::repeat_n;
use std::sync::Arc;

/// Which model said so, and of which days.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    /// The model's id.
    pub model_id: String,
    /// The first day predicted.
    pub cutoff: Cutoff,
    /// How many days are predicted.
    pub horizon: Horizon,
}

/// The columns of a table of predictions.
pub fn schema() -> SchemaRef {
    let required = |name: &str, of: DataType| Field::new(name, of, false);
    let optional = |name: &str, of: DataType| Field::new(name, of, true);
    Arc::new(Schema::new(vec![
        required("customer_id", DataType::Utf8),
        required("predicted_spend", DataType::Float64),
        required("low", DataType::Float64),
        required("high", DataType::Float64),
        required("spend_to_date", DataType::Float64),
        required("ltv", DataType::Float64),
        optional("contribution_ltv", DataType::Float64),
        required("segment", DataType::Utf8),
        required("cold", DataType::Boolean),
        optional("last_order", DataType::Date32),
        required("orders", DataType::UInt32),
        required("cutoff", DataType::Date32),
        required("horizon_days", DataType::Int32),
        required("model_id", DataType::Utf8),
    ]))
}

/// A column of a batch by its name.
///
/// # Errors
/// A batch without it.
pub(super) fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, ArrowError> {
    batch.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("there is no column {name}")))
}

/// `values` as one batch of [`schema`], in their order.
///
/// # Errors
/// Arrow's, on a batch too large for it.
pub fn batch(values: &[CustomerValue], provenance: &Provenance) -> Result<RecordBatch, ArrowError> {
    let numbers =
        |of: fn(&CustomerValue) -> f64| -> ArrayRef { Arc::new(values.iter().map(of).collect::<Float64Array>()) };
    let n = values.len();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(values.iter().map(|value| &value.customer_id))),
        numbers(|value| value.predicted_spend),
        numbers(|value| value.low),
        numbers(|value| value.high),
        numbers(|value| value.spend_to_date),
        numbers(|value| value.ltv),
        Arc::new(values.iter().map(|value| value.contribution_ltv).collect::<Float64Array>()),
        Arc::new(StringArray::from_iter_values(values.iter().map(|value| value.segment.name()))),
        Arc::new(values.iter().map(|value| Some(value.cold)).collect::<BooleanArray>()),
        Arc::new(values.iter().map(|value| value.last_order.map(|day| day.0)).collect::<Date32Array>()),
        Arc::new(values.iter().map(|value| value.orders).collect::<UInt32Array>()),
        Arc::new(repeat_n(Some(provenance.cutoff.0.0), n).collect::<Date32Array>()),
        Arc::new(repeat_n(provenance.horizon.days(), n).collect::<Int32Array>()),
        Arc::new(StringArray::from_iter_values(repeat_n(&provenance.model_id, n))),
    ];
    RecordBatch::try_new(schema(), columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;
    use crate::model::Prediction;
    use crate::time::Day;
    use crate::value::{Known, segment::Thresholds};
    use arrow::array::Array;

    #[test]
    fn what_is_unknown_is_null_and_not_zero() {
        let known = Known { customer_id: "a".to_owned(), spend_to_date: 3.0, cold: true, last_order: None, orders: 0 };
        let prediction = Prediction { predicted_spend: 1.0, low: 0.0, high: 2.0 };
        let horizon = Horizon::try_from(30).unwrap();
        let value = CustomerValue::of(known, prediction, &Thresholds::default(), &Account::default(), horizon);
        let provenance = Provenance { model_id: "m".to_owned(), cutoff: Cutoff(Day(10)), horizon };
        let batch = batch(&[value], &provenance).unwrap();
        let null = |name: &str| batch.column_by_name(name).unwrap().is_null(0);
        assert!(null("contribution_ltv") && null("last_order") && !null("ltv"));
        assert_eq!(batch.num_rows(), 1);
    }
}
