//! `POST /predict`: raw transactions in, predictions out.
use crate::answer::{self, PredictAnswer};
use crate::answered;
use crate::problem::Problem;
use crate::request::{self, PredictRequest};
use crate::state::State;
use axum::extract::State as Shared;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use jiff::Timestamp;

/// Predict customers from their raw transactions.
///
/// Features are computed on the spot, by the same code as in training; nothing of the request is stored. A customer of
/// the lake, sent with all of their transactions, gets what `GET /customers/{id}` says.
#[utoipa::path(
    post,
    path = "/predict",
    tag = "predictions",
    request_body = PredictRequest,
    responses(
        (status = 200, description = "What the customers are worth", body = PredictAnswer),
        (status = 400, description = "The body is no JSON", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is larger than 4 MB", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is of another type", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Values that cannot be worked with, each with its place", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Nothing is trained yet, or the lake does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn predict(
    Shared(state): Shared<State>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body = body?;
    is_json(&headers)?;
    let request = request::read(&body)?;
    let snapshot = state.snapshot().await?;
    let model = snapshot.model().ok_or_else(Problem::dateless)?;
    let asked = request::check(&request, model, Timestamp::now())?;
    answered::json(&answer::predict(asked, &snapshot.live().model, model, state.lake().account())?)
}

/// `application/json` or a type that ends in `+json`, whatever its parameters.
pub(super) fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let found = headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or("unreadable"));
    let kind = found.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json")) {
        Ok(())
    } else {
        Err(Problem::media_type(found))
    }
}
