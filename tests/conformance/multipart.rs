//! Multipart uploads, as the AWS CLI makes them of every file beyond 8 MB.

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
    let part = s.client.upload_part().bucket(&s.bucket).key(KEY).upload_id(id).part_number(number);
    let part = part.body(ByteStream::from(body)).send().await.unwrap();
    CompletedPart::builder().part_number(number).e_tag(part.e_tag.unwrap()).build()
}

fn naming(parts: impl IntoIterator<Item = CompletedPart>) -> CompletedMultipartUpload {
    CompletedMultipartUpload::builder().set_parts(Some(parts.into_iter().collect())).build()
}

pub(super) async fn parts_arrive_in_any_order_and_are_joined_in_theirs(s: &Server) {
    let id = begin(s).await;
    let third = upload(s, &id, 30, b"end".to_vec()).await;
    let first = upload(s, &id, 1, vec![b'x'; PART]).await;
    let second = upload(s, &id, 2, vec![b'b'; PART]).await;
    let first_again = upload(s, &id, 1, vec![b'a'; PART]).await;
    assert_ne!(first.e_tag(), first_again.e_tag());

    let complete = s.client.complete_multipart_upload().bucket(&s.bucket).key(KEY).upload_id(&id);
    let complete = complete.multipart_upload(naming([first_again, second, third])).send().await.unwrap();
    let etag = complete.e_tag().unwrap().to_owned();
    assert!(etag.ends_with("-3\""), "{etag}");

    let got = s.client.get_object().bucket(&s.bucket).key(KEY).send().await.unwrap();
    assert_eq!(got.e_tag(), Some(etag.as_str()));
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
    let complete = s.client.complete_multipart_upload().bucket(&s.bucket).key(KEY).upload_id(&id);
    let complete = complete.multipart_upload(naming([part])).send().await;
    assert_eq!(code(&complete.unwrap_err()), "NoSuchUpload");
    let part = s.client.upload_part().bucket(&s.bucket).key(KEY).upload_id(&id).part_number(2);
    assert_eq!(code(&part.body(ByteStream::from_static(b"x")).send().await.unwrap_err()), "NoSuchUpload");
    assert_eq!(s.get(KEY).await.unwrap_err(), "NoSuchKey");
}

pub(super) async fn a_completion_names_parts_as_they_were_uploaded(s: &Server) {
    let id = begin(s).await;
    let first = upload(s, &id, 1, vec![b'a'; PART]).await;
    let second = upload(s, &id, 2, b"end".to_vec()).await;
    let small = upload(s, &id, 3, b"after the end".to_vec()).await;
    let other = CompletedPart::builder().part_number(1).e_tag("\"0123456789abcdef0123456789abcdef\"").build();
    let complete = async |parts: Vec<CompletedPart>| {
        let complete = s.client.complete_multipart_upload().bucket(&s.bucket).key(KEY).upload_id(&id);
        complete.multipart_upload(naming(parts)).send().await.map_err(|error| code(&error))
    };
    assert_eq!(complete(vec![other, second.clone()]).await.unwrap_err(), "InvalidPart");
    assert_eq!(complete(vec![second.clone(), first.clone()]).await.unwrap_err(), "InvalidPartOrder");
    assert_eq!(complete(vec![first.clone(), second.clone(), small]).await.unwrap_err(), "EntityTooSmall");
    assert!(s.keys("").await.is_empty());
    complete(vec![first, second]).await.unwrap();
    assert_eq!(s.keys("").await, [KEY]);
}

pub(super) async fn a_completion_obeys_conditions(s: &Server) {
    let before = s.put(KEY, "before").await.e_tag.unwrap();
    let id = begin(s).await;
    let part = upload(s, &id, 1, b"after".to_vec()).await;
    let complete = || {
        let complete = s.client.complete_multipart_upload().bucket(&s.bucket).key(KEY).upload_id(&id);
        complete.multipart_upload(naming([part.clone()]))
    };
    assert_eq!(code(&complete().if_none_match("*").send().await.unwrap_err()), "PreconditionFailed");
    assert_eq!(s.get(KEY).await.unwrap(), b"before");
    if s.checks_completions {
        let other = "\"0123456789abcdef0123456789abcdef\"";
        assert_eq!(code(&complete().if_match(other).send().await.unwrap_err()), "PreconditionFailed");
        assert_eq!(s.get(KEY).await.unwrap(), b"before");
    }
    complete().if_match(before).send().await.unwrap();
    assert_eq!(s.get(KEY).await.unwrap(), b"after");
}
