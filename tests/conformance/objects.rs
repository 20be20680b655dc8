//! Objects whole and in parts: what is put comes back, is replaced, copied and deleted.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, MetadataDirective, ObjectIdentifier};

use super::{Server, bytes, code};

pub(super) async fn an_object_comes_back_as_it_was_put(s: &Server) {
    let put = s
        .client
        .put_object()
        .bucket(&s.bucket)
        .key("transactions/a.csv")
        .content_type("text/csv")
        .content_encoding("gzip")
        .metadata("source", "crm")
        .body(ByteStream::from_static(b"hello"))
        .send()
        .await
        .unwrap();
    // MD5 of "hello".
    assert_eq!(put.e_tag(), Some("\"5d41402abc4b2a76b9719d911017c592\""));
    let head = s.client.head_object().bucket(&s.bucket).key("transactions/a.csv").send().await.unwrap();
    assert_eq!((head.e_tag(), head.content_length()), (put.e_tag(), Some(5)));
    let got = s.client.get_object().bucket(&s.bucket).key("transactions/a.csv").send().await.unwrap();
    assert_eq!((got.e_tag(), got.content_length()), (put.e_tag(), Some(5)));
    assert_eq!((got.content_type(), got.content_encoding()), (Some("text/csv"), Some("gzip")));
    assert_eq!(got.metadata().unwrap().get("source").map(String::as_str), Some("crm"));
    assert_eq!(got.last_modified(), head.last_modified());
    assert_eq!(bytes(got.body).await.unwrap(), b"hello");
}

pub(super) async fn an_empty_object_is_an_object(s: &Server) {
    s.put("empty.csv", "").await;
    assert_eq!(s.get("empty.csv").await.unwrap(), b"");
    let head = s.client.head_object().bucket(&s.bucket).key("empty.csv").send().await.unwrap();
    assert_eq!(head.content_length(), Some(0));
}

pub(super) async fn a_put_replaces_bytes_and_headers(s: &Server) {
    let first = s.client.put_object().bucket(&s.bucket).key("k.json").content_type("application/json");
    first.metadata("old", "1").body(ByteStream::from_static(b"{}")).send().await.unwrap();
    s.put("k.json", "second").await;
    let got = s.client.get_object().bucket(&s.bucket).key("k.json").send().await.unwrap();
    assert!(got.metadata().is_none_or(|metadata| !metadata.contains_key("old")));
    assert_ne!(got.content_type(), Some("application/json"));
    assert_eq!(bytes(got.body).await.unwrap(), b"second");
}

pub(super) async fn a_reader_of_a_replaced_object_gets_all_of_one_version(s: &Server) {
    const SIZE: usize = 24 << 20;
    s.put("large.bin", vec![b'1'; SIZE]).await;
    let mut got = s.client.get_object().bucket(&s.bucket).key("large.bin").send().await.unwrap();
    let mut read = got.body.next().await.unwrap().unwrap().to_vec();
    s.put("large.bin", vec![b'2'; SIZE]).await;
    while let Some(chunk) = got.body.next().await {
        read.extend_from_slice(&chunk.unwrap());
    }
    assert_eq!(read.len(), SIZE);
    assert!(read.iter().all(|&byte| byte == b'1'), "the second version showed through");
    assert!(s.get("large.bin").await.unwrap() == vec![b'2'; SIZE]);
}

pub(super) async fn ranges_select_bytes(s: &Server) {
    s.put("digits", "0123456789").await;
    let cases = [
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=5-99", "56789", "bytes 5-9/10"),
    ];
    for (range, selected, content_range) in cases {
        let got = s.client.get_object().bucket(&s.bucket).key("digits").range(range).send().await.unwrap();
        assert_eq!(got.content_range(), Some(content_range), "{range}");
        assert_eq!(got.content_length(), Some(selected.len() as i64), "{range}");
        assert_eq!(bytes(got.body).await.unwrap(), selected.as_bytes(), "{range}");
    }
    let beyond = s.client.get_object().bucket(&s.bucket).key("digits").range("bytes=10-").send().await;
    assert_eq!(code(&beyond.unwrap_err()), "InvalidRange");
}

pub(super) async fn a_deleted_object_is_gone_and_deleting_it_again_succeeds(s: &Server) {
    s.put("a/b/c.csv", "x").await;
    for _ in 0..2 {
        s.client.delete_object().bucket(&s.bucket).key("a/b/c.csv").send().await.unwrap();
        assert_eq!(s.get("a/b/c.csv").await.unwrap_err(), "NoSuchKey");
        assert!(s.keys("").await.is_empty());
    }
}

pub(super) async fn many_objects_are_deleted_at_once(s: &Server) {
    for key in ["a.csv", "b c+d.csv", "kept.csv"] {
        s.put(key, key).await;
    }
    let named = ["a.csv", "b c+d.csv", "never-there.csv"];
    let named = named.map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
    let delete = Delete::builder().set_objects(Some(named.to_vec())).build().unwrap();
    let deleted = s.client.delete_objects().bucket(&s.bucket).delete(delete).send().await.unwrap();
    assert!(deleted.errors().is_empty(), "{:?}", deleted.errors());
    assert_eq!(s.keys("").await, ["kept.csv"]);
}

pub(super) async fn a_copy_keeps_or_replaces_the_headers(s: &Server) {
    let put = s.client.put_object().bucket(&s.bucket).key("from.csv").content_type("text/csv");
    put.metadata("source", "crm").body(ByteStream::from_static(b"x,y")).send().await.unwrap();
    let from = format!("{}/from.csv", s.bucket);
    s.client.copy_object().bucket(&s.bucket).copy_source(&from).key("kept.csv").send().await.unwrap();
    let replaced = s.client.copy_object().bucket(&s.bucket).copy_source(&from).key("replaced.csv");
    let replaced = replaced.metadata_directive(MetadataDirective::Replace).content_type("text/plain");
    replaced.metadata("other", "1").send().await.unwrap();

    let kept = s.client.get_object().bucket(&s.bucket).key("kept.csv").send().await.unwrap();
    assert_eq!(kept.content_type(), Some("text/csv"));
    assert_eq!(kept.metadata().unwrap().get("source").map(String::as_str), Some("crm"));
    assert_eq!(bytes(kept.body).await.unwrap(), b"x,y");
    let replaced = s.client.get_object().bucket(&s.bucket).key("replaced.csv").send().await.unwrap();
    assert_eq!(replaced.content_type(), Some("text/plain"));
    assert_eq!(replaced.metadata().unwrap().keys().collect::<Vec<_>>(), ["other"]);
    assert_eq!(bytes(replaced.body).await.unwrap(), b"x,y");
}

pub(super) async fn what_is_absent_is_reported_as_absent(s: &Server) {
    let absent = s.client.get_object().bucket(&s.bucket).key("absent").send().await.unwrap_err();
    assert_eq!(code(&absent), "NoSuchKey");
    let absent = s.client.head_object().bucket(&s.bucket).key("absent").send().await.unwrap_err();
    assert_eq!(code(&absent), "404");
    let absent = s.client.list_objects_v2().bucket("no-such-bucket").send().await.unwrap_err();
    assert_eq!(code(&absent), "NoSuchBucket");
    let absent = s.client.put_object().bucket("no-such-bucket").key("k").send().await.unwrap_err();
    assert_eq!(code(&absent), "NoSuchBucket");
    let absent = s.client.head_bucket().bucket("no-such-bucket").send().await.unwrap_err();
    assert_eq!(code(&absent), "404");
    s.client.head_bucket().bucket(&s.bucket).send().await.unwrap();
    let buckets = s.client.list_buckets().send().await.unwrap();
    assert!(buckets.buckets().iter().any(|bucket| bucket.name() == Some(&s.bucket)));
}
