//! `GET /segments`, `GET /channels`, `GET /model`: documents that the training wrote, as it wrote them, channels by the
//! page.
use crate::answered;
use crate::channel_page::{self, Part};
use crate::document::{Channels, ModelCard, Segments};
use crate::problem::Problem;
use crate::state::State;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State as Shared};
use axum::response::Response;
use bytes::Bytes;
use serde::Deserialize;
use utoipa::IntoParams;

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

/// Which channels.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only this channel, and its campaigns.
    channel: Option<String>,
    /// How many channels, and how many campaigns, 1 to 100; 100 when left out.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Channels: ad spend, new customers, CAC, observed and predicted return.
///
/// A page holds the first 100 channels and the first 100 campaigns, most spend first, each with its months, and no more
/// than 4 MB of them: `next` leads to those behind. Sums of all channels are those of all, on every page.
#[utoipa::path(
    get,
    path = "/channels",
    tag = "business",
    params(Which),
    responses(
        (status = 200, description = "A page of channels, most spend first", body = Channels),
        (status = 400, description = "A query that cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The run knows no channel, or none of this name", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Nothing is trained yet, or the lake does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn channels(
    Shared(state): Shared<State>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(which) = which?;
    let limit = super::limit(which.limit, super::LARGEST_PAGE)?;
    let begin = which.after.as_deref().map_or(Ok(0), str::parse).map_err(|_| Problem::bad_after())?;
    let snapshot = state.snapshot().await?;
    let missing = || Problem::not_found("The live run wrote no channels. Upload ad spend, and the next training will.");
    let document = snapshot.channels().await?.ok_or_else(missing)?;
    let part = Part { channel: which.channel.as_deref(), begin, limit };
    let unknown = || Problem::not_found("The live run knows no channel of this name. GET /channels lists them.");
    Ok(answered::stored(Bytes::from(channel_page::page(&document, part)?.ok_or_else(unknown)?)))
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

#[cfg(test)]
mod tests {
    use crate::testing::{get, problem, trained};
    use ltv_lake::layout::Served;
    use serde_json::{Value, json};

    #[tokio::test]
    async fn channels_are_answered_page_by_page() {
        let (_, lake) = trained().await;
        let channels: Vec<Value> = (0..5).map(|number| json!({"channel": number.to_string()})).collect();
        let document = json!({"currency": "EUR", "channels": channels});
        lake.put_served(&"first".parse().unwrap(), Served::Channels, &document).await.unwrap();
        assert_eq!(get(lake.clone(), "/channels").await.json["channels"], json!(channels));
        let page = get(lake.clone(), "/channels?limit=3&after=3").await.json;
        assert_eq!((&page["channels"], &page["next"]), (&json!(channels[3..]), &Value::Null));
        let page = get(lake.clone(), "/channels?limit=3").await.json;
        assert_eq!(
            (&page["channels"], &page["next"], &page["currency"]),
            (&json!(channels[..3]), &json!("3"), &json!("EUR"))
        );
        assert_eq!(get(lake.clone(), "/channels?channel=4").await.json["channels"], json!(channels[4..]));
        problem(&get(lake.clone(), "/channels?channel=9").await, 404, "not-found");
        for query in ["limit=0", "limit=101", "after=-1", "after=x", "page=2"] {
            problem(&get(lake.clone(), &format!("/channels?{query}")).await, 400, "unreadable-address");
        }
    }
}
