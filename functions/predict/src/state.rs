//! What a server knows: the lake and the present snapshot. In flow requests for a snapshot, out flows the one that is
//! live: looked up again on the first request after [`REFRESH`], swapped as a whole, never changed.
use crate::problem::Problem;
use crate::snapshot::Snapshot;
use ltv_lake::{Lake, LakeResult};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// How long a snapshot is answered from before the pointer is looked at again.
pub const REFRESH: Duration = Duration::from_secs(30);

/// The lake and what is live in it. Clones share the snapshot.
#[derive(Clone, Debug)]
pub struct State {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    lake: Lake,
    refresh: Duration,
    present: RwLock<Option<Present>>,
    /// Held by the one request that looks.
    looking: Mutex<()>,
}

#[derive(Clone, Debug)]
struct Present {
    snapshot: Arc<Snapshot>,
    /// By the wall clock: a monotonic one may stand still while a function is frozen.
    looked_at: SystemTime,
}

impl Present {
    fn now(snapshot: Arc<Snapshot>) -> Present {
        Present { snapshot, looked_at: SystemTime::now() }
    }

    fn is_fresh(&self, refresh: Duration) -> bool {
        // A clock that was set back counts as long ago.
        self.looked_at.elapsed().is_ok_and(|age| age < refresh)
    }
}

impl From<Lake> for State {
    fn from(lake: Lake) -> State {
        State::new(lake)
    }
}

impl State {
    /// A server of `lake` that knows nothing yet. Sends no request.
    pub fn new(lake: Lake) -> State {
        State::refreshing_after(lake, REFRESH)
    }

    /// A server that looks at the pointer again on the first request after `refresh`.
    pub fn refreshing_after(lake: Lake, refresh: Duration) -> State {
        State { shared: Arc::new(Shared { lake, refresh, present: RwLock::default(), looking: Mutex::default() }) }
    }

    /// A server that begins with `snapshot`.
    pub fn with_snapshot(lake: Lake, snapshot: Snapshot) -> State {
        let state = State::new(lake);
        state.keep(Present::now(Arc::new(snapshot)));
        state
    }

    /// The lake that is served.
    pub fn lake(&self) -> &Lake {
        &self.shared.lake
    }

    /// Fetches what is live before the first request arrives; says whether anything is. A lake of a newer format is
    /// refused.
    ///
    /// # Errors
    /// A failed request, a newer lake, or a model that this program cannot use.
    pub async fn warm(&self) -> LakeResult<bool> {
        let (format, snapshot) = tokio::join!(self.lake().check_format(), self.look(None));
        format?;
        Ok(snapshot?.is_some())
    }

    /// The snapshot to answer one request from.
    ///
    /// # Errors
    /// The problem to answer where nothing is live, or where nothing could be fetched yet.
    pub(crate) async fn snapshot(&self) -> Result<Arc<Snapshot>, Problem> {
        let present = self.present();
        if let Some(present) = present.as_ref().filter(|present| present.is_fresh(self.shared.refresh)) {
            return Ok(present.snapshot.clone());
        }
        let Some(present) = present else { return self.first().await };
        // Whoever comes while another request looks is answered from what is known.
        let Ok(_looking) = self.shared.looking.try_lock() else { return Ok(present.snapshot) };
        match self.look(Some(&present.snapshot)).await {
            Ok(Some(snapshot)) => Ok(snapshot),
            Ok(None) => Ok(self.keep(present_again(&present))),
            Err(error) => {
                tracing::warn!(
                    error = error.with_sources(),
                    "what was live stays live: the pointer cannot be followed"
                );
                Ok(self.keep(present_again(&present)))
            }
        }
    }

    /// What is known without asking the lake.
    pub(crate) fn known(&self) -> Option<Arc<Snapshot>> {
        self.present().map(|present| present.snapshot)
    }

    async fn first(&self) -> Result<Arc<Snapshot>, Problem> {
        let _looking = self.shared.looking.lock().await;
        if let Some(present) = self.present() {
            return Ok(present.snapshot);
        }
        self.look(None).await?.ok_or_else(Problem::untrained)
    }

    /// Follows the pointer, where it is another than `known`'s, and keeps what it found.
    async fn look(&self, known: Option<&Arc<Snapshot>>) -> LakeResult<Option<Arc<Snapshot>>> {
        let lake = self.lake();
        let found = match known {
            Some(known) => lake.pointer_unless(known.etag()).await?,
            None => lake.pointer().await?,
        };
        let Some(pointer) = found else { return Ok(None) };
        let snapshot = Snapshot::load(lake, pointer, known.map(Arc::as_ref)).await?;
        let (live, generation) = (snapshot.live(), snapshot.pointer().generation);
        tracing::info!(model = %live.model, run = %live.run, generation, "serving");
        Ok(Some(self.keep(Present::now(Arc::new(snapshot)))))
    }

    fn present(&self) -> Option<Present> {
        self.shared.present.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, present: Present) -> Arc<Snapshot> {
        let snapshot = present.snapshot.clone();
        *self.shared.present.write().unwrap_or_else(PoisonError::into_inner) = Some(present);
        snapshot
    }
}

fn present_again(present: &Present) -> Present {
    Present::now(present.snapshot.clone())
}
