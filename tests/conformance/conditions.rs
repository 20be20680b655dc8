//! Conditional requests: what the lake's protocol of records, pointers and leases rests on.

use aws_sdk_s3::primitives::{ByteStream, DateTime};
use futures::future::join_all;

use super::{Server, code};

/// Writers that start at once.
const WRITERS: usize = 64;

pub(super) async fn a_write_goes_on_only_over_the_version_it_expects(s: &Server) {
    let put = || s.client.put_object().bucket(&s.bucket).key("current.json").body(ByteStream::from_static(b"{}"));
    let absent = put().if_match("\"0123456789abcdef0123456789abcdef\"").send().await.unwrap_err();
    assert_eq!(code(&absent), "NoSuchKey");
    let first = put().if_none_match("*").send().await.unwrap();
    assert_eq!(code(&put().if_none_match("*").send().await.unwrap_err()), "PreconditionFailed");

    let second = s.client.put_object().bucket(&s.bucket).key("current.json").if_match(first.e_tag().unwrap());
    let second = second.body(ByteStream::from_static(b"{\"generation\":2}")).send().await.unwrap();
    assert_eq!(code(&put().if_match(first.e_tag().unwrap()).send().await.unwrap_err()), "PreconditionFailed");
    assert_eq!(s.get("current.json").await.unwrap(), b"{\"generation\":2}");

    put().if_match(second.e_tag().unwrap()).send().await.unwrap();
    s.client.delete_object().bucket(&s.bucket).key("current.json").send().await.unwrap();
    put().if_none_match("*").send().await.unwrap();
}

pub(super) async fn of_many_concurrent_creators_one_wins(s: &Server) {
    let creators = (0..WRITERS).map(|writer| {
        let put = s.client.put_object().bucket(&s.bucket).key("lease.json").if_none_match("*");
        put.body(ByteStream::from(format!("writer {writer}").into_bytes())).send()
    });
    one_wins(s, "lease.json", join_all(creators).await.into_iter().map(|put| put.map_err(|e| code(&e)))).await;
}

pub(super) async fn of_many_concurrent_replacements_one_wins(s: &Server) {
    let etag = s.put("current.json", "before").await.e_tag.unwrap();
    let writers = (0..WRITERS).map(|writer| {
        let put = s.client.put_object().bucket(&s.bucket).key("current.json").if_match(&etag);
        put.body(ByteStream::from(format!("writer {writer}").into_bytes())).send()
    });
    one_wins(s, "current.json", join_all(writers).await.into_iter().map(|put| put.map_err(|e| code(&e)))).await;
}

/// One of `outcomes` is a success, and what lies under the key is that writer's; all others lost cleanly.
async fn one_wins<T>(s: &Server, key: &str, outcomes: impl Iterator<Item = Result<T, String>>) {
    let mut winners = Vec::new();
    for (writer, outcome) in outcomes.enumerate() {
        match outcome {
            Ok(_) => winners.push(writer),
            Err(code) => assert_eq!(code, "PreconditionFailed"),
        }
    }
    assert_eq!(winners.len(), 1, "winners: {winners:?}");
    assert_eq!(s.get(key).await.unwrap(), format!("writer {}", winners[0]).as_bytes());
}

pub(super) async fn reads_answer_304_and_412(s: &Server) {
    let put = s.put("card.json", "{}").await;
    let etag = put.e_tag().unwrap();
    let other = "\"0123456789abcdef0123456789abcdef\"";
    let get = || s.client.get_object().bucket(&s.bucket).key("card.json");
    let head = || s.client.head_object().bucket(&s.bucket).key("card.json");
    let (long_ago, far_ahead) = (DateTime::from_secs(946_684_800), DateTime::from_secs(4_102_444_800));

    get().if_match(etag).send().await.unwrap();
    get().if_none_match(other).send().await.unwrap();
    get().if_modified_since(long_ago).send().await.unwrap();
    get().if_unmodified_since(far_ahead).send().await.unwrap();
    head().if_match(etag).if_none_match(other).send().await.unwrap();

    assert_eq!(code(&get().if_match(other).send().await.unwrap_err()), "PreconditionFailed");
    assert_eq!(code(&get().if_unmodified_since(long_ago).send().await.unwrap_err()), "PreconditionFailed");
    assert_eq!(code(&head().if_match(other).send().await.unwrap_err()), "412");
    for error in [
        code(&get().if_none_match(etag).send().await.unwrap_err()),
        code(&head().if_none_match(etag).send().await.unwrap_err()),
    ] {
        assert_eq!(error, "304");
    }
}
