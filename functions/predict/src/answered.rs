//! Answers that are JSON: in goes a value or finished bytes, out comes a response.
use crate::problem::Problem;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde::Serialize;

/// `value` as JSON.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<Response, Problem> {
    Ok(stored(Bytes::from(serde_json::to_vec(value)?)))
}

/// A JSON document as it is stored.
pub(crate) fn stored(json: Bytes) -> Response {
    let mut response = json.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
