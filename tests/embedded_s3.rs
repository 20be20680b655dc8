//! What only the embedded S3 promises: it keeps strangers out, stays in its folder, survives a restart, and shows a
//! folder of files without touching it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use ltv_local::s3::{ACCESS_KEY, Config, EmbeddedS3, SECRET_KEY, StartError};
use ltv_tests::{Embedded, client};

fn files_under(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}

#[tokio::test]
async fn requests_that_are_not_signed_with_its_keys_are_refused() {
    let embedded = Embedded::start(&["uploads"]).await;
    let stranger = client(&embedded.server.endpoint(), ACCESS_KEY, "guessed");
    let refused = stranger.list_objects_v2().bucket("uploads").send().await.unwrap_err();
    assert_eq!(refused.code(), Some("SignatureDoesNotMatch"));
    let stranger = client(&embedded.server.endpoint(), "guessed", SECRET_KEY);
    let refused = stranger.list_objects_v2().bucket("uploads").send().await.unwrap_err();
    assert_eq!(refused.code(), Some("InvalidAccessKeyId"));

    // What a web page could make a browser send.
    let mut stream = TcpStream::connect(embedded.server.address()).unwrap();
    stream
        .write_all(b"PUT /uploads/x.csv HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx")
        .unwrap();
    let answer = tokio::task::spawn_blocking(move || {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map(|_| answer)
    });
    let answer = answer.await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert!(files_under(&embedded.root.path().join("uploads")).is_empty());
}

#[tokio::test]
async fn it_listens_on_the_loopback_interface_only_and_says_when_its_port_is_taken() {
    let embedded = Embedded::start(&[]).await;
    assert!(embedded.server.address().ip().is_loopback());
    let config = Config {
        root: embedded.root.path().join("other"),
        port: embedded.server.address().port(),
        buckets: Vec::new(),
        read_only: BTreeMap::new(),
    };
    assert!(matches!(EmbeddedS3::start(config).await, Err(StartError::Listen { .. })));
}

#[tokio::test]
async fn keys_that_look_like_paths_stay_in_their_bucket() {
    let embedded = Embedded::start(&["uploads", "lake"]).await;
    for key in ["../../x", "../lake/x.csv", "./x", "/etc/x", "..", "a/../../b"] {
        let put = embedded.client.put_object().bucket("uploads").key(key).body(ByteStream::from_static(b"x"));
        put.send().await.unwrap();
        let got = embedded.client.get_object().bucket("uploads").key(key).send().await.unwrap();
        assert_eq!(got.body.collect().await.unwrap().to_vec(), b"x", "{key}");
    }
    let listed = embedded.client.list_objects_v2().bucket("uploads").send().await.unwrap();
    assert_eq!(listed.key_count(), Some(6));
    assert!(files_under(&embedded.root.path().join("lake")).is_empty());
    assert!(!embedded.root.path().parent().unwrap().join("x").exists());
    assert_eq!(files_under(&embedded.root.path().join("uploads")).len(), 6);
}

#[tokio::test]
async fn objects_and_their_headers_survive_a_restart_and_debris_does_not() {
    let embedded = Embedded::start(&["lake"]).await;
    let put = embedded.client.put_object().bucket("lake").key("models/m1/card.json").content_type("application/json");
    let put = put.metadata("run", "r1").body(ByteStream::from_static(b"{}")).send().await.unwrap();
    let Embedded { server, root, .. } = embedded;
    server.stop().await;
    // What a crash in the middle of an upload leaves behind.
    fs::write(root.path().join(".s3/incoming/.tmpabc"), "half").unwrap();

    let config = Config {
        root: root.path().to_path_buf(),
        port: 0,
        buckets: vec!["lake".to_owned()],
        read_only: BTreeMap::new(),
    };
    let server = EmbeddedS3::start(config).await.unwrap();
    let client = client(&server.endpoint(), ACCESS_KEY, SECRET_KEY);
    let head = client.head_object().bucket("lake").key("models/m1/card.json").send().await.unwrap();
    assert_eq!((head.e_tag(), head.content_type()), (put.e_tag(), Some("application/json")));
    assert_eq!(head.metadata().unwrap().get("run").map(String::as_str), Some("r1"));
    assert!(files_under(&root.path().join(".s3/incoming")).is_empty());
    // The bytes lie in plain sight, for tools that read files.
    assert_eq!(fs::read(root.path().join("lake/models/m1/card.json")).unwrap(), b"{}");
}

#[tokio::test]
async fn an_upload_cut_off_in_the_middle_leaves_no_object() {
    let embedded = Embedded::start(&["uploads"]).await;
    let body = aws_sdk_s3::primitives::SdkBody::from_body_1_x(cut_off_body::CutOff::default());
    let put = embedded.client.put_object().bucket("uploads").key("x.csv").content_length(1000);
    assert!(put.body(ByteStream::new(body)).send().await.is_err());
    let listed = embedded.client.list_objects_v2().bucket("uploads").send().await.unwrap();
    assert_eq!(listed.key_count(), Some(0));
}

/// A body that breaks off.
mod cut_off_body {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use http_body::{Body, Frame, SizeHint};

    #[derive(Default)]
    pub(super) struct CutOff {
        sent: bool,
    }

    impl Body for CutOff {
        type Data = bytes::Bytes;
        type Error = std::io::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
            if self.sent {
                return Poll::Ready(Some(Err(std::io::Error::other("the cable was pulled"))));
            }
            self.sent = true;
            Poll::Ready(Some(Ok(Frame::data(bytes::Bytes::from_static(b"a,b,c\n")))))
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(1000)
        }
    }
}

#[tokio::test]
async fn a_folder_is_served_read_only_and_uncopied() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("spend data")).unwrap();
    fs::write(folder.path().join("spend data/a b+c.csv"), "date,spend\n").unwrap();
    let root = tempfile::tempdir().unwrap();
    let config = Config {
        root: root.path().to_path_buf(),
        port: 0,
        buckets: vec!["lake".to_owned()],
        read_only: BTreeMap::from([("uploads".to_owned(), folder.path().to_path_buf())]),
    };
    let server = EmbeddedS3::start(config).await.unwrap();
    let client = client(&server.endpoint(), ACCESS_KEY, SECRET_KEY);
    let key = "spend data/a b+c.csv";
    let listed = client.list_objects_v2().bucket("uploads").send().await.unwrap();
    let first = listed.contents()[0].clone();
    assert_eq!((first.key(), first.size()), (Some(key), Some(11)));
    let got = client.get_object().bucket("uploads").key(key).if_match(first.e_tag().unwrap()).send().await.unwrap();
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"date,spend\n");

    fs::write(folder.path().join(key), "date,spend,clicks\n").unwrap();
    let stale = client.get_object().bucket("uploads").key(key).if_match(first.e_tag().unwrap()).send().await;
    assert_eq!(stale.unwrap_err().code(), Some("PreconditionFailed"));

    let put = client.put_object().bucket("uploads").key("new.csv").body(ByteStream::from_static(b"x")).send().await;
    assert_eq!(put.unwrap_err().code(), Some("AccessDenied"));
    let delete = client.delete_object().bucket("uploads").key(key).send().await;
    assert_eq!(delete.unwrap_err().code(), Some("AccessDenied"));
    let begun = client.create_multipart_upload().bucket("uploads").key(key).send().await;
    assert_eq!(begun.unwrap_err().code(), Some("AccessDenied"));
    assert_eq!(files_under(folder.path()), [key]);
    assert!(!root.path().join("uploads").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_and_removers_of_neighbouring_keys_do_not_disturb_each_other() {
    let embedded = Embedded::start(&["lake"]).await;
    let mut tasks = Vec::new();
    for worker in 0..8 {
        let client = embedded.client.clone();
        tasks.push(tokio::spawn(async move {
            let key = format!("shared/folder/{worker}.json");
            for _ in 0..20 {
                let put = client.put_object().bucket("lake").key(&key).body(ByteStream::from_static(b"{}"));
                put.send().await.unwrap();
                client.delete_object().bucket("lake").key(&key).send().await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    // Emptied folders are pruned, up to the bucket.
    assert_eq!(fs::read_dir(embedded.root.path().join("lake")).unwrap().count(), 0);
}
