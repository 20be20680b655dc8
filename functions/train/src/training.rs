//! The steps of a training in their order: pin, plan, trials, evaluation, publication. In flows a lease on a run; out
//! flows an answer. What a step computes is ltv-core's, where it is stored is ltv-lake's.
use crate::answer::Answer;
use crate::data;
use crate::error::TrainError;
use crate::progress::Progress;
use crate::publish::{self, Publication};
use crate::request::TrainOptions;
use crate::run::{Checkpoints, Pinned};
use crate::test_predictions;
use jiff::{SignedDuration, Timestamp};
use ltv_core::feature::{self, Context, History, Protocol, ProtocolError};
use ltv_core::model::training::{Plan, Settings, Step, Training};
use ltv_core::table::Table;
use ltv_lake::layout::Artifact;
use ltv_lake::lease::Lease;
use ltv_lake::store::StoreError;
use ltv_lake::{Lake, LakeError};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// How long a lease holds without being renewed: longer than any step and than Lambda's longest invocation.
const LEASE: SignedDuration = SignedDuration::from_mins(20);
/// What is left for storing a result and answering when an invocation stops for want of time.
const RESERVE: Duration = Duration::from_secs(20);

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

/// How many more steps this invocation may take.
struct Budget {
    steps: usize,
    deadline: Option<Instant>,
    longest: Duration,
}

impl Budget {
    /// May another step begin? The first always may, or nothing would ever be done.
    fn allows(&self, taken: usize) -> bool {
        let in_time = self.deadline.is_none_or(|deadline| {
            deadline.saturating_duration_since(Instant::now()) > self.longest + self.longest / 2 + RESERVE
        });
        taken == 0 || (taken < self.steps && in_time)
    }

    fn took(&mut self, since: Instant) {
        self.longest = self.longest.max(since.elapsed());
    }
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
            let pinned = Pinned::now(&self.lake, account, Settings::default(), Timestamp::now()).await?;
            if !self.options.force && pinned.nothing_changed(&self.lake).await? {
                let answer = publish::unchanged(&self.lake, &pinned).await?;
                lease.finish(Timestamp::now()).await?;
                return Ok(answer);
            }
            checkpoints.pin(&pinned).await?;
            pinned
        };
        // Training computes for minutes: on a thread of its own, so that this one keeps serving the lake's requests.
        let computing = tokio::task::spawn_blocking(move || self.steps(lease, &pinned, &checkpoints, &io));
        computing.await.map_err(|error| TrainError::Stopped(error.to_string()))?
    }

    fn steps(
        self,
        mut lease: Lease,
        pinned: &Pinned,
        checkpoints: &Checkpoints,
        io: &Handle,
    ) -> Result<Answer, TrainError> {
        let (begun, lake) = (Instant::now(), &self.lake);
        let steps = self.options.trials.unwrap_or(usize::MAX);
        let mut budget = Budget { steps, deadline: self.deadline, longest: Duration::ZERO };
        self.progress.step(0, 1, "reading tables");
        let data = match data::load(lake, &pinned.snapshot, io) {
            Ok(data) => data,
            // A customer was erased since the run began, and the parts with it: the run begins anew on what is left.
            Err(TrainError::Lake(LakeError::Store(StoreError::NotFound { .. }))) => {
                let run = lease.run().clone();
                io.block_on(async {
                    checkpoints.clear().await?;
                    lease.release(Timestamp::now()).await?;
                    Ok::<_, TrainError>(())
                })?;
                return Ok(Answer::unfinished(&run, 0, 1));
            }
            Err(error) => return Err(error),
        };
        let finish = |lease: Lease, answer: Answer| {
            io.block_on(async {
                lease.finish(Timestamp::now()).await?;
                checkpoints.clear().await?;
                Ok(answer)
            })
        };
        if data.history.span().is_none() && pinned.snapshot.rows(Table::Acquisition) > 0 {
            let answer = crate::cross_section::carry_out(lake, lease.run(), pinned, io)?;
            return finish(lease, answer);
        }
        let plan = match plan_of(pinned, &data.history) {
            Ok(plan) => checkpoints.plan(plan)?,
            Err(reason) => {
                let answer = Answer::impossible(lease.run(), &reason.to_string());
                return finish(lease, answer);
            }
        };
        let mut context = Context::learn(&data.history, plan.protocol.horizon, &pinned.account)?;
        let model_id = pinned.model_id()?;
        let planned = plan.trials.len() + 2;
        let mut results = checkpoints.trials(&plan)?;
        let mut evaluation = checkpoints.evaluation()?;
        let mut taken = 0;
        let stop = |lease: Lease, done: usize| {
            let run = lease.run().clone();
            io.block_on(lease.release(Timestamp::now()))?;
            Ok(Answer::unfinished(&run, done, planned))
        };

        if evaluation.is_none() {
            self.progress.step(results.len(), planned, "computing features");
            let windows = feature::windows(&data.history, &mut context, &plan.cutoffs(Step::Evaluate))?;
            let mut training = Training::new(&plan, &windows);
            for number in plan.pending(&results) {
                if !budget.allows(taken) {
                    return stop(lease, results.len());
                }
                self.progress.step(results.len(), planned, plan.trials[number].recipe.name());
                let since = Instant::now();
                let result = training.run_trial(number)?;
                checkpoints.put_trial(&result)?;
                io.block_on(lease.renew(LEASE, Timestamp::now()))?;
                results.push(result);
                budget.took(since);
                taken += 1;
            }
            if !budget.allows(taken) {
                return stop(lease, results.len());
            }
            self.progress.step(results.len(), planned, "scoring the test window");
            let since = Instant::now();
            let (found, predictions) = training.evaluate(&results)?;
            let encoded = test_predictions::encoded(&data.history, &predictions)?;
            io.block_on(lake.put_artifact(&model_id, Artifact::TestPredictions, encoded))?;
            checkpoints.put_evaluation(&found)?;
            io.block_on(lease.renew(LEASE, Timestamp::now()))?;
            budget.took(since);
            taken += 1;
            evaluation = Some(found);
        }
        let Some(evaluation) = evaluation else { return stop(lease, results.len()) };
        if !budget.allows(taken) {
            return stop(lease, results.len() + 1);
        }
        self.progress.step(results.len() + 1, planned, "fitting and scoring everyone");
        let publication = Publication {
            lake,
            io,
            run: lease.run(),
            model_id: &model_id,
            pinned,
            plan: &plan,
            data: &data,
            seconds_before: results.iter().map(|result| result.seconds).sum::<f64>(),
            begun,
        };
        let answer = publication.carry_out(&mut context, results, evaluation)?;
        self.progress.step(planned, planned, "done");
        finish(lease, answer)
    }
}

/// The plan for a history: its protocol is the account's, its champion what was live when the run began.
fn plan_of(pinned: &Pinned, history: &History) -> Result<Plan, ProtocolError> {
    let (first, last) = history.span().ok_or(ProtocolError::Empty)?;
    let protocol = Protocol::new(first, last, pinned.account.horizon)?;
    Ok(Plan::new(protocol, pinned.settings, history.len(), pinned.champion.clone()))
}
