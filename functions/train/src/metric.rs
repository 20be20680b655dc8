//! What an operator watches of trainings: in flows an answer, out flow numbers for the alarms. Computes nothing that was
//! not decided before, and never makes an invocation fail.
use crate::answer::Answer;
use crate::run;
use jiff::Timestamp;
use ltv_lake::metric::{self, Metric, Unit};
use ltv_lake::{Lake, LakeResult};
use std::time::Instant;

/// Tells what came of an invocation that began at `begun`, where somebody watches.
pub(crate) async fn tell(lake: &Lake, answer: &Answer, begun: Instant) {
    if !metric::is_watched() {
        return;
    }
    let mut metrics = vec![Metric::new("Seconds", Unit::Seconds, begun.elapsed().as_secs_f64())];
    if let Some(predictions) = &answer.predictions {
        metrics.push(Metric::new("Customers", Unit::Count, predictions.customers as f64));
    }
    metrics.extend(answer.training["metrics"]["sum_ratio"].as_f64().map(|r| Metric::new("SumRatio", Unit::None, r)));
    if answer.done {
        match ages(lake, Timestamp::now()).await {
            Ok(ages) => metrics.extend(ages),
            Err(error) => tracing::warn!(error = error.with_sources(), "the ages of training and model are not known"),
        }
    }
    metric::tell(&metrics, &[]);
}

/// Days since a training finished, and since the live model was trained; what never was is left out.
async fn ages(lake: &Lake, now: Timestamp) -> LakeResult<Vec<Metric>> {
    let age =
        |name, since: Timestamp| Metric::new(name, Unit::None, now.duration_since(since).as_secs_f64() / 86_400.0);
    let mut ages = Vec::new();
    ages.extend(lake.last_training().await?.map(|finished| age("DaysSinceTraining", finished)));
    if let Some(pointer) = lake.pointer().await?
        && let Some(description) = run::description(lake, &pointer.value.live.model).await?
    {
        ages.push(age("ModelAgeDays", description.trained_at));
    }
    Ok(ages)
}
