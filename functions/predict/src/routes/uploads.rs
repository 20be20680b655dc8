//! `GET /uploads` and `GET /uploads/{id}`: what became of the files, from their commit records.
use crate::answered;
use crate::document::{UploadAnswer, UploadLine, UploadPage};
use crate::problem::Problem;
use crate::state::State;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State as Shared};
use axum::response::Response;
use futures::future::try_join_all;
use jiff::Timestamp;
use ltv_lake::layout::{SOURCES, SourceId};
use ltv_lake::record::Record;
use ltv_lake::store::Listed;
use ltv_lake::{Lake, LakeError};
use serde::Deserialize;
use utoipa::IntoParams;

/// Uploads on a page, unless asked otherwise.
const PAGE: usize = 20;

/// Which uploads.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// How many, 1 to 100; 20 when left out.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
}

/// The uploads, the latest processed first.
#[utoipa::path(
    get,
    path = "/uploads",
    tag = "uploads",
    params(Which),
    responses(
        (status = 200, description = "A page of uploads", body = UploadPage),
        (status = 400, description = "A query that cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The lake does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn uploads(
    Shared(state): Shared<State>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(which) = which?;
    let limit = super::limit(which.limit, PAGE)?;
    let after = which.after.as_deref().map(place_of).transpose()?;
    let lake = state.lake();
    let listed = lake.store().list(SOURCES).await.map_err(LakeError::from)?;
    let mut places: Vec<(i64, SourceId)> = listed.iter().filter_map(place).collect();
    places.sort_unstable_by(|left, right| right.cmp(left));
    let total = places.len();
    let begin = after.map_or(0, |after| places.partition_point(|place| *place >= after));
    let page = &places[begin..(begin + limit).min(total)];
    let records = try_join_all(page.iter().map(|(_, id)| lake.record(id))).await?;
    let lines = records.into_iter().flatten().map(|record| UploadLine::of(&record.value)).collect();
    let next = page.last().filter(|_| begin + limit < total).map(|(written, id)| format!("{written}-{id}"));
    answered::json(&UploadPage { uploads: lines, total, next })
}

/// Where a record stands in the order of pages: when it was written, and its id.
fn place(listed: &Listed) -> Option<(i64, SourceId)> {
    let name = listed.key.strip_prefix(SOURCES)?.strip_suffix(".json")?;
    Some((listed.modified.as_microsecond(), name.parse().ok()?))
}

fn place_of(after: &str) -> Result<(i64, SourceId), Problem> {
    let place = || {
        let (written, id) = after.split_once('-')?;
        let written = written.parse().ok()?;
        Timestamp::from_microsecond(written).ok()?;
        Some((written, id.parse().ok()?))
    };
    place().ok_or_else(Problem::bad_after)
}

/// What happened to one file: how it was read, and what was kept, rejected and noticed.
#[utoipa::path(
    get,
    path = "/uploads/{id}",
    tag = "uploads",
    params(("id" = String, Path, description = "`source_id` of the upload")),
    responses(
        (status = 200, description = "The upload", body = UploadAnswer),
        (status = 404, description = "No such upload was processed", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The lake does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn upload(
    Shared(state): Shared<State>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(id) = id?;
    let record = find(state.lake(), &id).await?.ok_or_else(|| {
        Problem::not_found(
            "No upload of this id was processed. GET /uploads lists those that were; a file that has just been \
             uploaded takes some seconds.",
        )
    })?;
    answered::json(&UploadAnswer::of(&record))
}

async fn find(lake: &Lake, id: &str) -> Result<Option<Record>, Problem> {
    let Ok(id) = id.parse::<SourceId>() else { return Ok(None) };
    Ok(lake.record(&id).await?.map(|document| document.value))
}
