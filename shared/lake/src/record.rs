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
use serde::{Deserialize, Serialize};

/// How many small objects are read at once.
pub(crate) const AT_ONCE: usize = 16;

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
    /// The record of the upload under `key`, where one was written.
    ///
    /// # Errors
    /// A failed request, or [`crate::LakeError::Malformed`].
    pub async fn record(&self, id: &SourceId) -> LakeResult<Option<Document<Record>>> {
        self.store.document(&layout::source(id), "commit record").await
    }

    /// All records, ordered by source id.
    ///
    /// # Errors
    /// A failed request, or [`crate::LakeError::Malformed`].
    pub async fn records(&self) -> LakeResult<Vec<Document<Record>>> {
        let listed = self.store.list(SOURCES).await?;
        let read = |key: String| async move { self.store.document::<Record>(&key, "commit record").await };
        let mut records: Vec<Document<Record>> = iter(listed.into_iter().map(|object| read(object.key)))
            .buffer_unordered(AT_ONCE)
            .try_filter_map(|found| async move { Ok(found) })
            .try_collect()
            .await?;
        records.sort_by(|left, right| left.value.source_id.cmp(&right.value.source_id));
        Ok(records)
    }
}
