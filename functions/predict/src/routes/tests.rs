//! Every route, over a lake in memory.
use super::*;
use crate::document::{Channels, Segments};
use crate::testing::{
    CUTOFF, Purchase, ask, body_of, empty, get, post, problem, publish_dateless, purchases, trained, upload,
};
use axum::body::Body;
use http::StatusCode;
use ltv_core::table::row::Kind;
use serde_json::{Value, json};

fn get_of(path: &str) -> Request {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_customer_sent_with_all_transactions_gets_what_everyone_was_scored_with() {
    let (_, lake) = trained().await;
    let mut everyone = body_of(&purchases());
    everyone["as_of"] = serde_json::to_value(CUTOFF).unwrap();
    let detail = problem(&post(lake.clone(), &everyone.to_string()).await, 422, "invalid-request");
    assert!(detail.contains("\"60\""), "who comes on the cutoff is unknown before it: {detail}");
    let before: Vec<Purchase> = purchases().into_iter().filter(|purchase| purchase.day < CUTOFF).collect();
    let answer = post(lake.clone(), &body_of(&before).to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.json);
    let customers = answer.json["customers"].as_array().unwrap();
    assert_eq!(customers.len(), 60);
    for (place, customer) in customers.iter().enumerate() {
        assert_eq!(customer["customer_id"], place.to_string(), "in the order of the request");
        let served = get(lake.clone(), &format!("/customers/{place}")).await.json;
        for name in ["predicted_spend", "low", "high", "spend_to_date", "ltv", "contribution_ltv", "segment", "cold"] {
            assert_eq!(customer[name], served[name], "{name} of {place}");
        }
        assert_eq!(
            (&answer.json["cutoff"], &answer.json["horizon_days"]),
            (&served["cutoff"], &served["horizon_days"])
        );
        assert_eq!(customer["cold"], place % 7 == 0);
        assert_eq!(customer["last_order"], served["last_order"]);
    }
    assert_eq!(answer.json["model_id"], "first");
    assert_eq!(answer.json["currency"], "EUR");
}

#[tokio::test]
async fn a_customer_is_found_by_the_email_address_that_uploads_hash() {
    let (_, lake) = trained().await;
    let row = |id: &str| json!({"customer_id": id, "occurred_at": "2024-09-01", "amount": 5});
    let body = json!({"transactions": [row("Ada@Example.org"), row(" ada@example.org")]});
    let answer = post(lake.clone(), &body.to_string()).await;
    let hash = "cfe00dde46ef942601ffafb9e2825e802858b460e586b8305b344c1eb826357d";
    assert_eq!(answer.json["customers"].as_array().unwrap().len(), 1);
    assert_eq!(answer.json["customers"][0]["customer_id"], hash);
    assert!(!answer.bytes.windows(7).any(|bytes| bytes.eq_ignore_ascii_case(b"example")));
    let detail = problem(&get(lake.clone(), "/customers/ada@example.org").await, 404, "not-found");
    assert!(!detail.contains("ada"), "what was asked for is not repeated");
    assert_eq!(get(lake, "/customers/7.0").await.json["customer_id"], "7");
}

#[tokio::test]
async fn a_lookup_costs_at_most_two_requests_once_the_run_is_known() {
    let (memory, lake) = trained().await;
    let state = State::new(lake);
    get(state.clone(), "/customers/5").await;
    let before = memory.requests();
    assert_eq!(get(state, "/customers/59").await.status, 200);
    assert!(memory.requests() - before <= 2, "{} requests", memory.requests() - before);
}

#[tokio::test]
async fn before_the_first_training_every_data_route_says_so_and_health_is_well() {
    let (_, lake) = empty();
    for path in ["/customers/1", "/segments", "/channels", "/model"] {
        let answer = get(lake.clone(), path).await;
        problem(&answer, 503, "not-trained");
        assert!(answer.headers.contains_key("retry-after"));
    }
    problem(&post(lake.clone(), &body_of(&purchases()).to_string()).await, 503, "not-trained");
    assert_eq!(get(lake.clone(), "/healthz").await.json["status"], "ok");
    let uploads = get(lake, "/uploads").await.json;
    assert_eq!(uploads, json!({"uploads": [], "total": 0, "next": null}));
}

#[tokio::test]
async fn a_lake_of_the_cross_section_alone_has_channels_and_a_card_and_predicts_nothing() {
    let (_, lake) = empty();
    publish_dateless(&lake).await;
    assert_eq!(get(lake.clone(), "/channels").await.json["cross_section"], true);
    assert_eq!(get(lake.clone(), "/model").await.status, 200);
    for path in ["/customers/1", "/segments"] {
        problem(&get(lake.clone(), path).await, 503, "no-predictions");
    }
    problem(&post(lake, &body_of(&purchases()).to_string()).await, 503, "no-predictions");
}

#[tokio::test]
async fn documents_are_served_as_the_run_wrote_them_and_as_the_description_types_them() {
    let (_, lake) = trained().await;
    let served = get(lake.clone(), "/segments").await;
    assert_eq!(served.headers["content-type"], "application/json");
    let typed: Segments = serde_json::from_value(served.json.clone()).unwrap();
    assert_eq!(serde_json::to_value(&typed).unwrap(), served.json);
    assert_eq!(typed.segments.iter().map(|segment| segment.total.customers).sum::<usize>(), 60);
    assert_eq!(get(lake, "/model").await.json["evaluation"]["reason"], "made by hand");
}

#[test]
fn economics_are_described_as_they_are_computed() {
    use ltv_core::channel::economics::{ChannelFigures, Cohort, Economics};
    let day = ltv_core::time::Day(20_000);
    let figures = ChannelFigures { channel: "email".to_owned(), cac: Some(4.0), ..ChannelFigures::default() };
    let horizon = ltv_core::time::Horizon::try_from(90).unwrap();
    let total = figures.clone();
    let campaigns = vec![ChannelFigures { campaign: Some("brand".to_owned()), ..figures.clone() }];
    let channels = vec![figures];
    let cohort =
        Cohort { from: day, to: day, channels: channels.clone(), total: total.clone(), campaigns: campaigns.clone() };
    let cohorts = vec![cohort];
    let economics = Economics { from: day, to: day, horizon, channels, total, left_censored: 3, campaigns, cohorts };
    let written = serde_json::to_value(economics).unwrap();
    let typed = serde_json::to_value(serde_json::from_value::<Channels>(written.clone()).unwrap()).unwrap();
    for (name, value) in written.as_object().unwrap() {
        if !["channels", "total", "campaigns", "cohorts"].contains(&name.as_str()) {
            assert_eq!(&typed[name], value, "{name}");
        }
    }
    for (name, value) in written["channels"][0].as_object().unwrap() {
        assert_eq!(&typed["channels"][0][name], value, "{name}");
    }
    for name in written["cohorts"][0].as_object().unwrap().keys() {
        assert!(typed["cohorts"][0].get(name).is_some(), "{name}");
    }
}

#[tokio::test]
async fn what_became_of_a_file_is_told_in_counts_that_add_up() {
    let (memory, lake) = empty();
    let rows =
        "customer_id,order_id,order_date,amount\n1,a,2023-01-05,10.00\n,b,2023-01-06,5.00\n2,c,2023-01-07,7.50\n";
    upload(&memory, &lake, "transactions/orders.csv", rows).await;
    upload(&memory, &lake, "transactions/nothing.csv", "\u{0}\u{1}").await;
    upload(&memory, &lake, "transactions/third.csv", rows).await;
    let first = get(lake.clone(), "/uploads?limit=2").await.json;
    let next = first["next"].as_str().unwrap();
    let second = get(lake.clone(), &format!("/uploads?limit=2&after={next}")).await.json;
    assert_eq!((&first["total"], &second["next"]), (&json!(3), &Value::Null));
    let lines: Vec<&Value> =
        [&first, &second].into_iter().flat_map(|page| page["uploads"].as_array().unwrap()).collect();
    let mut keys: Vec<&str> = lines.iter().map(|line| line["key"].as_str().unwrap()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["transactions/nothing.csv", "transactions/orders.csv", "transactions/third.csv"]);
    let line = lines.iter().find(|line| line["key"] == "transactions/orders.csv").unwrap();
    let upload = get(lake.clone(), &format!("/uploads/{}", line["source_id"].as_str().unwrap())).await.json;
    assert_eq!((&upload["rows"], &upload["kept"], &upload["rejected"]), (&json!(3), &json!(2), &json!(1)));
    assert_eq!(upload["report"]["rejects"]["missing_customer"], json!({"rows": 1, "money": 5.0}));
    assert_eq!((&upload["report"]["money_in"], &upload["report"]["money_kept"]), (&json!(22.5), &json!(17.5)));
    let unreadable = lines.iter().find(|line| line["key"] == "transactions/nothing.csv").unwrap();
    assert!(unreadable["unreadable"].is_string());
    for (path, status, kind) in [
        ("/uploads?limit=0", 400, "unreadable-address"),
        ("/uploads?limit=many", 400, "unreadable-address"),
        ("/uploads?after=yesterday", 400, "unreadable-address"),
        ("/uploads?page=2", 400, "unreadable-address"),
        ("/uploads/unknown", 404, "not-found"),
        ("/uploads/00000000000000000000000000000000", 404, "not-found"),
    ] {
        problem(&get(lake.clone(), path).await, status, kind);
    }
}

#[tokio::test]
async fn what_is_not_served_is_a_problem_too() {
    let (_, lake) = trained().await;
    problem(&get(lake.clone(), "/nothing/here").await, 404, "no-such-route");
    problem(&get(lake.clone(), "/customers/%FF").await, 400, "unreadable-address");
    let answer = get(lake.clone(), "/predict").await;
    problem(&answer, 405, "method-not-allowed");
    assert_eq!(answer.headers["allow"], "POST");
    let deletion = ask(&router(lake.into()), Request::delete("/segments").body(Body::empty()).unwrap()).await;
    problem(&deletion, 405, "method-not-allowed");
}

#[tokio::test]
async fn a_lake_that_does_not_answer_is_503_and_what_failed_stays_in_the_log() {
    let (memory, lake) = trained().await;
    memory.crash_after(0, ltv_lake::memory::Crash::Before);
    for path in ["/segments", "/uploads"] {
        let detail = problem(&get(lake.clone(), path).await, 503, "lake-unavailable");
        assert!(!detail.contains("bucket") && !detail.contains("connection"), "{detail}");
    }
    memory.revive();
    assert_eq!(get(lake, "/segments").await.status, 200);
}

#[tokio::test]
async fn a_panic_is_a_problem_and_the_next_request_is_answered() {
    async fn panics() -> Response {
        std::panic::panic_any("on purpose");
    }
    let (_, lake) = trained().await;
    let router = dressed(Router::new().route("/panics", axum::routing::get(panics))).with_state(State::new(lake));
    problem(&ask(&router, get_of("/panics")).await, 500, "internal");
    problem(&ask(&router, get_of("/elsewhere")).await, 404, "no-such-route");
}

#[tokio::test]
async fn every_answer_tells_browsers_to_be_strict() {
    let (_, lake) = trained().await;
    for path in ["/", "/healthz", "/openapi.json", "/segments", "/nothing"] {
        let headers = get(lake.clone(), path).await.headers;
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
    }
}

#[tokio::test]
async fn the_dashboard_loads_nothing_from_elsewhere_and_writes_no_markup() {
    let (_, lake) = empty();
    let page = get(lake.clone(), "/").await;
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    let html = std::str::from_utf8(&page.bytes).unwrap();
    for file in ["dashboard.css", "dashboard.js"] {
        assert!(html.contains(file));
        let text = get(lake.clone(), &format!("/{file}")).await;
        let text = std::str::from_utf8(&text.bytes).unwrap();
        for forbidden in ["http://", "https://", "innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval("]
        {
            assert!(!text.contains(forbidden) && !html.contains(forbidden), "{forbidden} in {file}");
        }
    }
    assert!(
        !html.contains("<style") && !html.contains(" style=") && !html.contains("onclick"),
        "the policy forbids it"
    );
}

#[tokio::test]
async fn the_description_is_as_it_was() {
    let (_, lake) = empty();
    let description = get(lake, "/openapi.json").await;
    assert_eq!(description.status, StatusCode::OK);
    insta::assert_json_snapshot!("openapi", description.json);
}

#[tokio::test]
async fn the_description_names_every_route_and_resolves_every_reference() {
    let (_, lake) = empty();
    let description = get(lake, "/openapi.json").await.json;
    let mut paths: Vec<&str> = description["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    paths.sort_unstable();
    let routes = [
        "/budget",
        "/channels",
        "/channels/{channel}/curve",
        "/customers/{id}",
        "/healthz",
        "/model",
        "/predict",
        "/segments",
        "/uploads",
        "/uploads/{id}",
    ];
    assert_eq!(paths, routes);
    let text = description.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(description.pointer(pointer).is_some(), "{pointer}");
    }
    let kinds: Vec<Kind> =
        ["order", "refund", "cancellation"].map(|kind| serde_json::from_value(json!(kind)).unwrap()).into();
    assert_eq!(kinds, [Kind::Order, Kind::Refund, Kind::Cancellation], "as the description's pattern says");
}

#[tokio::test]
async fn every_sample_event_of_the_gateway_reaches_its_route() {
    let (_, lake) = trained().await;
    let router = router(lake.into());
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events");
    let mut seen = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let Some(route) = name.strip_prefix("api-") else { continue };
        let event = lambda_http::request::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let answer = ask(&router, event.map(|body| Body::from(body.to_vec()))).await;
        let expected = match route {
            // this lake knows no ad spend
            "predict-faulty" | "budget" | "channel-curve" => 422,
            "customer" | "upload" => 404,
            _ => 200,
        };
        assert_eq!(answer.status, expected, "{name}: {}", answer.json);
        assert_ne!(answer.json["type"], "urn:ltv:problem:no-such-route", "{name}");
        seen.push(route.to_owned());
    }
    assert_eq!(seen.len(), 15, "{seen:?}");
}
