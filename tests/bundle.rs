//! The bundle as deployed, over the embedded S3: uploads through the S3 protocol, events to the handlers, and what the
//! lake then holds. Every test has a lake of its own.
use aws_sdk_s3::primitives::ByteStream;
use ltv_core::account::Account;
use ltv_core::table::Table;
use ltv_lake::config::Config;
use ltv_lake::{Lake, client};
use ltv_local::s3::{ACCESS_KEY, SECRET_KEY};
use ltv_tests::Embedded;
use ltv_train::{Answer, Context, Silent, TrainError};
use serde_json::{Value, json};
use std::sync::Arc;

mod business;
mod convergence;
mod erasure;
mod experiments;
mod intake;
mod kept;
mod scheduled;
mod serving;
mod signals;
mod track;
mod training;

const UPLOADS: &str = "uploads";
const LAKE: &str = "lake";

/// A lake over an embedded S3 of its own.
struct Bundle {
    embedded: Embedded,
    lake: Lake,
}

impl Bundle {
    async fn start() -> Bundle {
        let embedded = Embedded::start(&[UPLOADS, LAKE]).await;
        let config =
            Config { uploads_bucket: UPLOADS.to_owned(), lake_bucket: LAKE.to_owned(), account: Account::default() };
        let lake = Lake::new(&config, client::local(&embedded.server.endpoint(), ACCESS_KEY, SECRET_KEY));
        Bundle { embedded, lake }
    }

    /// Puts an upload, without any event.
    async fn put(&self, key: &str, body: impl Into<Vec<u8>>) {
        let body = ByteStream::from(body.into());
        self.embedded.client.put_object().bucket(UPLOADS).key(key).body(body).send().await.unwrap();
    }

    async fn delete(&self, key: &str) {
        self.embedded.client.delete_object().bucket(UPLOADS).key(key).send().await.unwrap();
    }

    /// Hands the preprocess function the event that EventBridge sends for `key`.
    async fn event(&self, what: &str, key: &str) -> Value {
        let event = json!({
            "version": "0", "id": "1", "detail-type": what, "source": "aws.s3", "account": "123456789012",
            "time": "2026-01-01T00:00:00Z", "region": "us-east-1", "resources": [],
            "detail": {"version": "0", "bucket": {"name": UPLOADS}, "object": {"key": key, "size": 1}},
        });
        ltv_preprocess::handler(event, &self.lake).await.unwrap()
    }

    /// An upload and its event.
    async fn upload(&self, key: &str, body: impl Into<Vec<u8>>) -> Value {
        self.put(key, body).await;
        self.event("Object Created", key).await
    }

    async fn train(&self, event: Value) -> Result<Answer, TrainError> {
        let context = Context { request_id: "tests".to_owned(), deadline: None, progress: Arc::new(Silent) };
        ltv_train::handler(event, &self.lake, context).await
    }

    /// How many rows of `table` a training would read now.
    async fn rows_of(&self, table: Table) -> usize {
        let snapshot = self.lake.snapshot(jiff::Timestamp::now()).await.unwrap();
        let merged = self.lake.open_table(&snapshot, table).await.unwrap().merged().unwrap();
        merged.batches.iter().map(arrow::array::RecordBatch::num_rows).sum()
    }

    /// Rows of `table` as a training would read them now: how many, and the transactions' net amount in millionths.
    async fn rows(&self, table: Table) -> (usize, i128) {
        let snapshot = self.lake.snapshot(jiff::Timestamp::now()).await.unwrap();
        let parts = self.lake.open_table(&snapshot, table).await.unwrap();
        let merged = parts.merged().unwrap();
        let money = merged.batches.iter().filter_map(|batch| batch.column_by_name("amount").cloned());
        let money = money.flat_map(|column| {
            let column = arrow::array::AsArray::as_primitive::<arrow::datatypes::Decimal128Type>(&column).clone();
            column.values().to_vec()
        });
        (merged.batches.iter().map(arrow::array::RecordBatch::num_rows).sum(), money.sum())
    }

    /// Keys under a prefix of the lake.
    async fn keys(&self, prefix: &str) -> Vec<String> {
        let listed = self.embedded.client.list_objects_v2().bucket(LAKE).prefix(prefix).send().await.unwrap();
        listed.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
    }

    async fn bytes(&self, key: &str) -> Vec<u8> {
        let got = self.embedded.client.get_object().bucket(LAKE).key(key).send().await.unwrap();
        got.body.collect().await.unwrap().to_vec()
    }
}
