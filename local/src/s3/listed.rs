//! A listing in the protocol's words: in flow what was asked and the objects of a bucket, out flows the answer. Which keys
//! stand on a page is `listing`'s.

#[allow(clippy::wildcard_imports, reason = "the names of the protocol: input, output and parts of the operation")]
use s3s::dto::*;
use s3s::{S3Result, s3_error};

use super::buckets::Bucket;
use super::listing::{LARGEST_PAGE, Query, entry_of, token, url_encoded};
use super::object::Object;

/// What was asked for, checked.
pub(crate) struct Asked {
    prefix: Option<String>,
    delimiter: Option<String>,
    start_after: Option<String>,
    resume_after: Option<String>,
    max_keys: usize,
}

/// A page with its objects.
pub(crate) struct Listed {
    objects: Vec<(String, Object)>,
    common_prefixes: Vec<String>,
    next: Option<String>,
    max_keys: usize,
}

impl Asked {
    pub(crate) fn of(input: &ListObjectsV2Input) -> S3Result<Self> {
        let max_keys = usize::try_from(input.max_keys.unwrap_or(LARGEST_PAGE as i32))
            .map_err(|_| s3_error!(InvalidArgument, "max-keys is negative"))?;
        let resume_after = match input.continuation_token.as_deref() {
            None => None,
            Some(token) => match entry_of(token) {
                Some(entry) => Some(entry),
                None => return Err(s3_error!(InvalidArgument, "the continuation token is not one of this server")),
            },
        };
        let (prefix, delimiter) = (input.prefix.clone(), input.delimiter.clone());
        Ok(Self { prefix, delimiter, start_after: input.start_after.clone(), resume_after, max_keys })
    }

    fn query(&self) -> Query<'_> {
        Query {
            prefix: self.prefix.as_deref().unwrap_or_default(),
            delimiter: self.delimiter.as_deref(),
            start_after: self.start_after.as_deref(),
            resume_after: self.resume_after.as_deref(),
            max_keys: self.max_keys,
        }
    }
}

impl Listed {
    /// The page of `bucket` that was asked for. Blocks.
    pub(crate) fn of(bucket: &Bucket, asked: &Asked) -> S3Result<Self> {
        let query = asked.query();
        let page = query.page(bucket.keys(query.prefix)?);
        let mut objects = Vec::with_capacity(page.keys.len());
        for key in page.keys {
            // An object removed since its key was read is not listed.
            if let Some(object) = bucket.head(&key)? {
                objects.push((key, object));
            }
        }
        Ok(Self { objects, common_prefixes: page.common_prefixes, next: page.next, max_keys: asked.max_keys })
    }

    /// The answer to `input`, of which this is the page.
    pub(crate) fn answer(self, input: ListObjectsV2Input) -> ListObjectsV2Output {
        let encode = input.encoding_type.as_ref().is_some_and(|encoding| encoding.as_str() == EncodingType::URL);
        let text = |text: String| if encode { url_encoded(&text) } else { text };
        let contents: Vec<s3s::dto::Object> = self
            .objects
            .into_iter()
            .map(|(key, object)| s3s::dto::Object {
                e_tag: Some(object.etag()),
                key: Some(text(key)),
                last_modified: Some(object.last_modified()),
                size: Some(object.size as i64),
                storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
                ..Default::default()
            })
            .collect();
        let common_prefixes: Vec<CommonPrefix> =
            self.common_prefixes.into_iter().map(|prefix| CommonPrefix { prefix: Some(text(prefix)) }).collect();
        ListObjectsV2Output {
            name: Some(input.bucket),
            key_count: Some((contents.len() + common_prefixes.len()) as i32),
            max_keys: Some(self.max_keys.min(LARGEST_PAGE) as i32),
            is_truncated: Some(self.next.is_some()),
            next_continuation_token: self.next.as_deref().map(token),
            contents: Some(contents),
            common_prefixes: Some(common_prefixes),
            prefix: input.prefix.map(text),
            delimiter: input.delimiter.map(text),
            start_after: input.start_after.map(text),
            continuation_token: input.continuation_token,
            encoding_type: input.encoding_type,
            request_charged: None,
        }
    }
}
