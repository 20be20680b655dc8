//! The train function: in flows an event, out flows how far the training is, or what else was asked for. It orders the
//! steps; what a step computes is `ltv-core`'s, where results are stored is `ltv-lake`'s.
mod answer;
mod budget;
mod cross_section;
pub mod data;
mod erase;
mod error;
mod findings;
mod metric;
mod newest;
mod progress;
mod publish;
mod request;
mod run;
mod score;
mod steps;
mod test_predictions;
mod track;
mod training;

pub use answer::{Answer, Predictions, Steps};
pub use error::TrainError;
pub use progress::{Progress, Silent};
pub use request::{Request, RequestError, TrainOptions};

use jiff::Timestamp;
use ltv_lake::layout::RunId;
use ltv_lake::pointer::Live;
use ltv_lake::{Lake, LakeError};
use serde_json::Value;
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Handle;

/// What an invocation brings along besides its event.
pub struct Context {
    /// An id of the invocation: the same when the same event is delivered to it again.
    pub request_id: String,
    /// When the invocation ends, where that is known.
    pub deadline: Option<Instant>,
    /// Who is shown the progress.
    pub progress: Arc<dyn Progress>,
}

/// Carries out what `event` asks for.
///
/// # Errors
/// An event that is no request, a failed lake, or data that cannot be computed with. What was finished before an error
/// is kept, and the same event continues there.
pub async fn handler(event: Value, lake: &Lake, context: Context) -> Result<Answer, TrainError> {
    let begun = Instant::now();
    let answer = Box::pin(carry_out(event, lake, context)).await?;
    metric::tell(lake, &answer, begun).await;
    Ok(answer)
}

async fn carry_out(event: Value, lake: &Lake, context: Context) -> Result<Answer, TrainError> {
    match Request::of(event)? {
        Request::Train(options) => train(options, lake, context).await,
        Request::Score(options) => match score_again(lake.clone()).await {
            // Curves and channels of data without customers are learned again in seconds, where these have changed.
            Err(TrainError::NothingLive) => train(options, lake, context).await,
            result => result,
        },
        Request::Erase { customer_id } => erase::carry_out(lake, customer_id).await,
        Request::Rollback => roll_back(lake).await,
    }
}

/// Makes the model before the present one live again; what the newest training came to stays known.
async fn roll_back(lake: &Lake) -> Result<Answer, TrainError> {
    let read = lake.pointer().await?.ok_or(LakeError::NothingBefore)?;
    if let Some(previous) = &read.value.previous {
        newest::hand_on(lake, &read.value.live.run, &previous.run).await?;
    }
    let pointer = lake.roll_back(&read, Timestamp::now()).await?;
    let (run, model) = (&pointer.live.run, &pointer.live.model);
    Ok(Answer::carried_out(Some(run), format!("run {run} with model {model} is live again")))
}

async fn train(options: TrainOptions, lake: &Lake, context: Context) -> Result<Answer, TrainError> {
    let Context { request_id, deadline, progress } = context;
    let holder = options.holder.clone().unwrap_or(request_id);
    training::Invocation { lake: lake.clone(), options, deadline, holder, progress }.carry_out().await
}

/// Scores everyone with the live model on the data as it is now.
async fn score_again(lake: Lake) -> Result<Answer, TrainError> {
    lake.ensure_format().await?;
    let now = Timestamp::now();
    let read = lake.pointer().await?.ok_or(TrainError::NothingLive)?;
    let snapshot = lake.snapshot(now).await?;
    let (run, before) = (RunId::new(now), read.value.live.run.clone());
    let run_date = run::run_date(now);
    let live = Live { run: run.clone(), run_date, snapshot: snapshot.id.clone(), ..read.value.live.clone() };
    let (io, scoring_lake) = (Handle::current(), lake.clone());
    let scoring = tokio::task::spawn_blocking(move || {
        let lake = &scoring_lake;
        let model = io.block_on(publish::live_model(lake, &live.model))?;
        let data = data::load(lake, &snapshot, &io)?;
        let scored = score::Scored::of(live.model.clone(), &model, &data.history, lake.account())?;
        let predictions = scored.put(lake, &run, run_date, &io)?;
        track::put(lake, &run, Some(&before), scored.scoring(&run), &data.history, &io)?;
        io.block_on(newest::hand_on(lake, &before, &run))?;
        Ok::<_, TrainError>((predictions, live))
    });
    let (predictions, live) = scoring.await.map_err(|error| TrainError::Stopped(error.to_string()))??;
    let pointer = lake.flip(live, Some(&read), Timestamp::now()).await?;
    Ok(Answer::finished(&pointer.live.run, Value::Null, predictions))
}
