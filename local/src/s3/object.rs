//! What is known of an object besides its bytes: size, time, entity tag, and the headers it was stored with.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use s3s::dto::{ETag, Timestamp};
use serde::{Deserialize, Serialize};

/// An object's description.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// Bytes.
    pub(crate) size: u64,
    pub(crate) modified: SystemTime,
    /// Without quotation marks: the MD5 of the body in hexadecimal, or another text with a dash in it, which tells
    /// clients that it is no MD5 (multipart uploads, files that were not written through S3).
    pub(crate) etag: String,
    pub(crate) headers: Headers,
}

impl Object {
    pub(crate) fn etag(&self) -> ETag {
        ETag::Strong(self.etag.clone())
    }

    /// The time as S3 tells it: in whole seconds, in listings as well as in headers, so that the two agree.
    pub(crate) fn last_modified(&self) -> Timestamp {
        Timestamp::from(UNIX_EPOCH + Duration::from_secs(self.modified_seconds()))
    }

    /// Seconds since 1970 at which the object was written.
    pub(crate) fn modified_seconds(&self) -> u64 {
        self.modified.duration_since(UNIX_EPOCH).as_ref().map_or(0, Duration::as_secs)
    }
}

/// The headers that are stored with an object and sent back with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Headers {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_encoding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_disposition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cache_control: Option<String>,
    /// The `x-amz-meta-*` headers, without that prefix.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) user: BTreeMap<String, String>,
}

impl Headers {
    /// Takes the user's metadata over from a request.
    pub(crate) fn with_user(mut self, metadata: Option<HashMap<String, String>>) -> Self {
        self.user = metadata.unwrap_or_default().into_iter().collect();
        self
    }

    /// The user's metadata as a response carries it.
    pub(crate) fn user(&self) -> Option<HashMap<String, String>> {
        (!self.user.is_empty()).then(|| self.user.clone().into_iter().collect())
    }
}

/// A stored `Content-Encoding`: `aws-chunked` describes the transfer of a request, not the object.
pub(crate) fn stored_encoding(encoding: Option<String>) -> Option<String> {
    let encoding = encoding?;
    let kept: Vec<&str> =
        encoding.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != "aws-chunked").collect();
    (!kept.is_empty()).then(|| kept.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_of_the_transfer_is_not_stored() {
        assert_eq!(stored_encoding(Some("aws-chunked".to_owned())), None);
        assert_eq!(stored_encoding(Some("gzip,aws-chunked".to_owned())), Some("gzip".to_owned()));
        assert_eq!(stored_encoding(Some("gzip".to_owned())), Some("gzip".to_owned()));
        assert_eq!(stored_encoding(None), None);
    }
}
