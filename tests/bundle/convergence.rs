//! Whatever happens to an event, the lake shows the uploads as they are.
use super::Bundle;
use ltv_core::table::Table;
use serde_json::json;

const HEADER: &str = "order_id,customer_id,order_date,amount\n";

fn orders(range: std::ops::Range<u32>, amount: u32) -> String {
    let line = |n: u32| format!("o{n},c{},2026-01-{:02},{amount}.00\n", n % 7, n % 28 + 1);
    range.map(line).fold(HEADER.to_owned(), |file, line| file + &line)
}

#[tokio::test]
async fn an_event_delivered_many_times_and_at_once_counts_once() {
    let bundle = Bundle::start().await;
    let key = "transactions/my orders/a b+c.csv";
    bundle.put(key, orders(0..50, 2)).await;
    let deliveries = (0..8).map(|_| bundle.event("Object Created", key));
    futures::future::join_all(deliveries).await;
    assert_eq!(bundle.rows(Table::Transactions).await, (50, 100_000_000));
    bundle.event("Object Created", key).await;
    assert_eq!(bundle.rows(Table::Transactions).await, (50, 100_000_000));
    assert_eq!(bundle.keys("sources/").await.len(), 1);
}

#[tokio::test]
async fn an_object_that_is_replaced_while_it_is_read_ends_as_its_last_version() {
    let bundle = Bundle::start().await;
    let key = "transactions/orders.csv";
    bundle.put(key, orders(0..2_000, 1)).await;
    for version in 2..6 {
        let (_, ()) = futures::join!(bundle.event("Object Created", key), bundle.put(key, orders(0..2_000, version)));
    }
    // The event of the last version comes late, and only once.
    bundle.event("Object Created", key).await;
    assert_eq!(bundle.rows(Table::Transactions).await, (2_000, 10_000_000_000));
}

#[tokio::test]
async fn a_deleted_object_is_gone_whatever_the_order_of_its_events_and_can_come_back() {
    let bundle = Bundle::start().await;
    let key = "transactions/orders.csv";
    bundle.upload(key, orders(0..10, 1)).await;
    bundle.delete(key).await;
    bundle.event("Object Deleted", key).await;
    // A late "created" of the object that is no longer there.
    bundle.event("Object Created", key).await;
    assert_eq!(bundle.rows(Table::Transactions).await, (0, 0));
    bundle.upload(key, orders(0..20, 1)).await;
    // A late "deleted" of the object that is there again.
    bundle.event("Object Deleted", key).await;
    assert_eq!(bundle.rows(Table::Transactions).await, (20, 20_000_000));
}

#[tokio::test]
async fn overlapping_exports_are_merged_and_the_newest_line_of_an_order_counts() {
    let bundle = Bundle::start().await;
    bundle.upload("transactions/january.csv", orders(0..100, 1)).await;
    // Times of uploads are told in whole seconds.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    bundle.upload("transactions/february.csv", orders(50..150, 3)).await;
    assert_eq!(bundle.rows(Table::Transactions).await, (150, 50_000_000 + 300_000_000));
    bundle.delete("transactions/february.csv").await;
    bundle.event("Object Deleted", "transactions/february.csv").await;
    assert_eq!(bundle.rows(Table::Transactions).await, (100, 100_000_000));
}

#[tokio::test]
async fn a_lost_event_is_found_by_reconciling() {
    let bundle = Bundle::start().await;
    bundle.put("transactions/lost.csv", orders(0..10, 1)).await;
    bundle.upload("transactions/gone.csv", orders(10..20, 1)).await;
    bundle.delete("transactions/gone.csv").await;
    let answer = ltv_preprocess::handler(json!({"action": "reconcile"}), &bundle.lake).await.unwrap();
    assert_eq!(answer["done"], json!(true), "{answer}");
    assert_eq!(bundle.rows(Table::Transactions).await, (10, 10_000_000));
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_a_report_and_a_batch_names_only_what_failed() {
    let bundle = Bundle::start().await;
    let answer = bundle.upload("transactions/picture.csv", vec![0_u8, 159, 146, 150, 0, 1, 2, 3]).await;
    assert!(answer["uploads"][0]["unreadable"].is_string(), "{answer}");
    bundle.put("transactions/orders.csv", orders(0..10, 1)).await;
    let body = json!({"Records": [{"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
        "eventTime": "2026-01-01T00:00:00.000Z", "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "x"}, "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {}, "s3": {"s3SchemaVersion": "1.0", "configurationId": "x",
        "bucket": {"name": "uploads", "ownerIdentity": {"principalId": "x"}, "arn": "arn:aws:s3:::uploads"},
        "object": {"key": "transactions/orders.csv", "size": 1, "eTag": "x", "sequencer": "1"}}}]});
    let message = |id: &str, body: String| {
        json!({"messageId": id, "receiptHandle": "x", "body": body, "attributes": {},
        "messageAttributes": {}, "md5OfBody": "x", "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:1:q",
        "awsRegion": "us-east-1"})
    };
    let batch = json!({"Records": [message("good", body.to_string()), message("poison", "no JSON".to_owned())]});
    let answer = ltv_preprocess::handler(batch, &bundle.lake).await.unwrap();
    assert_eq!(answer["batchItemFailures"], json!([{"itemIdentifier": "poison"}]));
    assert_eq!(bundle.rows(Table::Transactions).await, (10, 10_000_000));
}
