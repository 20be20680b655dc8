//! What the end-to-end tests stand on: servers to talk to, clients that talk to them, and a fair way to skip.
//!
//! A test that needs a program which is not installed says so and passes, unless `LTV_REQUIRE_TOOLS` is set, as in
//! CI, where a skip is a failure.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use ltv_local::s3::{ACCESS_KEY, Config, EmbeddedS3, REGION, SECRET_KEY};
use tempfile::TempDir;

/// An S3 client of `endpoint` that signs with the given keys and puts the bucket into the path.
pub fn client(endpoint: &str, access_key: &str, secret_key: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new(access_key, secret_key, None, None, "tests"))
        .force_path_style(true)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// The embedded S3 over a folder of its own, which vanishes with it.
pub struct Embedded {
    /// A client with the right keys.
    pub client: Client,
    /// The running server.
    pub server: EmbeddedS3,
    /// The folder of the buckets.
    pub root: TempDir,
}

impl Embedded {
    /// Starts a server with empty `buckets`.
    ///
    /// # Panics
    /// When the machine has no temporary folder or no free port.
    pub async fn start(buckets: &[&str]) -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        let config = Config {
            root: root.path().to_path_buf(),
            port: 0,
            buckets: buckets.iter().map(|&name| name.to_owned()).collect(),
            read_only: std::collections::BTreeMap::new(),
        };
        let server = EmbeddedS3::start(config).await.expect("the embedded S3 starts on a free port");
        Self { client: client(&server.endpoint(), ACCESS_KEY, SECRET_KEY), server, root }
    }
}

/// `moto_server`, an S3 written by other people (`moto[server]` for pip). Ends when dropped.
pub struct Moto {
    process: Child,
    address: SocketAddr,
}

impl Moto {
    /// Starts the server, or says why the test that asked is skipped.
    ///
    /// # Panics
    /// When the machine has no free port; as [`skip`].
    pub fn start() -> Option<Self> {
        // Free now; nobody else on the machine is likely to take it within the second that moto needs to start.
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let address = free.expect("a free port");
        let started = Command::new("moto_server")
            .args(["-H", "127.0.0.1", "-p", &address.port().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(process) = started else {
            skip("moto_server is not installed (pip install 'moto[server]')");
            return None;
        };
        let mut moto = Self { process, address };
        let deadline = Instant::now() + Duration::from_mins(1);
        while TcpStream::connect(address).is_err() {
            if !matches!(moto.process.try_wait(), Ok(None)) || Instant::now() > deadline {
                // A launcher without the program behind it (pyenv's shims, for instance) starts and ends at once.
                skip("moto_server does not start (pip install 'moto[server]')");
                return None;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(moto)
    }

    /// A client of it. It accepts any keys.
    pub fn client(&self) -> Client {
        client(&format!("http://{}", self.address), "moto", "moto")
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Says that a test is skipped, and why.
///
/// # Panics
/// When `LTV_REQUIRE_TOOLS` is set: whoever sets it has installed everything.
pub fn skip(reason: &str) {
    assert!(std::env::var_os("LTV_REQUIRE_TOOLS").is_none(), "LTV_REQUIRE_TOOLS is set, but {reason}");
    eprintln!("skipped: {reason}");
}
