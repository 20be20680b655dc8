//! What events did not tell: in go a listing of the uploads and the records, out come the keys that need another look,
//! and, if asked, the lake brought up to date. It covers lost events, files older than the deployment, and files read
//! by older adapters.
use crate::erase::Erasure;
use crate::error::LakeResult;
use crate::ingest::{Outcome, Removal};
use crate::lake::Lake;
use crate::rates;
use crate::record::{Record, State};
use crate::store::Listed;
use crate::sweep::Swept;
use jiff::Timestamp;
use ltv_core::upload::adapter::Adapters;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Instant;

/// How often uploads are compared at most.
const ROUNDS: usize = 4;

/// Why a key needs another look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The upload has no record.
    Missing,
    /// The upload is not the one that was read, or has come back.
    Changed,
    /// It was read by an older adapter, or with other settings.
    OlderReading,
    /// The upload is gone.
    Deleted,
}

/// A key that needs another look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stale {
    /// The upload's key.
    pub key: String,
    /// Why.
    pub why: Why,
}

/// What needs another look, round by round: uploads are compared anew after some were read, as exchange rates that came or
/// went change how others are read. It ends where nothing is left, or the same as the round before.
#[derive(Debug, Default)]
pub struct Rounds {
    done: usize,
    last: Vec<Stale>,
}

/// What a reconcile found and did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Reconciled {
    /// Uploads and records that were compared.
    pub compared: usize,
    /// Keys that were brought up to date.
    pub ingested: Vec<Stale>,
    /// Keys that could not be, and why; the next reconcile tries again.
    pub failed: Vec<Failed>,
    /// Keys for which no time was left.
    pub remaining: usize,
    /// Erasures taken up.
    pub erasure: Erasure,
    /// Objects swept.
    pub swept: Swept,
    /// Is everything done?
    pub done: bool,
}

/// A key that could not be brought up to date.
#[derive(Clone, Debug, Serialize)]
pub struct Failed {
    /// The upload's key.
    pub key: String,
    /// What went wrong.
    pub error: String,
}

impl Rounds {
    /// How many uploads and records were compared, and the keys of them that need another look, in order; `None` where all
    /// is done that can be. Everything that was handed out before has been looked at by then.
    ///
    /// # Errors
    /// A failed request.
    pub async fn next(&mut self, lake: &Lake) -> LakeResult<Option<(usize, Vec<Stale>)>> {
        if self.done == ROUNDS || (self.done > 0 && self.last.is_empty()) {
            return Ok(None);
        }
        let (compared, stale) = lake.stale().await?;
        if self.done > 0 && stale == self.last {
            return Ok(None);
        }
        self.done += 1;
        self.last.clone_from(&stale);
        Ok(Some((compared, stale)))
    }
}

impl Lake {
    /// The keys that need another look, in order.
    ///
    /// # Errors
    /// A failed request.
    pub async fn stale(&self) -> LakeResult<(usize, Vec<Stale>)> {
        // Records first: a record written while uploads are listed only leads to a look that finds nothing to do.
        let records = self.records().await?;
        let adapters = self.adapters().await?.adapters;
        let listed = self.uploads.list("").await?;
        let mut by_key: BTreeMap<&str, &Record> =
            records.iter().map(|record| (record.value.key.as_str(), &record.value)).collect();
        let compared = by_key.len().max(listed.len());
        let rates = rates::parts_among(records.iter().map(|record| &record.value));
        let mut stale = Vec::new();
        for object in listed.iter().filter(|object| !object.key.ends_with('/')) {
            if let Some(why) = self.why(object, by_key.remove(object.key.as_str()), &adapters, &rates) {
                stale.push(Stale { key: object.key.clone(), why });
            }
        }
        let gone = by_key.into_values().filter(|record| record.state == State::Live);
        stale.extend(gone.map(|record| Stale { key: record.key.clone(), why: Why::Deleted }));
        stale.sort_by(|left, right| left.key.cmp(&right.key));
        Ok((compared, stale))
    }

    fn why(&self, object: &Listed, record: Option<&Record>, adapters: &Adapters, rates: &[&str]) -> Option<Why> {
        let Some(record) = record else { return Some(Why::Missing) };
        if !record.is_of(&object.etag, object.modified) {
            return Some(Why::Changed);
        }
        (!record.is_up_to_date(&self.account, adapters, rates)).then_some(Why::OlderReading)
    }

    /// Brings the lake up to date with the uploads, takes up erasures and sweeps; begins nothing new after `until`.
    ///
    /// # Errors
    /// A failed request outside of single uploads, whose failures are reported one by one.
    pub async fn reconcile(&self, now: Timestamp, until: Option<Instant>) -> LakeResult<Reconciled> {
        let late = || until.is_some_and(|until| Instant::now() >= until);
        let (mut reconciled, mut rounds) = (Reconciled::default(), Rounds::default());
        while let Some((compared, stale)) = rounds.next(self).await? {
            reconciled.compared = compared;
            reconciled.failed.clear();
            for stale in stale {
                if late() {
                    reconciled.remaining += 1;
                    continue;
                }
                match self.ingest(&stale.key, &Removal::default()).await {
                    // Somebody else was faster, or the object lies in an archive.
                    Ok(Outcome::Unchanged(_)) => {}
                    Ok(_) => reconciled.ingested.push(stale),
                    Err(error) => reconciled.failed.push(Failed { key: stale.key, error: error.with_sources() }),
                }
            }
            if reconciled.remaining > 0 || late() {
                return Ok(reconciled);
            }
        }
        reconciled.erasure = self.settle_erasures(now).await?;
        reconciled.swept = self.sweep(now).await?;
        reconciled.done = true;
        Ok(reconciled)
    }
}
