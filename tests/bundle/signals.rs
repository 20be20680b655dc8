//! Uploaded series, from the upload to the prediction of one customer.
use super::Bundle;
use super::track::{CUTOFF, csv, orders, within};
use serde_json::{Value, json};
use std::fmt::Write;

/// A value for each week, published three days after the day it is of.
fn mood() -> String {
    let head = "date,name,value,published_at\n".to_owned();
    (0..CUTOFF / 7).fold(head, |mut file, week| {
        let date = jiff::civil::date(2025, 1, 1) + jiff::Span::new().days(week * 7);
        let published = date + jiff::Span::new().days(3);
        let _ = writeln!(file, "{date},mood,{}.5,{published}", week * 5 % 31);
        file
    })
}

fn names(card: &Value) -> Vec<&str> {
    card["features"].as_array().unwrap().iter().filter_map(|feature| feature["name"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uploaded_series_enters_the_model_where_history_allows_and_is_reported_where_not() {
    let (bundle, all) = (Bundle::start().await, within(&orders(), 0..=CUTOFF));
    bundle.upload("transactions/a.csv", csv(&all)).await;
    bundle.upload("indicators/mood.csv", mood()).await;
    let server = bundle.server();

    // 200 days hold six horizons of thirty: three windows that do not overlap are too few.
    bundle.train(json!({"action": "train", "horizon_days": 30})).await.unwrap();
    let card = server.get("/model").await.1;
    assert!(!names(&card).contains(&"indicator:mood"));
    assert_eq!(card["signals"]["series"][0]["columns"], json!([]), "{}", card["signals"]);
    let caveats = card["caveats"].to_string();
    assert!(caveats.contains("not used: mood; of ") && caveats.contains("training cutoffs"), "{caveats}");

    // They hold twenty of ten days.
    bundle.train(json!({"action": "train", "horizon_days": 10})).await.unwrap();
    let card = server.get("/model").await.1;
    assert_eq!(card["signals"]["series"][0]["columns"], json!(["indicator:mood"]), "{}", card["signals"]);
    assert_eq!(card["availability"]["features"], names(&card).len(), "the audit looked at it too");
    assert!(names(&card).contains(&"indicator:mood") && !card["caveats"].to_string().contains("not used"));
    assert!(card["splits"]["deployment_training"].as_array().unwrap().len() > 7);

    // One customer's own orders are predicted as everyone's were, though the request holds no series.
    let of_customer = all.iter().filter(|(customer, ..)| *customer == 17);
    let orders: Vec<Value> = of_customer
        .map(|(_, day, cents)| {
            let date = jiff::civil::date(2025, 1, 1) + jiff::Span::new().days(*day);
            json!({"customer_id": "c17", "occurred_at": date, "amount": *cents as f64 / 100.0})
        })
        .collect();
    let (status, answer) =
        server.post("/predict", json!({"transactions": orders, "as_of": "2025-07-20"}).to_string()).await;
    assert_eq!(status, 200, "{answer}");
    let stored = server.get("/customers/c17").await.1;
    assert_eq!(answer["customers"][0]["predicted_spend"], stored["predicted_spend"], "{stored}");
    let known = stored["features"]["indicator:mood"].as_f64().unwrap();
    // the latest week published before day 200: week 28 is of day 196, published on day 199, but the file ends before it
    assert!((known - f64::from(27 * 5 % 31) - 0.5).abs() < 1e-6, "{known}");
}
