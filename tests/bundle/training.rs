//! Trainings that are interrupted, doubled, concurrent or impossible.
use super::Bundle;
use ltv_train::TrainError;
use serde_json::{Value, json};

/// What must not differ between two runs of a training: everything but what a clock says.
fn settled(mut training: Value) -> Value {
    for candidate in training["candidates"].as_array_mut().into_iter().flatten() {
        candidate["seconds"] = Value::Null;
    }
    for clocked in ["seconds", "search_seconds"] {
        training[clocked] = Value::Null;
    }
    training
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_in_single_steps_chooses_what_one_in_a_single_go_chooses() {
    let bundle = Bundle::with_business(400, 8).await;
    for key in ["transactions/till.csv", "transactions/till-again.csv"] {
        bundle.upload(key, "customer_id,order_date,amount\nc1,2026-01-05,7.50\nc2,2026-01-06,2.50\n").await;
    }
    let event = json!({"action": "train", "horizon_days": 30});
    let whole = bundle.train(event.clone()).await.unwrap();
    assert!(whole.done && whole.predictions.is_some(), "{whole:?}");
    let cards: Vec<String> =
        bundle.keys("models/").await.into_iter().filter(|key| key.ends_with("card.json")).collect();
    let card: Value = serde_json::from_slice(&bundle.bytes(&cards[0]).await).unwrap();
    assert_eq!(card["provenance"]["overlap"]["alike_without_id"], json!(2));
    assert!(card["caveats"].to_string().contains("2 rows without an id, 10.00 in money, are like rows of another"));

    // The same event again: nothing has changed, so nothing is trained.
    let pointer = bundle.lake.pointer().await.unwrap().unwrap().value;
    let again = bundle.train(event).await.unwrap();
    assert!(again.done && again.reason.unwrap().contains("stays live"));
    assert_eq!(bundle.lake.pointer().await.unwrap().unwrap().value, pointer);

    // The very same records once more, with nothing live: uploads of their own would have times of their own.
    bundle.embedded.client.delete_object().bucket(super::LAKE).key("current.json").send().await.unwrap();
    let one_step = json!({"action": "train", "horizon_days": 30, "trials": 1});
    let mut invocations = 0;
    let last = loop {
        let answer = bundle.train(one_step.clone()).await.unwrap();
        invocations += 1;
        if answer.done {
            break answer;
        }
        let steps = answer.steps.expect("a training that goes on says how far it is");
        assert_eq!(steps.done, invocations);
        assert!(bundle.lake.pointer().await.unwrap().is_none(), "nothing is live before the last step");
    };
    assert!(invocations > 10, "one trial a step: {invocations}");
    assert_eq!(settled(whole.training), settled(last.training));
    assert!(bundle.keys("training/").await.iter().all(|key| key.ends_with("lease.json")), "checkpoints are cleared");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_trainings_at_once_one_trains_and_one_pointer_wins() {
    let bundle = Bundle::with_business(300, 8).await;
    let train = |holder: &'static str| {
        let lake = bundle.lake.clone();
        async move {
            let context = ltv_train::Context {
                request_id: holder.to_owned(),
                deadline: None,
                progress: std::sync::Arc::new(ltv_train::Silent),
            };
            ltv_train::handler(json!({"action": "train", "horizon_days": 30}), &lake, context).await
        }
    };
    let (first, second) = futures::join!(train("first"), train("second"));
    let answers = [first.unwrap(), second.unwrap()];
    assert_eq!(answers.iter().filter(|answer| answer.predictions.is_some()).count(), 1, "{answers:?}");
    assert!(answers.iter().any(|answer| answer.reason.as_deref().is_some_and(|reason| reason.contains("under way"))));
    assert_eq!(bundle.lake.pointer().await.unwrap().unwrap().value.generation, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_pointer_was_taken_by_another_is_not_published() {
    let bundle = Bundle::with_business(300, 8).await;
    let event = json!({"action": "train", "horizon_days": 30, "trials": 1});
    bundle.train(event.clone()).await.unwrap();
    // Somebody else's run goes live in between.
    let date = jiff::civil::date(2026, 1, 1);
    let live = ltv_lake::pointer::Live {
        model: "other".parse().unwrap(),
        run: "other".parse().unwrap(),
        run_date: date,
        snapshot: "s".to_owned(),
    };
    bundle.lake.flip(live.clone(), None, jiff::Timestamp::now()).await.unwrap();
    let outcome = loop {
        match bundle.train(event.clone()).await {
            Ok(answer) if !answer.done => {}
            other => break other,
        }
    };
    assert!(matches!(outcome, Err(TrainError::Lake(ltv_lake::LakeError::PointerMoved { .. }))), "{outcome:?}");
    assert_eq!(bundle.lake.pointer().await.unwrap().unwrap().value.live, live);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_little_data_is_an_answer_that_says_what_is_missing() {
    let bundle = Bundle::start().await;
    let answer = bundle.train(json!({})).await.unwrap();
    assert!(answer.done && answer.reason.unwrap().contains("no transaction"));
    bundle
        .upload("transactions/a.csv", "order_id,customer_id,order_date,amount\n1,c,2026-01-01,5\n2,c,2026-01-09,5\n")
        .await;
    let answer = bundle.train(json!({})).await.unwrap();
    assert!(answer.reason.unwrap().contains("at least 120 days"));
    assert!(bundle.lake.pointer().await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cross_section_without_dates_is_trained_on_held_out_customers_and_says_when_there_is_no_signal() {
    let bundle = Bundle::start().await;
    let header = "customer_id,channel,cost,conversion_rate,revenue\n".to_owned();
    let rows = (0..800_u64).fold(header, |file, n| {
        // A multiplicative hash stands for chance: revenue has nothing to do with the other columns.
        let chance = n.wrapping_mul(2_654_435_761) % 1_000;
        let channel = ["email", "referral", "paid", "social"][(n % 4) as usize];
        file + &format!("{n},{channel},{},0.0{},{}\n", 5 + n % 20, 1 + n % 9, 500 + chance * 4)
    });
    bundle.upload("acquisition/customers.csv", rows).await;
    let answer = bundle.train(json!({})).await.unwrap();
    let training = &answer.training;
    assert_eq!(training["candidates"].as_array().unwrap().len(), 3, "{training}");
    assert_eq!(training["channels"].as_array().unwrap().len(), 4);
    assert_eq!(training["chosen"], json!("mean"));
    assert!(training["reason"].as_str().unwrap().contains("no signal"), "{training}");

    // What it tells of the channels is live, and so is that it predicts nobody's future.
    let server = bundle.server();
    let (status, channels) = server.get("/channels").await;
    assert_eq!((status, &channels["cross_section"]), (200, &json!(true)));
    assert_eq!(channels["channels"], training["channels"]);
    assert_eq!(server.get("/model").await.1["model_id"], training["model_id"]);
    let (status, problem) = server
        .post("/predict", r#"{"transactions": [{"customer_id": "c", "occurred_at": "2026-01-01", "amount": 5}]}"#)
        .await;
    assert_eq!((status, &problem["type"]), (503, &json!("urn:ltv:problem:no-predictions")), "{problem}");

    // The daily run finds nobody to score: without new data it leaves everything as it is, and so does a training.
    let pointer = bundle.lake.pointer().await.unwrap().unwrap().value;
    for action in ["score", "train"] {
        let again = bundle.train(json!({"action": action})).await.unwrap();
        assert!(again.done && again.reason.unwrap().contains("stays live"), "{action}");
        assert_eq!(again.training, *training);
        assert_eq!(bundle.lake.pointer().await.unwrap().unwrap().value, pointer);
    }
}
