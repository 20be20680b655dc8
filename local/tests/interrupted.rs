//! A large object over a connection that breaks: a proxy before the embedded S3 that lets so many bytes of an answer
//! through and hangs up. What arrives is the object, or a failure that says that it was replaced; never a mixture.
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ltv_lake::client;
use ltv_lake::store::{Put, Store, StoreError};
use ltv_local::s3::{ACCESS_KEY, Config, EmbeddedS3, SECRET_KEY};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

const LARGE: usize = 12 << 20;
const KEY: &str = "large.csv";

/// Passes connections on to `server`. Each of the first `breaks` answers ends after three megabytes, as soon as `gate` has
/// a permit for it; `sent` counts bytes.
async fn breaking(server: SocketAddr, breaks: u64, gate: Arc<Semaphore>, sent: Arc<AtomicU64>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let left = Arc::new(AtomicU64::new(breaks));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (sent, left, gate) = (Arc::clone(&sent), Arc::clone(&left), Arc::clone(&gate));
            tokio::spawn(async move {
                let Ok(server) = TcpStream::connect(server).await else { return };
                let ((mut requests, mut to_client), (mut answers, mut to_server)) =
                    (client.into_split(), server.into_split());
                let forward = tokio::spawn(async move { copy(&mut requests, &mut to_server).await });
                let (mut passed, mut bytes) = (0, vec![0; 64 << 10]);
                while let Ok(read @ 1..) = answers.read(&mut bytes).await {
                    if to_client.write_all(&bytes[..read]).await.is_err() {
                        break;
                    }
                    passed += read;
                    sent.fetch_add(read as u64, Ordering::SeqCst);
                    let one_less = |left: u64| left.checked_sub(1);
                    if passed > 3 << 20 && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
                        gate.acquire().await.expect("it stays open").forget();
                        break;
                    }
                }
                forward.abort();
            });
        }
    });
    address
}

/// An S3 with a large object, and its bucket as seen through a proxy that breaks answers.
struct Broken {
    s3: EmbeddedS3,
    through: Store,
    bytes: Vec<u8>,
    sent: Arc<AtomicU64>,
}

impl Broken {
    async fn new(breaks: u64, gate: &Arc<Semaphore>, folder: &Path) -> Broken {
        let buckets = vec!["uploads".to_owned()];
        let config = Config { root: folder.join("s3"), port: 0, buckets, read_only: BTreeMap::new() };
        let s3 = EmbeddedS3::start(config).await.expect("it starts");
        let bytes: Vec<u8> = (0..LARGE as u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let sent = Arc::new(AtomicU64::new(0));
        let proxy = breaking(s3.address(), breaks, Arc::clone(gate), Arc::clone(&sent)).await;
        let through = Store::new(client::local(&format!("http://{proxy}"), ACCESS_KEY, SECRET_KEY), "uploads");
        let broken = Broken { s3, through, bytes, sent };
        broken.put(broken.bytes.clone()).await;
        broken
    }

    async fn put(&self, bytes: Vec<u8>) {
        let direct = Store::new(client::local(&self.s3.endpoint(), ACCESS_KEY, SECRET_KEY), "uploads");
        direct.put(KEY, bytes, "text/csv", Put::Always).await.expect("it is written");
    }

    async fn download(&self, file: &Path) -> Result<(), StoreError> {
        let head = self.through.head(KEY).await?.expect("it is there");
        self.through.download(KEY, &head.etag, file).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_goes_on_where_its_connection_broke() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let broken = Broken::new(3, &Arc::new(Semaphore::new(3)), folder.path()).await;
    let file = folder.path().join("copy");
    broken.download(&file).await.expect("it arrives");
    assert!(std::fs::read(&file).expect("it was written") == broken.bytes);
    // From the start each time it would be 9 MB more.
    let sent = broken.sent.load(Ordering::SeqCst);
    assert!(sent < (LARGE + (4 << 20)) as u64, "{sent} bytes were sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_replaced_while_it_arrives_is_not_mixed_with_its_successor() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let gate = Arc::new(Semaphore::new(0));
    let broken = Broken::new(1, &gate, folder.path()).await;
    let file = folder.path().join("copy");
    let replaced = async {
        while broken.sent.load(Ordering::SeqCst) <= 3 << 20 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        broken.put(b"another".to_vec()).await;
        gate.add_permits(1);
    };
    let (outcome, ()) = tokio::join!(broken.download(&file), replaced);
    assert!(matches!(outcome, Err(StoreError::Precondition { .. })), "{outcome:?}");
}
