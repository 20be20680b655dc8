//! Realised against predicted: a business is scored, time goes on, and every run knows how the earlier scorings did.
use super::{Bundle, LAKE};
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Float64Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The first scoring's cutoff is the day of the last order that it knows, counted from 2025-01-01.
pub(super) const CUTOFF: i64 = 200;
pub(super) const HORIZON: i64 = 30;

/// An order: customer, day counted from 2025-01-01, amount in cents.
pub(super) type Order = (u64, i64, i64);

/// Customers who come at any time and buy at their own rate: a multiplicative hash stands for chance.
pub(super) fn orders() -> Vec<Order> {
    let chance = |n: u64, of: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23) % of;
    let mut orders = Vec::new();
    for customer in 0..260_u64 {
        let mut day = chance(customer, 190) as i64;
        let gap = 5 + chance(customer + 1_000, 40);
        for line in 0..40 {
            orders.push((customer, day, 500 + chance(customer * 64 + line, 4_000) as i64));
            day += 1 + chance(customer * 64 + line + 7, 2 * gap) as i64;
        }
    }
    // Somebody buys on every day that ends a file, so that the history does end there.
    orders.extend([(260, CUTOFF, 100), (260, CUTOFF + HORIZON, 100)]);
    orders
}

pub(super) fn csv(orders: &[Order]) -> String {
    let head = "order_id,customer_id,order_date,amount\n".to_owned();
    orders.iter().enumerate().fold(head, |mut file, (number, (customer, day, cents))| {
        let date = jiff::civil::date(2025, 1, 1) + jiff::Span::new().days(*day);
        let _ = writeln!(file, "{day}-{number},c{customer},{date},{}.{:02}", cents / 100, cents % 100);
        file
    })
}

pub(super) fn within(orders: &[Order], days: std::ops::RangeInclusive<i64>) -> Vec<Order> {
    orders.iter().filter(|(_, day, _)| days.contains(day)).copied().collect()
}

/// `customer_id` and `predicted_spend` of a file of predictions.
async fn predictions(bundle: &Bundle, key: &str) -> Vec<(String, f64)> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bundle.bytes(key).await)).unwrap();
    let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
    let of_batch = |batch: &RecordBatch| -> Vec<(String, f64)> {
        let ids = batch.column_by_name("customer_id").unwrap().as_string::<i32>().clone();
        let spend = batch.column_by_name("predicted_spend").unwrap().as_primitive::<Float64Type>().clone();
        ids.iter().flatten().map(str::to_owned).zip(spend.values().to_vec()).collect()
    };
    batches.iter().flat_map(of_batch).collect()
}

fn close(found: &Value, expected: f64) {
    assert!((found.as_f64().unwrap() - expected).abs() < 1e-6 * expected.abs().max(1.0), "{found} is not {expected}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scoring_is_held_against_what_customers_did_once_its_horizon_has_passed() {
    let (bundle, all) = (Bundle::start().await, orders());
    bundle.upload("transactions/a.csv", csv(&within(&all, 0..=CUTOFF))).await;
    let train = json!({"action": "train", "horizon_days": HORIZON, "force": true});
    let first = bundle.train(train.clone()).await.unwrap();
    let scored = predictions(&bundle, &first.predictions.unwrap().key.unwrap()).await;
    let score = json!({"action": "score"});
    bundle.train(score.clone()).await.unwrap();
    let server = bundle.server();
    let record = server.get("/model").await.1["track_record"].clone();
    assert_eq!((&record["scorings"], record["runs"].as_array().unwrap().len()), (&json!([]), 2), "{record}");

    // A day short of the horizon nothing is judged; once the last day has passed the latest of both scorings is.
    let mut later = within(&all, CUTOFF + 1..=CUTOFF + HORIZON - 1);
    bundle.upload("transactions/b.csv", csv(&later)).await;
    bundle.train(score.clone()).await.unwrap();
    assert_eq!(server.get("/model").await.1["track_record"]["scorings"], json!([]));
    bundle.upload("transactions/c.csv", csv(&within(&all, CUTOFF + HORIZON..=CUTOFF + HORIZON))).await;
    bundle.train(score.clone()).await.unwrap();
    let record = server.get("/model").await.1["track_record"].clone();
    let line = &record["scorings"][0];
    assert_eq!(record["scorings"].as_array().unwrap().len(), 1, "{record}");
    assert_eq!(line["customers"], scored.len());

    // Recomputed from the file of predictions and the orders.
    later.extend(within(&all, CUTOFF..=CUTOFF));
    let mut spent: BTreeMap<String, f64> = BTreeMap::new();
    for (customer, _, cents) in &later {
        *spent.entry(format!("c{customer}")).or_default() += *cents as f64 / 100.0;
    }
    let actual: Vec<f64> = scored.iter().map(|(customer, _)| spent.get(customer).copied().unwrap_or(0.0)).collect();
    close(&line["predicted"], scored.iter().map(|(_, predicted)| predicted).sum());
    close(&line["realised"], actual.iter().sum());
    close(&line["metrics"]["sum_ratio"], line["predicted"].as_f64().unwrap() / line["realised"].as_f64().unwrap());
    let off: f64 = scored.iter().zip(&actual).map(|((_, predicted), actual)| (predicted - actual).abs()).sum();
    close(&line["metrics"]["mae"], off / scored.len() as f64);
    assert!(line["metrics"]["gini"].as_f64().unwrap() > 0.2, "{line}");
    assert!((0.5..=1.0).contains(&line["inside"].as_f64().unwrap()), "{line}");

    // The next training has it in its card and on its page; with all of it forgotten it is found again.
    for key in bundle.keys("served/").await.into_iter().filter(|key| key.ends_with("track.json")) {
        bundle.embedded.client.delete_object().bucket(LAKE).key(key).send().await.unwrap();
    }
    let model = bundle.train(train).await.unwrap().training["model_id"].as_str().unwrap().to_owned();
    let card: Value = serde_json::from_slice(&bundle.bytes(&format!("models/{model}/card.json")).await).unwrap();
    assert_eq!(card["track_record"]["scorings"], record["scorings"]);
    let page = String::from_utf8(bundle.bytes(&format!("models/{model}/report.html")).await).unwrap();
    assert!(page.contains("What past scorings came to"));

    // Money that goes back inside the window, told of later, counts.
    let refund = "order_id,customer_id,order_date,amount\nr,c7,2025-08-01,-12.50\n";
    bundle.upload("transactions/d.csv", refund).await;
    bundle.train(score).await.unwrap();
    let line_after = server.get("/model").await.1["track_record"]["scorings"][0].clone();
    close(&line_after["realised"], line["realised"].as_f64().unwrap() - 12.5);
    assert_eq!(line_after["predicted"], line["predicted"]);
}
