//! Multipart uploads, as the AWS CLI makes them of every file beyond 8 MB.

use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use super::{Server, bytes, code};

/// The smallest part that is not the last.
const PART: usize = 5 << 20;
const KEY: &str = "big/a b+c.csv";

async fn begin(s: &Server) -> String {
    let begun = s.client.create_multipart_upload().bucket(&s.bucket).key(KEY).content_type("text/csv");
    begun.metadata("source", "crm").send().await.unwrap().upload_id.unwrap()
}

async fn upload(s: &Server, id: &str, number: i32, body: Vec<u8>) -> CompletedPart {
    upload_checked(s, id, number, body, RequestChecksumCalculation::WhenSupported).await
}

/// The same, with a checksum or without.
async fn upload_checked(
    s: &Server,
    id: &str,
    number: i32,
    body: Vec<u8>,
    checked: RequestChecksumCalculation,
) -> CompletedPart {
    let part = s.client.upload_part().bucket(&s.bucket).key(KEY).upload_id(id).part_number(number);
    let config = aws_sdk_s3::config::Builder::new().request_checksum_calculation(checked);
    let part = part.body(ByteStream::from(body)).customize().config_override(config).send().await.unwrap();
    CompletedPart::builder().part_number(number).e_tag(part.e_tag.unwrap()).build()
}

/// Conditions of a completion: `If-Match` and `If-None-Match`.
#[derive(Default)]
struct Conditions<'a> {
    matching: Option<&'a str>,
    none_matching: Option<&'a str>,
}

async fn complete(s: &Server, id: &str, parts: &[&CompletedPart], when: Conditions<'_>) -> Result<(), String> {
    let parts = parts.iter().map(|&part| part.clone()).collect();
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let complete = s.client.complete_multipart_upload().bucket(&s.bucket).key(KEY).upload_id(id);
    let complete = complete.set_if_match(when.matching.map(str::to_owned));
    let complete = complete.set_if_none_match(when.none_matching.map(str::to_owned));
    match complete.multipart_upload(parts).send().await {
        Ok(_) => Ok(()),
        // moto 5.2 names the root of its answer otherwise than S3 does, so that the client cannot read a success.
        Err(error) if error.code().is_none() && error.raw_response().is_some_and(|r| r.status().is_success()) => Ok(()),
        Err(error) => Err(code(&error)),
    }
}

pub(super) async fn parts_arrive_in_any_order_and_are_joined_in_theirs(s: &Server) {
    let id = begin(s).await;
    // Who sends no checksum may compare the tags.
    let upload = |number, body| upload_checked(s, &id, number, body, RequestChecksumCalculation::WhenRequired);
    let third = upload(30, b"end".to_vec()).await;
    let first = upload(1, vec![b'x'; PART]).await;
    let second = upload(2, vec![b'b'; PART]).await;
    let first_again = upload(1, vec![b'a'; PART]).await;
    assert_ne!(first.e_tag(), first_again.e_tag());

    complete(s, &id, &[&first_again, &second, &third], Conditions::default()).await.unwrap();

    let got = s.client.get_object().bucket(&s.bucket).key(KEY).send().await.unwrap();
    // MD5 of the parts' MD5s, a dash and their number.
    assert_eq!(got.e_tag(), Some("\"664acfbb935a00cf57c9f91ad983b354-3\""));
    assert_eq!(got.content_type(), Some("text/csv"));
    assert_eq!(got.metadata().unwrap().get("source").map(String::as_str), Some("crm"));
    let body = bytes(got.body).await.unwrap();
    assert_eq!(body.len(), 2 * PART + 3);
    assert!(body[..PART].iter().all(|&byte| byte == b'a') && body[PART..2 * PART].iter().all(|&byte| byte == b'b'));
    assert_eq!(&body[2 * PART..], b"end");
}

pub(super) async fn an_upload_that_is_not_complete_is_no_object(s: &Server) {
    let id = begin(s).await;
    let part = upload(s, &id, 1, b"part".to_vec()).await;
    assert!(s.keys("").await.is_empty());
    s.client.abort_multipart_upload().bucket(&s.bucket).key(KEY).upload_id(&id).send().await.unwrap();
    let completed = complete(s, &id, &[&part], Conditions::default()).await;
    let unknown = if s.checks_completions { "NoSuchUpload" } else { "500" };
    assert_eq!(completed.unwrap_err(), unknown);
    let part = s.client.upload_part().bucket(&s.bucket).key(KEY).upload_id(&id).part_number(2);
    assert_eq!(code(&part.body(ByteStream::from_static(b"x")).send().await.unwrap_err()), unknown);
    assert_eq!(s.get(KEY).await.unwrap_err(), "NoSuchKey");
}

pub(super) async fn a_completion_names_parts_as_they_were_uploaded(s: &Server) {
    let id = begin(s).await;
    let first = upload(s, &id, 1, vec![b'a'; PART]).await;
    let second = upload(s, &id, 2, vec![b'b'; PART]).await;
    let end = upload(s, &id, 3, b"end".to_vec()).await;
    let after = upload(s, &id, 4, b"after the end".to_vec()).await;
    let other = CompletedPart::builder().part_number(1).e_tag("\"0123456789abcdef0123456789abcdef\"").build();
    let complete = async |parts: &[&CompletedPart]| complete(s, &id, parts, Conditions::default()).await;
    assert_eq!(complete(&[&other, &second]).await.unwrap_err(), "InvalidPart");
    if s.checks_completions {
        assert_eq!(complete(&[&second, &first]).await.unwrap_err(), "InvalidPartOrder");
    }
    assert_eq!(complete(&[&first, &second, &end, &after]).await.unwrap_err(), "EntityTooSmall");
    assert!(s.keys("").await.is_empty());
    complete(&[&first, &second, &end]).await.unwrap();
    assert_eq!(s.keys("").await, [KEY]);
}

pub(super) async fn a_completion_obeys_conditions(s: &Server) {
    let before = s.put(KEY, "before").await.e_tag.unwrap();
    let id = begin(s).await;
    let part = upload(s, &id, 1, b"after".to_vec()).await;
    let complete = async |when| complete(s, &id, &[&part], when).await;
    let none_matching = Conditions { none_matching: Some("*"), ..Conditions::default() };
    assert_eq!(complete(none_matching).await.unwrap_err(), "PreconditionFailed");
    assert_eq!(s.get(KEY).await.unwrap(), b"before");
    if s.checks_completions {
        let other = Some("\"0123456789abcdef0123456789abcdef\"");
        let matching = Conditions { matching: other, ..Conditions::default() };
        assert_eq!(complete(matching).await.unwrap_err(), "PreconditionFailed");
        assert_eq!(s.get(KEY).await.unwrap(), b"before");
    }
    complete(Conditions { matching: Some(&before), ..Conditions::default() }).await.unwrap();
    assert_eq!(s.get(KEY).await.unwrap(), b"after");
}
