//! What is live: in goes a finished run, out comes the pointer that every server follows. Flipped last, by one
//! conditional write: of two trainings that end together, one wins and the other sees it.
use crate::document::Document;
use crate::error::{LakeError, LakeResult};
use crate::lake::Lake;
use crate::layout::{CURRENT_KEY, ModelId, RunId};
use crate::store::{Etag, Put, StoreError};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A model and a run scored with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// The model that POST /predict uses.
    pub model: ModelId,
    /// The run that customers, segments and channels are answered from.
    pub run: RunId,
    /// The day the run was made: the `run_date` of its predictions.
    pub run_date: Date,
    /// Id of the data snapshot that the run saw.
    pub snapshot: String,
}

/// `current.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    /// What is live.
    #[serde(flatten)]
    pub live: Live,
    /// Counts the flips, from 1.
    pub generation: u64,
    /// When it was flipped.
    pub flipped_at: Timestamp,
    /// What was live before with another model, for a rollback: scoring again with the same one does not lose it.
    pub previous: Option<Live>,
}

impl Lake {
    /// What is live and the tag to flip it with; `None` before the first run.
    ///
    /// # Errors
    /// A failed request.
    pub async fn pointer(&self) -> LakeResult<Option<Document<Pointer>>> {
        self.store.document(CURRENT_KEY, "pointer").await
    }

    /// Makes `live` what is live, if the pointer is still the one that was `read`.
    ///
    /// # Errors
    /// [`LakeError::PointerMoved`], or a failed request.
    pub async fn flip(&self, live: Live, read: Option<&Document<Pointer>>, now: Timestamp) -> LakeResult<Pointer> {
        let previous = read.and_then(|read| {
            let before = &read.value;
            if before.live.model == live.model { before.previous.clone() } else { Some(before.live.clone()) }
        });
        let next =
            Pointer { generation: read.map_or(0, |read| read.value.generation) + 1, flipped_at: now, previous, live };
        let when = Put::after(read.map(|read| &read.etag));
        match self.store.put_document(CURRENT_KEY, &next, when).await {
            Ok(_) => Ok(next),
            Err(LakeError::Store(StoreError::Precondition { .. })) => self.own_flip(next).await,
            Err(error) => Err(error),
        }
    }

    /// A write whose answer was lost is repeated by the client and then meets itself.
    async fn own_flip(&self, next: Pointer) -> LakeResult<Pointer> {
        match self.pointer().await? {
            Some(found) if found.value == next => Ok(next),
            _ => Err(LakeError::PointerMoved { run: next.live.run }),
        }
    }

    /// Makes the model before the one that was `read` live again, with the last run scored with it, if the pointer is
    /// still that.
    ///
    /// # Errors
    /// [`LakeError::NothingBefore`], [`LakeError::PointerMoved`], or a failed request.
    pub async fn roll_back(&self, read: &Document<Pointer>, now: Timestamp) -> LakeResult<Pointer> {
        let previous = read.value.previous.clone().ok_or(LakeError::NothingBefore)?;
        self.flip(previous, Some(read), now).await
    }

    /// The pointer, where it is another than the one tagged `etag`: what a warm server asks now and then.
    ///
    /// # Errors
    /// A failed request.
    pub async fn pointer_unless(&self, etag: &Etag) -> LakeResult<Option<Document<Pointer>>> {
        Ok(self.pointer().await?.filter(|found| found.etag != *etag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Crash, Memory};
    use futures::future::join_all;
    use ltv_core::account::Account;

    fn live(run: &str) -> Live {
        let date = jiff::civil::date(2026, 1, 1);
        Live { model: run.parse().unwrap(), run: run.parse().unwrap(), run_date: date, snapshot: "s".to_owned() }
    }

    #[tokio::test]
    async fn of_many_runs_that_end_together_one_goes_live_and_the_others_see_it() {
        for seed in 0..8 {
            let lake = Memory::new(seed).lake(Account::default());
            let before = lake.pointer().await.unwrap();
            let runs: Vec<Live> = (0..16).map(|n| live(&format!("run-{n}"))).collect();
            let flips = runs.into_iter().map(|run| lake.flip(run, before.as_ref(), Timestamp::UNIX_EPOCH));
            let results = join_all(flips).await;
            let won: Vec<&Pointer> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
            assert_eq!(won.len(), 1);
            assert!(results.iter().all(|r| matches!(r, Ok(_) | Err(LakeError::PointerMoved { .. }))));
            assert_eq!(&lake.pointer().await.unwrap().unwrap().value, won[0]);
        }
    }

    #[tokio::test]
    async fn a_rollback_makes_the_model_before_live_again_however_often_the_present_one_has_scored() {
        let lake = Memory::new(0).lake(Account::default());
        let now = Timestamp::UNIX_EPOCH;
        lake.flip(live("a"), None, now).await.unwrap();
        let read = lake.pointer().await.unwrap();
        assert!(matches!(lake.roll_back(read.as_ref().unwrap(), now).await, Err(LakeError::NothingBefore)));
        lake.flip(live("b"), read.as_ref(), now).await.unwrap();
        let scored_again = Live { run: "b-again".parse().unwrap(), ..live("b") };
        let before = lake.pointer().await.unwrap();
        lake.flip(scored_again.clone(), before.as_ref(), now).await.unwrap();
        let stale = lake.roll_back(before.as_ref().unwrap(), now).await;
        assert!(matches!(stale, Err(LakeError::PointerMoved { .. })));
        let back = async || lake.roll_back(&lake.pointer().await.unwrap().unwrap(), now).await.unwrap();
        let first = back().await;
        assert_eq!((first.live, first.generation), (live("a"), 4));
        assert_eq!(back().await.live, scored_again);
        assert!(lake.pointer_unless(&read.unwrap().etag).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_flip_whose_answer_was_lost_counts_when_it_meets_itself() {
        let memory = Memory::new(0);
        let lake = memory.lake(Account::default());
        memory.crash_after(0, Crash::After);
        assert!(lake.flip(live("a"), None, Timestamp::UNIX_EPOCH).await.is_err());
        memory.revive();
        assert!(lake.flip(live("a"), None, Timestamp::UNIX_EPOCH).await.is_ok());
        assert!(lake.flip(live("b"), None, Timestamp::UNIX_EPOCH).await.is_err());
    }
}
