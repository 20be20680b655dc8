//! The Lambda function: settings from the environment, events from the runtime, the rest from the library.
use lambda_runtime::{Error, LambdaEvent, service_fn};
use ltv_lake::Lake;
use ltv_train::{Context, Silent};
use serde_json::Value;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();
    let lake = Lake::from_environment().await.map_err(|error| error.with_sources())?;
    let lake = &lake;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        // A deadline in the past means that none is known.
        let left = event.context.deadline().duration_since(SystemTime::now()).ok();
        let context = Context {
            request_id: event.context.request_id,
            deadline: left.map(|left| Instant::now() + left),
            progress: Arc::new(Silent),
        };
        // Boxed: a training's future is deeper than the compiler lays out by itself.
        Box::pin(ltv_train::handler(event.payload, lake, context)).await.map_err(|error| error.with_sources())
    }))
    .await
}
