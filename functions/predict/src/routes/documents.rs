//! `GET /segments`, `GET /channels`, `GET /model`: documents that the training wrote, as it wrote them.
use crate::answered;
use crate::document::{Channels, ModelCard, Segments};
use crate::problem::Problem;
use crate::state::State;
use axum::extract::State as Shared;
use axum::response::Response;

/// Segments: how many customers each has, what they will spend, and the rules that state it.
#[utoipa::path(
    get,
    path = "/segments",
    tag = "business",
    responses(
        (status = 200, description = "The segments, the most valuable first", body = Segments),
        (status = 503, description = "Nothing is trained yet, or the lake does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn segments(Shared(state): Shared<State>) -> Result<Response, Problem> {
    let snapshot = state.snapshot().await?;
    Ok(answered::stored(snapshot.segments().await?.ok_or_else(Problem::dateless)?))
}

/// Channels: ad spend, new customers, CAC, observed and predicted return.
#[utoipa::path(
    get,
    path = "/channels",
    tag = "business",
    responses(
        (status = 200, description = "The channels, most spend first", body = Channels),
        (status = 404, description = "The run knows no channel", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Nothing is trained yet, or the lake does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn channels(Shared(state): Shared<State>) -> Result<Response, Problem> {
    let snapshot = state.snapshot().await?;
    let missing = || Problem::not_found("The live run wrote no channels. Upload ad spend, and the next training will.");
    Ok(answered::stored(snapshot.channels().await?.ok_or_else(missing)?))
}

/// The live model's card: how it was chosen, what it scored on days it had not seen, and what was found wanting; with it
/// what the newest training came to, also where that left the model in place.
#[utoipa::path(
    get,
    path = "/model",
    tag = "model",
    responses(
        (status = 200, description = "The card", body = ModelCard),
        (status = 404, description = "The live model has no card", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Nothing is trained yet, or the lake does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn model(Shared(state): Shared<State>) -> Result<Response, Problem> {
    let snapshot = state.snapshot().await?;
    let missing = || Problem::not_found("The live model has no card.");
    Ok(answered::stored(snapshot.card().await?.ok_or_else(missing)?))
}
