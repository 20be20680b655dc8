//! What was made of one upload: its commit record, the only thing that makes parts visible.
//!
//! A record is written by one conditional PUT over the record that was read before, so that its generation counts
//! every change and no two writers can both succeed.
use crate::document::Document;
use crate::error::LakeResult;
use crate::lake::Lake;
use crate::layout::{self, SOURCES, SourceId};
use crate::reading;
use crate::store::Etag;
use futures::stream::{StreamExt, TryStreamExt, iter};
use jiff::Timestamp;
use ltv_core::account::Account;
use ltv_core::table::Table;
use ltv_core::upload::UploadReport;
use ltv_core::upload::adapter::Adapters;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// How many small objects are read at once.
pub(crate) const AT_ONCE: usize = 16;

/// The generation of a record of which nothing can be read: what it named is not known.
pub(crate) const UNKNOWN_GENERATION: u64 = 0;

/// What became of the upload itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is there.
    Live,
    /// A lifecycle rule expired it; its rows stay.
    Archived,
    /// Somebody removed it, and its rows went with it.
    Deleted,
}

/// An immutable part of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The table.
    pub table: Table,
    /// Key in the lake.
    pub key: String,
    /// Rows in it.
    pub rows: u64,
}

/// An object that a newer generation replaced; readers of older snapshots may still need it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Superseded {
    /// Key in the lake.
    pub key: String,
    /// Since when it is not needed by new readers.
    pub since: Timestamp,
}

/// The commit record of an upload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The upload's key.
    pub key: String,
    /// Its id, which follows from the key.
    pub source_id: SourceId,
    /// Counts the changes of this record, from 1.
    pub generation: u64,
    /// What became of the upload itself.
    pub state: State,
    /// Tag of the object that was read.
    pub etag: Etag,
    /// Version of the object that was read, in a versioned bucket.
    pub version: Option<String>,
    /// Bytes of the object that was read.
    pub size: u64,
    /// When that object was written: of overlapping exports the newest counts.
    pub uploaded_at: Timestamp,
    /// When it was read.
    pub processed_at: Timestamp,
    /// Seconds that reading and writing took.
    pub seconds: f64,
    /// What was made of it; empty once deleted.
    pub parts: Vec<Part>,
    /// Key of the refused rows, where there are any.
    pub rejected: Option<String>,
    /// What happened to the file, for people: adapter and its version, counts, rules, reasons.
    pub report: UploadReport,
    /// How it was read: adapter, version and settings in short. Another text means that it is to be read again.
    pub reading: String,
    /// How many erased customers are known to be absent from parts and refused rows.
    pub erasures: u64,
    /// What earlier generations left, to be swept.
    pub superseded: Vec<Superseded>,
    /// S3's sequencer of the last removal, to tell a late event from a new one.
    pub sequencer: Option<String>,
}

impl Record {
    /// Was it made of the object with this tag and time?
    pub(crate) fn is_of(&self, etag: &Etag, modified: Timestamp) -> bool {
        self.state == State::Live && self.etag == *etag && self.uploaded_at == modified
    }

    /// Would it be read in the same way today?
    pub(crate) fn is_up_to_date(&self, account: &Account, adapters: &Adapters, rates: &[impl AsRef<str>]) -> bool {
        self.reading == reading::of(&self.report, account, adapters, rates)
    }

    /// Every object that readers of this record may ask for.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| part.key.as_str()).chain(self.rejected.as_deref())
    }

    /// Objects of this record that `next`, its successor, no longer names.
    pub(crate) fn left_by(&self, next: &[&str], since: Timestamp) -> Vec<Superseded> {
        let left = self.objects().filter(|key| !next.contains(key));
        left.map(|key| Superseded { key: key.to_owned(), since }).collect()
    }
}

impl Lake {
    /// The record of the upload under `key`, where one was written. One that cannot be read is told, and stands for
    /// what could be made of it: the next reconcile reads its upload again.
    ///
    /// # Errors
    /// A failed request.
    pub async fn record(&self, id: &SourceId) -> LakeResult<Option<Document<Record>>> {
        let key = layout::source(id);
        let Some(object) = self.store.find(&key).await? else { return Ok(None) };
        let value = serde_json::from_slice(&object.bytes).unwrap_or_else(|error| {
            tracing::warn!(key, error = %error, "a commit record cannot be read; its upload is to be read again");
            salvaged(id, &object.bytes)
        });
        Ok(Some(Document { value, etag: object.etag }))
    }

    /// All records, ordered by source id. As with [`Lake::record`], one that cannot be read holds up none of the others.
    ///
    /// # Errors
    /// A failed request.
    pub async fn records(&self) -> LakeResult<Vec<Document<Record>>> {
        let listed = self.store.list(SOURCES).await?;
        let ids = listed.into_iter().filter_map(|object| layout::source_of(&object.key));
        let mut records: Vec<Document<Record>> = iter(ids.map(|id| async move { self.record(&id).await }))
            .buffer_unordered(AT_ONCE)
            .try_filter_map(|found| async move { Ok(found) })
            .try_collect()
            .await?;
        records.sort_by(|left, right| left.value.source_id.cmp(&right.value.source_id));
        Ok(records)
    }
}

/// What can be made of a record that cannot be read: its parts and generation where they can, and in any case a record
/// that is of no present object and says so.
fn salvaged(id: &SourceId, bytes: &[u8]) -> Record {
    let found: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
    let key: String = member(&found, "key").unwrap_or_default();
    let reason = "Its commit record cannot be read. The next reconcile reads the file again.".to_owned();
    Record {
        report: UploadReport { key: key.clone(), unreadable: Some(reason), ..UploadReport::default() },
        key,
        source_id: id.clone(),
        generation: member(&found, "generation").unwrap_or(UNKNOWN_GENERATION),
        state: member(&found, "state").unwrap_or(State::Archived),
        etag: member(&found, "etag").unwrap_or_else(|| Etag(String::new())),
        version: member(&found, "version"),
        size: member(&found, "size").unwrap_or_default(),
        uploaded_at: member(&found, "uploaded_at").unwrap_or_default(),
        processed_at: member(&found, "processed_at").unwrap_or_default(),
        seconds: 0.0,
        parts: member(&found, "parts").unwrap_or_default(),
        rejected: member(&found, "rejected"),
        reading: String::new(),
        erasures: 0,
        superseded: member(&found, "superseded").unwrap_or_default(),
        sequencer: member(&found, "sequencer"),
    }
}

fn member<T: DeserializeOwned>(found: &serde_json::Value, name: &str) -> Option<T> {
    serde_json::from_value(found.get(name)?.clone()).ok()
}
