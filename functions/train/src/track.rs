//! The track record of past scorings: in flow the predictions of earlier runs and a history, out flows how those did
//! whose horizon has passed. What was computed by an earlier run is taken over while nothing booked in its window has
//! changed, so a daily run reads at most what has come due since. Computed anew, it comes to the same.
use crate::error::TrainError;
use ltv_core::feature::History;
use ltv_core::value::track::{Booked, Ledger, Realised, Scoring, TrackRecord};
use ltv_lake::layout::{RunId, Served};
use ltv_lake::run::ScoredRun;
use ltv_lake::store::StoreError;
use ltv_lake::{Lake, LakeError};
use tokio::runtime::Handle;

const OF_SCORING: [&str; 3] = ["cutoff", "horizon_days", "model_id"];
const OF_CUSTOMERS: [&str; 4] = ["customer_id", "predicted_spend", "low", "high"];

/// Brings the track record that the run `before` left up to date, adds the scoring `own`, and stores it for `run`.
/// Blocks.
pub(crate) fn put(
    lake: &Lake,
    run: &RunId,
    before: Option<&RunId>,
    own: Scoring,
    history: &History,
    io: &Handle,
) -> Result<TrackRecord, TrainError> {
    let mut record = match before {
        // One that this program cannot read is computed anew.
        Some(before) => io.block_on(lake.served(before, Served::Track)).unwrap_or_default().unwrap_or_default(),
        None => TrackRecord::default(),
    };
    let stored = io.block_on(lake.scored_runs())?;
    for scored in &stored {
        if scored.run == *run || record.knows(scored.run.as_str()) {
            continue;
        }
        if let Some(scoring) = identity(lake, scored, io)? {
            record.add(scoring);
        }
    }
    record.add(own);
    if let Some((_, last)) = history.span() {
        let ledger = Ledger::of(history);
        let mut lines = Vec::new();
        for scoring in record.over(last) {
            let booked = ledger.booked(&scoring);
            let known = record.line(&scoring).filter(|line| line.booked == booked).cloned();
            let files = stored.iter().find(|scored| scored.run.as_str() == scoring.run);
            let line = match (known, files) {
                (Some(known), _) => Some(known),
                (None, Some(files)) => realised(lake, files, &scoring, history, booked, io)?,
                // Its predictions are gone; what was once known of it stays.
                (None, None) => record.line(&scoring).cloned(),
            };
            lines.extend(line);
        }
        record.scorings = lines;
    }
    io.block_on(lake.put_served(run, Served::Track, &record))?;
    Ok(record)
}

/// Which scoring a run stored; `None` where that cannot be told.
fn identity(lake: &Lake, scored: &ScoredRun, io: &Handle) -> Result<Option<Scoring>, TrainError> {
    let Some(file) = scored.files.first() else { return Ok(None) };
    let batches = readable(io.block_on(lake.predictions(file, &OF_SCORING, 1)))?;
    Ok(batches.iter().flatten().find_map(|batch| Scoring::of(scored.run.as_str(), batch)))
}

/// How a scoring did; `None` where its predictions cannot be read.
fn realised(
    lake: &Lake,
    scored: &ScoredRun,
    scoring: &Scoring,
    history: &History,
    booked: Booked,
    io: &Handle,
) -> Result<Option<Realised>, TrainError> {
    let mut batches = Vec::new();
    for file in &scored.files {
        match readable(io.block_on(lake.predictions(file, &OF_CUSTOMERS, usize::MAX)))? {
            Some(of_file) => batches.extend(of_file),
            None => return Ok(None),
        }
    }
    match Realised::of(scoring.clone(), &batches, history, booked) {
        Ok(line) => Ok(Some(line)),
        Err(error) => {
            tracing::warn!(run = %scored.run, %error, "past predictions are of another form: no track record of them");
            Ok(None)
        }
    }
}

/// What a past run holds never ends a training: a file that is gone or damaged is told of and left out.
fn readable<T>(read: Result<T, LakeError>) -> Result<Option<T>, TrainError> {
    match read {
        Ok(rows) => Ok(Some(rows)),
        Err(error @ (LakeError::Malformed { .. } | LakeError::Store(StoreError::NotFound { .. }))) => {
            tracing::warn!(%error, "past predictions cannot be read: no track record of them");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
