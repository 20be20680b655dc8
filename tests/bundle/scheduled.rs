//! What the state machine asks of train: scores, the first training, and steps that take over from killed ones.
use super::Bundle;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_scores_trains_where_nothing_is_live_and_only_scores_from_then_on() {
    let bundle = Bundle::start().await;
    let score = json!({"action": "score", "holder": "execution", "horizon_days": 30});
    let answer = bundle.train(score.clone()).await.unwrap();
    assert!(answer.done && answer.reason.is_some() && answer.predictions.is_none(), "too little data is an answer");
    assert!(bundle.lake.pointer().await.unwrap().is_none());

    let bundle = Bundle::with_business(300, 8).await;
    assert_eq!(bundle.lake.last_training().await.unwrap(), None);
    let answer = bundle.train(score.clone()).await.unwrap();
    assert!(answer.done && answer.training["promoted"] == true, "{answer:?}");
    let first = bundle.lake.pointer().await.unwrap().unwrap().value.live;
    let trained = bundle.lake.last_training().await.unwrap().unwrap();

    let answer = bundle.train(score).await.unwrap();
    assert!(answer.done && answer.training.is_null() && answer.predictions.is_some(), "{answer:?}");
    let second = bundle.lake.pointer().await.unwrap().unwrap().value.live;
    assert!(second.model == first.model && second.run != first.run);
    assert_eq!(bundle.lake.last_training().await.unwrap(), Some(trained), "a score is no training");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_takes_over_from_a_killed_one_of_its_own_execution_and_from_no_other() {
    let bundle = Bundle::with_business(300, 8).await;
    // A step that was killed: its lease is held, and nobody will give it back.
    let killed = bundle.lake.lease("execution", SignedDuration::from_mins(20), Timestamp::now()).await.unwrap();
    let train = |holder: &str| json!({"action": "train", "horizon_days": 30, "trials": 1, "holder": holder});
    let other = bundle.train(train("another")).await.unwrap();
    assert!(other.done && other.reason.unwrap().contains("under way elsewhere"));
    let own = bundle.train(train("execution")).await.unwrap();
    assert!(!own.done && own.steps.unwrap().done == 1);
    assert_eq!(own.run.as_ref(), Some(killed.run()));
}
