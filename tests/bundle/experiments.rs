//! Experiments as uploads: what they found calibrates the curves of the next training.
use super::Bundle;
use serde_json::{Value, json};
use std::fmt::Write;

const WEEKS: i32 = 80;
/// A Monday.
const FIRST: jiff::civil::Date = jiff::civil::date(2024, 1, 1);
/// The weeks of the experiment on `search`, and by how much it raised spend in each.
const TESTED: std::ops::Range<i32> = 40..44;
const RAISED: f64 = 600.0;

/// A number in 0..1 by a multiplicative hash.
fn chance(week: i32, what: u32) -> f64 {
    f64::from((week as u32 + 17).wrapping_mul(2_654_435_761).rotate_left(what) % 1_000) / 1_000.0
}

fn spend(week: i32) -> [f64; 2] {
    let raised = if TESTED.contains(&week) { RAISED } else { 0.0 };
    [1_000.0 * (0.5 + chance(week, 3)) + raised, 700.0 * (0.5 + chance(week, 11))]
}

fn search_brings(spend: f64) -> f64 {
    6_000.0 * spend / (spend + 900.0)
}

/// Spend of two channels and revenue by week, of no customers.
fn media() -> (String, String) {
    let (mut spends, mut revenue) = ("date,channel,spend\n".to_owned(), "date,name,value\n".to_owned());
    for week in 0..WEEKS {
        let day = FIRST + jiff::Span::new().days(7 * week);
        let [search, social] = spend(week);
        let _ = writeln!(spends, "{day},search,{search:.2}\n{day},social,{social:.2}");
        let brought = 4_000.0 + search_brings(search) + 2_000.0 * social / (social + 700.0);
        let _ = writeln!(revenue, "{day},revenue,{:.2}", brought * (0.9 + 0.2 * chance(week, 19)));
    }
    (spends, revenue)
}

fn lift_tests() -> String {
    let found: f64 = TESTED.map(|week| search_brings(spend(week)[0]) - search_brings(spend(week)[0] - RAISED)).sum();
    let change = RAISED * f64::from(TESTED.end - TESTED.start);
    format!(
        "channel,start,end,spend_change,incremental_customers,incremental_revenue,standard_error\n\
         Search,2024-10-07,2024-11-03,{change},,{found:.2},150\n\
         Radio,2024-10-07,2024-11-03,500,,400,100\n\
         Social,2024-10-07,2024-11-03,500,12,,4\n"
    )
}

fn figures<'a>(training: &'a Value, channel: &str) -> &'a Value {
    let channels = training["channels"].as_array().unwrap();
    channels.iter().find(|figures| figures["channel"] == channel).unwrap()
}

fn width(roas: &Value) -> f64 {
    roas["high"].as_f64().unwrap() - roas["low"].as_f64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uploaded_experiment_calibrates_the_curve_of_its_channel_and_one_that_cannot_be_used_says_why() {
    let bundle = Bundle::start().await;
    let (spends, revenue) = media();
    bundle.upload("spend/media.csv", spends).await;
    bundle.upload("indicators/revenue.csv", revenue).await;
    let before = bundle.train(json!({})).await.unwrap();
    let search = figures(&before.training, "search");
    assert!(search["marginal_roas"].is_object() && search["incremental_roas"].is_null(), "{search}");
    let again = bundle.train(json!({"action": "score"})).await.unwrap();
    assert!(again.reason.unwrap().contains("stays live"), "an unchanged media table is not learned from again");

    let report = bundle.upload("lift_tests/2024.csv", lift_tests()).await;
    assert_eq!(bundle.rows_of(ltv_core::table::Table::LiftTests).await, 3, "{report}");
    // The daily run finds new data, and learns from them.
    let after = bundle.train(json!({"action": "score"})).await.unwrap();
    let calibrated = figures(&after.training, "search");
    assert_eq!(calibrated["incremental_roas"], calibrated["marginal_roas"], "{calibrated}");
    assert!(width(&calibrated["marginal_roas"]) < 0.8 * width(&search["marginal_roas"]), "{search} {calibrated}");
    assert!(figures(&after.training, "social")["incremental_roas"].is_null());
    let mut unused: Vec<(String, Value)> = after.budget["lift_tests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|test| (test["channel"].as_str().unwrap().to_owned(), test["unused"].clone()))
        .collect();
    unused.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(
        unused,
        [
            ("radio".to_owned(), json!("no ad spend of this channel is known")),
            ("search".to_owned(), Value::Null),
            ("social".to_owned(), json!("customers cannot be told in what the curves predict")),
        ]
    );
    let (status, advice) = bundle.server().post("/budget", r#"{"pace": "week", "periods": 8}"#).await;
    assert_eq!((status, advice["periods"].as_array().map(Vec::len)), (200, Some(8)), "{advice}");
}
