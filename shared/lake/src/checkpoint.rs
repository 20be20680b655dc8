//! Checkpoints of a run: in go results of single steps, out come the same results after an interruption.
use crate::error::{LakeError, LakeResult};
use crate::lake::Lake;
use crate::layout::{self, RunId};
use crate::store::Put;
use serde::Serialize;
use serde::de::DeserializeOwned;

impl Lake {
    /// Writes the checkpoint called `name` (such as `trial-0007`) of a run.
    ///
    /// # Errors
    /// [`LakeError::Name`], or a failed request.
    pub async fn put_checkpoint<T: Serialize>(&self, run: &RunId, name: &str, value: &T) -> LakeResult<()> {
        let key = layout::checkpoint(run, checked(name)?);
        self.store.put_document(&key, value, Put::Always).await?;
        Ok(())
    }

    /// Reads the checkpoint called `name`, where the step was carried out.
    ///
    /// # Errors
    /// [`LakeError::Name`], [`LakeError::Malformed`], or a failed request.
    pub async fn checkpoint<T: DeserializeOwned>(&self, run: &RunId, name: &str) -> LakeResult<Option<T>> {
        let key = layout::checkpoint(run, checked(name)?);
        Ok(self.store.document(&key, "checkpoint").await?.map(|document| document.value))
    }

    /// Names of the run's checkpoints, in order.
    ///
    /// # Errors
    /// A failed request.
    pub async fn checkpoints(&self, run: &RunId) -> LakeResult<Vec<String>> {
        let prefix = layout::checkpoints(run);
        let listed = self.store.list(&prefix).await?;
        let name = |key: &str| key.strip_prefix(&prefix)?.strip_suffix(".json").map(str::to_owned);
        Ok(listed.iter().filter_map(|object| name(&object.key)).collect())
    }

    /// Removes the run's checkpoints, once it is finished.
    ///
    /// # Errors
    /// A failed request; what is left is removed the next time.
    pub async fn clear_checkpoints(&self, run: &RunId) -> LakeResult<()> {
        for object in self.store.list(&layout::checkpoints(run)).await? {
            self.store.delete(&object.key).await?;
        }
        Ok(())
    }
}

/// A name that cannot leave its place in a key.
pub(crate) fn checked(name: &str) -> LakeResult<&str> {
    let valid = (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if valid { Ok(name) } else { Err(LakeError::Name(name.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;
    use ltv_core::account::Account;

    #[tokio::test]
    async fn checkpoints_are_listed_in_order_read_back_and_cleared() {
        let lake = Memory::new(0).lake(Account::default());
        let (run, other): (RunId, RunId) = ("run".parse().unwrap(), "run2".parse().unwrap());
        for trial in 0..12 {
            lake.put_checkpoint(&run, &format!("trial-{trial:04}"), &trial).await.unwrap();
        }
        lake.put_checkpoint(&other, "trial-0000", &1).await.unwrap();
        let names = lake.checkpoints(&run).await.unwrap();
        assert!(names.len() == 12 && names.is_sorted(), "{names:?}");
        assert_eq!(lake.checkpoint::<i32>(&run, "trial-0011").await.unwrap(), Some(11));
        assert_eq!(lake.checkpoint::<i32>(&run, "trial-0012").await.unwrap(), None);
        lake.clear_checkpoints(&run).await.unwrap();
        assert!(lake.checkpoints(&run).await.unwrap().is_empty());
        assert_eq!(lake.checkpoints(&other).await.unwrap().len(), 1);
        assert!(matches!(lake.put_checkpoint(&run, "../x", &1).await, Err(LakeError::Name(_))));
    }
}
