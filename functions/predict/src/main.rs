//! The Lambda function: settings from the environment, requests from the runtime, the rest from the library.
//!
//! One thread does everything, since one request at a time arrives: no thread is started, and none is waited for.
use lambda_http::tracing;
use lambda_http::{Error, run};
use ltv_lake::Lake;
use ltv_predict::State;
use rayon::ThreadPoolBuilder;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global()?;
    let lake = Lake::from_environment().await.map_err(|error| error.with_sources())?;
    let state = State::new(lake);
    match state.warm().await {
        Ok(true) => {}
        Ok(false) => tracing::warn!("nothing is live yet"),
        // The first request tries again, and says so if it fails too.
        Err(error) => tracing::error!(error = error.with_sources(), "nothing could be fetched at start"),
    }
    run(ltv_predict::router(state)).await
}
