//! What nobody reads any more: in go records and listings of parts and refused rows, out go the objects that no record
//! names, once no reader and no attempt under way can need them.
use crate::document::Document;
use crate::error::{LakeError, LakeResult};
use crate::lake::Lake;
use crate::layout::{REJECTED, SourceId, TABLES, attempt_of};
use crate::record::{Record, UNKNOWN_GENERATION};
use crate::store::{Listed, StoreError};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// How long a superseded part stays for readers of older snapshots, and an unfinished one for its attempt.
pub const GRACE: SignedDuration = SignedDuration::from_hours(24);

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// Objects removed.
    pub removed: u64,
    /// Objects kept for readers or attempts that may be under way.
    pub waiting: u64,
}

/// Which unnamed objects are to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dead {
    /// Those that nobody can need after [`GRACE`].
    AfterGrace,
    /// All that no record names and no commit can name: an erasure does not wait for readers of older snapshots.
    NamedByNoRecord,
}

impl Lake {
    /// Removes what was superseded or abandoned more than [`GRACE`] ago.
    ///
    /// # Errors
    /// A failed request; what is left is removed the next time.
    pub async fn sweep(&self, now: Timestamp) -> LakeResult<Swept> {
        self.remove_dead(Dead::AfterGrace, now).await
    }

    pub(crate) async fn remove_dead(&self, dead: Dead, now: Timestamp) -> LakeResult<Swept> {
        // Listed before records are read: what is committed in between is then named, and stays.
        let mut listed = self.store.list(TABLES).await?;
        listed.extend(self.store.list(REJECTED).await?);
        let records = self.records().await?;
        let by_source: BTreeMap<&SourceId, &Record> =
            records.iter().map(|record| (&record.value.source_id, &record.value)).collect();
        let named: HashSet<&str> = records.iter().flat_map(|record| record.value.objects()).collect();
        let mut swept = Swept::default();
        for object in listed.iter().filter(|object| !named.contains(object.key.as_str())) {
            let Some((source, generation)) = attempt_of(&object.key) else { continue };
            if is_dead(object, generation, by_source.get(&source).copied(), dead, now) {
                self.store.delete(&object.key).await?;
                swept.removed += 1;
            } else {
                swept.waiting += 1;
            }
        }
        for record in &records {
            self.forget_superseded(record, now).await?;
        }
        Ok(swept)
    }

    /// Shortens the record's list of superseded objects by those that were removed.
    async fn forget_superseded(&self, read: &Document<Record>, now: Timestamp) -> LakeResult<()> {
        let mut next = read.value.clone();
        next.superseded.retain(|object| now.duration_since(object.since) < GRACE);
        if next.superseded.len() == read.value.superseded.len() {
            return Ok(());
        }
        match self.commit(&next, Some(read)).await {
            // Somebody wrote a newer generation: the next sweep sees that one.
            Err(LakeError::Store(StoreError::Precondition { .. })) => Ok(()),
            result => result,
        }
    }
}

fn is_dead(object: &Listed, generation: u64, record: Option<&Record>, dead: Dead, now: Timestamp) -> bool {
    if record.is_some_and(|record| record.generation == UNKNOWN_GENERATION) {
        return false;
    }
    let lost = record.is_some_and(|record| generation <= record.generation);
    if dead == Dead::NamedByNoRecord {
        return lost;
    }
    let superseded = record.and_then(|record| record.superseded.iter().find(|left| left.key == object.key));
    let since = superseded.map_or(object.modified, |left| left.since);
    now.duration_since(since) >= GRACE
}
