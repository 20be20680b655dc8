//! From an object to parts that no record knows yet: in go an upload's key and tag and what is erased, out comes what was
//! made of it and lies in the lake. It is written there while it is made; only what erased customers may have to be left
//! out of waits on this machine until they are.
use crate::arriving::Arriving;
use crate::departing::{Departing, content_type};
use crate::erase::{self, Tombstones};
use crate::error::{LakeError, LakeResult};
use crate::lake::Lake;
use crate::layout::{Attempt, SourceId};
use crate::rates;
use crate::reading;
use crate::record::Part;
use crate::scratch;
use crate::store::{Head, StoreError};
use futures::future::join_all;
use jiff::Timestamp;
use ltv_core::table::Table;
use ltv_core::upload::adapter::Adapters;
use ltv_core::upload::{self, Converted, Delivery, Folder, Incoming, Known, Output, Source, UploadReport};
use std::path::Path;
use std::sync::Arc;

/// An object to convert.
pub(crate) struct Upload<'a> {
    pub(crate) key: &'a str,
    pub(crate) source: &'a SourceId,
    /// That of the record to come.
    pub(crate) generation: u64,
    pub(crate) head: &'a Head,
}

/// What was made of an upload.
pub(crate) struct Made {
    pub(crate) parts: Vec<Part>,
    pub(crate) rejected: Option<String>,
    pub(crate) report: UploadReport,
    /// How it was read: see [`reading`].
    pub(crate) reading: String,
}

impl Lake {
    /// Converts the object, in the account's currency and without erased customers. `None` where it lies in an archive.
    pub(crate) async fn make(
        &self,
        upload: &Upload<'_>,
        adapters: Adapters,
        tombstones: &Tombstones,
    ) -> LakeResult<Option<Made>> {
        let mut known = Known { adapters, ..Known::default() };
        let mut rates = Vec::new();
        let Some((mut attempt, mut converted)) = self.attempt(upload, &known, tombstones).await? else {
            return Ok(None);
        };
        if rates::matter_to(&converted.report) {
            rates = self.rate_parts().await?;
            known.rates = Arc::new(self.rates_in(&rates).await?);
            if !known.rates.is_empty() {
                for output in outputs(&converted) {
                    self.store.delete(&attempt.key(output)).await?;
                }
                let Some(again) = self.attempt(upload, &known, tombstones).await? else { return Ok(None) };
                (attempt, converted) = again;
            }
        }
        let part = |part: &upload::Part| Part {
            table: part.table,
            key: attempt.key(Output::Part(part.table)),
            rows: part.rows,
        };
        Ok(Some(Made {
            parts: converted.parts.iter().map(part).collect(),
            rejected: converted.rejected.then(|| attempt.rejected()),
            reading: reading::of(&converted.report, &self.account, &known.adapters, &rates),
            report: converted.report,
        }))
    }

    /// Converts the object once, and writes what it becomes to the lake.
    async fn attempt(
        &self,
        upload: &Upload<'_>,
        known: &Known,
        tombstones: &Tombstones,
    ) -> LakeResult<Option<(Attempt, Converted)>> {
        let scratch = scratch::folder()?;
        let attempt = Attempt::new(upload.source, upload.generation, &upload.head.etag.0);
        if tombstones.is_empty() {
            let departing = Arc::new(Departing::to(&self.store, attempt.clone()));
            let converted = self.convert(upload, known, scratch.path(), Arc::clone(&departing)).await;
            // Why it could not be written is known here, and why it could not be read to the conversion.
            let converted = match (converted, departing.arrive().await) {
                (Err(error @ LakeError::Store(_)), _) => return Err(error),
                (converted, arrived) => arrived.map(|()| converted)??,
            };
            return Ok(converted.map(|converted| (attempt, converted)));
        }
        let folder = Folder::new(scratch.path().join("parts"));
        std::fs::create_dir(folder.path()).map_err(|error| scratch::failed(folder.path(), error))?;
        let Some(converted) = self.convert(upload, known, scratch.path(), Arc::new(folder.clone())).await? else {
            return Ok(None);
        };
        let customers = converted.parts.iter().filter(|part| part.table == Table::Customers);
        let files = customers.map(|part| folder.file(Output::Part(part.table))).collect();
        let buried = self.bury_those_in(files, scratch.path(), tombstones.clone(), Timestamp::now()).await?;
        let converted = erase::without(converted, &folder, &buried).await?;
        let written = outputs(&converted).map(|output| {
            let (key, file) = (attempt.key(output), folder.file(output));
            async move { self.store.upload(&key, &file, content_type(output)).await }
        });
        // Each is ended, so that none is left begun.
        join_all(written).await.into_iter().collect::<Result<(), _>>()?;
        Ok(Some((attempt, converted)))
    }

    /// Reads the object, and hands to `delivery` what it becomes; `None` where it lies in an archive.
    async fn convert(
        &self,
        upload: &Upload<'_>,
        known: &Known,
        scratch: &Path,
        delivery: Arc<impl Delivery + Send + 'static>,
    ) -> LakeResult<Option<Converted>> {
        let Upload { key, source, head, .. } = upload;
        let arriving = Arriving::of(&self.uploads, key, &head.etag);
        let incoming = Incoming::elsewhere(arriving.clone(), head.size, scratch.join("upload"));
        let source = Source {
            key: (*key).to_owned(),
            source_id: source.to_string(),
            uploaded_at: head.modified.as_microsecond(),
        };
        let (account, known, waiting) = (self.account.clone(), known.clone(), scratch.join("waiting"));
        std::fs::create_dir(&waiting).map_err(|error| scratch::failed(&waiting, error))?;
        // It is converted while it arrives. What was made of it counts only if nothing of it failed to.
        let convert = scratch::blocking(move || {
            upload::convert_with(&incoming, &source, &account, &known, &waiting, delivery.as_ref())
        });
        let converted = convert.await;
        match arriving.failure() {
            None => {}
            Some(StoreError::NotReadable { .. }) => return Ok(None),
            // Removed since it was described: start again.
            Some(StoreError::NotFound { bucket, key }) => Err(StoreError::Precondition { bucket, key })?,
            Some(error) => Err(error)?,
        }
        let failed = |error| LakeError::Conversion { key: (*key).to_owned(), source: Box::new(error) };
        converted.map(Some).map_err(failed)
    }
}

/// Everything that a conversion made.
fn outputs(converted: &Converted) -> impl Iterator<Item = Output> {
    let parts = converted.parts.iter().map(|part| Output::Part(part.table));
    parts.chain(converted.rejected.then_some(Output::Rejected))
}
