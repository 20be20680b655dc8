//! An erased customer is in nothing that the lake holds, and does not come back.
use super::Bundle;
use flate2::read::GzDecoder;
use ltv_core::table::Table;
use serde_json::json;
use std::io::Read;

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_customer_is_gone_from_tables_runs_and_exports_and_does_not_come_back() {
    let bundle = Bundle::with_business(300, 8).await;
    bundle.train(json!({"action": "train", "horizon_days": 30})).await.unwrap();
    let run = bundle.lake.pointer().await.unwrap().unwrap().value.live.run;
    let customers = bundle.lake.customers(&run).await.unwrap();
    let export = bundle.keys("exports/").await.into_iter().find(|key| key.contains("predictions")).unwrap();
    let text = unzipped(&bundle.bytes(&export).await);
    let id = text.lines().nth(1).unwrap().split(',').next().unwrap().to_owned();
    let hash = ltv_core::customer::CustomerHash::of(&id);
    assert!(customers.find(&hash).await.unwrap().is_some());
    let before = bundle.rows(Table::Transactions).await.0;

    let answer = bundle.train(json!({"action": "erase", "customer_id": id})).await.unwrap();
    let ids = ltv_core::upload::identity::ids_of(&id).len() as u64;
    let erasure = answer.erasure.unwrap();
    assert!(answer.done && erasure.customers == ids && !erasure.again);
    let gone = before - bundle.rows(Table::Transactions).await.0;
    assert!(gone > 0 && erasure.rows >= gone as u64, "{erasure:?}");
    let answer = bundle.train(json!({"action": "erase", "customer_id": id})).await.unwrap();
    assert!(answer.erasure.unwrap().again && answer.reason.unwrap().contains("nothing was left"));
    assert!(!unzipped(&bundle.bytes(&export).await).lines().any(|line| line.starts_with(&format!("{id},"))));
    assert!(bundle.lake.customers(&run).await.unwrap().find(&hash).await.unwrap().is_none());

    // An upload that names the customer again.
    let after = bundle.rows(Table::Transactions).await.0;
    bundle
        .upload("transactions/again.csv", format!("order_id,customer_id,order_date,amount\nz,{id},2026-01-01,5\n"))
        .await;
    assert_eq!(bundle.rows(Table::Transactions).await.0, after);
}

fn unzipped(bytes: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    text
}
