//! Conditional headers in; "go on", 304, 404 or 412 out, as S3 answers them.
//!
//! Writes: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>; reads: RFC 9110,
//! section 13.2.2. It never reads the object itself: the caller holds the key's lock and passes what is there.

use s3s::dto::{ETag, ETagCondition, Timestamp, TimestampFormat};
use s3s::{S3Result, s3_error};

use super::object::Object;

/// What a PUT, DELETE or `CompleteMultipartUpload` demands of the object it is about to replace.
#[derive(Debug, Default)]
pub(crate) struct WriteCondition {
    pub(crate) if_match: Option<ETagCondition>,
    pub(crate) if_none_match: Option<ETagCondition>,
}

impl WriteCondition {
    /// Passes when `current` (the object now under the key, if any) is what the writer expects.
    ///
    /// # Errors
    /// `NoSuchKey` (404) for `If-Match` without an object, `PreconditionFailed` (412) for another object,
    /// `NotImplemented` (501) for an `If-None-Match` other than `*`, as S3 itself.
    pub(crate) fn check(&self, current: Option<&Object>) -> S3Result<()> {
        if let Some(expected) = &self.if_match {
            let Some(current) = current else { return Err(s3_error!(NoSuchKey)) };
            if !matches(expected, current) {
                return Err(s3_error!(PreconditionFailed, "the object under this key is no longer the one expected"));
            }
        }
        match &self.if_none_match {
            Some(ETagCondition::ETag(_)) => Err(s3_error!(NotImplemented, "If-None-Match on a write takes only *")),
            Some(ETagCondition::Any) if current.is_some() => {
                Err(s3_error!(PreconditionFailed, "an object exists under this key"))
            }
            Some(ETagCondition::Any) | None => Ok(()),
        }
    }
}

/// What a GET or HEAD demands of the object it is about to read.
#[derive(Debug, Default)]
#[allow(clippy::struct_field_names, reason = "the names of the headers")]
pub(crate) struct ReadCondition {
    pub(crate) if_match: Option<ETagCondition>,
    pub(crate) if_none_match: Option<ETagCondition>,
    pub(crate) if_modified_since: Option<Timestamp>,
    pub(crate) if_unmodified_since: Option<Timestamp>,
}

impl ReadCondition {
    /// Passes when the object is to be sent.
    ///
    /// # Errors
    /// `PreconditionFailed` (412) or `NotModified` (304), in the order of precedence of RFC 9110.
    pub(crate) fn check(&self, object: &Object) -> S3Result<()> {
        if let Some(expected) = &self.if_match {
            if !matches(expected, object) {
                return Err(s3_error!(PreconditionFailed, "the object under this key is no longer the one expected"));
            }
        } else if let Some(time) = &self.if_unmodified_since
            && object.modified_seconds() > seconds_of(time)
        {
            return Err(s3_error!(PreconditionFailed, "the object was modified since"));
        }
        if let Some(known) = &self.if_none_match {
            if known.as_etag().is_none_or(|etag| etag.weak_cmp(&object.etag())) {
                return Err(not_modified(object));
            }
        } else if let Some(time) = &self.if_modified_since
            && object.modified_seconds() <= seconds_of(time)
        {
            return Err(not_modified(object));
        }
        Ok(())
    }
}

fn matches(expected: &ETagCondition, object: &Object) -> bool {
    expected.as_etag().is_none_or(|etag| etag.strong_cmp(&object.etag()))
}

/// 304 with the validator that a cache needs.
fn not_modified(object: &Object) -> s3s::S3Error {
    let mut error = s3_error!(NotModified);
    if let Ok(value) = ETag::Strong(object.etag.clone()).to_http_header() {
        error.set_headers(http::HeaderMap::from_iter([(http::header::ETAG, value)]));
    }
    error
}

/// HTTP dates have whole seconds: an object modified within the second it was read in is not newer.
fn seconds_of(time: &Timestamp) -> u64 {
    let mut text = Vec::new();
    if time.format(TimestampFormat::EpochSeconds, &mut text).is_err() {
        return 0;
    }
    let text = String::from_utf8_lossy(&text);
    text.split('.').next().and_then(|seconds| seconds.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn object() -> Object {
        Object {
            size: 3,
            modified: UNIX_EPOCH + Duration::from_millis(1_000_500),
            etag: "aa".to_owned(),
            headers: super::super::object::Headers::default(),
        }
    }

    fn etag(value: &str) -> ETagCondition {
        ETagCondition::ETag(ETag::Strong(value.to_owned()))
    }

    fn code(result: S3Result<()>) -> String {
        result.map_or_else(|error| error.code().as_str().to_owned(), |()| "go on".to_owned())
    }

    #[test]
    fn a_write_goes_on_only_over_the_object_it_expects() {
        let over = |etag| WriteCondition { if_match: Some(etag), if_none_match: None };
        let unless = |etag| WriteCondition { if_match: None, if_none_match: Some(etag) };
        assert_eq!(code(over(etag("aa")).check(Some(&object()))), "go on");
        assert_eq!(code(over(etag("bb")).check(Some(&object()))), "PreconditionFailed");
        assert_eq!(code(over(etag("aa")).check(None)), "NoSuchKey");
        assert_eq!(code(unless(ETagCondition::Any).check(None)), "go on");
        assert_eq!(code(unless(ETagCondition::Any).check(Some(&object()))), "PreconditionFailed");
        assert_eq!(code(unless(etag("aa")).check(None)), "NotImplemented");
    }

    #[test]
    fn a_read_is_answered_with_304_when_nothing_changed_and_412_when_too_much_did() {
        let at = |seconds| Some(Timestamp::from(UNIX_EPOCH + Duration::from_secs(seconds)));
        let read = |condition: ReadCondition| code(condition.check(&object()));
        assert_eq!(read(ReadCondition { if_match: Some(etag("bb")), ..Default::default() }), "PreconditionFailed");
        assert_eq!(read(ReadCondition { if_none_match: Some(etag("aa")), ..Default::default() }), "NotModified");
        assert_eq!(read(ReadCondition { if_none_match: Some(etag("bb")), ..Default::default() }), "go on");
        assert_eq!(read(ReadCondition { if_modified_since: at(1_000), ..Default::default() }), "NotModified");
        assert_eq!(read(ReadCondition { if_modified_since: at(999), ..Default::default() }), "go on");
        assert_eq!(read(ReadCondition { if_unmodified_since: at(1_000), ..Default::default() }), "go on");
        assert_eq!(read(ReadCondition { if_unmodified_since: at(999), ..Default::default() }), "PreconditionFailed");
    }
}
