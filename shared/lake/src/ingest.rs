//! From a hint to a committed record: in goes the key that an event named, out comes the state that the object has
//! *now*. Never trusts what the event said about it.
//!
//! Read the record, HEAD the object, write parts under names nobody else has, then PUT the record on the condition
//! that it is still the one that was read. Whoever loses starts again. So it converges under doubled, lost, late,
//! reordered and concurrent events, replacement while being read, deletion and return.
use crate::conversion::{Made, Upload};
use crate::document::Document;
use crate::erase::Tombstones;
use crate::error::{LakeError, LakeResult};
use crate::lake::Lake;
use crate::layout::{self, SourceId};
use crate::rates;
use crate::reading;
use crate::record::{Record, State};
use crate::store::{Put, StoreError};
use jiff::Timestamp;
use ltv_core::upload::UploadReport;
use std::time::{Duration, Instant};

/// Attempts before an upload that others keep changing is left to a later event.
const TRIES: u32 = 12;

/// What an event says about an object that is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removal {
    /// Did a lifecycle rule expire it? Its rows then stay.
    pub expired: bool,
    /// S3's sequencer of the event.
    pub sequencer: Option<String>,
}

/// What became of a hint.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A folder's placeholder: no upload.
    Folder,
    /// There is no object, and there never was a record.
    Nothing,
    /// The record was up to date already.
    Unchanged(Box<Record>),
    /// The object was read and committed.
    Committed(Box<Record>),
    /// The object is gone, and the record says so.
    Removed(Box<Record>),
}

impl Outcome {
    /// The record as it stands now.
    pub fn record(&self) -> Option<&Record> {
        match self {
            Outcome::Folder | Outcome::Nothing => None,
            Outcome::Unchanged(record) | Outcome::Committed(record) | Outcome::Removed(record) => Some(record),
        }
    }
}

impl Lake {
    /// Brings the record of `key` up to date with the object. `removal` is what an event said of its removal, and
    /// counts only where the object is indeed gone.
    ///
    /// # Errors
    /// Faults worth another try: failed requests, a full disk, [`LakeError::Contended`]. A file that cannot be read is
    /// a report, not an error.
    pub async fn ingest(&self, key: &str, removal: &Removal) -> LakeResult<Outcome> {
        if key.ends_with('/') {
            return Ok(Outcome::Folder);
        }
        for attempt in 0..TRIES {
            match Box::pin(self.try_ingest(key, removal)).await {
                Err(LakeError::Store(StoreError::Precondition { .. })) => back_off(attempt).await,
                result => return result,
            }
        }
        Err(LakeError::Contended { key: key.to_owned(), tries: TRIES })
    }

    async fn try_ingest(&self, key: &str, removal: &Removal) -> LakeResult<Outcome> {
        let source = SourceId::of(key);
        let read = self.record(&source).await?;
        let Some(head) = self.uploads.head(key).await? else { return self.remove(read, removal).await };
        let adapters = self.adapters().await?.adapters;
        if let Some(record) = read.as_ref().map(|read| &read.value).filter(|r| r.is_of(&head.etag, head.modified)) {
            let rates = if rates::matter_to(&record.report) { self.rate_parts().await? } else { Vec::new() };
            if record.is_up_to_date(&self.account, &adapters, &rates) {
                return Ok(Outcome::Unchanged(Box::new(record.clone())));
            }
        }
        let started = Instant::now();
        let tombstones = self.tombstones().await?;
        let generation = read.as_ref().map_or(0, |read| read.value.generation) + 1;
        let upload = Upload { key, source: &source, generation, head: &head };
        let made = match self.make(&upload, adapters, &tombstones).await? {
            Some(made) => made,
            None => match &read {
                // What was read of it while it could be read stays.
                Some(read) if read.value.is_of(&head.etag, head.modified) => {
                    return Ok(Outcome::Unchanged(Box::new(read.value.clone())));
                }
                _ => in_archive(key),
            },
        };
        let mut record = Record {
            key: key.to_owned(),
            source_id: source,
            generation,
            state: State::Live,
            etag: head.etag,
            version: head.version,
            size: head.size,
            uploaded_at: head.modified,
            processed_at: Timestamp::now(),
            seconds: started.elapsed().as_secs_f64(),
            parts: made.parts,
            rejected: made.rejected,
            reading: made.reading,
            report: made.report,
            erasures: tombstones.count(),
            superseded: Vec::new(),
            sequencer: None,
        };
        if let Some(read) = &read {
            record.superseded.clone_from(&read.value.superseded);
            let named: Vec<&str> = record.objects().collect();
            let left = read.value.left_by(&named, record.processed_at);
            record.superseded.extend(left);
        }
        self.commit(&record, read.as_ref()).await?;
        // A customer erased in the meantime was not known to the conversion.
        let later = self.tombstones().await?;
        if later.count() > tombstones.count() {
            let later = self.bury_those_of(std::slice::from_ref(&record), later, Timestamp::now()).await?;
            record = self.erase_from_source(&record.source_id, &later).await?.map_or(record, |(record, _)| record);
        }
        Ok(Outcome::Committed(Box::new(record)))
    }

    /// The object is gone: a tombstone, or `archived` where a lifecycle rule took it.
    async fn remove(&self, read: Option<Document<Record>>, removal: &Removal) -> LakeResult<Outcome> {
        let Some(read) = read else { return Ok(Outcome::Nothing) };
        let record = &read.value;
        let state = match record.state {
            State::Live if removal.expired => State::Archived,
            // Only a removal known to be later than the expiry takes the rows as well.
            State::Archived if removal.expired || !removal.follows(record) => State::Archived,
            State::Live | State::Archived | State::Deleted => State::Deleted,
        };
        if state == record.state {
            return Ok(Outcome::Unchanged(Box::new(read.value)));
        }
        let now = Timestamp::now();
        let mut next = Record {
            generation: record.generation + 1,
            state,
            processed_at: now,
            sequencer: removal.sequencer.clone(),
            ..record.clone()
        };
        if state == State::Deleted {
            next.superseded.extend(record.left_by(&[], now));
            next.parts.clear();
            next.rejected = None;
        }
        self.commit(&next, Some(&read)).await?;
        Ok(Outcome::Removed(Box::new(next)))
    }

    /// Writes a record over the one that was read.
    pub(crate) async fn commit(&self, record: &Record, read: Option<&Document<Record>>) -> LakeResult<()> {
        let key = layout::source(&record.source_id);
        self.store.put_document(&key, record, Put::after(read.map(|read| &read.etag))).await?;
        Ok(())
    }

    /// The erased customers.
    pub(crate) async fn tombstones(&self) -> LakeResult<Tombstones> {
        Tombstones::read(&self.store).await
    }
}

/// What is told of an object in an archive storage class; a reconcile after its restoration reads it.
fn in_archive(key: &str) -> Made {
    let reason = "The file lies in an archive storage class. Restore it, and the next reconcile reads it.";
    let report = UploadReport { key: key.to_owned(), unreadable: Some(reason.to_owned()), ..UploadReport::default() };
    Made { parts: Vec::new(), rejected: None, report, reading: reading::IN_ARCHIVE.to_owned() }
}

impl Removal {
    /// Did it happen after the removal that the record knows? S3 orders sequencers of one key as hexadecimal numbers.
    fn follows(&self, record: &Record) -> bool {
        let (Some(this), Some(known)) = (&self.sequencer, &record.sequencer) else { return false };
        let width = this.len().max(known.len());
        format!("{this:0>width$}") > format!("{known:0>width$}")
    }
}

/// Waits a little, more with every try, so that writers who met do not meet again.
pub(crate) async fn back_off(attempt: u32) {
    let most = 4_u64 << attempt.min(8);
    tokio::time::sleep(Duration::from_millis(fastrand::u64(0..most))).await;
}
