//! Uploads in, the lake brought up to date with them by the preprocess handler, which is called as Lambda calls it.
//!
//! Which uploads changed is found as in `crate::watch`, by listing the bucket. What the handler does with a change
//! is its own affair; nothing here writes to the lake.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use futures::{StreamExt, stream};
use jiff::Timestamp;
use ltv_core::table::Table;
use ltv_lake::layout::SourceId;
use ltv_lake::reconcile::{Rounds, Stale, Why};
use ltv_lake::record::Record;
use ltv_lake::{Lake, LakeError};

use crate::answer::Upload;
use crate::event::{self, Change};
use crate::progress::Progress;
use crate::site::UPLOADS;
use crate::watch::Listing;

/// Messages so far, for their numbers.
static MESSAGES: AtomicU64 = AtomicU64::new(1);
/// Deliveries of one message before it counts as failed, as with a queue's `maxReceiveCount`.
const DELIVERIES: u32 = 3;

/// Why the lake could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// A request to the lake or to the uploads failed.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The handler gave up on some uploads; its log says why.
    #[error("these uploads could not be processed, and their last state in the lake stands: {}", .0.join(", "))]
    Failed(Vec<String>),
}

/// The uploads as they are now.
pub(crate) async fn listing(lake: &Lake) -> Result<Listing, IntakeError> {
    let listed = lake.uploads().list("").await.map_err(LakeError::from)?;
    let uploads = listed.into_iter().filter(|object| !object.key.ends_with('/'));
    Ok(uploads.map(|object| (object.key, object.etag.0)).collect())
}

/// What no event of this process told: uploads that are new, changed or gone since the lake looked, or were read by
/// an older adapter. `None` for a site without any uploads, past or present.
pub(crate) async fn missed(lake: &Lake) -> Result<Option<Vec<Change>>, IntakeError> {
    let (compared, stale) = lake.stale().await?;
    Ok((compared > 0).then(|| stale.into_iter().map(change_of).collect()))
}

/// Sends every upload of the bucket, and every removal that the lake does not know of, to the handler, and tells
/// what the lake now says of each upload, ordered by key.
///
/// # Errors
/// [`IntakeError`]; a file that cannot be read is a report, not an error.
pub(crate) async fn everything(lake: &Lake, progress: &Progress) -> Result<Vec<Upload>, IntakeError> {
    let missed = missed(lake).await?.unwrap_or_default();
    let uploads = listing(lake).await?;
    let mut all: Vec<Change> = uploads.keys().cloned().map(Change::Created).collect();
    all.extend(missed.into_iter().filter(|change| matches!(change, Change::Removed(_))));
    let mut answers = some(lake, all, progress).await?;
    answers.retain(|upload| uploads.contains_key(&upload.key));
    Ok(answers)
}

/// Sends some changes to the handler, and tells what the lake now says of each upload, ordered by key. Exchange rates
/// among them may change how others are to be read, which are then sent as well.
///
/// # Errors
/// [`IntakeError`].
pub(crate) async fn some(lake: &Lake, changed: Vec<Change>, progress: &Progress) -> Result<Vec<Upload>, IntakeError> {
    let removed = changed.iter().any(|change| matches!(change, Change::Removed(_)));
    let mut answers = deliver_all(lake, changed, progress).await?;
    if !removed && answers.iter().all(|upload| upload.table.as_deref() != Some(Table::Indicators.name())) {
        return Ok(answers);
    }
    let mut rounds = Rounds::default();
    while let Some((_, stale)) = rounds.next(lake).await?.filter(|(_, stale)| !stale.is_empty()) {
        let again = deliver_all(lake, stale.into_iter().map(change_of).collect(), progress).await?;
        answers.retain(|upload| again.iter().all(|newer| newer.key != upload.key));
        answers.extend(again);
        answers.sort_by(|left, right| left.key.cmp(&right.key));
    }
    Ok(answers)
}

fn change_of(Stale { key, why }: Stale) -> Change {
    if why == Why::Deleted { Change::Removed(key) } else { Change::Created(key) }
}

async fn deliver_all(lake: &Lake, changed: Vec<Change>, progress: &Progress) -> Result<Vec<Upload>, IntakeError> {
    let task = progress.counted("uploads", changed.len() as u64);
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    let deliveries = changed.into_iter().map(|change| {
        let lake = lake.clone();
        async move {
            // A task of its own each: two files are read on two cores, and a panic ends one message, as in Lambda.
            let delivery = tokio::spawn({
                let change = change.clone();
                async move { Box::pin(deliver(&lake, &change)).await }
            });
            let outcome = delivery.await.unwrap_or_else(|error| Err(format!("the handler panicked: {error}")));
            (change, outcome)
        }
    });
    let mut deliveries = stream::iter(deliveries).buffer_unordered(at_once);
    let (mut answers, mut failed) = (BTreeMap::new(), Vec::new());
    while let Some((change, outcome)) = deliveries.next().await {
        task.step();
        match outcome {
            Ok(Some(upload)) => {
                task.now(&upload.key);
                if let Some(reason) = &upload.unreadable {
                    progress.say(format!("{} could not be read: {reason}", upload.key));
                }
                answers.insert(upload.key.clone(), upload);
            }
            Ok(None) => {}
            Err(reason) => {
                progress.say(format!("{} could not be processed: {reason}", change.key()));
                failed.push(change.key().to_owned());
            }
        }
    }
    let rows: u64 = answers.values().map(|upload| upload.rows).sum();
    let rejected: u64 = answers.values().map(|upload| upload.rejected).sum();
    task.done(format!("uploads: {} files, {rows} rows, {rejected} of them rejected", answers.len()));
    if failed.is_empty() {
        return Ok(answers.into_values().collect());
    }
    failed.sort();
    Err(IntakeError::Failed(failed))
}

/// Delivers one message until the handler is done with it, a few times at most, and reads what became of it.
async fn deliver(lake: &Lake, change: &Change) -> Result<Option<Upload>, String> {
    let started = Instant::now();
    let number = MESSAGES.fetch_add(1, Ordering::Relaxed);
    for _ in 0..DELIVERIES {
        let event = event::queued(UPLOADS, change, number, Timestamp::now());
        let answer = ltv_preprocess::handler(event, lake).await.map_err(|error| error.to_string())?;
        if event::is_done(&answer) {
            let record = lake.record(&SourceId::of(change.key())).await.map_err(|error| error.to_string())?;
            return Ok(record.map(|record| upload(&record.value, started.elapsed().as_secs_f64())));
        }
    }
    Err(format!("the handler gave the message back {DELIVERIES} times"))
}

fn upload(record: &Record, seconds: f64) -> Upload {
    let report = &record.report;
    Upload {
        key: record.key.clone(),
        table: report.read_by.as_ref().map(|by| by.table.to_string()),
        rows: report.rows,
        // A line of an order that was folded into the order's row is in the lake as much as the others.
        kept: report.kept + report.merged,
        rejected: report.rejected,
        seconds,
        unreadable: report.unreadable.clone(),
    }
}
