//! Uploaded series, from the upload to the prediction of one customer.
use super::Bundle;
use super::serving::Server;
use super::track::{CUTOFF, Order, csv, orders, within};
use ltv_lake::layout::Served;
use serde_json::{Value, json};
use std::fmt::Write;

/// The value of a week.
fn of_week(week: i64) -> f64 {
    (week * 5 % 31) as f64 + 0.5
}

/// A value for each week, published three days after the day it is of.
fn mood() -> String {
    let head = "date,name,value,published_at\n".to_owned();
    (0..CUTOFF / 7).fold(head, |mut file, week| {
        let date = jiff::civil::date(2025, 1, 1) + jiff::Span::new().days(week * 7);
        let published = date + jiff::Span::new().days(3);
        let _ = writeln!(file, "{date},mood,{},{published}", of_week(week));
        file
    })
}

/// A customer as everyone was scored, whose own orders are predicted as that was, though the request holds no series.
async fn alike(server: &Server, orders: &[Order], customer: u64) -> Value {
    let of_customer = orders.iter().filter(|(other, ..)| *other == customer);
    let orders: Vec<Value> = of_customer
        .map(|(_, day, cents)| {
            let date = jiff::civil::date(2025, 1, 1) + jiff::Span::new().days(*day);
            json!({"customer_id": format!("c{customer}"), "occurred_at": date, "amount": *cents as f64 / 100.0})
        })
        .collect();
    let (status, answer) =
        server.post("/predict", json!({"transactions": orders, "as_of": "2025-07-20"}).to_string()).await;
    assert_eq!(status, 200, "{answer}");
    let stored = server.get(&format!("/customers/c{customer}")).await.1;
    assert_eq!(answer["customers"][0]["predicted_spend"], stored["predicted_spend"], "{stored}");
    stored
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

    let trained = alike(&server, &all, 17).await;
    let known = |stored: &Value| stored["features"]["indicator:mood"].as_f64().unwrap();
    // the latest week published before day 200: week 28 is of day 196, published on day 199, but the file ends before it
    assert!((known(&trained) - of_week(27)).abs() < 1e-6, "{trained}");

    // A value that is published meanwhile is seen by the next scoring, and so by requests: also in a warm server.
    bundle.upload("indicators/later.csv", "date,name,value,published_at\n2025-07-18,mood,77.5,2025-07-19\n").await;
    bundle.train(json!({"action": "score"})).await.unwrap();
    for customer in [17, 40, 101, 150] {
        let scored = alike(&server, &all, customer).await;
        assert!((known(&scored) - 77.5).abs() < 1e-6, "{scored}");
    }
    let run = bundle.lake.pointer().await.unwrap().unwrap().value.live.run;
    let served: Value = bundle.lake.served(&run, Served::Signals).await.unwrap().unwrap();
    let latest = served[0]["values"].as_array().unwrap().last().unwrap();
    assert_eq!((&served[0]["name"], &latest["value"]), (&json!("mood"), &json!(77.5)), "{served}");

    // The next training, for which a scoring in between is none, says that no cutoff of the last one saw the like.
    bundle.train(json!({"action": "train", "horizon_days": 10})).await.unwrap();
    let newest = &server.get("/model").await.1["newest_training"];
    let moved = &newest["drift"]["series"][0];
    assert_eq!((&moved["name"], &moved["now"]), (&json!("indicator:mood"), &json!(77.5)), "{newest}");
    let range = (moved["lowest"].as_f64().unwrap(), moved["highest"].as_f64().unwrap());
    assert!(range.0 >= 0.5 && range.1 <= 30.5 && moved["standardised"].as_f64().unwrap() > 3.0, "{moved}");
    assert!(newest["caveats"].to_string().contains("indicator:mood is 77.5 ("), "{newest}");
    let features = newest["drift"]["features"].as_array().unwrap();
    assert!(features.iter().all(|shift| shift["name"] != "indicator:mood"), "it is the same for everyone");
}
