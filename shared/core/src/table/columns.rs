//! Typed, zero-copy views of a batch's columns: in flows a batch of a canonical table, out flow accessors by row. A batch
//! with other columns is refused here, once, so that readers need not check.
use super::row::{Acquisition, Kind, Measure};
use super::{Table, TableError};
use crate::money::Money;
use crate::time::Day;
use arrow::array::{
    Array, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int32Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::Int32Type;

/// A column of few distinct texts.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    keys: &'a Int32Array,
    values: &'a StringArray,
}

impl<'a> Words<'a> {
    /// The text of `row`, where there is one.
    pub fn get(&self, row: usize) -> Option<&'a str> {
        self.code(row).map(|code| self.values.value(code))
    }

    /// Which of [`Words::vocabulary`] `row` holds. Codes mean something within this batch only.
    pub fn code(&self, row: usize) -> Option<usize> {
        self.keys.is_valid(row).then(|| self.keys.value(row) as usize)
    }

    /// The distinct texts of this batch, by code.
    pub fn vocabulary(&self) -> &'a StringArray {
        self.values
    }
}

/// Where rows came from: the last three columns of every table.
#[derive(Clone, Copy, Debug)]
pub struct ProvenanceColumns<'a> {
    /// The upload's source id.
    pub source_id: Words<'a>,
    /// The upload's line, counted from 1.
    pub line: &'a Int64Array,
    /// When it was uploaded, in UTC microseconds.
    pub uploaded_at: &'a TimestampMicrosecondArray,
}

impl<'a> ProvenanceColumns<'a> {
    /// The view of `batch`.
    ///
    /// # Errors
    /// A batch that is not of this `table`.
    pub fn of(table: Table, batch: &'a RecordBatch) -> Result<ProvenanceColumns<'a>, TableError> {
        Ok(ProvenanceColumns {
            source_id: words(table, batch, "source_id")?,
            line: column(table, batch, "line")?,
            uploaded_at: column(table, batch, "uploaded_at")?,
        })
    }
}

/// Writes a struct of columns, its constructor from a batch, and the constructor's documentation.
macro_rules! view {
    ($(#[$meta:meta])* $name:ident, $table:expr, { $($(#[$doc:meta])* $field:ident: $kind:ty = $read:ident),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<'a> {
            $($(#[$doc])* pub $field: $kind,)*
            /// Where the rows came from.
            pub provenance: ProvenanceColumns<'a>,
            rows: usize,
        }

        impl<'a> $name<'a> {
            /// The view of `batch`.
            ///
            /// # Errors
            /// A batch whose columns are not this table's.
            pub fn of(batch: &'a RecordBatch) -> Result<$name<'a>, TableError> {
                Ok($name {
                    $($field: $read($table, batch, stringify!($field))?,)*
                    provenance: ProvenanceColumns::of($table, batch)?,
                    rows: batch.num_rows(),
                })
            }

            /// How many rows.
            pub fn len(&self) -> usize {
                self.rows
            }

            /// Is there no row?
            pub fn is_empty(&self) -> bool {
                self.rows == 0
            }
        }
    };
}

view!(
    /// Columns of [`Table::Transactions`]; see [`super::row::Transaction`] for what they mean.
    TransactionColumns, Table::Transactions, {
    /// The customer's bucket.
    bucket: &'a Int32Array = column,
    /// The customer.
    customer_id: &'a StringArray = column,
    /// The order's id, namespaced by source system.
    transaction_id: &'a StringArray = column,
    /// UTC microseconds.
    occurred_at: &'a TimestampMicrosecondArray = column,
    /// Signed amounts in millionths; see [`money_at`].
    amount: &'a Decimal128Array = column,
    /// ISO 4217 code.
    currency: Words<'a> = words,
    /// What the row is; see [`kind_at`].
    kind: Words<'a> = words,
    /// The transaction that is cancelled or refunded.
    cancels: &'a StringArray = column,
    /// The product.
    product_id: &'a StringArray = column,
    /// Units.
    quantity: &'a Float64Array = column,
    /// Where the order came from.
    channel: Words<'a> = words,
});

view!(
    /// Columns of [`Table::Customers`]; see [`super::row::Customer`] for what they mean.
    CustomerColumns, Table::Customers, {
    /// The customer's bucket.
    bucket: &'a Int32Array = column,
    /// The customer.
    customer_id: &'a StringArray = column,
    /// UTC microseconds.
    acquired_at: &'a TimestampMicrosecondArray = column,
    /// Channel that brought the customer.
    acquisition_channel: Words<'a> = words,
    /// Campaign that brought the customer.
    acquisition_campaign: Words<'a> = words,
    /// Country.
    country: Words<'a> = words,
    /// SHA-256 of the email address.
    email_sha256: &'a StringArray = column,
    /// SHA-256 of the phone number.
    phone_sha256: &'a StringArray = column,
});

view!(
    /// Columns of [`Table::Spend`]; see [`super::row::Spend`] for what they mean.
    SpendColumns, Table::Spend, {
    /// Days since 1970-01-01.
    date: &'a Date32Array = column,
    /// The ad account.
    account: Words<'a> = words,
    /// The channel.
    channel: Words<'a> = words,
    /// The campaign's id.
    campaign_id: &'a StringArray = column,
    /// The campaign's name.
    campaign_name: &'a StringArray = column,
    /// Millionths.
    spend: &'a Decimal128Array = column,
    /// ISO 4217 code.
    currency: Words<'a> = words,
    /// Times shown.
    impressions: &'a Float64Array = column,
    /// Clicks.
    clicks: &'a Float64Array = column,
    /// Conversions as the platform counts them.
    conversions: &'a Float64Array = column,
    /// Their value, in millionths.
    conversion_value: &'a Decimal128Array = column,
});

view!(
    /// Columns of [`Table::Acquisition`]; see [`super::row::Acquisition`] for what they mean.
    AcquisitionColumns, Table::Acquisition, {
    /// The customer's bucket.
    bucket: &'a Int32Array = column,
    /// The customer.
    customer_id: &'a StringArray = column,
    /// Channel that brought the customer.
    channel: Words<'a> = words,
    /// Millionths.
    cost: &'a Decimal128Array = column,
    /// Share in `[0, 1]`.
    conversion_rate: &'a Float64Array = column,
    /// Millionths.
    revenue: &'a Decimal128Array = column,
});

view!(
    /// Columns of [`Table::Indicators`]; see [`super::row::Indicator`] for what they mean.
    IndicatorColumns, Table::Indicators, {
    /// Days since 1970-01-01.
    date: &'a Date32Array = column,
    /// The series.
    name: Words<'a> = words,
    /// The value.
    value: &'a Float64Array = column,
    /// The day it became known, as days since 1970-01-01.
    published_at: &'a Date32Array = column,
});

view!(
    /// Columns of [`Table::LiftTests`]; see [`super::row::LiftTest`] for what they mean.
    LiftTestColumns, Table::LiftTests, {
    /// The first day, as days since 1970-01-01.
    start: &'a Date32Array = column,
    /// The last day.
    end: &'a Date32Array = column,
    /// The channel.
    channel: Words<'a> = words,
    /// Millionths.
    spend_change: &'a Decimal128Array = column,
    /// ISO 4217 code.
    currency: Words<'a> = words,
    /// What was counted; see [`measure_at`].
    measure: Words<'a> = words,
    /// How much more of it came.
    incremental: &'a Float64Array = column,
    /// The standard error of that.
    standard_error: &'a Float64Array = column,
});

/// The text of `row`, where there is one.
pub fn text_at(column: &StringArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}

/// The amount of `row`, where there is one. Amounts beyond 18 digits cannot be in a `Decimal128(18, 6)` column.
pub fn money_at(column: &Decimal128Array, row: usize) -> Option<Money> {
    column.is_valid(row).then(|| i64::try_from(column.value(row)).ok().and_then(Money::from_micros)).flatten()
}

/// The instant of `row` in UTC microseconds, where there is one.
pub fn instant_at(column: &TimestampMicrosecondArray, row: usize) -> Option<i64> {
    column.is_valid(row).then(|| column.value(row))
}

/// The day of `row`, where there is one.
pub fn day_at(column: &Date32Array, row: usize) -> Option<Day> {
    column.is_valid(row).then(|| Day(column.value(row)))
}

/// The number of `row`, where there is one.
pub fn number_at(column: &Float64Array, row: usize) -> Option<f64> {
    column.is_valid(row).then(|| column.value(row))
}

impl AcquisitionColumns<'_> {
    /// The customer of `row`; text that is missing is empty, a missing number 0.
    pub fn row(&self, row: usize) -> Acquisition {
        Acquisition {
            customer_id: self.customer_id.value(row).to_owned(),
            channel: self.channel.get(row).unwrap_or_default().to_owned(),
            cost: money_at(self.cost, row).unwrap_or(Money::ZERO),
            conversion_rate: number_at(self.conversion_rate, row).unwrap_or(0.0),
            revenue: money_at(self.revenue, row).unwrap_or(Money::ZERO),
            line: self.provenance.line.value(row).unsigned_abs(),
        }
    }
}

/// What the transaction of `row` is; a kind that this version does not know counts as an order.
pub fn kind_at(column: Words<'_>, row: usize) -> Kind {
    column.get(row).and_then(Kind::of_name).unwrap_or(Kind::Order)
}

/// What the lift test of `row` counted; what is not revenue is customers.
pub fn measure_at(column: Words<'_>, row: usize) -> Measure {
    if column.get(row) == Some(Measure::Revenue.name()) { Measure::Revenue } else { Measure::Customers }
}

fn column<'a, A: Array + 'static>(table: Table, batch: &'a RecordBatch, name: &str) -> Result<&'a A, TableError> {
    batch
        .column_by_name(name)
        .and_then(|column| column.as_any().downcast_ref::<A>())
        .ok_or_else(|| TableError::Column { table, column: name.to_owned() })
}

fn words<'a>(table: Table, batch: &'a RecordBatch, name: &str) -> Result<Words<'a>, TableError> {
    let dictionary: &DictionaryArray<Int32Type> = column(table, batch, name)?;
    let values = dictionary
        .values()
        .as_any()
        .downcast_ref::<StringArray>()
        .ok_or_else(|| TableError::Column { table, column: name.to_owned() })?;
    Ok(Words { keys: dictionary.keys(), values })
}
