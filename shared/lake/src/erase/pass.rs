//! One pass of all erasures over all of the lake: in go the tombstones, out come rewritten sources, runs and exports,
//! and tombstones that know of the pass.
use super::{Tombstone, Tombstones, rewrite};
use crate::document::Document;
use crate::error::{LakeError, LakeResult};
use crate::lake::Lake;
use crate::layout::{self, EXPORTS, MODELS, PREDICTIONS, SERVED};
use crate::run;
use crate::scratch;
use crate::store::{Listed, Put, StoreError};
use crate::sweep::Dead;
use jiff::{SignedDuration, Timestamp};
use ltv_core::customer::CustomerHash;
use serde::Serialize;

/// A run that was being scored when a customer was erased may have been written after the first pass; one that begins
/// this long after the request sees all of them.
const LAST_PASS: SignedDuration = SignedDuration::from_hours(24);

/// What a pass did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Erasure {
    /// Ids by which customers were ever erased: whoever is named by one may be known by several.
    pub customers: u64,
    /// Rows of tables and refused rows that were taken out.
    pub rows: u64,
    /// Had all of it been asked for before?
    pub again: bool,
    /// Commit records that were brought up to date.
    pub sources: u64,
    /// Files of runs, models and exports that were rewritten.
    pub files: u64,
    /// Old parts and refused rows that were removed.
    pub removed: u64,
    /// Will another pass be needed, a day after the latest request?
    pub open: bool,
}

impl Lake {
    /// Does what is left of all erasures. Cheap where nothing is.
    ///
    /// # Errors
    /// A failed request; what is left is done the next time.
    pub async fn settle_erasures(&self, now: Timestamp) -> LakeResult<Erasure> {
        let tombstones = Tombstones::read(&self.store).await?;
        if tombstones.is_empty() {
            return Ok(Erasure::default());
        }
        self.bury_by_contact(tombstones, now).await?;
        let documents = self.tombstone_documents().await?;
        let tombstones = Tombstones::read(&self.store).await?;
        let mut erasure = Erasure { customers: tombstones.count(), ..Erasure::default() };
        for record in self.records().await? {
            let source = &record.value.source_id;
            if let Some((_, taken)) = self.erase_from_source(source, &tombstones).await? {
                erasure.sources += 1;
                erasure.rows += taken;
            }
        }
        let open: Vec<(CustomerHash, Document<Tombstone>)> =
            documents.into_iter().filter(|(_, document)| document.value.is_open()).collect();
        if open.is_empty() {
            return Ok(erasure);
        }
        erasure.removed = self.remove_dead(Dead::NamedByNoRecord, now).await?.removed;
        for prefix in [PREDICTIONS, SERVED, EXPORTS, MODELS] {
            for object in self.store.list(prefix).await? {
                erasure.files += u64::from(self.erase_from_file(&object, &tombstones).await?);
            }
        }
        for (customer, document) in open {
            let passed = Tombstone { passed_at: Some(now), ..document.value };
            erasure.open |= passed.is_open();
            match self.store.put_document(&layout::erased(&customer), &passed, Put::IfMatch(&document.etag)).await {
                // Another pass was as quick.
                Ok(_) | Err(LakeError::Store(StoreError::Precondition { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(erasure)
    }

    /// Rewrites a file of a run, a model or an export where it names an erased customer.
    async fn erase_from_file(&self, object: &Listed, tombstones: &Tombstones) -> LakeResult<bool> {
        let (parquet, csv) = (object.key.ends_with(".parquet"), object.key.ends_with(".csv.gz"));
        if !parquet && !csv {
            return Ok(false);
        }
        let folder = scratch::folder()?;
        let target = folder.path().join("kept");
        let file = match rewrite::fetch(&self.store, &object.key, &target).await {
            Err(LakeError::Store(StoreError::NotFound { .. })) => return Ok(false),
            result => result?,
        };
        let (source, path, erased) = (file.clone(), target.clone(), tombstones.hashes().clone());
        let changed = scratch::blocking(move || {
            if parquet { run::copy_parquet(&source, &path, &erased) } else { run::copy_export(&source, &path, &erased) }
        })
        .await
        .map_err(|error| LakeError::file(&file, error))?;
        if changed {
            let kind = if parquet { layout::PARQUET } else { layout::GZIP };
            self.store.upload(&object.key, &target, kind).await?;
        }
        Ok(changed)
    }
}

impl Tombstone {
    /// Has no pass begun late enough to have seen every run?
    fn is_open(&self) -> bool {
        self.passed_at.is_none_or(|passed| passed.duration_since(self.requested_at) < LAST_PASS)
    }
}
