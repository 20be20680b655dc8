//! Everything that ends an invocation without an answer. Too little data is an answer, not an error.
use crate::request::RequestError;
use ltv_core::account::AccountError;
use ltv_core::feature::ContextError;
use ltv_core::feature::availability::AvailabilityError;
use ltv_core::model::ModelError;
use ltv_core::model::fitted::StoredModelError;
use ltv_core::table::TableError;
use ltv_lake::LakeError;

/// A request that was not carried out. What was finished before is kept: the next invocation continues there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The event is no request.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The lake failed or refused.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// A table cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The account's settings cannot be worked with.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// Features cannot be computed.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// A feature knows what was not known yet.
    #[error(transparent)]
    Availability(#[from] AvailabilityError),
    /// A step of the training failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The model cannot be stored, or the stored one cannot be read.
    #[error(transparent)]
    StoredModel(#[from] StoredModelError),
    /// A table of results cannot be put together.
    #[error("a table of results cannot be put together")]
    Arrow(#[from] arrow::error::ArrowError),
    /// A table of results cannot be encoded.
    #[error("a table of results cannot be encoded")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// A record cannot be encoded.
    #[error("a record cannot be encoded")]
    Json(#[from] serde_json::Error),
    /// Text that identifies nobody.
    #[error("{0:?} is no customer id")]
    NoCustomer(String),
    /// A buy-till-you-die fit was refused.
    #[error(transparent)]
    Btyd(#[from] ltv_btyd::BtydError),
    /// There is nothing to score with: no run is live, or one whose data predict nobody's future.
    #[error("no model that predicts is live yet: train one first")]
    NothingLive,
    /// The thread that computes ended without a result.
    #[error("the training stopped unexpectedly: {0}")]
    Stopped(String),
}

impl TrainError {
    /// The error and what it was caused by, in one line, for logs and answers.
    pub fn with_sources(&self) -> String {
        ltv_lake::error::with_sources(self)
    }
}
