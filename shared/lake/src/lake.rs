//! The lake as a whole: the two buckets and the account's settings. Its operations stand in the modules beside this
//! one, each with the part of the protocol that it keeps.
use crate::client;
use crate::config::Config;
use crate::error::{LakeError, LakeResult};
use crate::layout::{FORMAT, FORMAT_KEY};
use crate::store::{Put, Store, StoreError};
use ltv_core::account::Account;
use serde::{Deserialize, Serialize};

/// Both buckets and the account's settings. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Lake {
    pub(crate) uploads: Store,
    pub(crate) store: Store,
    pub(crate) account: Account,
}

#[derive(Debug, Serialize, Deserialize)]
struct Format {
    format: u32,
}

impl Lake {
    /// The lake of `config`, reached by `client`. Sends no request.
    pub fn new(config: &Config, client: aws_sdk_s3::Client) -> Lake {
        Lake {
            uploads: Store::new(client.clone(), &config.uploads_bucket),
            store: Store::new(client, &config.lake_bucket),
            account: config.account.clone(),
        }
    }

    /// The lake that this process's environment names. Sends no request to S3.
    ///
    /// # Errors
    /// [`LakeError::Config`].
    pub async fn from_environment() -> LakeResult<Lake> {
        let config = Config::from_environment()?;
        Ok(Lake::new(&config, client::from_environment().await))
    }

    /// The bucket that only the bundle writes to.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The bucket that people and connectors write to.
    pub fn uploads(&self) -> &Store {
        &self.uploads
    }

    /// The account's settings.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Refuses a lake of a newer format; an empty bucket becomes a lake of this one.
    ///
    /// # Errors
    /// [`LakeError::NewerFormat`], or a failed request.
    pub async fn ensure_format(&self) -> LakeResult<()> {
        if self.check_format().await? {
            return Ok(());
        }
        match self.store.put_document(FORMAT_KEY, &Format { format: FORMAT }, Put::IfAbsent).await {
            // Somebody else was first: what they wrote counts.
            Err(LakeError::Store(StoreError::Precondition { .. })) => self.check_format().await.map(|_| ()),
            result => result.map(|_| ()),
        }
    }

    /// Refuses a lake of a newer format without writing anything; says whether there is a lake at all.
    ///
    /// # Errors
    /// [`LakeError::NewerFormat`], or a failed request.
    pub async fn check_format(&self) -> LakeResult<bool> {
        match self.store.document::<Format>(FORMAT_KEY, "format of a lake").await? {
            Some(format) if format.value.format > FORMAT => Err(LakeError::NewerFormat { found: format.value.format }),
            found => Ok(found.is_some()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{LAKE, Memory};

    #[tokio::test]
    async fn an_empty_bucket_becomes_a_lake_and_a_newer_lake_is_refused() {
        let memory = Memory::new(0);
        let lake = memory.lake(Account::default());
        assert!(!lake.check_format().await.unwrap());
        lake.ensure_format().await.unwrap();
        lake.ensure_format().await.unwrap();
        assert!(lake.check_format().await.unwrap());
        memory.put(LAKE, FORMAT_KEY, r#"{"format": 2, "and": "more"}"#);
        assert!(matches!(lake.ensure_format().await, Err(LakeError::NewerFormat { found: 2 })));
        memory.put(LAKE, FORMAT_KEY, "not JSON");
        assert!(matches!(lake.check_format().await, Err(LakeError::Malformed { .. })));
    }
}
