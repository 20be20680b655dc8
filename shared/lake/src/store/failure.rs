//! What can go wrong with a request, told apart by what the caller must do: go without, start again, report, or retry.
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use std::error::Error;
use std::path::PathBuf;

/// The result of a request.
pub type StoreResult<T> = Result<T, StoreError>;

/// A request that was not fulfilled.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such object.
    #[error("no object {key:?} in bucket {bucket:?}")]
    NotFound {
        /// The bucket asked.
        bucket: String,
        /// The key asked for.
        key: String,
    },
    /// The object is not, or no longer, the one that the request was meant for: read again, then decide again.
    #[error("object {key:?} in bucket {bucket:?} is not the one that was read before")]
    Precondition {
        /// The bucket asked.
        bucket: String,
        /// The key asked for.
        key: String,
    },
    /// The object lies in a storage class that must be restored before it can be read.
    #[error("object {key:?} in bucket {bucket:?} must be restored from its storage class before it can be read")]
    NotReadable {
        /// The bucket asked.
        bucket: String,
        /// The key asked for.
        key: String,
    },
    /// A range of no byte was asked for.
    #[error("an empty range of object {key:?} was asked for")]
    EmptyRange {
        /// The key asked for.
        key: String,
    },
    /// The request failed: no connection, no permission, a fault of the service. Worth another try later.
    #[error("{operation} of {key:?} in bucket {bucket:?} failed: {}", DisplayErrorContext(source.as_ref()))]
    Request {
        /// The bucket asked.
        bucket: String,
        /// The key or prefix asked for.
        key: String,
        /// The operation's name.
        operation: &'static str,
        /// The SDK's error.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A scratch file on this machine failed.
    #[error("scratch file {path:?} failed")]
    Scratch {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
}

/// What was being asked, for the error to name.
#[derive(Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub(super) bucket: &'a str,
    pub(super) key: &'a str,
    pub(super) operation: &'static str,
}

impl Attempt<'_> {
    /// A failure of the connection or the service.
    pub(super) fn broken(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
        StoreError::Request {
            bucket: self.bucket.to_owned(),
            key: self.key.to_owned(),
            operation: self.operation,
            source: source.into(),
        }
    }
}

/// Reads status and code of the SDK's error. 409 is S3's answer to conditional writes that met each other.
pub(super) fn failure<E>(attempt: Attempt<'_>, error: SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    let (bucket, key) = (attempt.bucket.to_owned(), attempt.key.to_owned());
    match (status, code) {
        (Some(404), Some("NoSuchBucket" | "NoSuchUpload")) => attempt.broken(error),
        (Some(404), _) => StoreError::NotFound { bucket, key },
        (Some(412), _) | (_, Some("ConditionalRequestConflict")) => StoreError::Precondition { bucket, key },
        (_, Some("InvalidObjectState")) => StoreError::NotReadable { bucket, key },
        _ => attempt.broken(error),
    }
}
