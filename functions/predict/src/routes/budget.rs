//! `POST /budget` and `GET /channels/{channel}/curve`: what a budget is best spent on, from the draws that the training
//! stored. Nothing is fitted here, and no data are read.
use super::predict::is_json;
use crate::answered;
use crate::document::ChannelCurve;
use crate::problem::Problem;
use crate::request;
use crate::state::State;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State as Shared};
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use ltv_core::channel::budget::{Advice, BudgetDocument, Budgeting, Request};

/// Spends that a curve is answered at.
const POINTS: usize = 40;

/// What a channel's spend brings.
///
/// The response curve with carry-over settled, from nothing to twice the highest spend that has been seen, with central
/// 80 % intervals. Amounts are for 28 days.
#[utoipa::path(
    get,
    path = "/channels/{channel}/curve",
    tag = "business",
    params(("channel" = String, Path, description = "The channel, as GET /channels names it")),
    responses(
        (status = 200, description = "The curve", body = ChannelCurve),
        (status = 404, description = "There is no such channel, or none of which a curve could be computed; the reason is told", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No curves could be fitted; the reason is told", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Nothing is trained yet, or the lake does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn curve(
    Shared(state): Shared<State>,
    channel: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(channel) = channel?;
    let snapshot = state.snapshot().await?;
    let budgeting = curves(snapshot.budget().await?)?;
    let unknown = || Problem::not_found("No curve was fitted for a channel of this name. GET /channels lists them.");
    let number = budgeting.channel(&channel).ok_or_else(unknown)?;
    let fitted = &budgeting.fitted.channels[number];
    let held = fitted.identification.reason.as_ref().map(|reason| reason.sentence(&channel));
    let none = || held.as_ref().map_or_else(unknown, |held| Problem::not_found(format!("There is no curve: {held}.")));
    let points = budgeting.curve(number, POINTS).ok_or_else(none)?;
    answered::json(&ChannelCurve {
        held,
        channel,
        currency: budgeting.currency.clone(),
        current: budgeting.current(number),
        identified: fitted.is_identified(),
        customers: budgeting.customers,
        points,
    })
}

/// What a budget is best spent on.
///
/// Amounts are for 28 days. An empty body asks about the present budget. Advice comes with an interval on its gain; where
/// that reaches zero the answer is to go on as before.
#[utoipa::path(
    post,
    path = "/budget",
    tag = "business",
    request_body = Request,
    responses(
        (status = 200, description = "Advice", body = Advice),
        (status = 400, description = "The body is no JSON", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is of another type", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No advice can be given, or not under these constraints; the reason is told", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Nothing is trained yet, or the lake does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn budget(
    Shared(state): Shared<State>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body = body?;
    let asked: Request = if body.iter().all(u8::is_ascii_whitespace) {
        Request::default()
    } else {
        is_json(&headers)?;
        request::json(&body)?
    };
    let snapshot = state.snapshot().await?;
    let budgeting = curves(snapshot.budget().await?)?;
    let advice = budgeting.advise(&asked).map_err(|refusal| Problem::no_advice(&refusal.to_string()))?;
    answered::json(&advice)
}

/// The curves of a run, or why it has none.
fn curves(document: Option<&BudgetDocument>) -> Result<&Budgeting, Problem> {
    let none = "the live run knows no ad spend; upload it, and the next training fits curves";
    let document = document.ok_or_else(|| Problem::no_advice(none))?;
    let reason = document.refused.as_deref().unwrap_or(none);
    document.budgeting.as_ref().ok_or_else(|| Problem::no_advice(reason))
}
