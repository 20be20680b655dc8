//! Objects in S3: key layout, commit records, conditional writes, Parquet streams, the model pointer.
//!
//! In flow events that hint at uploads and the results of trainings; out flow records, merged tables and served
//! answers. It knows S3 and [`ltv_core::upload`] and [`ltv_core::table`]; it never knows what a feature or a model is.
//!
//! Read in this order: [`layout`] (every key), [`store`] (one bucket), [`record`] (what was made of one upload),
//! [`ingest`] (the protocol that converges), [`snapshot`] and [`read`] (what a training sees), [`mod@pointer`] (what is
//! live).
#![warn(missing_docs)]

pub mod adapters;
mod arriving;
pub mod checkpoint;
pub mod client;
pub mod config;
#[cfg(test)]
mod convergence_tests;
mod conversion;
mod departing;
pub mod document;
pub mod erase;
pub mod error;
pub mod ingest;
mod lake;
pub mod layout;
pub mod lease;
#[cfg(any(test, feature = "memory"))]
pub mod memory;
pub mod metric;
pub mod model;
#[cfg(test)]
mod personal_tests;
pub mod pointer;
mod rates;
pub mod read;
mod reading;
pub mod reconcile;
pub mod record;
pub mod run;
mod scratch;
pub mod served;
pub mod snapshot;
pub mod store;
pub mod sweep;

pub use error::{LakeError, LakeResult};
pub use lake::Lake;
