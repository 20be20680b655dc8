//! An S3 in memory: in go the requests of a real S3 client, out come S3's answers, crashes on demand, and any
//! interleaving of concurrent callers. For tests of the lake's protocol only; it keeps nothing.
//!
//! It stands where the network would, so that everything above it, the SDK included, is the code that is deployed.
mod protocol;

use crate::client;
use crate::config::Config;
use crate::lake::Lake;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use bytes::Bytes;
use ltv_core::account::Account;
use protocol::{Objects, respond};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The bucket of uploads.
pub const UPLOADS: &str = "uploads";
/// The bucket of the lake.
pub const LAKE: &str = "lake";

/// What a crash does to the request that it meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// It never arrives.
    Before,
    /// It is carried out, and its answer is lost.
    After,
}

/// The S3. Clones share their objects.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    objects: Objects,
    crash: Option<(u64, Crash)>,
    replacement: Option<(u64, String, String, Bytes)>,
    requests: u64,
    interleaving: fastrand::Rng,
}

impl Memory {
    /// An empty one; `seed` chooses how concurrent callers interleave.
    pub fn new(seed: u64) -> Memory {
        let memory = Memory::default();
        memory.state().interleaving = fastrand::Rng::with_seed(seed);
        memory
    }

    /// A client of it.
    pub fn client(&self) -> aws_sdk_s3::Client {
        let connector = SharedHttpConnector::new(self.clone());
        client::in_memory(http_client_fn(move |_, _| connector.clone()))
    }

    /// A lake in it, with the settings of `account`.
    pub fn lake(&self, account: Account) -> Lake {
        let config = Config { uploads_bucket: UPLOADS.to_owned(), lake_bucket: LAKE.to_owned(), account };
        Lake::new(&config, self.client())
    }

    /// Lets `requests` more requests through, then fails: the one after them as `crash` says, and all that follow.
    pub fn crash_after(&self, requests: u64, crash: Crash) {
        let mut state = self.state();
        state.crash = Some((state.requests + requests, crash));
    }

    /// Lets requests through again.
    pub fn revive(&self) {
        self.state().crash = None;
    }

    /// Writes an object once `requests` more requests were let through: somebody else's upload in between.
    pub fn replace_after(&self, requests: u64, bucket: &str, key: &str, bytes: impl Into<Bytes>) {
        let mut state = self.state();
        state.replacement = Some((state.requests + requests, bucket.to_owned(), key.to_owned(), bytes.into()));
    }

    /// Another S3 with the same uploads, written at the same times, and an empty lake.
    pub fn with_uploads_only(&self) -> Memory {
        let memory = Memory::default();
        memory.state().objects = self.state().objects.of_bucket(UPLOADS);
        memory
    }

    /// How many requests have arrived.
    pub fn requests(&self) -> u64 {
        self.state().requests
    }

    /// How many multipart uploads are begun, and neither complete nor aborted.
    pub fn begun(&self) -> usize {
        self.state().objects.begun()
    }

    /// Writes an object.
    pub fn put(&self, bucket: &str, key: &str, bytes: impl Into<Bytes>) {
        self.state().objects.put(bucket, key, bytes.into());
    }

    /// Removes an object.
    pub fn delete(&self, bucket: &str, key: &str) {
        self.state().objects.delete(bucket, key);
    }

    /// Hides an object behind a delete marker, as a versioned bucket does, or takes the marker away: the object is
    /// then there as it was, with its tag and its time.
    pub fn mark_deleted(&self, bucket: &str, key: &str, deleted: bool) {
        self.state().objects.mark_deleted(bucket, key, deleted);
    }

    /// Moves an object into a storage class from which it cannot be read, or restores it.
    pub fn archive(&self, bucket: &str, key: &str, archived: bool) {
        self.state().objects.archive(bucket, key, archived);
    }

    /// An object's bytes.
    pub fn get(&self, bucket: &str, key: &str) -> Option<Bytes> {
        self.state().objects.get(bucket, key)
    }

    /// Keys of a bucket that start with `prefix`, in order.
    pub fn keys(&self, bucket: &str, prefix: &str) -> Vec<String> {
        self.state().objects.keys(bucket, prefix)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpConnector for Memory {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let memory = self.clone();
        HttpConnectorFuture::new(async move {
            let turns = memory.state().interleaving.u8(0..4);
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            let mut state = memory.state();
            let requests = state.requests;
            let due = state.replacement.take_if(|(limit, ..)| requests >= *limit);
            if let Some((_, bucket, key, bytes)) = due {
                state.objects.put(&bucket, &key, bytes);
            }
            let reached = state.crash.filter(|(limit, _)| state.requests >= *limit);
            let first = reached.is_some_and(|(limit, _)| state.requests == limit);
            state.requests += 1;
            if let Some((_, crash)) = reached {
                if first && crash == Crash::After {
                    respond(&mut state.objects, &request);
                }
                return Err(ConnectorError::io("the connection was lost".into()));
            }
            Ok(respond(&mut state.objects, &request))
        })
    }
}
