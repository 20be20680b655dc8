//! Fields that several operations share, written once: in flow the inputs of s3s, each a type of its own with fields of
//! the same names, out flow headers, conditions and descriptions of objects. No storage is touched.

use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use s3s::dto::Range;
use s3s::{S3Result, s3_error};

/// The content type of an object stored without one, as in S3.
pub(super) const DEFAULT_TYPE: &str = "binary/octet-stream";

/// How many bytes of an object a request carries, which S3 wants to be told.
///
/// # Errors
/// `MissingContentLength`.
pub(super) fn size_of(headers: &HeaderMap) -> S3Result<u64> {
    // The body of a request may have signatures and checksums between the object's bytes.
    let told = headers.get("x-amz-decoded-content-length").or_else(|| headers.get(CONTENT_LENGTH));
    let size = told.and_then(|size| size.to_str().ok()?.parse().ok());
    size.ok_or_else(|| s3_error!(MissingContentLength, "say how many bytes there are: Content-Length"))
}

/// The headers that an object is stored with.
macro_rules! stored_headers {
    ($input:ident) => {{
        let headers = $crate::s3::object::Headers {
            content_type: $input.content_type,
            content_encoding: $crate::s3::object::stored_encoding($input.content_encoding),
            content_disposition: $input.content_disposition,
            content_language: $input.content_language,
            cache_control: $input.cache_control,
            ..Default::default()
        };
        headers.with_user($input.metadata)
    }};
}

/// What must hold of an object for it to be read.
macro_rules! read_condition {
    ($input:ident) => {
        $crate::s3::condition::ReadCondition {
            if_match: $input.if_match,
            if_none_match: $input.if_none_match,
            if_modified_since: $input.if_modified_since,
            if_unmodified_since: $input.if_unmodified_since,
        }
    };
}

/// What an answer says of an object besides its bytes.
macro_rules! described {
    ($output:ident, $object:ident, $range:ident, $content_range:ident) => {{
        let headers = $object.headers.clone();
        $output {
            accept_ranges: Some("bytes".to_owned()),
            content_length: Some(($range.end - $range.start) as i64),
            content_range: $content_range,
            e_tag: Some($object.etag()),
            last_modified: Some($object.last_modified()),
            metadata: headers.user(),
            content_type: headers.content_type.or_else(|| Some($crate::s3::fields::DEFAULT_TYPE.to_owned())),
            content_encoding: headers.content_encoding,
            content_disposition: headers.content_disposition,
            content_language: headers.content_language,
            cache_control: headers.cache_control,
            ..Default::default()
        }
    }};
}

pub(super) use {described, read_condition, stored_headers};

/// The bytes that a `Range` header selects, and the `Content-Range` of the answer (for a 206).
pub(super) fn range_of(range: Option<Range>, size: u64) -> S3Result<(std::ops::Range<u64>, Option<String>)> {
    let Some(range) = range else { return Ok((0..size, None)) };
    if size == 0 {
        return Err(s3_error!(InvalidRange, "the object is empty"));
    }
    let range = range.check(size)?;
    let content_range = format!("bytes {}-{}/{size}", range.start, range.end - 1);
    Ok((range, Some(content_range)))
}
