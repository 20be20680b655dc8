//! Listings: order, pages, prefixes and delimiters.

use aws_sdk_s3::types::EncodingType;

use super::Server;

pub(super) async fn a_listing_is_in_the_order_of_utf8_bytes(s: &Server) {
    // U+FF5E sorts before U+1F60A by UTF-8 bytes, after it by UTF-16 units.
    let keys = ["a.csv", "a/b.csv", "a0.csv", "B.csv", "é.csv", "～.csv", "😊.csv", "z.csv"];
    for key in keys {
        s.put(key, key).await;
    }
    assert_eq!(s.keys("").await, ["B.csv", "a.csv", "a/b.csv", "a0.csv", "z.csv", "é.csv", "～.csv", "😊.csv"]);
    assert_eq!(s.keys("a").await, ["a.csv", "a/b.csv", "a0.csv"]);
    assert_eq!(s.keys("a/").await, ["a/b.csv"]);
    assert!(s.keys("b").await.is_empty());
    let listed = s.client.list_objects_v2().bucket(&s.bucket).prefix("a.csv").send().await.unwrap();
    let object = &listed.contents()[0];
    let head = s.client.head_object().bucket(&s.bucket).key("a.csv").send().await.unwrap();
    assert_eq!((object.size(), object.e_tag()), (Some(5), head.e_tag()));
    assert_eq!(listed.key_count(), Some(1));
}

pub(super) async fn pages_add_up_to_the_whole_listing(s: &Server) {
    let keys: Vec<String> = (0..23).map(|i| format!("sources/{i:02} +.json")).collect();
    for key in &keys {
        s.put(key, "{}").await;
    }
    let mut pages = s.client.list_objects_v2().bucket(&s.bucket).prefix("sources/").max_keys(5).into_paginator().send();
    let (mut listed, mut count) = (Vec::new(), 0);
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        count += 1;
        assert_eq!(page.is_truncated(), Some(count < 5));
        listed.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
    }
    assert_eq!((listed, count), (keys.clone(), 5));
    let after = s.client.list_objects_v2().bucket(&s.bucket).start_after(&keys[20]).send().await.unwrap();
    let after: Vec<&str> = after.contents().iter().filter_map(|object| object.key()).collect();
    assert_eq!(after, [&keys[21], &keys[22]]);
}

pub(super) async fn a_delimiter_rolls_keys_up(s: &Server) {
    for key in ["top.csv", "a/1.csv", "a/2.csv", "a/x/3.csv", "b/", "b/4.csv"] {
        s.put(key, key).await;
    }
    let listed = s.client.list_objects_v2().bucket(&s.bucket).delimiter("/").send().await.unwrap();
    let keys: Vec<&str> = listed.contents().iter().filter_map(|object| object.key()).collect();
    let prefixes: Vec<&str> = listed.common_prefixes().iter().filter_map(|prefix| prefix.prefix()).collect();
    assert_eq!((keys, prefixes), (vec!["top.csv"], vec!["a/", "b/"]));

    let listed = s.client.list_objects_v2().bucket(&s.bucket).delimiter("/").prefix("a/").send().await.unwrap();
    let keys: Vec<&str> = listed.contents().iter().filter_map(|object| object.key()).collect();
    let prefixes: Vec<&str> = listed.common_prefixes().iter().filter_map(|prefix| prefix.prefix()).collect();
    assert_eq!((keys, prefixes), (vec!["a/1.csv", "a/2.csv"], vec!["a/x/"]));

    let mut pages = s.client.list_objects_v2().bucket(&s.bucket).delimiter("/").max_keys(1).into_paginator().send();
    let mut entries = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        entries.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
        entries.extend(page.common_prefixes().iter().map(|prefix| prefix.prefix().unwrap().to_owned()));
    }
    assert_eq!(entries, ["a/", "b/", "top.csv"]);
}

pub(super) async fn a_url_encoded_listing_decodes_to_the_keys(s: &Server) {
    let keys = ["my table/a b+c.csv", "my table/ü&=?.csv"];
    for key in keys {
        s.put(key, key).await;
    }
    let listed = s.client.list_objects_v2().bucket(&s.bucket).prefix("my table/").encoding_type(EncodingType::Url);
    let listed = listed.send().await.unwrap();
    let decode = |text: &str| {
        // A form-decoder reads both of the encodings of a space in use.
        let pair = format!("={text}");
        form_urlencoded::parse(pair.as_bytes()).next().unwrap().1.into_owned()
    };
    let decoded: Vec<String> = listed.contents().iter().map(|object| decode(object.key().unwrap())).collect();
    assert_eq!(decoded, keys);
    assert_eq!(listed.prefix().map(decode).as_deref(), Some("my table/"));
}
