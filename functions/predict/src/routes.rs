//! Which path is answered by what, and what every answer has in common: problem documents for whatever goes wrong,
//! headers that keep browsers strict, one line in the log. Nothing is decided here.
mod budget;
mod customers;
mod dashboard;
mod documents;
mod health;
mod openapi;
mod predict;
#[cfg(test)]
mod tests;
mod uploads;

use crate::problem::Problem;
use crate::state::State;
use crate::{BODY_LIMIT, answered};
use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, Method};
use ltv_lake::metric::{self, Metric, Unit};
use std::any::Any;
use std::time::Instant;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Entries of a page at most.
const LARGEST_PAGE: usize = 100;

/// How many entries of a page are asked for.
fn limit(asked: Option<usize>, otherwise: usize) -> Result<usize, Problem> {
    let limit = asked.unwrap_or(otherwise);
    if (1..=LARGEST_PAGE).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::bad_address(format!("limit is {limit}; give 1 to {LARGEST_PAGE}.")))
}

pub(crate) fn router(state: State) -> Router {
    let (router, openapi) = OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(predict::predict))
        .routes(routes!(customers::customer))
        .routes(routes!(documents::segments))
        .routes(routes!(documents::channels))
        .routes(routes!(budget::curve))
        .routes(routes!(budget::budget))
        .routes(routes!(documents::model))
        .routes(routes!(uploads::uploads))
        .routes(routes!(uploads::upload))
        .routes(routes!(health::healthz))
        .split_for_parts();
    let description =
        move || async move { openapi.to_json().map(|json| answered::stored(Bytes::from(json))).map_err(Problem::from) };
    dressed(router.route("/openapi.json", get(description)).merge(dashboard::router())).with_state(state)
}

/// What all routes have in common. The headers are outermost, so that a problem has them too.
fn dressed(router: Router<State>) -> Router<State> {
    router
        .fallback(async || Problem::no_route())
        .method_not_allowed_fallback(async || Problem::method())
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(answer))
}

/// Headers of every answer, and its line in the log: the route, never the path, which may name a customer.
async fn answer(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let mut response = next.run(request).await;
    harden(response.headers_mut());
    log(&method, route.as_ref().map_or("none", MatchedPath::as_str), &response, begun);
    response
}

fn log(method: &Method, route: &str, response: &Response, begun: Instant) {
    let (status, seconds) = (response.status().as_u16(), begun.elapsed().as_secs_f64());
    metric::tell(
        &[Metric::new("Seconds", Unit::Seconds, seconds)],
        &[("route", route), ("status", response.status().as_str())],
    );
    let milliseconds = seconds * 1e3;
    if response.status().is_server_error() {
        tracing::error!(%method, route, status, milliseconds, "answered");
    } else {
        tracing::debug!(%method, route, status, milliseconds, "answered");
    }
}

/// What a browser may do with an answer. A route that has said more about itself keeps it.
fn harden(headers: &mut HeaderMap) {
    const ALWAYS: [(HeaderName, &str); 6] = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

#[allow(clippy::needless_pass_by_value, reason = "tower-http's signature")]
fn panicked(reason: Box<dyn Any + Send + 'static>) -> Response {
    let text = reason.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| reason.downcast_ref::<&str>().copied()).unwrap_or("no message");
    tracing::error!(reason = text, "a request panicked");
    Problem::internal().into_response()
}
