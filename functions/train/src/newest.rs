//! What the newest training came to: in flows the run that is live, out flows its record, which every run that goes live
//! behind it is given, by a scoring or a rollback too. So whatever is live tells of the newest training there is.
use crate::error::TrainError;
use ltv_core::report::NewestTraining;
use ltv_lake::layout::{ModelId, RunId, Served};
use ltv_lake::pointer::Live;
use ltv_lake::{Lake, LakeError};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The id under which the newest training left its card, by what is live; its model may not have gone live. That of the
/// live model where nothing is told of a newer one.
pub(crate) async fn trained_by(lake: &Lake, live: &Live) -> Result<ModelId, TrainError> {
    let newest: Option<NewestTraining> = stored(lake, &live.run).await?;
    Ok(newest.and_then(|newest| newest.model_id?.parse().ok()).unwrap_or_else(|| live.model.clone()))
}

/// Gives `next`, which is about to go live, what `live` knows of the newest training. It is handed on as it is: what a
/// later program told of its training must not be lost.
pub(crate) async fn hand_on(lake: &Lake, live: &RunId, next: &RunId) -> Result<(), TrainError> {
    if let Some(newest) = stored::<Value>(lake, live).await? {
        lake.put_served(next, Served::Training, &newest).await?;
    }
    Ok(())
}

async fn stored<T: DeserializeOwned>(lake: &Lake, run: &RunId) -> Result<Option<T>, TrainError> {
    match lake.served(run, Served::Training).await {
        Ok(newest) => Ok(newest),
        Err(LakeError::Malformed { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
