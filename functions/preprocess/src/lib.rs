//! An upload landed: in go events in every form that S3 has for them, out come committed records, and for queues the
//! messages that failed. Decides nothing itself: [`event`] reads, the lake's ingest converges.
#![warn(missing_docs)]

pub mod event;
#[cfg(test)]
mod samples_tests;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse};
use event::{EventError, Hint, Message, Request};
use jiff::Timestamp;
use ltv_core::table::Table;
use ltv_lake::ingest::Outcome;
use ltv_lake::metric::{self, Metric, Unit};
use ltv_lake::reconcile::Reconciled;
use ltv_lake::{Lake, LakeError};
use serde::Serialize;
use serde_json::Value;
use std::time::Instant;

/// An event that was not carried out. The platform hands it in again; everything here can be repeated.
#[derive(Debug, thiserror::Error)]
pub enum PreprocessError {
    /// The event has none of the known forms.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The lake failed.
    #[error("{}", .0.with_sources())]
    Lake(#[from] LakeError),
    /// Some uploads failed, for reasons worth another try.
    #[error("{}", .0.join("; "))]
    Uploads(Vec<String>),
    /// An answer could not be written.
    #[error("the answer could not be written")]
    Answer(#[from] serde_json::Error),
}

/// What became of one upload.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Upload {
    /// Its key.
    pub key: String,
    /// `folder`, `nothing`, `unchanged`, `committed` or `removed`.
    pub outcome: &'static str,
    /// Id of its record, for `GET /uploads/{id}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// The table that its rows went to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<Table>,
    /// Rows behind the header.
    pub rows: u64,
    /// Rows that are in the table.
    pub kept: u64,
    /// Rows that were refused, with a reason.
    pub rejected: u64,
    /// Why nothing of it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
    /// Seconds that reading and writing took.
    pub seconds: f64,
}

#[derive(Serialize)]
struct Uploads {
    uploads: Vec<Upload>,
}

/// Carries out one event. For a queue's batch the answer names the failed messages and only those; for other events it
/// says what became of each upload, and a failure is an error.
///
/// # Errors
/// An event of no known form, or failed uploads outside of a batch.
pub async fn handler(event: Value, lake: &Lake) -> Result<Value, PreprocessError> {
    handler_until(event, lake, None).await
}

/// As [`handler`]; a reconcile begins nothing new after `until` and then answers `"done": false`.
///
/// # Errors
/// As [`handler`].
pub async fn handler_until(event: Value, lake: &Lake, until: Option<Instant>) -> Result<Value, PreprocessError> {
    let answer = match event::read(event, lake.uploads().bucket())? {
        Request::Nothing => serde_json::to_value(Uploads { uploads: Vec::new() })?,
        Request::Hints(hints) => serde_json::to_value(Uploads { uploads: follow(&hints, lake).await? })?,
        Request::Batch(messages) => serde_json::to_value(follow_batch(messages, lake).await)?,
        Request::Reconcile => {
            let begun = Instant::now();
            // Boxed, as below: reading an upload holds more than the futures around it should.
            let reconciled = Box::pin(lake.reconcile(Timestamp::now(), until)).await?;
            tell_reconciled(&reconciled, begun);
            serde_json::to_value(reconciled)?
        }
    };
    Ok(answer)
}

/// Each message by itself: the failure of one does not bring back the others.
async fn follow_batch(messages: Vec<Message>, lake: &Lake) -> SqsBatchResponse {
    let mut failures = Vec::new();
    for message in messages {
        let result = match message.hints {
            Ok(hints) => follow(&hints, lake).await.map(|_| ()),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = result {
            tracing::error!(message = message.id, %error, "message failed");
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = message.id;
            failures.push(failure);
        }
    }
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failures;
    response
}

/// All hints are followed, whatever becomes of the others.
async fn follow(hints: &[Hint], lake: &Lake) -> Result<Vec<Upload>, PreprocessError> {
    let (mut uploads, mut failures) = (Vec::new(), Vec::new());
    for hint in hints {
        match Box::pin(lake.ingest(&hint.key, &hint.removal)).await {
            Ok(outcome) => {
                let upload = upload_of(&hint.key, &outcome);
                tracing::info!(
                    key = upload.key,
                    outcome = upload.outcome,
                    rows = upload.rows,
                    rejected = upload.rejected,
                    seconds = upload.seconds,
                    "upload followed"
                );
                if matches!(outcome, Outcome::Committed(_)) {
                    tell_committed(&upload);
                }
                uploads.push(upload);
            }
            Err(error) => failures.push(error.with_sources()),
        }
    }
    if failures.is_empty() { Ok(uploads) } else { Err(PreprocessError::Uploads(failures)) }
}

fn tell_committed(upload: &Upload) {
    metric::tell(
        &[
            Metric::new("Rows", Unit::Count, upload.rows as f64),
            Metric::new("Rejects", Unit::Count, upload.rejected as f64),
            Metric::new("Unreadable", Unit::Count, f64::from(u8::from(upload.unreadable.is_some()))),
            Metric::new("Seconds", Unit::Seconds, upload.seconds),
        ],
        &[("upload", upload.source_id.as_deref().unwrap_or_default())],
    );
}

fn tell_reconciled(reconciled: &Reconciled, begun: Instant) {
    for failed in &reconciled.failed {
        tracing::error!(key = failed.key, error = failed.error, "upload could not be brought up to date");
    }
    metric::tell(
        &[
            Metric::new("UploadsFound", Unit::Count, reconciled.ingested.len() as f64),
            Metric::new("UploadsFailed", Unit::Count, reconciled.failed.len() as f64),
            Metric::new("Seconds", Unit::Seconds, begun.elapsed().as_secs_f64()),
        ],
        &[],
    );
}

fn upload_of(key: &str, outcome: &Outcome) -> Upload {
    let record = outcome.record();
    let report = record.map(|record| &record.report);
    Upload {
        key: key.to_owned(),
        outcome: match outcome {
            Outcome::Folder => "folder",
            Outcome::Nothing => "nothing",
            Outcome::Unchanged(_) => "unchanged",
            Outcome::Committed(_) => "committed",
            Outcome::Removed(_) => "removed",
        },
        source_id: record.map(|record| record.source_id.to_string()),
        table: report.and_then(|report| report.read_by.as_ref()).map(|by| by.table),
        rows: report.map_or(0, |report| report.rows),
        kept: report.map_or(0, |report| report.kept),
        rejected: report.map_or(0, |report| report.rejected),
        unreadable: report.and_then(|report| report.unreadable.clone()),
        seconds: record.map_or(0.0, |record| record.seconds),
    }
}
