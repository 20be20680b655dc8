//! End-to-end tests: everything here goes over a real S3 protocol, as in the deployment.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what the tests share fails them in the same way")]
#![allow(clippy::large_futures, reason = "a test has a stack of its own")]

mod bundle;
mod conformance;
mod embedded_s3;
mod template;
