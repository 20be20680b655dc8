//! The local stack: a site in, two servers out, until it is told to stop. Uploads are noticed by listing the bucket
//! once a second, go through the preprocess handler, and lead to a training once no more of them come.
//!
//! It holds no state of its own: what it knows at a start, it reads from the lake.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::command::Ports;
use crate::intake::{self, IntakeError};
use crate::progress::Progress;
use crate::sample::{self, SampleError};
use crate::site::Site;
use crate::training::{self, TrainingError};
use crate::watch::{Listing, changes};
use crate::welcome;

/// Between two listings of the uploads.
const LOOK: Duration = Duration::from_secs(1);
/// How long no upload must come before a training starts: files tend to come several at a time.
const QUIET: Duration = Duration::from_secs(5);
/// How long the API answers from a model before it looks for a newer one: somebody is watching.
const REFRESH: Duration = Duration::from_secs(1);
/// How long open requests may take to end when the stack stops.
const GRACE: Duration = Duration::from_secs(2);

/// Why the stack ended.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The API's port is taken, or may not be bound.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address wanted.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The sample business.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// The lake or the uploads.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// A training.
    #[error(transparent)]
    Training(#[from] TrainingError),
    /// The API ended.
    #[error("the API stopped")]
    Api(#[source] std::io::Error),
}

/// A running API.
#[derive(Debug)]
pub struct Api {
    /// Where it listens.
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Api {
    /// Serves the predict function's router over the site's lake, on 127.0.0.1.
    ///
    /// # Errors
    /// [`StackError::Listen`].
    pub async fn start(site: &Site, port: u16) -> Result<Self, StackError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let unbound = |source| StackError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(unbound)?;
        let address = listener.local_addr().map_err(unbound)?;
        let router = ltv_predict::router(ltv_predict::State::refreshing_after(site.lake.clone(), REFRESH));
        let (stop, stopped) = oneshot::channel::<()>();
        let server = axum::serve(listener, router).with_graceful_shutdown(async {
            // Told to stop, or whoever could tell is gone.
            let _ = stopped.await;
        });
        Ok(Self { address, stop, server: tokio::spawn(async move { server.await }) })
    }

    /// Takes no more requests and gives open ones two seconds to end.
    pub async fn stop(mut self) {
        // The server is gone already if nobody listens.
        let _ = self.stop.send(());
        if tokio::time::timeout(GRACE, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

/// Brings the site up and keeps it so, until `stop` comes.
///
/// # Errors
/// [`StackError`] for what makes going on pointless; an upload or a training that fails is said and waited out.
pub async fn run(
    site: &Site,
    ports: &Ports,
    progress: &Progress,
    stop: impl Future<Output = ()>,
) -> Result<(), StackError> {
    let api = Api::start(site, ports.api_port).await?;
    let outcome = tokio::select! {
        outcome = Box::pin(keep(site, api.address, progress)) => outcome,
        () = stop => Ok(()),
    };
    api.stop().await;
    outcome
}

/// The stack's life: never returns without an error.
async fn keep(site: &Site, api: SocketAddr, progress: &Progress) -> Result<(), StackError> {
    let mut known = begin(site, progress).await?;
    progress.say(welcome::text(site, api, sample::example(site).as_deref()));

    let mut changed_at: Option<Instant> = None;
    loop {
        tokio::time::sleep(LOOK).await;
        let now = intake::listing(&site.lake).await?;
        let changed = changes(&known, &now);
        if !changed.is_empty() {
            if let Err(error) = intake::some(&site.lake, changed, progress).await {
                progress.say(with_causes(&error));
            }
            // What failed is tried again when the file changes, and by a reconcile, as in the deployment.
            known = now;
            changed_at = Some(Instant::now());
        }
        if changed_at.is_some_and(|at| at.elapsed() >= QUIET) {
            changed_at = None;
            if let Err(error) = training::train(&site.lake, &training::Options::default(), progress).await {
                progress.say(with_causes(&error));
            }
        }
    }
}

/// Makes the site worth serving: a sample where there is nothing, everything processed, a model live. Returns the
/// uploads as they were listed before they were looked at, so that whatever comes meanwhile counts as a change.
async fn begin(site: &Site, progress: &Progress) -> Result<Listing, StackError> {
    if site.uploads.is_none() && intake::missed(&site.lake).await?.is_none() {
        tokio::task::block_in_place(|| sample::create(site, progress))?;
    }
    let listed = intake::listing(&site.lake).await?;
    let missed = intake::missed(&site.lake).await?.unwrap_or_default();
    let something_new = !missed.is_empty();
    if something_new {
        intake::some(&site.lake, missed, progress).await?;
    }
    let live = site.lake.pointer().await.map_err(IntakeError::from)?;
    if something_new || live.is_none() {
        training::train(&site.lake, &training::Options::default(), progress).await?;
    }
    Ok(listed)
}

/// An error with what led to it, on one line.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut line = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        // A transparent error repeats its cause.
        if !line.ends_with(&text) {
            if !line.is_empty() {
                line.push_str(": ");
            }
            line.push_str(&text);
        }
        next = error.source();
    }
    line
}
