//! `GET /`: the dashboard. Files without data, which read the JSON routes in the browser; nothing comes from elsewhere.
use crate::state::State;
use axum::Router;
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};

/// Scripts and styles from here alone, data from here alone, no frame around it, no form to anywhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) fn router() -> Router<State> {
    let page = include_str!("../dashboard/index.html");
    let style = include_str!("../dashboard/dashboard.css");
    let script = include_str!("../dashboard/dashboard.js");
    Router::new()
        .route("/", get(async || file("text/html; charset=utf-8", page)))
        .route("/dashboard.css", get(async || file("text/css; charset=utf-8", style)))
        .route("/dashboard.js", get(async || file("text/javascript; charset=utf-8", script)))
}

fn file(kind: &'static str, text: &'static str) -> ([(http::HeaderName, &'static str); 3], &'static str) {
    ([(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, POLICY), (CACHE_CONTROL, "no-cache")], text)
}
