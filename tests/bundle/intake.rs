//! Uploads under every key that S3 allows, read by adapters and rates that people put beside them.
use super::{Bundle, LAKE};
use aws_sdk_s3::primitives::ByteStream;
use ltv_core::table::Table;
use serde_json::{Value, json};

const ORDERS: &str = "order_id,customer_id,order_date,amount\no1,c1,2026-01-02,1.00\no2,c2,2026-01-03,2.00\n";

impl Bundle {
    async fn put_in_lake(&self, key: &str, body: &str) {
        let body = ByteStream::from(body.as_bytes().to_vec());
        self.embedded.client.put_object().bucket(LAKE).key(key).body(body).send().await.unwrap();
    }

    async fn reconcile(&self) -> Value {
        let answer = ltv_preprocess::handler(json!({"action": "reconcile"}), &self.lake).await.unwrap();
        assert_eq!(answer["done"], json!(true), "{answer}");
        answer
    }
}

#[tokio::test]
async fn an_upload_is_read_under_every_key_that_s3_allows() {
    let bundle = Bundle::start().await;
    let longest = format!("transactions/{}", "k".repeat(1024 - "transactions/".len()));
    let keys =
        ["transactions/a b+c%20d.csv", "transactions/你好/😊.csv", "transactions//x.csv", "no-folder.csv", &longest];
    for key in keys {
        // Rows without an id are never merged, so that every upload adds its own.
        let answer = bundle.upload(key, ORDERS.replace("order_id", "note")).await;
        assert_eq!(answer["uploads"][0]["kept"], json!(2), "{key}: {answer}");
    }
    assert_eq!(bundle.rows(Table::Transactions).await, (10, 15_000_000));
}

#[tokio::test]
async fn empty_objects_are_a_report_and_folders_are_no_uploads() {
    let bundle = Bundle::start().await;
    let empty = bundle.upload("transactions/empty.csv", "").await;
    assert_eq!(empty["uploads"][0]["unreadable"], json!("The file is empty."));
    let folder = bundle.upload("transactions/", "").await;
    assert_eq!(folder["uploads"][0]["outcome"], json!("folder"));
    assert_eq!(bundle.reconcile().await["ingested"], json!([]));
    assert_eq!(bundle.rows(Table::Transactions).await, (0, 0));
}

fn till(version: u32, column: &str) -> String {
    json!({
        "name": "till", "version": version, "title": "Receipts of our till", "table": "transactions",
        "columns": {"customer_id": ["Card"], "occurred_at": ["When"], "amount": [column]},
        "required": [["customer_id"], ["occurred_at"], ["amount"]],
    })
    .to_string()
}

#[tokio::test]
async fn an_adapter_in_the_lake_reads_what_nobody_knew_and_its_next_version_reads_it_again() {
    let bundle = Bundle::start().await;
    let receipts = "Card,When,Gross,Net\nc1,2026-01-02,1.19,1.00\n";
    let unknown = bundle.upload("till/january.csv", receipts).await;
    assert!(unknown["uploads"][0]["unreadable"].is_string(), "{unknown}");
    bundle.put_in_lake("adapters/till.json", &till(1, "Gross")).await;
    bundle.put_in_lake("adapters/broken.json", "{").await;
    bundle.reconcile().await;
    assert_eq!(bundle.rows(Table::Transactions).await, (1, 1_190_000));
    let known = bundle.lake.adapters().await.unwrap();
    assert_eq!(known.known()[0].key.as_deref(), Some("adapters/till.json"));
    assert_eq!(known.refused[0].key, "adapters/broken.json");
    bundle.put_in_lake("adapters/till.json", &till(2, "Net")).await;
    bundle.reconcile().await;
    assert_eq!(bundle.rows(Table::Transactions).await, (1, 1_000_000));
    assert_eq!(bundle.reconcile().await["ingested"], json!([]));
    // An edit counts, too; and without it nobody knows the file.
    bundle.put_in_lake("adapters/till.json", &till(2, "Gross")).await;
    bundle.reconcile().await;
    assert_eq!(bundle.rows(Table::Transactions).await, (1, 1_190_000));
    bundle.put_in_lake("adapters/till.json", "{\"name\":").await;
    bundle.reconcile().await;
    assert_eq!(bundle.rows(Table::Transactions).await, (0, 0));
    assert_eq!(bundle.reconcile().await["ingested"], json!([]));
}

#[tokio::test]
async fn amounts_in_another_currency_wait_for_the_rate_of_their_day() {
    let bundle = Bundle::start().await;
    let orders =
        "order_id,customer_id,order_date,amount,currency\no1,c1,2026-01-02,1.00,EUR\no2,c2,2026-01-03,2.00,USD\n";
    let alone = bundle.upload("transactions/orders.csv", orders).await;
    assert_eq!((&alone["uploads"][0]["kept"], &alone["uploads"][0]["rejected"]), (&json!(1), &json!(1)), "{alone}");
    bundle.upload("rates/2026.csv", "date,base,quote,rate\n2026-01-01,USD,EUR,0.85\n").await;
    bundle.reconcile().await;
    assert_eq!(bundle.rows(Table::Transactions).await, (2, 1_000_000 + 1_700_000));
    assert_eq!(bundle.reconcile().await["ingested"], json!([]));
}
