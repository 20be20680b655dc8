//! Erasing a customer: in goes a customer's hash, out comes a lake without that customer. The original upload, which
//! is not ours to change, is the only trace that stays.
//!
//! The tombstone comes first: from then on every reader and every ingest leaves the customer out. Then parts and
//! refused rows are rewritten source by source, then the runs. Each step can be interrupted and repeated; a later
//! reconcile takes it up. A run that was being scored meanwhile is caught by a second pass a day later. Who is erased by an
//! address or phone number is erased by the ids, too, that rows of customers have beside it.
mod contacts;
mod pass;
mod rewrite;
mod taken;

pub use pass::Erasure;
pub(crate) use rewrite::{copy_csv, keep_rows, without};

use crate::document::Document;
use crate::error::{LakeError, LakeResult};
use crate::ingest::back_off;
use crate::lake::Lake;
use crate::layout::{self, Attempt, ERASED, SourceId};
use crate::record::Record;
use crate::scratch;
use crate::store::{Put, Store, StoreError};
use jiff::Timestamp;
use ltv_core::customer::CustomerHash;
use ltv_core::table::merge::Erased;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Attempts to rewrite one source while others change it.
const TRIES: u32 = 12;

/// `erased/<customer hash>.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tombstone {
    /// When the erasure was asked for.
    pub(crate) requested_at: Timestamp,
    /// When the last pass over the runs began that was completed.
    pub(crate) passed_at: Option<Timestamp>,
}

/// The erased customers at one moment. There are only ever more of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tombstones {
    hashes: Arc<Erased>,
}

impl Tombstones {
    pub(crate) async fn read(store: &Store) -> LakeResult<Tombstones> {
        let listed = store.list(ERASED).await?;
        let hashes = listed.iter().filter_map(|object| hash_of(&object.key)).collect();
        Ok(Tombstones { hashes: Arc::new(hashes) })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    pub(crate) fn count(&self) -> u64 {
        self.hashes.len() as u64
    }

    pub(crate) fn hashes(&self) -> &Arc<Erased> {
        &self.hashes
    }
}

/// The customer that a tombstone's key names.
fn hash_of(key: &str) -> Option<CustomerHash> {
    let name = key.strip_prefix(ERASED)?.strip_suffix(".json")?;
    Some(CustomerHash(hex::decode(name).ok()?.try_into().ok()?))
}

impl Lake {
    /// Erases a customer: tombstone, parts, refused rows, runs and exports. Safe to repeat.
    ///
    /// # Errors
    /// A failed request; what is left is done when it is repeated, or by the next reconcile.
    pub async fn erase(&self, customer: &CustomerHash, now: Timestamp) -> LakeResult<Erasure> {
        self.erase_all(&[*customer], now).await
    }

    /// As [`Lake::erase`], for somebody who may be known by several ids.
    ///
    /// # Errors
    /// As for one.
    pub async fn erase_all(&self, customers: &[CustomerHash], now: Timestamp) -> LakeResult<Erasure> {
        let mut is_new = false;
        for customer in customers {
            is_new |= self.bury(customer, now).await?;
        }
        Ok(Erasure { again: !is_new, ..self.settle_erasures(now).await? })
    }

    /// Writes a tombstone; `false` where there is one.
    async fn bury(&self, customer: &CustomerHash, now: Timestamp) -> LakeResult<bool> {
        let tombstone = Tombstone { requested_at: now, passed_at: None };
        match self.store.put_document(&layout::erased(customer), &tombstone, Put::IfAbsent).await {
            Ok(_) => Ok(true),
            Err(LakeError::Store(StoreError::Precondition { .. })) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Was the customer erased?
    ///
    /// # Errors
    /// A failed request.
    pub async fn is_erased(&self, customer: &CustomerHash) -> LakeResult<bool> {
        Ok(self.store.head(&layout::erased(customer)).await?.is_some())
    }

    /// Rewrites what a source holds of erased customers, and counts the rows that it takes out; `None` where the record
    /// knows of all tombstones already.
    pub(crate) async fn erase_from_source(
        &self,
        source: &SourceId,
        tombstones: &Tombstones,
    ) -> LakeResult<Option<(Record, u64)>> {
        for attempt in 0..TRIES {
            let Some(read) = self.record(source).await? else { return Ok(None) };
            if read.value.erasures >= tombstones.count() {
                return Ok(None);
            }
            // Records are large, and this holds two of them.
            let (next, taken) = match Box::pin(self.rewritten(&read.value, tombstones)).await {
                // A newer generation was committed, and the part swept.
                Err(LakeError::Store(StoreError::NotFound { .. })) => {
                    back_off(attempt).await;
                    continue;
                }
                result => result?,
            };
            match self.commit(&next, Some(&read)).await {
                Ok(()) => return Ok(Some((next, taken))),
                Err(LakeError::Store(StoreError::Precondition { .. })) => back_off(attempt).await,
                Err(error) => return Err(error),
            }
        }
        Err(LakeError::Contended { key: layout::source(source), tries: TRIES })
    }

    /// The next generation of a record, without the erased customers. The generation counts up even where nothing of
    /// them is found: an ingest under way that did not know of the tombstone then loses its commit. With it the number
    /// of rows of tables and refused rows that it no longer has.
    async fn rewritten(&self, record: &Record, tombstones: &Tombstones) -> LakeResult<(Record, u64)> {
        let attempt = Attempt::new(&record.source_id, record.generation + 1, &record.etag.0);
        let folder = scratch::folder()?;
        let mut next = Record { generation: record.generation + 1, erasures: tombstones.count(), ..record.clone() };
        let mut taken = 0;
        for (number, part) in next.parts.iter_mut().enumerate() {
            let rewritten = folder.path().join(format!("{number}.parquet"));
            let change = rewrite::part(&self.store, part, tombstones, &rewritten).await?;
            let Some(change) = change else { continue };
            change.taken.enter(part.table, &mut next.report);
            taken += change.taken.rows();
            part.key = attempt.part(part.table, number);
            part.rows = change.rows;
            self.store.upload(&part.key, &rewritten, layout::PARQUET).await?;
        }
        next.parts.retain(|part| part.rows > 0);
        if let Some(key) = &record.rejected {
            let rewritten = folder.path().join("rejected.csv");
            let refused = rewrite::rejected(&self.store, key, tombstones, &rewritten).await?;
            if refused > 0 {
                taken += refused;
                let key = attempt.rejected();
                self.store.upload(&key, &rewritten, layout::CSV).await?;
                next.rejected = Some(key);
            }
        }
        let named: Vec<&str> = next.objects().collect();
        let left = record.left_by(&named, Timestamp::UNIX_EPOCH);
        next.superseded.extend(left);
        Ok((next, taken))
    }

    /// All tombstones with their tags.
    pub(crate) async fn tombstone_documents(&self) -> LakeResult<Vec<(CustomerHash, Document<Tombstone>)>> {
        let mut documents = Vec::new();
        for object in self.store.list(ERASED).await? {
            let Some(hash) = hash_of(&object.key) else { continue };
            if let Some(document) = self.store.document(&object.key, "tombstone").await? {
                documents.push((hash, document));
            }
        }
        Ok(documents)
    }
}
