//! Rows to Arrow: in flow rows of one upload, out flows one batch in the table's schema with their provenance. Never
//! sorts, drops or changes a row.
use super::row::{Acquisition, Customer, Indicator, Kind, LiftTest, Spend, Transaction};
use super::schema::{MONEY, schema};
use super::{Table, TableError};
use crate::customer::CustomerHash;
use crate::money::Money;
use crate::time::Day;
use arrow::array::{
    ArrayRef, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int32Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::Int32Type;
use foldhash::fast::FixedState;
use std::collections::HashMap;
use std::sync::Arc;

/// The upload that rows came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The upload's source id: the same for every generation of one key.
    pub source_id: String,
    /// When it was uploaded, in UTC microseconds since 1970.
    pub uploaded_at: i64,
}

impl Kind {
    /// The kind's name in the `kind` column.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Order => "order",
            Kind::Refund => "refund",
            Kind::Cancellation => "cancellation",
        }
    }

    pub(crate) fn of_name(name: &str) -> Option<Kind> {
        [Kind::Order, Kind::Refund, Kind::Cancellation].into_iter().find(|kind| kind.name() == name)
    }
}

/// A batch of the transactions table.
///
/// # Errors
/// A batch that Arrow refuses.
pub fn transactions<Text: AsRef<str>>(
    rows: &[Transaction<Text>],
    provenance: &Provenance,
) -> Result<RecordBatch, TableError> {
    fn as_str<Text: AsRef<str>>(text: Option<&Text>) -> Option<&str> {
        text.map(AsRef::as_ref)
    }
    let columns: Vec<ArrayRef> = vec![
        buckets(rows.iter().map(|row| row.customer_id.as_ref())),
        whole_text(rows.iter().map(|row| row.customer_id.as_ref())),
        text(rows.iter().map(|row| as_str(row.transaction_id.as_ref()))),
        Arc::new(
            TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.occurred_at)).with_timezone("UTC"),
        ),
        whole_money(rows.iter().map(|row| row.amount)),
        words(rows.iter().map(|row| as_str(row.currency.as_ref()))),
        words(rows.iter().map(|row| Some(row.kind.name()))),
        text(rows.iter().map(|row| as_str(row.cancels.as_ref()))),
        text(rows.iter().map(|row| as_str(row.product_id.as_ref()))),
        Arc::new(rows.iter().map(|row| row.quantity).collect::<Float64Array>()),
        words(rows.iter().map(|row| as_str(row.channel.as_ref()))),
    ];
    finish(Table::Transactions, columns, rows.iter().map(|row| row.line), provenance)
}

/// A batch of the customers table.
///
/// # Errors
/// A batch that Arrow refuses.
pub fn customers(rows: &[Customer], provenance: &Provenance) -> Result<RecordBatch, TableError> {
    let columns: Vec<ArrayRef> = vec![
        buckets(rows.iter().map(|row| row.customer_id.as_str())),
        whole_text(rows.iter().map(|row| row.customer_id.as_str())),
        instants(rows.iter().map(|row| row.acquired_at)),
        words(rows.iter().map(|row| row.acquisition_channel.as_deref())),
        words(rows.iter().map(|row| row.acquisition_campaign.as_deref())),
        words(rows.iter().map(|row| row.country.as_deref())),
        text(rows.iter().map(|row| row.email_sha256.as_deref())),
        text(rows.iter().map(|row| row.phone_sha256.as_deref())),
    ];
    finish(Table::Customers, columns, rows.iter().map(|row| row.line), provenance)
}

/// A batch of the spend table.
///
/// # Errors
/// A batch that Arrow refuses.
pub fn spend(rows: &[Spend], provenance: &Provenance) -> Result<RecordBatch, TableError> {
    let columns: Vec<ArrayRef> = vec![
        days(rows.iter().map(|row| Some(row.date))),
        words(rows.iter().map(|row| row.account.as_deref())),
        words(rows.iter().map(|row| Some(row.channel.as_str()))),
        text(rows.iter().map(|row| row.campaign_id.as_deref())),
        text(rows.iter().map(|row| row.campaign_name.as_deref())),
        whole_money(rows.iter().map(|row| row.spend)),
        words(rows.iter().map(|row| row.currency.as_deref())),
        Arc::new(rows.iter().map(|row| row.impressions).collect::<Float64Array>()),
        Arc::new(rows.iter().map(|row| row.clicks).collect::<Float64Array>()),
        Arc::new(rows.iter().map(|row| row.conversions).collect::<Float64Array>()),
        money(rows.iter().map(|row| row.conversion_value)),
    ];
    finish(Table::Spend, columns, rows.iter().map(|row| row.line), provenance)
}

/// A batch of the acquisition table.
///
/// # Errors
/// A batch that Arrow refuses.
pub fn acquisition(rows: &[Acquisition], provenance: &Provenance) -> Result<RecordBatch, TableError> {
    let columns: Vec<ArrayRef> = vec![
        buckets(rows.iter().map(|row| row.customer_id.as_str())),
        whole_text(rows.iter().map(|row| row.customer_id.as_str())),
        words(rows.iter().map(|row| Some(row.channel.as_str()))),
        whole_money(rows.iter().map(|row| row.cost)),
        Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.conversion_rate))),
        whole_money(rows.iter().map(|row| row.revenue)),
    ];
    finish(Table::Acquisition, columns, rows.iter().map(|row| row.line), provenance)
}

/// A batch of the indicators table.
///
/// # Errors
/// A batch that Arrow refuses.
pub fn indicators(rows: &[Indicator], provenance: &Provenance) -> Result<RecordBatch, TableError> {
    let columns: Vec<ArrayRef> = vec![
        days(rows.iter().map(|row| Some(row.date))),
        words(rows.iter().map(|row| Some(row.name.as_str()))),
        Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.value))),
        days(rows.iter().map(|row| row.published_at)),
    ];
    finish(Table::Indicators, columns, rows.iter().map(|row| row.line), provenance)
}

/// A batch of the table of lift tests.
///
/// # Errors
/// A batch that Arrow refuses.
pub fn lift_tests(rows: &[LiftTest], provenance: &Provenance) -> Result<RecordBatch, TableError> {
    let columns: Vec<ArrayRef> = vec![
        days(rows.iter().map(|row| Some(row.start))),
        days(rows.iter().map(|row| Some(row.end))),
        words(rows.iter().map(|row| Some(row.channel.as_str()))),
        whole_money(rows.iter().map(|row| row.spend_change)),
        words(rows.iter().map(|row| row.currency.as_deref())),
        words(rows.iter().map(|row| Some(row.measure.name()))),
        Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.incremental))),
        Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.standard_error))),
    ];
    finish(Table::LiftTests, columns, rows.iter().map(|row| row.line), provenance)
}

fn finish(
    table: Table,
    mut columns: Vec<ArrayRef>,
    lines: impl ExactSizeIterator<Item = u64>,
    provenance: &Provenance,
) -> Result<RecordBatch, TableError> {
    let rows = lines.len();
    let keys = Int32Array::from_value(0, rows);
    let values = Arc::new(StringArray::from(vec![provenance.source_id.as_str()]));
    columns.push(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, values)?));
    columns.push(Arc::new(Int64Array::from_iter_values(lines.map(|line| line as i64))));
    columns.push(Arc::new(TimestampMicrosecondArray::from_value(provenance.uploaded_at, rows).with_timezone("UTC")));
    Ok(RecordBatch::try_new(schema(table), columns)?)
}

/// Consecutive rows are mostly of one customer: its hash is worked out once.
fn buckets<'a>(ids: impl Iterator<Item = &'a str>) -> ArrayRef {
    let mut last: Option<(&str, i32)> = None;
    Arc::new(Int32Array::from_iter_values(ids.map(|id| match last {
        Some((known, bucket)) if is_same(known, id) => bucket,
        _ => {
            let bucket = i32::from(CustomerHash::of(id).bucket().0);
            last = Some((id, bucket));
            bucket
        }
    })))
}

/// Are the texts equal? Consecutive rows mostly borrow the very same one: it is not compared then.
pub(crate) fn is_same(a: &str, b: &str) -> bool {
    std::ptr::eq(a, b) || a == b
}

/// Mostly all rows have a text, or none has.
fn text<'a>(values: impl ExactSizeIterator<Item = Option<&'a str>> + Clone) -> ArrayRef {
    let filled = values.clone().flatten().count();
    if filled == 0 {
        return Arc::new(StringArray::new_null(values.len()));
    }
    if filled == values.len() {
        return whole_text(values.flatten());
    }
    Arc::new(values.collect::<StringArray>())
}

/// Of a column in which every row has a text.
fn whole_text<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

/// Consecutive values are mostly the same, and there are few.
fn words<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    let mut words: Vec<&str> = Vec::new();
    let mut known: HashMap<&str, i32, FixedState> = HashMap::default();
    let mut last: Option<(&str, i32)> = None;
    let keys: Int32Array = values
        .map(|word| {
            let word = word?;
            let key = last.filter(|(last, _)| is_same(last, word)).map_or_else(
                || {
                    *known.entry(word).or_insert_with(|| {
                        words.push(word);
                        words.len() as i32 - 1
                    })
                },
                |(_, key)| key,
            );
            last = Some((word, key));
            Some(key)
        })
        .collect();
    Arc::new(DictionaryArray::<Int32Type>::new(keys, Arc::new(StringArray::from(words))))
}

fn instants(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

fn days(values: impl Iterator<Item = Option<Day>>) -> ArrayRef {
    Arc::new(values.map(|day| day.map(|day| day.0)).collect::<Date32Array>())
}

fn money(values: impl Iterator<Item = Option<Money>>) -> ArrayRef {
    let array: Decimal128Array = values.map(|money| money.map(|money| i128::from(money.micros()))).collect();
    Arc::new(array.with_data_type(MONEY))
}

/// Of a column in which every row has an amount.
fn whole_money(values: impl Iterator<Item = Money>) -> ArrayRef {
    let array = Decimal128Array::from_iter_values(values.map(|money| i128::from(money.micros())));
    Arc::new(array.with_data_type(MONEY))
}
