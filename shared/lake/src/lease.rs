//! One training at a time: in goes who wants to train, out comes a lease on a run, new or interrupted.
//!
//! The lease is one object written under conditions. It ends by itself when its holder dies; whoever comes next
//! continues the same run from its checkpoints. It keeps two trainings from doing the same work; what keeps them from
//! harming each other is the condition on the pointer.
use crate::error::{LakeError, LakeResult};
use crate::lake::Lake;
use crate::layout::{LEASE_KEY, RunId};
use crate::store::{Etag, Put, Store, StoreError};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// An interrupted run older than this is not continued: parts of its snapshot may have been swept.
pub const RUN_LIMIT: SignedDuration = SignedDuration::from_hours(24);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct LeaseFile {
    run: RunId,
    started_at: Timestamp,
    holder: String,
    expires_at: Timestamp,
    finished: bool,
    /// When a run was finished last, this one or an earlier one.
    #[serde(default)]
    finished_at: Option<Timestamp>,
}

/// The right to carry out a run, until it expires.
#[derive(Debug)]
pub struct Lease {
    store: Store,
    file: LeaseFile,
    etag: Etag,
    /// Was this run begun by somebody before?
    pub continued: bool,
}

impl Lake {
    /// A lease for `holder` (an id of this invocation): on the run that was interrupted, else on a new one.
    ///
    /// # Errors
    /// [`LakeError::LeaseHeld`] while somebody else trains, or a failed request.
    pub async fn lease(&self, holder: &str, length: SignedDuration, now: Timestamp) -> LakeResult<Lease> {
        let read = self.store.document::<LeaseFile>(LEASE_KEY, "lease").await?;
        let found = read.as_ref().map(|read| &read.value);
        if let Some(held) = found.filter(|file| !file.finished && file.expires_at > now && file.holder != holder) {
            let (run, holder) = (held.run.clone(), held.holder.clone());
            return Err(LakeError::LeaseHeld { run, holder, until: held.expires_at });
        }
        let interrupted = found.filter(|file| !file.finished && now.duration_since(file.started_at) < RUN_LIMIT);
        let (run, started_at) = match interrupted {
            Some(file) => (file.run.clone(), file.started_at),
            None => (RunId::new(now), now),
        };
        let continued = interrupted.is_some();
        let file = LeaseFile {
            run,
            started_at,
            holder: holder.to_owned(),
            expires_at: now + length,
            finished: false,
            finished_at: found.and_then(|file| file.finished_at),
        };
        match self.store.put_document(LEASE_KEY, &file, Put::after(read.as_ref().map(|read| &read.etag))).await {
            Ok(etag) => Ok(Lease { store: self.store.clone(), file, etag, continued }),
            Err(LakeError::Store(StoreError::Precondition { .. })) => {
                let winner = self.store.document::<LeaseFile>(LEASE_KEY, "lease").await?;
                match winner {
                    Some(own) if own.value == file => {
                        Ok(Lease { store: self.store.clone(), file, etag: own.etag, continued })
                    }
                    Some(other) => Err(LakeError::LeaseHeld {
                        run: other.value.run,
                        holder: other.value.holder,
                        until: other.value.expires_at,
                    }),
                    None => Err(LakeError::Contended { key: LEASE_KEY.to_owned(), tries: 1 }),
                }
            }
            Err(error) => Err(error),
        }
    }
}

impl Lake {
    /// When a training was finished last; `None` where none ever was.
    ///
    /// # Errors
    /// A failed request.
    pub async fn last_training(&self) -> LakeResult<Option<Timestamp>> {
        let read = self.store.document::<LeaseFile>(LEASE_KEY, "lease").await?;
        Ok(read.and_then(|read| read.value.finished_at))
    }
}

impl Lease {
    /// The run to carry out.
    pub fn run(&self) -> &RunId {
        &self.file.run
    }

    /// When the run began, perhaps under an earlier holder.
    pub fn started_at(&self) -> Timestamp {
        self.file.started_at
    }

    /// Keeps the lease for `length` from `now` on.
    ///
    /// # Errors
    /// [`LakeError::LeaseLost`] where somebody took over, or a failed request.
    pub async fn renew(&mut self, length: SignedDuration, now: Timestamp) -> LakeResult<()> {
        self.write(LeaseFile { expires_at: now + length, ..self.file.clone() }).await
    }

    /// Gives the lease back with the run unfinished: the next holder continues it at once.
    ///
    /// # Errors
    /// [`LakeError::LeaseLost`] where somebody took over, or a failed request.
    pub async fn release(mut self, now: Timestamp) -> LakeResult<()> {
        self.write(LeaseFile { expires_at: now, ..self.file.clone() }).await
    }

    /// Gives the lease back with the run finished: the next holder begins a new one.
    ///
    /// # Errors
    /// [`LakeError::LeaseLost`] where somebody took over, or a failed request.
    pub async fn finish(mut self, now: Timestamp) -> LakeResult<()> {
        self.write(LeaseFile { expires_at: now, finished: true, finished_at: Some(now), ..self.file.clone() }).await
    }

    async fn write(&mut self, file: LeaseFile) -> LakeResult<()> {
        match self.store.put_document(LEASE_KEY, &file, Put::IfMatch(&self.etag)).await {
            Ok(etag) => self.etag = etag,
            Err(LakeError::Store(StoreError::Precondition { .. })) => {
                // A write whose answer was lost is repeated by the client and then meets itself.
                match self.store.document::<LeaseFile>(LEASE_KEY, "lease").await? {
                    Some(own) if own.value == file => self.etag = own.etag,
                    _ => return Err(LakeError::LeaseLost { run: self.file.run.clone() }),
                }
            }
            Err(error) => return Err(error),
        }
        self.file = file;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;
    use futures::future::join_all;
    use ltv_core::account::Account;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3600).unwrap()
    }

    #[tokio::test]
    async fn of_many_trainings_that_begin_together_one_holds_the_lease() {
        for seed in 0..8 {
            let lake = Memory::new(seed).lake(Account::default());
            let names: Vec<String> = (0..12).map(|n| n.to_string()).collect();
            let results = join_all(names.iter().map(|name| lake.lease(name, HOUR, at(0)))).await;
            assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
            assert!(results.iter().all(|r| matches!(r, Ok(_) | Err(LakeError::LeaseHeld { .. }))));
        }
    }

    #[tokio::test]
    async fn an_interrupted_run_is_continued_by_the_next_holder_and_a_finished_one_is_not() {
        let lake = Memory::new(0).lake(Account::default());
        let mut first = lake.lease("a", HOUR, at(0)).await.unwrap();
        assert!(matches!(lake.lease("b", HOUR, at(0)).await, Err(LakeError::LeaseHeld { .. })));
        let second = lake.lease("b", HOUR, at(1)).await.unwrap();
        assert!(second.continued && second.run() == first.run() && second.started_at() == at(0));
        assert!(matches!(first.renew(HOUR, at(1)).await, Err(LakeError::LeaseLost { .. })));
        let run = second.run().clone();
        second.release(at(1)).await.unwrap();
        let third = lake.lease("c", HOUR, at(1)).await.unwrap();
        assert_eq!(third.run(), &run);
        third.finish(at(1)).await.unwrap();
        let fourth = lake.lease("d", HOUR, at(1)).await.unwrap();
        assert!(!fourth.continued && fourth.run() != &run);
        assert_eq!(
            lake.last_training().await.unwrap(),
            Some(at(1)),
            "a run under way does not hide the last one's end"
        );
    }

    #[tokio::test]
    async fn a_run_too_old_to_continue_is_begun_anew() {
        let lake = Memory::new(0).lake(Account::default());
        let first = lake.lease("a", HOUR, at(0)).await.unwrap();
        let second = lake.lease("b", HOUR, at(24)).await.unwrap();
        assert!(!second.continued && second.run() != first.run());
    }
}
