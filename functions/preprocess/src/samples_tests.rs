//! The sample events of `events/`, over the S3 in memory: what each form leads to.
use crate::{handler, handler_until};
use ltv_core::account::Account;
use ltv_lake::Lake;
use ltv_lake::memory::{Crash, Memory, UPLOADS};
use serde_json::{Value, json};

const FILE: &str = "transactions/my file+1.csv";
const OTHER: &str = "transactions/你好/😊.csv";
const ORDERS: &str = "customer_id,transaction_id,occurred_at,amount\nc1,o1,2023-01-02T10:00:00Z,9.50\n";

fn sample(name: &str) -> Value {
    let path = format!("{}/../../events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn with_uploads() -> (Memory, Lake) {
    let memory = Memory::new(0);
    memory.put(UPLOADS, FILE, ORDERS);
    memory.put(UPLOADS, OTHER, ORDERS);
    let lake = memory.lake(Account::default());
    (memory, lake)
}

async fn outcomes(event: &str, lake: &Lake) -> Vec<(String, String)> {
    let answer = handler(sample(event), lake).await.unwrap();
    let text = |upload: &Value, field: &str| upload[field].as_str().unwrap().to_owned();
    let uploads = answer["uploads"].as_array().unwrap();
    uploads.iter().map(|upload| (text(upload, "key"), text(upload, "outcome"))).collect()
}

fn pair(key: &str, outcome: &str) -> (String, String) {
    (key.to_owned(), outcome.to_owned())
}

#[tokio::test]
async fn an_upload_is_committed_once_whatever_form_tells_of_it() {
    let (memory, lake) = with_uploads();
    assert_eq!(outcomes("s3-upload", &lake).await, [pair(FILE, "committed")]);
    assert_eq!(outcomes("s3-notification", &lake).await, [pair(FILE, "unchanged"), pair(OTHER, "committed")]);
    // An event of a removal that is not so, or not any more, changes nothing.
    assert_eq!(outcomes("s3-removed", &lake).await, [pair(FILE, "unchanged")]);
    memory.delete(UPLOADS, FILE);
    assert_eq!(outcomes("s3-notification-removed", &lake).await, [pair(FILE, "removed")]);
    assert_eq!(outcomes("s3-upload", &lake).await, [pair(FILE, "unchanged")]);
    assert!(outcomes("s3-test-event", &lake).await.is_empty());
}

#[tokio::test]
async fn an_answer_says_what_happened_to_the_file() {
    let (memory, lake) = with_uploads();
    let answer = handler(sample("s3-upload"), &lake).await.unwrap();
    let upload = &answer["uploads"][0];
    assert_eq!((&upload["table"], &upload["rows"], &upload["kept"]), (&json!("transactions"), &json!(1), &json!(1)));
    memory.put(UPLOADS, FILE, "\u{0}\u{1} nothing that anybody could read");
    let answer = handler(sample("s3-upload"), &lake).await.unwrap();
    assert_eq!(answer["uploads"][0]["outcome"], "committed");
    assert!(answer["uploads"][0]["unreadable"].is_string(), "{answer}");
}

#[tokio::test]
async fn a_batch_names_the_failed_messages_and_only_those() {
    let (memory, lake) = with_uploads();
    let failed = |answer: &Value| -> Vec<String> {
        let failures = answer["batchItemFailures"].as_array().unwrap();
        failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect()
    };
    assert!(failed(&handler(sample("sqs-upload"), &lake).await.unwrap()).is_empty());
    assert_eq!(failed(&handler(sample("sqs-batch-with-poison"), &lake).await.unwrap()), ["message-2"]);
    memory.crash_after(0, Crash::Before);
    let all_but_the_test = ["message-1", "message-2", "message-3", "message-5"];
    assert_eq!(failed(&handler(sample("sqs-batch-with-poison"), &lake).await.unwrap()), all_but_the_test);
    assert!(handler(sample("s3-upload"), &lake).await.is_err());
}

#[tokio::test]
async fn a_reconcile_finds_what_no_event_told_and_does_it_once() {
    let (memory, lake) = with_uploads();
    memory.put(UPLOADS, "transactions/", "");
    let answer = handler(sample("reconcile"), &lake).await.unwrap();
    assert_eq!((answer["ingested"].as_array().unwrap().len(), &answer["done"]), (2, &json!(true)));
    memory.delete(UPLOADS, FILE);
    let answer = handler(sample("reconcile"), &lake).await.unwrap();
    assert_eq!(answer["ingested"], json!([{ "key": FILE, "why": "deleted" }]));
    let answer = handler(sample("reconcile"), &lake).await.unwrap();
    assert_eq!(answer["ingested"], json!([]));
    let past = std::time::Instant::now();
    memory.put(UPLOADS, FILE, ORDERS);
    let answer = handler_until(sample("reconcile"), &lake, Some(past)).await.unwrap();
    assert_eq!((&answer["remaining"], &answer["done"]), (&json!(1), &json!(false)));
}
