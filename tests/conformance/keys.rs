//! Keys are text, not paths.

use super::Server;

pub(super) async fn keys_of_every_kind_are_kept_apart_and_come_back_unchanged(s: &Server) {
    let long_name = "n".repeat(1024);
    let long_path = format!("{}/é.csv", "d".repeat(1024 - 7));
    let many_folders = format!("{}x", "a/".repeat(511));
    let keys = [
        "my table/a b+c.csv",
        "my table/a%20b+c.csv",
        "my table/a b c.csv",
        "你好/😊.csv",
        "a//b.csv",
        "a/b.csv",
        "a",
        "a/",
        "a.csv",
        "a.csv/nested.csv",
        "folder/",
        "quote\"'<&>.csv",
        "back\\slash:*?|.csv",
        "tilde~/.hidden",
        "100%.csv",
        "%2e%2e/x",
        "CON",
        "=cmd.csv",
        long_name.as_str(),
        long_path.as_str(),
        many_folders.as_str(),
    ];
    for key in keys {
        s.put(key, format!("body of {key}")).await;
    }
    for key in keys {
        assert_eq!(s.get(key).await.as_deref(), Ok(format!("body of {key}").as_bytes()), "{key}");
        let head = s.client.head_object().bucket(&s.bucket).key(key).send().await.unwrap();
        assert_eq!(head.content_length(), Some(format!("body of {key}").len() as i64), "{key}");
    }
    let mut expected = keys.to_vec();
    expected.sort_unstable();
    assert_eq!(s.keys("").await, expected);
    for (i, key) in keys.iter().enumerate() {
        s.client.delete_object().bucket(&s.bucket).key(*key).send().await.unwrap();
        assert_eq!(s.keys("").await.len(), keys.len() - i - 1, "{key}");
    }
}
