//! The columns of each canonical table, as Arrow types that Athena and every warehouse read as plain strings, decimals
//! and timestamps. In flows a [`Table`]; out flows its schema. Never a row.
use super::Table;
use crate::money::{PRECISION, SCALE};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::sync::{Arc, LazyLock};

/// Version of these schemas, written into every part and checked by every reader.
pub const VERSION: u32 = 1;

/// `Decimal128(18, 6)`.
pub(crate) const MONEY: DataType = DataType::Decimal128(PRECISION, SCALE);

/// Microseconds since 1970 in UTC.
pub(crate) fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC")))
}

/// Text of few distinct values: a dictionary in memory, a plain string in Parquet.
pub(crate) fn word() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

static SCHEMAS: LazyLock<[SchemaRef; Table::ALL.len()]> =
    LazyLock::new(|| Table::ALL.map(|table| Arc::new(build(table))));

/// The schema of `table`. Tables of customers begin with `bucket` (see [`crate::customer::Bucket`]), by which they are
/// sorted; every table ends with `source_id`, `line` and `uploaded_at`, which say where a row came from.
pub fn schema(table: Table) -> SchemaRef {
    SCHEMAS[table as usize].clone()
}

fn build(table: Table) -> Schema {
    let required = |name: &str, kind: DataType| Field::new(name, kind, false);
    let optional = |name: &str, kind: DataType| Field::new(name, kind, true);
    let mut fields = match table {
        Table::Transactions => vec![
            required("bucket", DataType::Int32),
            required("customer_id", DataType::Utf8),
            optional("transaction_id", DataType::Utf8),
            required("occurred_at", instant()),
            required("amount", MONEY),
            optional("currency", word()),
            required("kind", word()),
            optional("cancels", DataType::Utf8),
            optional("product_id", DataType::Utf8),
            optional("quantity", DataType::Float64),
            optional("channel", word()),
        ],
        Table::Customers => vec![
            required("bucket", DataType::Int32),
            required("customer_id", DataType::Utf8),
            optional("acquired_at", instant()),
            optional("acquisition_channel", word()),
            optional("acquisition_campaign", word()),
            optional("country", word()),
            optional("email_sha256", DataType::Utf8),
            optional("phone_sha256", DataType::Utf8),
        ],
        Table::Spend => vec![
            required("date", DataType::Date32),
            optional("account", word()),
            required("channel", word()),
            optional("campaign_id", DataType::Utf8),
            optional("campaign_name", DataType::Utf8),
            required("spend", MONEY),
            optional("currency", word()),
            optional("impressions", DataType::Float64),
            optional("clicks", DataType::Float64),
            optional("conversions", DataType::Float64),
            optional("conversion_value", MONEY),
        ],
        Table::Acquisition => vec![
            required("bucket", DataType::Int32),
            required("customer_id", DataType::Utf8),
            required("channel", word()),
            required("cost", MONEY),
            required("conversion_rate", DataType::Float64),
            required("revenue", MONEY),
        ],
        Table::Indicators => vec![
            required("date", DataType::Date32),
            required("name", word()),
            required("value", DataType::Float64),
            optional("published_at", DataType::Date32),
        ],
        Table::LiftTests => vec![
            required("start", DataType::Date32),
            required("end", DataType::Date32),
            required("channel", word()),
            required("spend_change", MONEY),
            optional("currency", word()),
            required("measure", word()),
            required("incremental", DataType::Float64),
            required("standard_error", DataType::Float64),
        ],
    };
    fields.push(required("source_id", word()));
    fields.push(required("line", DataType::Int64));
    fields.push(required("uploaded_at", instant()));
    Schema::new(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_says_where_its_rows_came_from() {
        for table in Table::ALL {
            let schema = schema(table);
            let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
            assert!(names.ends_with(&["source_id", "line", "uploaded_at"]), "{table}: {names:?}");
            assert_eq!(names[0] == "bucket", table.is_by_customer(), "{table}");
        }
    }
}
