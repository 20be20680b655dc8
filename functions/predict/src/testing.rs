//! A small business in an S3 in memory, trained and scored by hand, for the tests of this crate: in goes nothing, out
//! come its lake, its transactions and answers to requests. No training is run; the model is a buy-till-you-die fit.
use crate::{State, router};
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use jiff::Timestamp;
use jiff::civil::date;
use ltv_core::account::Account;
use ltv_core::feature::{self, Context, History};
use ltv_core::model::fit::{Fit, PurchaseFit};
use ltv_core::model::interval::Intervals;
use ltv_core::model::level::Level;
use ltv_core::model::recipe::Btyd;
use ltv_core::model::{Model, Recipe};
use ltv_core::money::Money;
use ltv_core::table::row::Transaction;
use ltv_core::time::{Cutoff, Day, Horizon};
use ltv_core::value::rules::{Condition, Rules};
use ltv_core::value::scoring::{self, CustomerRecord};
use ltv_core::value::segment::Thresholds;
use ltv_core::value::total::{self, Total};
use ltv_core::value::{CustomerValue, Segment};
use ltv_lake::Lake;
use ltv_lake::ingest::Removal;
use ltv_lake::layout::{Artifact, ModelId, RunId, Served};
use ltv_lake::memory::{Memory, UPLOADS};
use ltv_lake::pointer::Live;
use serde_json::{Value, json};
use tower::ServiceExt;

/// The day predicted from: the business's last.
pub(crate) const CUTOFF: Day = Day(20_000);
const CUSTOMERS: i32 = 60;
const DAYS: i32 = 300;

/// One purchase: customer, day, cents.
#[derive(Clone, Debug)]
pub(crate) struct Purchase {
    pub(crate) customer: String,
    pub(crate) day: Day,
    pub(crate) cents: i32,
}

/// Customers with orders at their own pace and amounts; every seventh has one only.
pub(crate) fn purchases() -> Vec<Purchase> {
    let mut purchases = Vec::new();
    for customer in 0..CUSTOMERS {
        let (pace, first) = (9 + customer % 40, CUTOFF.0 - DAYS + customer * 3);
        let orders = if customer % 7 == 0 { 1 } else { (CUTOFF.0 - 1 - first) / pace };
        for order in 0..orders.max(1) {
            let cents = 1_000 + 137 * (customer % 11) + 250 * ((order * 5 + customer) % 7);
            purchases.push(Purchase { customer: customer.to_string(), day: Day(first + order * pace), cents });
        }
    }
    purchases.push(Purchase { customer: "60".to_owned(), day: CUTOFF, cents: 999 });
    purchases
}

fn transaction(purchase: &Purchase) -> Transaction {
    let (time, amount) = (i64::from(purchase.day.0) * 86_400_000_000, Money::from_cents(purchase.cents));
    Transaction { currency: Some("EUR".to_owned()), ..Transaction::order(&purchase.customer, time, amount) }
}

/// The account: it states a margin.
pub(crate) fn account() -> Account {
    Account { currency: Some("EUR".to_owned()), margin: Some(0.4), ..Account::default() }
}

fn history() -> History {
    let mut builder = History::builder(&account()).unwrap();
    for purchase in purchases() {
        builder.transaction(&transaction(&purchase));
    }
    builder.finish()
}

/// A model of the business; `level` multiplies its predictions.
pub(crate) fn model(level: f64) -> Model {
    let (history, cutoff, horizon) = (history(), Cutoff(CUTOFF), Horizon::try_from(60).unwrap());
    let mut context = Context::learn(&history, horizon, &account()).unwrap();
    let window = feature::windows(&history, &mut context, &[cutoff]).unwrap().remove(0);
    let bought = window.features.column_of("purchase_days").unwrap() as u32;
    let fit = PurchaseFit::fit(Btyd::BgNbd, &window.summaries, horizon, bought, 1.0).unwrap();
    let mut model = Model {
        recipe: Recipe::Btyd(Btyd::BgNbd),
        fit: Fit::Purchases(fit),
        level: Level { factor: level, ..Level::unknown() },
        intervals: Intervals::learn(
            &window.last_horizon_spend,
            &window.last_horizon_spend,
            &vec![1.0; window.last_horizon_spend.len()],
        ),
        segments: [0.0; 3],
        cutoff,
        horizon,
        context: context.for_predictions_from(cutoff),
    };
    let predicted = model.predict(&window.features, &window.summaries);
    model.segments = Thresholds::of(&predicted.iter().map(|p| p.predicted_spend).collect::<Vec<_>>()).0;
    model
}

/// The S3 and a lake in it, of which nothing is live.
pub(crate) fn empty() -> (Memory, Lake) {
    let memory = Memory::new(0);
    let lake = memory.lake(account());
    (memory, lake)
}

/// The S3 and a lake with a live run called `first`.
pub(crate) async fn trained() -> (Memory, Lake) {
    let (memory, lake) = empty();
    publish(&lake, "first", 1.0).await;
    (memory, lake)
}

/// Scores everyone with a model of that level, as a training does, and makes it live.
pub(crate) async fn publish(lake: &Lake, run: &str, level: f64) {
    let run: RunId = run.parse().unwrap();
    let model_id = run.as_str().parse().unwrap();
    let (history, model) = (history(), model(level));
    let window = feature::window(&history, &model.context, model.cutoff);
    let predictions = model.predict(&window.features, &window.summaries);
    let thresholds = Thresholds(model.segments);
    let values = scoring::score(&history, &window, &predictions, &thresholds, lake.account());
    let mut customers = lake.customers_writer(&run).await.unwrap();
    for (row, value) in values.iter().enumerate() {
        let record = CustomerRecord::of(&history, &window, row, value);
        customers.push(value.hash, serde_json::to_string(&record).unwrap()).unwrap();
    }
    customers.finish().await.unwrap();
    let segments = segments(run.as_str(), &model, &window, &values);
    lake.put_served(&run, Served::Segments, &segments).await.unwrap();
    let channels = json!({"model_id": run, "cutoff": model.cutoff, "horizon_days": 60, "currency": "EUR"});
    lake.put_served(&run, Served::Channels, &channels).await.unwrap();
    lake.put_artifact(&model_id, Artifact::ModelBin, model.to_bytes().unwrap()).await.unwrap();
    let card = json!({"model_id": run, "currency": "EUR", "evaluation": {"reason": "made by hand"}});
    lake.put_artifact(&model_id, Artifact::CardJson, card.to_string()).await.unwrap();
    flip(lake, &model_id, run).await;
}

/// Makes a run of the cross-section without dates live: it has channels and a card, and nothing that predicts.
pub(crate) async fn publish_dateless(lake: &Lake) {
    let run: RunId = "dateless".parse().unwrap();
    lake.put_served(&run, Served::Channels, &json!({"cross_section": true, "channels": []})).await.unwrap();
    let model_id = run.as_str().parse().unwrap();
    lake.put_artifact(&model_id, Artifact::CardJson, r#"{"cross_section": {}}"#).await.unwrap();
    flip(lake, &model_id, run).await;
}

/// Makes a run with that model live.
pub(crate) async fn flip(lake: &Lake, model: &ModelId, run: RunId) {
    let read = lake.pointer().await.unwrap();
    let live = Live { model: model.clone(), run, run_date: date(2024, 10, 4), snapshot: "s".to_owned() };
    lake.flip(live, read.as_ref(), Timestamp::UNIX_EPOCH).await.unwrap();
}

/// `segments.json` as the train function puts it together.
fn segments(model_id: &str, model: &Model, window: &feature::Window, values: &[CustomerValue]) -> Value {
    let held: Vec<Segment> = values.iter().map(|value| value.segment).collect();
    let rules = Rules::of(&window.features, &held).unwrap();
    let (intervals, level) = (&model.intervals, &model.level);
    let stated = total::segments(values, &Thresholds(model.segments), intervals, level).into_iter().map(|total| {
        let own = rules.rules.iter().filter(|rule| rule.segment == total.segment);
        let own = own.map(|rule| {
            let words = rule.conditions.iter().map(Condition::sentence).collect::<Vec<_>>().join(" and ");
            json!({"rule": words, "share": rule.share, "precision": rule.precision, "conditions": rule.conditions})
        });
        let mut stated = serde_json::to_value(total).unwrap();
        stated["rules"] = own.collect();
        stated
    });
    json!({
        "model_id": model_id, "cutoff": model.cutoff, "horizon_days": model.horizon, "rules_accuracy": rules.accuracy,
        "segments": stated.collect::<Vec<_>>(), "total": Total::of(values, intervals, level),
    })
}

/// Uploads a file and has it processed.
pub(crate) async fn upload(memory: &Memory, lake: &Lake, key: &str, text: &str) {
    memory.put(UPLOADS, key, text.to_owned());
    lake.ingest(key, &Removal::default()).await.unwrap();
}

/// The body of `POST /predict` with these purchases.
pub(crate) fn body_of(purchases: &[Purchase]) -> Value {
    let rows = purchases.iter().map(|purchase| {
        let amount = f64::from(purchase.cents) / 100.0;
        json!({"customer_id": purchase.customer, "occurred_at": purchase.day, "amount": amount})
    });
    json!({"transactions": rows.collect::<Vec<_>>()})
}

/// An answer, with its body as JSON where it is that.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    pub(crate) json: Value,
}

/// What a router answers to a request.
pub(crate) async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let json = serde_json::from_slice(&bytes).unwrap_or_default();
    Answer { status: parts.status, headers: parts.headers, bytes, json }
}

/// GET of a path from a server of `lake`.
pub(crate) async fn get(state: impl Into<State>, path: &str) -> Answer {
    ask(&router(state), Request::get(path).body(Body::empty()).unwrap()).await
}

/// POST /predict of a JSON body.
pub(crate) async fn post(state: impl Into<State>, body: &str) -> Answer {
    let request = Request::post("/predict").header("content-type", "application/json");
    ask(&router(state), request.body(Body::from(body.to_owned())).unwrap()).await
}

/// Holds a problem document to its form; its sentence.
pub(crate) fn problem(answer: &Answer, status: u16, kind: &str) -> String {
    assert_eq!(answer.status, status, "{}", answer.json);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(answer.json["type"], format!("urn:ltv:problem:{kind}"));
    assert_eq!(answer.json["status"], status);
    assert!(answer.json["title"].is_string());
    let detail = answer.json["detail"].as_str().unwrap();
    assert!(detail.ends_with('.'), "a sentence: {detail}");
    detail.to_owned()
}
