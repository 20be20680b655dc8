//! `reconcile`, `erase`, `rollback` and `adapters`: a lake in, what the function's handler answers out. The commands send the same actions as
//! the schedule and the operator do in the deployment, and send them again until the handler says that it is done.

use std::sync::Arc;

use ltv_lake::Lake;
use ltv_train::Context;
use serde_json::{Value, json};

/// Why the lake could not be kept up.
#[derive(Debug, thiserror::Error)]
#[error("{action} was not carried out: {reason}")]
pub struct UpkeepError {
    action: &'static str,
    reason: String,
}

/// Compares uploads and records, and brings up to date what differs.
///
/// # Errors
/// [`UpkeepError`] with the handler's reason.
pub async fn reconcile(lake: &Lake) -> Result<Value, UpkeepError> {
    loop {
        let answer = ltv_preprocess::handler(json!({"action": "reconcile"}), lake).await;
        let answer = answer.map_err(|error| UpkeepError { action: "reconcile", reason: error.to_string() })?;
        if answer["done"] != false {
            return Ok(answer);
        }
    }
}

/// What uploads are read with, in order of preference, and which adapters in the lake cannot be used.
///
/// # Errors
/// A lake that cannot be read.
pub async fn adapters(lake: &Lake) -> Result<Value, UpkeepError> {
    let found = lake.adapters().await;
    let found = found.map_err(|error| UpkeepError { action: "adapters", reason: error.with_sources() })?;
    Ok(json!({ "adapters": found.known(), "refused": found.refused }))
}

/// Removes a customer from everything that was made of the uploads; the uploads themselves are their owner's to edit.
///
/// # Errors
/// [`UpkeepError`] with the handler's reason.
pub async fn erase(lake: &Lake, customer_id: &str) -> Result<Value, UpkeepError> {
    ask(lake, "erase", &json!({"action": "erase", "customer_id": customer_id})).await
}

/// Makes the model before the present one live again.
///
/// # Errors
/// [`UpkeepError`] with the handler's reason: there may have been none.
pub async fn rollback(lake: &Lake) -> Result<Value, UpkeepError> {
    ask(lake, "rollback", &json!({"action": "rollback"})).await
}

/// Sends the train function an event until it is done.
async fn ask(lake: &Lake, action: &'static str, event: &Value) -> Result<Value, UpkeepError> {
    let failed = |reason: String| UpkeepError { action, reason };
    loop {
        let context = Context { request_id: "local".to_owned(), deadline: None, progress: Arc::new(ltv_train::Silent) };
        let answer =
            ltv_train::handler(event.clone(), lake, context).await.map_err(|error| failed(error.with_sources()))?;
        if answer.done {
            return serde_json::to_value(answer).map_err(|error| failed(error.to_string()));
        }
    }
}
