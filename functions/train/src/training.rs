//! One invocation's share of a training: the lease is taken, the run is pinned or found pinned, and its next steps are
//! carried out. In flow the options of a request; out flows an answer. Without new data or settings nothing is trained.
use crate::answer::Answer;
use crate::error::TrainError;
use crate::progress::Progress;
use crate::publish;
use crate::request::TrainOptions;
use crate::run::{Checkpoints, Pinned};
use crate::steps::{Budget, LEASE, Steps};
use jiff::Timestamp;
use ltv_core::model::training::Settings;
use ltv_lake::{Lake, LakeError};
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Handle;

/// One invocation's share of a training.
pub(crate) struct Invocation {
    pub(crate) lake: Lake,
    pub(crate) options: TrainOptions,
    /// When the invocation ends, where that is known.
    pub(crate) deadline: Option<Instant>,
    /// An id of this invocation, the same when its event is delivered again by the runtime.
    pub(crate) holder: String,
    pub(crate) progress: Arc<dyn Progress>,
}

impl Invocation {
    /// Takes the lease and carries out as many steps as the options and the time allow.
    pub(crate) async fn carry_out(self) -> Result<Answer, TrainError> {
        self.lake.ensure_format().await?;
        let lease = match self.lake.lease(&self.holder, LEASE, Timestamp::now()).await {
            Ok(lease) => lease,
            Err(LakeError::LeaseHeld { run, until, .. }) => return Ok(Answer::held(&run, until)),
            Err(error) => return Err(error.into()),
        };
        let io = Handle::current();
        let checkpoints = Checkpoints::new(&self.lake, lease.run(), &io);
        let pinned = if let Some(pinned) = checkpoints.pinned().await? {
            pinned
        } else {
            let mut account = self.lake.account().clone();
            account.horizon = self.options.horizon_days.or(account.horizon);
            let mut settings = Settings { strategy: self.options.search, ..Settings::default() };
            if let Some(trials) = self.options.search_trials {
                settings.trials = trials.get();
            }
            let pinned = Pinned::now(&self.lake, account, settings, Timestamp::now()).await?;
            if !self.options.force && pinned.nothing_changed(&self.lake).await? {
                let answer = publish::unchanged(&self.lake, &pinned).await?;
                lease.finish(Timestamp::now()).await?;
                return Ok(answer);
            }
            checkpoints.pin(&pinned).await?;
            pinned
        };
        // Training computes for minutes: on a thread of its own, so that this one keeps serving the lake's requests.
        let budget = Budget::of(self.options.trials, self.deadline);
        let steps = Steps { lake: self.lake, io, lease, pinned, checkpoints, budget, done: 0, progress: self.progress };
        let computing = tokio::task::spawn_blocking(move || steps.carry_out());
        computing.await.map_err(|error| TrainError::Stopped(error.to_string()))?
    }
}
