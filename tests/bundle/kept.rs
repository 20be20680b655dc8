//! Trainings whose challenger loses: what is live stays, and what they found is told all the same.
use super::Bundle;
use super::track::{CUTOFF, HORIZON, Order, csv, orders, within};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_training_is_told_of_however_often_it_left_what_is_live_in_place() {
    let (bundle, all) = (Bundle::start().await, orders());
    bundle.upload("transactions/a.csv", csv(&within(&all, 0..=CUTOFF))).await;
    let train = json!({"action": "train", "horizon_days": HORIZON});
    let first = bundle.train(train.clone()).await.unwrap().training;
    assert_eq!(first["decision"], "promote", "{first}");
    let server = bundle.server();
    let before = server.get("/model").await.1;
    assert_eq!(before["newest_training"]["decision"], "promote");
    assert_eq!(before["newest_training"]["model_id"], before["model_id"]);

    // Customers suddenly spend twenty times as much: no recipe's level holds, so nothing goes live.
    let dear = |order: &Order| (order.0, order.1, order.2 * 20);
    let mut serving = before;
    for (file, days) in [("b", 1..=HORIZON), ("c", HORIZON + 1..=HORIZON + 2)] {
        let later: Vec<Order> = within(&all, CUTOFF + days.start()..=CUTOFF + days.end()).iter().map(dear).collect();
        bundle.upload(&format!("transactions/{file}.csv"), csv(&later)).await;
        let kept = bundle.train(train.clone()).await.unwrap().training;
        assert_eq!((&kept["decision"], &kept["promoted"]), (&json!("keep"), &json!(false)), "{kept}");

        let card = bundle.server().get("/model").await.1;
        assert_eq!(card["model_id"], first["model_id"], "the serving model's own card");
        assert_eq!(card["evaluation"], serving["evaluation"]);
        let newest = &card["newest_training"];
        assert_eq!((&newest["model_id"], &newest["decision"]), (&kept["model_id"], &json!("keep")), "{newest}");
        assert_eq!(newest["challenger"]["metrics"], kept["candidates"][0]["metrics"]);
        assert_eq!(newest["reason"], kept["reason"]);
        let against = &newest["verdict"]["comparisons"][0];
        assert!(against["rmse"]["lower"].is_number() && against["opponent"].is_string(), "{newest}");
        assert!(!newest["verdict"]["reasons"].as_array().unwrap().is_empty());
        assert!(newest["trained_at"].as_str() > serving["newest_training"]["trained_at"].as_str());
        // what had moved is told against the training before, which the second time was one that kept
        let trained: Value =
            serde_json::from_slice(&bundle.bytes(&card_of(&serving["newest_training"])).await).unwrap();
        assert_eq!(newest["drift"]["since"], trained["profile"]["cutoff"], "{newest}");
        serving = card;
    }

    // A run that only scores hands it on, and so does its repetition.
    for _ in 0..2 {
        bundle.train(json!({"action": "score"})).await.unwrap();
        assert_eq!(bundle.server().get("/model").await.1["newest_training"], serving["newest_training"]);
    }
    // With what is told of it gone, the card is served without.
    let run = bundle.lake.pointer().await.unwrap().unwrap().value.live.run;
    let key = format!("served/{run}/training.json");
    bundle.embedded.client.delete_object().bucket(super::LAKE).key(key).send().await.unwrap();
    let card = bundle.server().get("/model").await.1;
    assert_eq!((&card["newest_training"], &card["model_id"]), (&Value::Null, &first["model_id"]));
}

fn card_of(training: &Value) -> String {
    format!("models/{}/card.json", training["model_id"].as_str().unwrap())
}
