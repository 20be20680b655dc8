//! S3's REST protocol as far as the store speaks it: in goes a request, out comes the answer, with its conditions,
//! ranges and paged listings. Objects carry a clock that ticks one second with every write.
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::date_time::Format;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Few, so that every test of a listing turns pages.
const PAGE: usize = 5;

#[derive(Clone, Debug)]
struct Stored {
    bytes: Bytes,
    etag: String,
    modified: i64,
    archived: bool,
}

#[derive(Debug, Default)]
pub(super) struct Objects {
    stored: BTreeMap<(String, String), Stored>,
    /// Versions behind a delete marker.
    hidden: BTreeMap<(String, String), Stored>,
    multipart: BTreeMap<String, BTreeMap<usize, Bytes>>,
    clock: i64,
}

impl Objects {
    pub(super) fn put(&mut self, bucket: &str, key: &str, bytes: Bytes) -> String {
        self.clock += 1;
        let etag = hex::encode(&Sha256::digest(&bytes)[..16]);
        let stored = Stored { bytes, etag: etag.clone(), modified: 1_700_000_000 + self.clock, archived: false };
        self.stored.insert((bucket.to_owned(), key.to_owned()), stored);
        etag
    }

    pub(super) fn delete(&mut self, bucket: &str, key: &str) {
        self.stored.remove(&(bucket.to_owned(), key.to_owned()));
    }

    /// Hides the object behind a delete marker, or takes the marker away.
    pub(super) fn mark_deleted(&mut self, bucket: &str, key: &str, deleted: bool) {
        let key = (bucket.to_owned(), key.to_owned());
        if deleted {
            self.hidden.extend(self.stored.remove_entry(&key));
        } else if let Some(hidden) = self.hidden.remove(&key) {
            // A version written since is newer.
            self.stored.entry(key).or_insert(hidden);
        }
    }

    /// Moves the object into an archive storage class, or restores it.
    pub(super) fn archive(&mut self, bucket: &str, key: &str, archived: bool) {
        if let Some(stored) = self.stored.get_mut(&(bucket.to_owned(), key.to_owned())) {
            stored.archived = archived;
        }
    }

    pub(super) fn get(&self, bucket: &str, key: &str) -> Option<Bytes> {
        self.at(bucket, key).map(|stored| stored.bytes.clone())
    }

    pub(super) fn keys(&self, bucket: &str, prefix: &str) -> Vec<String> {
        self.stored.keys().filter(|(b, k)| b == bucket && k.starts_with(prefix)).map(|(_, k)| k.clone()).collect()
    }

    /// How many multipart uploads are begun, and neither complete nor aborted.
    pub(super) fn begun(&self) -> usize {
        self.multipart.len()
    }

    /// The objects of one bucket, as they are.
    pub(super) fn of_bucket(&self, bucket: &str) -> Objects {
        let kept = self.stored.iter().filter(|((b, _), _)| b == bucket);
        let stored = kept.map(|(key, stored)| (key.clone(), stored.clone())).collect();
        Objects { stored, clock: self.clock, ..Objects::default() }
    }

    fn at(&self, bucket: &str, key: &str) -> Option<&Stored> {
        self.stored.get(&(bucket.to_owned(), key.to_owned()))
    }
}

/// Carries out one request.
pub(super) fn respond(objects: &mut Objects, request: &HttpRequest) -> HttpResponse {
    let (path, query) = split(request.uri());
    let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
    let body = || Bytes::copy_from_slice(request.body().bytes().unwrap_or_default());
    let parameter = |name: &str| query.get(name).map(String::as_str);
    match (request.method(), parameter("uploadId")) {
        ("GET", None) if key.is_empty() => list(objects, bucket, &query),
        ("GET", None) => get(objects, bucket, key, request),
        ("HEAD", None) => head(objects, bucket, key),
        ("PUT", None) => put(objects, bucket, key, request, body()),
        ("DELETE", None) => {
            objects.delete(bucket, key);
            answer(204, "")
        }
        ("POST", None) if query.contains_key("uploads") => {
            objects.clock += 1;
            let id = format!("upload-{}", objects.clock);
            objects.multipart.insert(id.clone(), BTreeMap::new());
            answer(
                200,
                format!("<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"),
            )
        }
        ("PUT", Some(id)) => {
            let number = parameter("partNumber").and_then(|number| number.parse().ok()).unwrap_or(0);
            objects.multipart.entry(id.to_owned()).or_default().insert(number, body());
            with(answer(200, ""), "etag", &format!("\"part-{number}\""))
        }
        ("POST", Some(id)) => {
            let parts = objects.multipart.remove(id).unwrap_or_default();
            let etag = objects.put(bucket, key, parts.into_values().flatten().collect());
            answer(
                200,
                format!("<CompleteMultipartUploadResult><ETag>\"{etag}\"</ETag></CompleteMultipartUploadResult>"),
            )
        }
        ("DELETE", Some(id)) => {
            objects.multipart.remove(id);
            answer(204, "")
        }
        _ => refused(501, "NotImplemented"),
    }
}

fn split(uri: &str) -> (String, BTreeMap<String, String>) {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let rest = rest.split_once('/').map_or("", |(_, path)| path);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
    (path, form_urlencoded::parse(query.as_bytes()).into_owned().collect())
}

fn put(objects: &mut Objects, bucket: &str, key: &str, request: &HttpRequest, body: Bytes) -> HttpResponse {
    let found = objects.at(bucket, key);
    if request.headers().get("if-none-match").is_some() && found.is_some() {
        return refused(412, "PreconditionFailed");
    }
    if let Some(expected) = request.headers().get("if-match") {
        match found {
            None => return refused(404, "NoSuchKey"),
            Some(stored) if stored.etag != expected.trim_matches('"') => return refused(412, "PreconditionFailed"),
            Some(_) => {}
        }
    }
    let etag = objects.put(bucket, key, body);
    with(answer(200, ""), "etag", &format!("\"{etag}\""))
}

fn get(objects: &Objects, bucket: &str, key: &str, request: &HttpRequest) -> HttpResponse {
    let Some(stored) = objects.at(bucket, key) else { return refused(404, "NoSuchKey") };
    if request.headers().get("if-match").is_some_and(|expected| stored.etag != expected.trim_matches('"')) {
        return refused(412, "PreconditionFailed");
    }
    if stored.archived {
        return refused(403, "InvalidObjectState");
    }
    let size = stored.bytes.len();
    let response = match request.headers().get("range").and_then(|range| range_of(range, size)) {
        Some((start, end)) => {
            let body = SdkBody::from(stored.bytes.slice(start..end));
            let whole = format!("bytes {start}-{}/{size}", end.saturating_sub(1));
            with(HttpResponse::new(status(206), body), "content-range", &whole)
        }
        None => HttpResponse::new(status(200), SdkBody::from(stored.bytes.clone())),
    };
    described(response, stored)
}

fn range_of(header: &str, size: usize) -> Option<(usize, usize)> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    if first.is_empty() {
        return Some((size.saturating_sub(last.parse().ok()?), size));
    }
    let end = last.parse::<usize>().map_or(size, |last| last.saturating_add(1).min(size));
    Some((first.parse::<usize>().ok()?.min(end), end))
}

fn head(objects: &Objects, bucket: &str, key: &str) -> HttpResponse {
    match objects.at(bucket, key) {
        None => answer(404, ""),
        Some(stored) => with(described(answer(200, ""), stored), "content-length", &stored.bytes.len().to_string()),
    }
}

fn list(objects: &Objects, bucket: &str, query: &BTreeMap<String, String>) -> HttpResponse {
    let prefix = query.get("prefix").map_or("", String::as_str);
    let after = query.get("continuation-token").map_or("", String::as_str);
    let mut matching = objects
        .stored
        .iter()
        .filter(|((b, key), _)| b == bucket && key.starts_with(prefix) && (after.is_empty() || key.as_str() > after));
    let mut page = String::from("<ListBucketResult>");
    let mut last = "";
    for ((_, key), stored) in matching.by_ref().take(PAGE) {
        let (name, size) = (escaped(key), stored.bytes.len());
        let modified = date(stored.modified, Format::DateTime);
        let _ = write!(
            page,
            "<Contents><Key>{name}</Key><Size>{size}</Size><ETag>\"{}\"</ETag><LastModified>{modified}</LastModified></Contents>",
            stored.etag
        );
        last = key;
    }
    if matching.next().is_some() {
        let token = escaped(last);
        let _ = write!(page, "<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>");
    }
    answer(200, page + "</ListBucketResult>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn described(response: HttpResponse, stored: &Stored) -> HttpResponse {
    let response = with(response, "last-modified", &date(stored.modified, Format::HttpDate));
    with(response, "etag", &format!("\"{}\"", stored.etag))
}

fn date(seconds: i64, format: Format) -> String {
    aws_smithy_types::DateTime::from_secs(seconds).fmt(format).unwrap_or_default()
}

fn refused(code: u16, name: &str) -> HttpResponse {
    answer(code, format!("<Error><Code>{name}</Code><Message>{name}</Message></Error>"))
}

fn answer(code: u16, body: impl Into<String>) -> HttpResponse {
    HttpResponse::new(status(code), SdkBody::from(body.into()))
}

fn with(mut response: HttpResponse, name: &'static str, value: &str) -> HttpResponse {
    response.headers_mut().insert(name, value.to_owned());
    response
}

fn status(code: u16) -> StatusCode {
    StatusCode::try_from(code).expect("a status between 100 and 999")
}
