//! Bodies of `POST /predict`, good and bad.
use crate::BODY_LIMIT;
use crate::testing::{Answer, CUTOFF, ask, body_of, post, problem, purchases, trained};
use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

/// The answer to a body.
async fn answer(body: &Value) -> Answer {
    let (_, lake) = trained().await;
    post(lake, &body.to_string()).await
}

/// The one fault found in `rows`.
async fn fault(rows: Value) -> Value {
    let answer = answer(&json!({"transactions": rows})).await;
    problem(&answer, 422, "invalid-request");
    let errors = answer.json["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors[0].clone()
}

fn row(customer: &str) -> Value {
    json!({"customer_id": customer, "occurred_at": "2024-09-01", "amount": 5})
}

fn row_with(field: &str, value: Value) -> Value {
    let mut row = row("ann");
    row[field] = value;
    row
}

#[tokio::test]
async fn a_value_that_cannot_be_worked_with_is_named_with_its_customer_and_its_place() {
    for (field, value, says) in [
        ("occurred_at", json!("01.09.2024"), "is no date or time"),
        ("occurred_at", json!("2024-02-30"), "is no date or time"),
        ("occurred_at", json!("2999-01-01"), "lies in the future"),
        ("occurred_at", json!("1066-10-14"), "before the year 1900"),
        ("amount", json!("12,50"), "no decimal"),
        ("amount", json!(1e300), "no decimal"),
        ("amount", json!("twelve"), "no decimal"),
        ("currency", json!("€"), "no currency code"),
        ("currency", json!("USD"), "the model knows EUR"),
    ] {
        let fault = fault(json!([row("bob"), row_with(field, value.clone())])).await;
        assert_eq!(fault["pointer"], format!("/transactions/1/{field}"));
        assert_eq!((&fault["customer_id"], &fault["transaction"], &fault["value"]), (&json!("ann"), &json!(1), &value));
        let detail = fault["detail"].as_str().unwrap();
        assert!(detail.starts_with("Transaction 1 of customer \"ann\": ") && detail.contains(says), "{detail}");
    }
}

#[tokio::test]
async fn a_value_of_another_type_is_named_with_its_customer_and_its_place() {
    for (field, value) in [
        ("amount", json!(true)),
        ("amount", json!(null)),
        ("kind", json!("gift")),
        ("quantity", json!("two")),
        ("occurred_at", json!(20_240_901)),
        ("customer_id", json!(1.5)),
    ] {
        let fault = fault(json!([row("bob"), row_with(field, value.clone())])).await;
        assert_eq!(fault["transaction"], 1, "{fault}");
        assert_eq!(fault["value"], value);
        assert_eq!(fault["pointer"], format!("/transactions/1/{field}"));
        assert_eq!(fault["customer_id"], if field == "customer_id" { json!("1.5") } else { json!("ann") });
    }
    let fault = fault(json!([row_with("amout", json!(3))])).await;
    assert!(fault["detail"].as_str().unwrap().contains("unknown field `amout`, expected one of"), "{fault}");
}

#[tokio::test]
async fn all_faults_are_told_at_once_up_to_a_limit() {
    let rows: Vec<Value> = (0..70).map(|_| row_with("amount", json!("x"))).collect();
    let answer = answer(&json!({"transactions": rows})).await;
    let detail = problem(&answer, 422, "invalid-request");
    assert!(detail.starts_with("70 things are wrong"), "{detail}");
    assert_eq!(answer.json["errors"].as_array().unwrap().len(), 50);
}

#[tokio::test]
async fn what_is_no_json_is_told_with_line_and_column() {
    let (_, lake) = trained().await;
    for (body, says) in [
        ("{\"transactions\": [\n  {\"customer_id\": 1,}\n]}", "line 2, column 21"),
        ("{\"transactions\": [", "line 1, column 18"),
        ("{} {}", "line 1, column 4"),
        ("", "is empty"),
        (" \n", "is empty"),
    ] {
        let detail = problem(&post(lake.clone(), body).await, 400, "malformed-json");
        assert!(detail.contains(says), "{detail}");
    }
    problem(&post(lake, "[1]").await, 422, "invalid-request");
}

#[tokio::test]
async fn a_body_of_another_type_or_size_is_refused() {
    let (_, lake) = trained().await;
    let router = crate::router(lake.clone());
    for kind in [None, Some("text/csv"), Some("application/x-www-form-urlencoded")] {
        let mut request = Request::post("/predict").body(Body::from(body_of(&purchases()).to_string())).unwrap();
        if let Some(kind) = kind {
            request.headers_mut().insert("content-type", kind.parse().unwrap());
        }
        problem(&ask(&router, request).await, 415, "not-json");
    }
    let mut padded = body_of(&purchases()[..1]).to_string();
    padded.push_str(&" ".repeat(BODY_LIMIT - padded.len()));
    assert_eq!(post(lake.clone(), &padded).await.status, 200, "4 MB are taken");
    padded.push(' ');
    let detail = problem(&post(lake, &padded).await, 413, "too-large");
    assert!(detail.contains("4 MB"), "{detail}");
}

#[tokio::test]
async fn the_day_to_predict_from_is_the_models_or_behind_the_last_transaction_or_as_asked() {
    let at = |day: i32| (CUTOFF + day).to_string();
    let customer =
        |days: &[i32]| -> Vec<Value> { days.iter().map(|day| row_with("occurred_at", json!(at(*day)))).collect() };
    let early = answer(&json!({"transactions": customer(&[-90, -40])})).await.json;
    assert_eq!(early["cutoff"], at(0));
    let later = answer(&json!({"transactions": customer(&[-90, 5])})).await.json;
    assert_eq!((&later["cutoff"], &later["customers"][0]["orders"]), (&json!(at(6)), &json!(2)));
    let asked = answer(&json!({"transactions": customer(&[-90, 5]), "as_of": at(5)})).await.json;
    assert_eq!((&asked["cutoff"], &asked["customers"][0]["orders"]), (&json!(at(5)), &json!(1)));
    assert_eq!(asked["customers"][0]["transactions_behind_cutoff"], 1);
    for (as_of, says) in [(at(-1), "before"), ("2999-01-01".to_owned(), "future"), ("soon".to_owned(), "no date")] {
        let answer = answer(&json!({"transactions": customer(&[-90]), "as_of": as_of})).await;
        let detail = problem(&answer, 422, "invalid-request");
        assert!(detail.contains(says), "{detail}");
        assert_eq!(answer.json["errors"][0]["pointer"], "/as_of");
    }
}

#[tokio::test]
async fn nobody_to_predict_is_said_and_who_was_acquired_without_an_order_is_cold() {
    let empty = answer(&json!({})).await;
    assert!(problem(&empty, 422, "invalid-request").contains("nobody"));
    let unknown = answer(&json!({"customers": [{"customer_id": "ann"}]})).await;
    assert!(problem(&unknown, 422, "invalid-request").contains("\"ann\" has neither a transaction nor an acquired_at"));
    let known =
        json!({"customer_id": 12, "acquired_at": "2024-09-01", "acquisition_channel": "Email", "country": "DE"});
    let cold = answer(&json!({"customers": [known]})).await.json;
    let cold = &cold["customers"][0];
    assert_eq!((&cold["customer_id"], &cold["cold"], &cold["orders"]), (&json!("12"), &json!(true), &json!(0)));
    assert_eq!(cold["predicted_spend"], 1.0, "what those who never bought spend");
}

#[tokio::test]
async fn what_is_given_back_is_subtracted_however_it_is_written() {
    let rows = |refund: Value| json!({"transactions": [row_with("amount", json!("20.10")), refund]});
    let mut spent = Vec::new();
    for (amount, kind) in [
        (json!(-5), None),
        (json!(-5.0), Some("refund")),
        (json!("5.00"), Some("refund")),
        (json!(5), Some("cancellation")),
    ] {
        let mut refund = row_with("amount", amount);
        refund["occurred_at"] = json!("2024-09-02T10:00:00+02:00");
        if let Some(kind) = kind {
            refund["kind"] = json!(kind);
        }
        spent.push(answer(&rows(refund)).await.json["customers"][0]["spend_to_date"].clone());
    }
    assert_eq!(spent, vec![json!(15.1); 4]);
    let mut order = row_with("amount", json!(-5));
    order["kind"] = json!("order");
    assert!(fault(json!([order])).await["detail"].as_str().unwrap().contains("cannot be negative"));
}
