//! JSON objects with their tags: in goes a key, out comes a value that can be written back only over what was read.
use crate::error::{LakeError, LakeResult};
use crate::layout::JSON;
use crate::store::{Etag, Put, Store};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value and the tag of the object that it was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Document<T> {
    /// What the object says.
    pub value: T,
    /// Its tag, for a conditional write.
    pub etag: Etag,
}

impl Store {
    /// The JSON object under `key` as a `kind`, or `None` where there is none.
    ///
    /// # Errors
    /// A failed request, or [`LakeError::Malformed`].
    pub async fn document<T: DeserializeOwned>(
        &self,
        key: &str,
        kind: &'static str,
    ) -> LakeResult<Option<Document<T>>> {
        let Some(object) = self.find(key).await? else { return Ok(None) };
        match serde_json::from_slice(&object.bytes) {
            Ok(value) => Ok(Some(Document { value, etag: object.etag })),
            Err(source) => Err(LakeError::Malformed { key: key.to_owned(), kind, source: source.into() }),
        }
    }

    /// Writes `value` as the JSON object under `key`, where `when` allows it.
    ///
    /// # Errors
    /// [`crate::store::StoreError::Precondition`] where it does not, or a failed request.
    pub async fn put_document<T: Serialize>(&self, key: &str, value: &T, when: Put<'_>) -> LakeResult<Etag> {
        let json = serde_json::to_vec_pretty(value).map_err(|source| LakeError::Malformed {
            key: key.to_owned(),
            kind: "JSON document",
            source: source.into(),
        })?;
        Ok(self.put(key, json, JSON, when).await?)
    }
}
