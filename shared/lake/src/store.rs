//! One bucket: in go keys, bytes and conditions, out come objects and typed failures that name the key.
//!
//! Everything above speaks to S3 through this; it never knows what an object means.
mod download;
mod failure;
mod sending;
mod transfer;

pub use download::Download;
pub use failure::{StoreError, StoreResult};
pub(crate) use sending::Cutter;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use failure::{Attempt, failure};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A bucket and the client that reaches it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    bucket: String,
}

/// An object's entity tag, without the quotes of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Etag(pub String);

impl Etag {
    fn of(header: Option<&str>) -> Etag {
        Etag(header.unwrap_or_default().trim_matches('"').to_owned())
    }

    fn quoted(&self) -> String {
        format!("\"{}\"", self.0)
    }
}

/// What HEAD says of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its entity tag.
    pub etag: Etag,
    /// Bytes.
    pub size: u64,
    /// When it was last written.
    pub modified: Timestamp,
    /// Its version, in a versioned bucket.
    pub version: Option<String>,
}

/// A line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The whole key.
    pub key: String,
    /// Its entity tag.
    pub etag: Etag,
    /// Bytes.
    pub size: u64,
    /// When it was last written.
    pub modified: Timestamp,
}

/// An object's bytes.
#[derive(Clone, Debug)]
pub struct Object {
    /// The bytes asked for.
    pub bytes: Bytes,
    /// The tag of the object that they are of.
    pub etag: Etag,
    /// Size of the whole object.
    pub size: u64,
}

/// When a PUT may happen.
#[derive(Clone, Copy, Debug)]
pub enum Put<'a> {
    /// Whatever is there.
    Always,
    /// Only where nothing is there (`If-None-Match: *`).
    IfAbsent,
    /// Only over the object of this tag (`If-Match`).
    IfMatch(&'a Etag),
}

impl<'a> Put<'a> {
    /// The condition that makes a write follow what was `read`: over that object, or where none was.
    pub fn after(read: Option<&'a Etag>) -> Put<'a> {
        read.map_or(Put::IfAbsent, Put::IfMatch)
    }
}

impl Store {
    /// The `bucket`, reached by `client`.
    pub fn new(client: Client, bucket: impl Into<String>) -> Store {
        Store { client, bucket: bucket.into() }
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The whole object under `key`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or a failed request.
    pub async fn get(&self, key: &str) -> StoreResult<Object> {
        self.fetch(key, None, None).await
    }

    /// The whole object under `key`, or `None` where there is none.
    ///
    /// # Errors
    /// A failed request.
    pub async fn find(&self, key: &str) -> StoreResult<Option<Object>> {
        match self.get(key).await {
            Ok(object) => Ok(Some(object)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Bytes `range` of the object under `key`, of the object tagged `etag` where one is given.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Precondition`] where the object was replaced, or a failed request.
    pub async fn get_range(&self, key: &str, range: Range<u64>, etag: Option<&Etag>) -> StoreResult<Object> {
        if range.is_empty() {
            return Err(StoreError::EmptyRange { key: key.to_owned() });
        }
        self.fetch(key, Some(format!("bytes={}-{}", range.start, range.end - 1)), etag).await
    }

    /// The last `length` bytes of the object under `key`, or all of a shorter one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or a failed request.
    pub async fn get_tail(&self, key: &str, length: u64) -> StoreResult<Object> {
        self.fetch(key, Some(format!("bytes=-{length}")), None).await
    }

    async fn fetch(&self, key: &str, range: Option<String>, etag: Option<&Etag>) -> StoreResult<Object> {
        let attempt = Attempt { bucket: &self.bucket, key, operation: "GetObject" };
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        let request = request.set_range(range).set_if_match(etag.map(Etag::quoted));
        let response = request.send().await.map_err(|error| failure(attempt, error))?;
        let etag = Etag::of(response.e_tag());
        let whole = response.content_range().and_then(|range| range.rsplit('/').next()?.parse().ok());
        let bytes = response.body.collect().await.map_err(|error| attempt.broken(error))?.into_bytes();
        Ok(Object { size: whole.unwrap_or(bytes.len() as u64), bytes, etag })
    }

    /// What HEAD says of `key`, or `None` where there is no object.
    ///
    /// # Errors
    /// A failed request.
    pub async fn head(&self, key: &str) -> StoreResult<Option<Head>> {
        let attempt = Attempt { bucket: &self.bucket, key, operation: "HeadObject" };
        let request = self.client.head_object().bucket(&self.bucket).key(key);
        match request.send().await.map_err(|error| failure(attempt, error)) {
            Ok(head) => Ok(Some(Head {
                etag: Etag::of(head.e_tag()),
                size: u64::try_from(head.content_length().unwrap_or(0)).unwrap_or(0),
                modified: instant(head.last_modified()),
                version: head.version_id().map(str::to_owned),
            })),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every object under `prefix`, in the order of keys.
    ///
    /// # Errors
    /// A failed request.
    pub async fn list(&self, prefix: &str) -> StoreResult<Vec<Listed>> {
        let attempt = Attempt { bucket: &self.bucket, key: prefix, operation: "ListObjectsV2" };
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix);
        let mut pages = request.into_paginator().send();
        let mut listed = Vec::new();
        while let Some(page) = pages.next().await {
            for object in page.map_err(|error| failure(attempt, error))?.contents() {
                listed.push(Listed {
                    key: object.key().unwrap_or_default().to_owned(),
                    etag: Etag::of(object.e_tag()),
                    size: u64::try_from(object.size().unwrap_or(0)).unwrap_or(0),
                    modified: instant(object.last_modified()),
                });
            }
        }
        Ok(listed)
    }

    /// Writes `bytes` under `key` in one request, where `when` allows it.
    ///
    /// # Errors
    /// [`StoreError::Precondition`] where it does not, or a failed request.
    pub async fn put(&self, key: &str, bytes: impl Into<Bytes>, kind: &str, when: Put<'_>) -> StoreResult<Etag> {
        let attempt = Attempt { bucket: &self.bucket, key, operation: "PutObject" };
        let request = self.client.put_object().bucket(&self.bucket).key(key).content_type(kind);
        let request = match when {
            Put::Always => request,
            Put::IfAbsent => request.if_none_match("*"),
            Put::IfMatch(etag) => request.if_match(etag.quoted()),
        };
        match request.body(ByteStream::from(bytes.into())).send().await.map_err(|error| failure(attempt, error)) {
            Ok(written) => Ok(Etag::of(written.e_tag())),
            // S3 answers 404 to If-Match where the object is gone.
            Err(StoreError::NotFound { key, .. }) if matches!(when, Put::IfMatch(_)) => {
                Err(StoreError::Precondition { bucket: self.bucket.clone(), key })
            }
            Err(error) => Err(error),
        }
    }

    /// Removes the object under `key`; where there is none, that is fine.
    ///
    /// # Errors
    /// A failed request.
    pub async fn delete(&self, key: &str) -> StoreResult<()> {
        let attempt = Attempt { bucket: &self.bucket, key, operation: "DeleteObject" };
        match self.client.delete_object().bucket(&self.bucket).key(key).send().await {
            Ok(_) => Ok(()),
            Err(error) => match failure(attempt, error) {
                StoreError::NotFound { .. } => Ok(()),
                error => Err(error),
            },
        }
    }
}

fn instant(time: Option<&aws_smithy_types::DateTime>) -> Timestamp {
    time.and_then(|time| Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok())
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;

    const KEYS: [&str; 7] =
        ["a//b.csv", "folder/", "my table/a b+c.csv", "x&<y>.csv", "你好/😊.csv", "z/100%.csv", "z/?a=b#c.csv"];

    #[tokio::test]
    async fn keys_of_every_kind_are_written_listed_page_by_page_and_read() {
        let store = Memory::new(0).lake(ltv_core::account::Account::default()).store;
        for key in KEYS {
            store.put(key, key.as_bytes().to_vec(), "text/plain", Put::Always).await.unwrap();
        }
        let listed: Vec<String> = store.list("").await.unwrap().into_iter().map(|object| object.key).collect();
        let mut expected: Vec<&str> = KEYS.to_vec();
        expected.sort_unstable();
        assert_eq!(listed, expected);
        for key in KEYS {
            assert_eq!(store.get(key).await.unwrap().bytes, key.as_bytes());
            assert_eq!(store.head(key).await.unwrap().unwrap().size, key.len() as u64);
            store.delete(key).await.unwrap();
            assert!(store.find(key).await.unwrap().is_none() && store.head(key).await.unwrap().is_none());
        }
    }

    #[tokio::test]
    async fn conditions_are_told_apart_from_failures() {
        let store = Memory::new(0).lake(ltv_core::account::Account::default()).store;
        let etag = store.put("k", "1", "text/plain", Put::IfAbsent).await.unwrap();
        let refused = |result| matches!(result, Err(StoreError::Precondition { .. }));
        assert!(refused(store.put("k", "2", "text/plain", Put::IfAbsent).await));
        let second = store.put("k", "2", "text/plain", Put::IfMatch(&etag)).await.unwrap();
        assert!(refused(store.put("k", "3", "text/plain", Put::IfMatch(&etag)).await));
        assert!(refused(store.put("none", "3", "text/plain", Put::IfMatch(&etag)).await));
        assert!(matches!(store.get_range("k", 0..1, Some(&etag)).await, Err(StoreError::Precondition { .. })));
        assert_eq!(store.get_range("k", 0..1, Some(&second)).await.unwrap().bytes, "2");
        assert!(matches!(store.get("none").await, Err(StoreError::NotFound { .. })));
        assert!(matches!(store.get_range("k", 1..1, None).await, Err(StoreError::EmptyRange { .. })));
    }
}
