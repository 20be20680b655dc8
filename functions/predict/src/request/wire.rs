//! The body of `POST /predict` as it travels: the columns of the canonical tables `transactions` and `customers`, as
//! JSON. Ids and amounts may be numbers or text. Types only; what the values mean is judged in [`super::check`].
use ltv_core::table::row::Kind;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::borrow::Cow;
use std::fmt;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Transactions of one or many customers, in any order.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"transactions": [
    {"customer_id": "17850", "occurred_at": "2026-04-02", "amount": 41.50},
    {"customer_id": "17850", "occurred_at": "2026-05-11T09:30:00Z", "amount": "28.00"},
]}))]
pub struct PredictRequest {
    /// The day to predict from: transactions on it or behind it are not looked at. Not before the model's cutoff, not
    /// after tomorrow. Left out: the model's cutoff, or the day behind the last transaction where that is later.
    #[serde(default)]
    #[schema(example = "2026-06-30", format = "date")]
    pub as_of: Option<String>,
    /// Everything that the customers bought and gave back, not only the latest: features are computed from it alone.
    #[serde(default)]
    pub transactions: Vec<TransactionRow>,
    /// What is known of customers besides transactions. Optional; a customer without transactions needs `acquired_at`.
    #[serde(default)]
    pub customers: Vec<CustomerRow>,
}

/// A line of an order, refund or cancellation.
#[derive(Clone, Debug, PartialEq, serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransactionRow {
    /// The customer's id. An email address or phone number is normalised and hashed, as in uploads.
    pub customer_id: Id,
    /// A date (`2026-04-02`), or a time (`2026-04-02T09:30:00+02:00`). Without an offset it is of the account's zone.
    #[schema(example = "2026-04-02")]
    pub occurred_at: String,
    /// The line's amount in the model's currency; negative where money was given back.
    pub amount: Amount,
    /// ISO 4217 code. Left out: the model's currency.
    #[serde(default)]
    #[schema(example = "EUR")]
    pub currency: Option<String>,
    /// Left out: an order, or a refund where the amount is negative.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^(order|refund|cancellation)$")]
    pub kind: Option<Kind>,
    /// The order's id; several lines may share it.
    #[serde(default)]
    pub transaction_id: Option<Id>,
    /// The order that a cancellation or refund takes back.
    #[serde(default)]
    pub cancels: Option<Id>,
    /// The product.
    #[serde(default)]
    pub product_id: Option<Id>,
    /// Units.
    #[serde(default)]
    pub quantity: Option<f64>,
    /// Where the order came from.
    #[serde(default)]
    pub channel: Option<String>,
}

/// What is known of a customer besides transactions.
#[derive(Clone, Debug, PartialEq, serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerRow {
    /// The customer's id, as in the transactions.
    pub customer_id: Id,
    /// When the customer was won: a date or a time.
    #[serde(default)]
    #[schema(example = "2026-03-28")]
    pub acquired_at: Option<String>,
    /// The channel that brought the customer.
    #[serde(default)]
    pub acquisition_channel: Option<String>,
    /// The campaign that brought the customer.
    #[serde(default)]
    pub acquisition_campaign: Option<String>,
    /// The country.
    #[serde(default)]
    pub country: Option<String>,
}

/// An id, as text or as a whole number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id(pub String);

/// An amount, as a number or as decimal text, which is exact.
#[derive(Clone, Debug, PartialEq)]
pub enum Amount {
    /// A number.
    Number(f64),
    /// Decimal text, such as `-12.50`.
    Text(String),
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Amount::Number(number) => number.fmt(f),
            Amount::Text(text) => write!(f, "{text:?}"),
        }
    }
}

struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = Id;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id: text or a whole number")
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Id, E> {
        Ok(Id(text.to_owned()))
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Id, E> {
        Ok(Id(number.to_string()))
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<Id, E> {
        Ok(Id(number.to_string()))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Id, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

struct AmountVisitor;

impl Visitor<'_> for AmountVisitor {
    type Value = Amount;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount: a number, or decimal text such as \"12.50\"")
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Amount, E> {
        Ok(Amount::Text(text.to_owned()))
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<Amount, E> {
        Ok(Amount::Number(number))
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Amount, E> {
        Ok(Amount::Number(number as f64))
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<Amount, E> {
        Ok(Amount::Number(number as f64))
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Amount, D::Error> {
        deserializer.deserialize_any(AmountVisitor)
    }
}

fn either(types: [Type; 2], description: &str) -> RefOr<Schema> {
    let [first, second] = types.map(|kind| ObjectBuilder::new().schema_type(kind));
    OneOfBuilder::new().item(first).item(second).description(Some(description)).into()
}

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        either([Type::String, Type::Integer], "An id, as text or as a whole number.")
    }
}

impl ToSchema for Id {
    fn name() -> Cow<'static, str> {
        "Id".into()
    }
}

impl PartialSchema for Amount {
    fn schema() -> RefOr<Schema> {
        either([Type::Number, Type::String], "An amount, as a number or as decimal text, which is exact.")
    }
}

impl ToSchema for Amount {
    fn name() -> Cow<'static, str> {
        "Amount".into()
    }
}
