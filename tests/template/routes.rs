//! The API's routes, against those that the code answers.
use super::{resources, text};
use ltv_lake::config::Config;
use ltv_lake::{Lake, client};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tower::ServiceExt;

/// What is answered without asking who asks: none of it holds data.
const PUBLIC: [&str; 4] = ["GET /", "GET /dashboard.css", "GET /dashboard.js", "GET /healthz"];

/// The predict function's router, over a lake that nobody reaches.
fn router() -> axum::Router {
    let config = Config {
        uploads_bucket: "uploads".to_owned(),
        lake_bucket: "lake".to_owned(),
        account: ltv_core::account::Account::default(),
    };
    ltv_predict::router(Lake::new(&config, client::local("http://127.0.0.1:9", "nobody", "nobody")))
}

async fn answer(method: &str, path: &str) -> axum::response::Response {
    let request = http::Request::builder().method(method).uri(path).body(axum::body::Body::empty()).unwrap();
    router().oneshot(request).await.unwrap()
}

/// The routes of the template, each with who guards it.
fn routes() -> BTreeMap<String, Value> {
    let route = |(_, properties): (String, Value)| (text(&properties["RouteKey"]), properties);
    resources("AWS::ApiGatewayV2::Route").into_iter().map(route).collect()
}

#[tokio::test]
async fn every_route_of_the_code_is_a_route_of_the_api_and_the_reverse() {
    let description = axum::body::to_bytes(answer("GET", "/openapi.json").await.into_body(), usize::MAX).await.unwrap();
    let description: Value = serde_json::from_slice(&description).unwrap();
    let mut expected: Vec<String> = PUBLIC.map(str::to_owned).to_vec();
    expected.push("GET /openapi.json".to_owned());
    for (path, methods) in description["paths"].as_object().unwrap() {
        expected.extend(methods.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())));
    }
    expected.sort();
    expected.dedup();
    assert_eq!(routes().into_keys().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn what_is_public_answers_without_a_lake_and_everything_else_is_guarded() {
    for route in PUBLIC {
        let (method, path) = route.split_once(' ').unwrap();
        assert_eq!(answer(method, path).await.status(), http::StatusCode::OK, "{route}");
    }
    for (route, properties) in routes() {
        if PUBLIC.contains(&route.as_str()) {
            assert_eq!(properties["AuthorizationType"], "NONE", "{route}");
            continue;
        }
        assert_eq!(properties["AuthorizationType"], json!({"Fn::If": ["ByToken", "JWT", "AWS_IAM"]}), "{route}");
        let authorizer = json!({"Fn::If": ["ByToken", {"Ref": "TokenAuthorizer"}, {"Ref": "AWS::NoValue"}]});
        assert_eq!(properties["AuthorizerId"], authorizer, "{route}");
    }
}

#[test]
fn access_logs_hold_the_route_and_no_path() {
    let (_, stage) = resources("AWS::ApiGatewayV2::Stage").remove(0);
    let format = text(&stage["AccessLogSettings"]["Format"]);
    let fields: BTreeMap<String, String> = serde_json::from_str(&format).unwrap();
    assert_eq!(fields["route"], "$context.routeKey");
    for leaks in ["$context.path", "$context.http", "$context.identity", "$context.authorizer", "requestOverride"] {
        assert!(!format.contains(leaks), "{leaks}");
    }
}
