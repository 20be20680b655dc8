//! The Lambda function: settings from the environment, events from the runtime, the rest from the library.
use lambda_runtime::{Error, LambdaEvent, service_fn};
use ltv_lake::Lake;
use serde_json::Value;
use std::time::{Duration, Instant, SystemTime};

/// Kept free at the end of an invocation, so that a reconcile can answer.
const MARGIN: Duration = Duration::from_mins(2);

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();
    let lake = Lake::from_environment().await.map_err(|error| error.with_sources())?;
    lake.ensure_format().await.map_err(|error| error.with_sources())?;
    let lake = &lake;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        let until = last_begin(event.context.deadline());
        let answer = Box::pin(ltv_preprocess::handler_until(event.payload, lake, until));
        answer.await.map_err(|error| error.to_string())
    }))
    .await
}

/// After which moment nothing new is begun. A deadline in the past means that none is known.
fn last_begin(deadline: SystemTime) -> Option<Instant> {
    let left = deadline.duration_since(SystemTime::now()).ok()?;
    Some(Instant::now() + left.saturating_sub(MARGIN))
}
