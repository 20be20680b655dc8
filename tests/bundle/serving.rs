//! The API over a lake in S3: what a running server answers while models are replaced under it, and to bodies that are
//! not what it asks for.
use super::Bundle;
use axum::Router;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use ltv_predict::{BODY_LIMIT, State};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tower::ServiceExt;

/// A warm server that looks at the pointer before every answer.
pub(super) struct Server(Router);

impl Bundle {
    /// A server of this lake.
    pub(super) fn server(&self) -> Server {
        Server(ltv_predict::router(State::refreshing_after(self.lake.clone(), Duration::ZERO)))
    }
}

impl Server {
    async fn ask(&self, request: Request<Body>) -> (u16, Value) {
        let answer = self.0.clone().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Status and body of a GET.
    pub(super) async fn get(&self, path: &str) -> (u16, Value) {
        self.ask(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Status and body of a POST of JSON.
    pub(super) async fn post(&self, path: &str, body: impl Into<Body>) -> (u16, Value) {
        self.ask(Request::post(path).header("content-type", "application/json").body(body.into()).unwrap()).await
    }
}

fn one_customer() -> String {
    json!({"transactions": [
        {"customer_id": "c", "occurred_at": "2025-03-01", "amount": 20.5},
        {"customer_id": "c", "occurred_at": "2025-04-11", "amount": 31},
    ]})
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_replaced_under_a_running_server_answers_from_then_on_and_no_request_fails() {
    let bundle = Bundle::with_business(300, 8).await;
    let train = json!({"action": "train", "horizon_days": 30, "force": true});
    let first = bundle.train(train.clone()).await.unwrap().training["model_id"].clone();
    let server = bundle.server();

    let training = tokio::spawn({
        let lake = bundle.lake.clone();
        async move {
            let progress = std::sync::Arc::new(ltv_train::Silent);
            let context = ltv_train::Context { request_id: "second".to_owned(), deadline: None, progress };
            ltv_train::handler(train, &lake, context).await.unwrap().training["model_id"].clone()
        }
    });
    let (mut answered, mut seen) = (0, BTreeSet::new());
    while !training.is_finished() {
        let (status, prediction) = server.post("/predict", one_customer()).await;
        assert_eq!(status, 200, "{prediction}");
        seen.insert(prediction["model_id"].as_str().unwrap().to_owned());
        assert_eq!(server.get("/segments").await.0, 200);
        answered += 1;
    }
    let second = training.await.unwrap();
    assert_ne!(first, second, "a training with a champion is another than the one without");
    assert!(answered > 1 && seen.contains(first.as_str().unwrap()), "{answered} answers by {seen:?}");
    for path in ["/segments", "/channels"] {
        assert_eq!(server.get(path).await.0, 200);
    }
    let card = server.get("/model").await.1;
    assert_eq!(card["drift"]["since"], card["splits"]["end"], "the same days again: {card}");
    let moved = card["drift"]["features"].as_array().unwrap();
    assert!(moved.len() > 50 && moved.iter().all(|shift| shift["psi"].as_f64().unwrap() < 1e-9), "{moved:?}");
    let live = bundle.lake.pointer().await.unwrap().unwrap().value.live.model.to_string();
    assert_eq!(server.post("/predict", one_customer()).await.1["model_id"], json!(live));

    // Back, scored again, and forth: whichever model is live, the newest training is told of.
    assert_eq!(card["newest_training"]["model_id"], second);
    for (action, model) in [("rollback", &first), ("score", &first), ("rollback", &second)] {
        bundle.train(json!({"action": action})).await.unwrap();
        assert_eq!(&server.post("/predict", one_customer()).await.1["model_id"], model, "{action}");
        let now = server.get("/model").await.1;
        assert_eq!((&now["model_id"], &now["newest_training"]), (model, &card["newest_training"]), "{action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_body_is_answered_with_a_problem_that_says_where_and_the_server_goes_on() {
    let bundle = Bundle::with_business(200, 8).await;
    bundle.train(json!({"action": "train", "horizon_days": 30, "trials": 100})).await.unwrap();
    let server = bundle.server();
    let purchase = |customer: &str, day: &str, amount: &str| {
        format!(r#"{{"transactions": [{{"customer_id": {customer}, "occurred_at": {day}, "amount": {amount}}}]}}"#)
    };
    let day = r#""2025-03-01""#;
    for (body, status, said) in [
        (String::new(), 400, ""),
        ("orders".to_owned(), 400, ""),
        (r#"{"transactions": ["#.to_owned(), 400, ""),
        ("[]".to_owned(), 422, ""),
        (r#"{"transactions": []}"#.to_owned(), 422, "transaction"),
        (r#"{"transactions": 5}"#.to_owned(), 422, "transactions"),
        (purchase("null", day, "5"), 422, "/transactions/0/customer_id"),
        (purchase(r#""c""#, r#""yesterday""#, "5"), 422, "yesterday"),
        (purchase(r#""c""#, day, r#""much""#), 422, "/transactions/0/amount"),
        (purchase(r#""c""#, day, "1e300"), 422, "/transactions/0/amount"),
        ("[".repeat(100_000), 422, ""),
        (" ".repeat(BODY_LIMIT + 1), 413, "4 MB"),
    ] {
        let shown: String = body.chars().take(80).collect();
        let (answered, problem) = server.post("/predict", body).await;
        assert_eq!(answered, status, "{shown}: {problem}");
        assert_eq!(problem["status"], json!(status), "{shown}: {problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.ends_with('.') && problem.to_string().contains(said), "{shown}: {problem}");
    }
    assert_eq!(server.get("/customers/%FF%FE").await.0, 400);
    assert_eq!(server.get("/customers/nobody").await.0, 404);
    assert_eq!(server.post("/predict", one_customer()).await.0, 200);
}
