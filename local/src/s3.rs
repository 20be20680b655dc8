//! An S3 server in this process: requests over HTTP on the loopback interface, or of this process itself, in; files in a
//! folder out.
//!
//! The protocol (signatures, XML, headers) is s3s; the storage is our own, because conditional writes must have
//! exactly one winner and every key must be safe on a file system. `tests/conformance.rs` holds it and an
//! independent implementation to the same behaviour. It is never reachable from another machine.

mod body;
mod buckets;
mod checksum;
mod condition;
mod direct;
mod directory;
mod fields;
mod folder;
mod key;
mod listed;
mod listing;
mod locks;
mod multipart;
mod object;
mod protocol;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector, http_client_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use s3s::auth::{S3Auth, SecretKey};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Result, s3_error};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use direct::Direct;

/// The access key that clients sign with. Fixed: the server answers this machine only, and the signature keeps web
/// pages, which cannot sign, from writing to it.
pub const ACCESS_KEY: &str = "ltv";
/// The secret key to [`ACCESS_KEY`].
pub const SECRET_KEY: &str = "ltv";
/// The region the server says it is in; signatures for any other are accepted too.
pub const REGION: &str = "us-east-1";

/// How long open requests may take to end once the server is told to stop.
const GRACE: Duration = Duration::from_secs(2);

/// What to serve.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder that holds the writable buckets; made when absent.
    pub root: PathBuf,
    /// The port on 127.0.0.1; 0 for any free one.
    pub port: u16,
    /// Buckets to have from the start.
    pub buckets: Vec<String>,
    /// Buckets that show a folder's files read-only and uncopied: a file's path is its key.
    pub read_only: BTreeMap<String, PathBuf>,
}

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken, or may not be bound.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address wanted.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// A folder cannot be read or made.
    #[error("cannot open the buckets in {root}")]
    Buckets {
        /// The root of the buckets.
        root: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// A running server. Dropped, it stops at once; [`EmbeddedS3::stop`] lets open requests end first.
#[derive(Debug)]
pub struct EmbeddedS3 {
    address: SocketAddr,
    direct: Direct,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl EmbeddedS3 {
    /// Opens the buckets and starts to serve them, within the current Tokio runtime.
    ///
    /// # Errors
    /// [`StartError`] when the port or a folder is not to be had.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let unopened = |source| StartError::Buckets { root: config.root.clone(), source };
        let buckets = buckets::Buckets::open(config.root.clone(), &config.read_only).map_err(unopened)?;
        for name in &config.buckets {
            buckets.create(name).map_err(unopened)?;
        }
        let mut service = S3ServiceBuilder::new(protocol::Service::new(buckets));
        service.set_auth(FixedKeys);

        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, config.port));
        let unbound = |source| StartError::Listen { address: wanted, source };
        let listener = TcpListener::bind(wanted).await.map_err(unbound)?;
        let address = listener.local_addr().map_err(unbound)?;
        let (stop, stopped) = oneshot::channel();
        let service = service.build();
        let direct = Direct::to(service.clone());
        let server = tokio::spawn(serve(listener, service, stopped));
        Ok(Self { address, direct, stop: Some(stop), server })
    }

    /// What takes the requests of this process here without a connection; they are signed and checked as all others are.
    pub fn http_client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.direct.clone());
        http_client_fn(move |_, _| connector.clone())
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL for `AWS_ENDPOINT_URL`. An address rather than `localhost`, so that clients put the bucket into the
    /// path.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes no more requests, gives open ones two seconds to end, and stops.
    pub async fn stop(mut self) {
        self.direct.close();
        if let Some(stop) = self.stop.take() {
            // The server is gone already if nobody listens.
            let _ = stop.send(());
        }
        if let Err(error) = (&mut self.server).await
            && error.is_panic()
        {
            tracing::error!(%error, "the embedded S3 panicked");
        }
    }
}

impl Drop for EmbeddedS3 {
    fn drop(&mut self) {
        self.direct.close();
        self.server.abort();
    }
}

/// Knows one pair of keys.
struct FixedKeys;

#[async_trait::async_trait]
impl S3Auth for FixedKeys {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        if access_key == ACCESS_KEY {
            return Ok(SecretKey::from(SECRET_KEY));
        }
        Err(s3_error!(InvalidAccessKeyId, "the access key is {ACCESS_KEY:?}, and so is the secret key"))
    }
}

async fn serve(listener: TcpListener, service: S3Service, mut stopped: oneshot::Receiver<()>) {
    let connections = GracefulShutdown::new();
    // Owns the connections' tasks, so that they end with this one.
    let mut tasks = tokio::task::JoinSet::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors, most likely: others must end before more can be taken.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            _ = &mut stopped => break,
        };
        while tasks.try_join_next().is_some() {}
        // Answers are small and clients wait for each: no delay to fill packets.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let connection = auto::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(stream), service.clone())
            .into_owned();
        let connection = connections.watch(connection);
        tasks.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    if tokio::time::timeout(GRACE, connections.shutdown()).await.is_err() {
        tracing::debug!("requests were cut off at shutdown");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_of_this_process_is_answered_until_the_server_stops() {
        let folder = tempfile::tempdir().unwrap();
        let buckets = vec!["lake".to_owned()];
        let config = Config { root: folder.path().join("s3"), port: 0, buckets, read_only: BTreeMap::new() };
        let s3 = EmbeddedS3::start(config).await.unwrap();
        let client = |secret| ltv_lake::client::over(s3.http_client(), &s3.endpoint(), ACCESS_KEY, secret);
        let (direct, stranger) = (client(SECRET_KEY), client("another"));
        let over_http = ltv_lake::client::local(&s3.endpoint(), ACCESS_KEY, SECRET_KEY);
        direct.put_object().bucket("lake").key("a b/ü+").body(vec![7; 100_000].into()).send().await.unwrap();
        let found = over_http.get_object().bucket("lake").key("a b/ü+").send().await.unwrap();
        assert_eq!(found.body.collect().await.unwrap().to_vec(), vec![7; 100_000]);
        assert!(stranger.get_object().bucket("lake").key("a b/ü+").send().await.is_err());
        s3.stop().await;
        assert!(direct.put_object().bucket("lake").key("late").body(Vec::new().into()).send().await.is_err());
    }
}
