//! `POST /predict`, the way in: from a body's bytes to a history of its customers and the cutoff to predict from, or to
//! a problem that names customer, transaction and value. It computes no feature and asks no lake.
mod check;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use check::{Asked, check};
pub use wire::{Amount, CustomerRow, Id, PredictRequest, TransactionRow};

use crate::problem::{Fault, Problem};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;
use serde_path_to_error::Segment;
use std::fmt::Write;

/// Reads a body.
pub(crate) fn read(body: &[u8]) -> Result<PredictRequest, Problem> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::malformed("The body is empty. Send {\"transactions\": […]} as JSON."));
    }
    json(body)
}

/// Reads a body that is a JSON object of some kind.
pub(crate) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // The fields of a type can be read from a list too, in an order that nobody has been told.
    if body.trim_ascii_start().starts_with(b"[") {
        let detail = "The body is a list; an object is expected.".to_owned();
        let fault = Fault { pointer: String::new(), customer_id: None, transaction: None, value: None, detail };
        return Err(Problem::invalid(vec![fault]));
    }
    match serde_json::from_slice(body) {
        Ok(request) => Ok(request),
        Err(error) if error.classify() == Category::Data => Err(Problem::invalid(vec![misfit::<T>(body, &error)])),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            let message = error.to_string();
            let what = without_position(&message);
            Err(Problem::malformed(format!("The body is no valid JSON at line {line}, column {column}: {what}.")))
        }
    }
}

/// What does not fit, with its place and whose it is. Reads the body once more, this time keeping track of the place.
fn misfit<T: DeserializeOwned>(body: &[u8], error: &serde_json::Error) -> Fault {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let traced = serde_path_to_error::deserialize::<_, T>(&mut reader).err();
    let mut pointer = String::new();
    let mut place = None;
    for segment in traced.iter().flat_map(|error| error.path().iter()) {
        match segment {
            Segment::Seq { index } => {
                place = place.or(Some(*index));
                let _ = write!(pointer, "/{index}");
            }
            Segment::Map { key } => {
                let _ = write!(pointer, "/{}", key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let whole: Value = serde_json::from_slice(body).unwrap_or_default();
    let transaction = place.filter(|_| pointer.starts_with("/transactions/"));
    let row = pointer.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let customer_id = place.and_then(|_| whole.pointer(&row)?.get("customer_id")).map(|id| match id {
        Value::String(id) => id.clone(),
        id => id.to_string(),
    });
    let message = error.to_string();
    let what = without_position(&message);
    let detail = match (&customer_id, transaction) {
        (Some(customer), Some(at)) => format!("Transaction {at} of customer {customer:?}: {what}."),
        (None, Some(at)) => format!("Transaction {at}: {what}."),
        _ if pointer.is_empty() => format!("The body: {what}."),
        _ => format!("{pointer}: {what}."),
    };
    let value = whole.pointer(&pointer).filter(|value| !value.is_object() && !value.is_array()).cloned();
    Fault { pointer, customer_id, transaction, value, detail }
}

/// `serde_json`'s message without its ` at line 1 column 2`, which is said in our words.
fn without_position(message: &str) -> &str {
    message.rsplit_once(" at line ").map_or(message, |(what, _)| what)
}
