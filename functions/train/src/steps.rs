//! The steps of a run in their order: plan, trials, evaluation, publication. In flows a lease on a pinned run; out flows
//! an answer, once the run is done or its budget is spent. Every result is stored before the next step begins. What a
//! step computes is ltv-core's, where it is stored is ltv-lake's.
use crate::answer::Answer;
use crate::budget;
use crate::cross_section;
use crate::data::{self, Data};
use crate::error::TrainError;
use crate::findings::Findings;
use crate::progress::Progress;
use crate::publish::Publication;
use crate::run::{Checkpoints, Evaluated, Pinned};
use crate::test_predictions;
use jiff::{SignedDuration, Timestamp};
use ltv_core::feature::signal::identified;
use ltv_core::feature::{self, Context, History, Protocol, ProtocolError, availability};
use ltv_core::model::training::{Plan, Step, Training};
use ltv_core::table::Table;
use ltv_lake::layout::Artifact;
use ltv_lake::lease::Lease;
use ltv_lake::store::StoreError;
use ltv_lake::{Lake, LakeError};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// How long a lease holds without being renewed: longer than any step and than Lambda's longest invocation.
pub(crate) const LEASE: SignedDuration = SignedDuration::from_mins(20);
/// What is left for storing a result and answering when an invocation stops for want of time.
const RESERVE: Duration = Duration::from_secs(20);

/// How many more steps this invocation may take.
pub(crate) struct Budget {
    steps: usize,
    deadline: Option<Instant>,
    longest: Duration,
    taken: usize,
}

impl Budget {
    /// At most `steps`, as far as they are done before `deadline`.
    pub(crate) fn of(steps: Option<usize>, deadline: Option<Instant>) -> Budget {
        Budget { steps: steps.unwrap_or(usize::MAX), deadline, longest: Duration::ZERO, taken: 0 }
    }

    /// May another step begin? The first always may, or nothing would ever be done.
    fn allows(&self) -> bool {
        let in_time = self.deadline.is_none_or(|deadline| {
            deadline.saturating_duration_since(Instant::now()) > self.longest + self.longest / 2 + RESERVE
        });
        self.taken == 0 || (self.taken < self.steps && in_time)
    }

    fn took(&mut self, since: Instant) {
        self.longest = self.longest.max(since.elapsed());
        self.taken += 1;
    }
}

/// A run at work in one invocation.
pub(crate) struct Steps {
    pub(crate) lake: Lake,
    pub(crate) io: Handle,
    pub(crate) lease: Lease,
    pub(crate) pinned: Pinned,
    pub(crate) checkpoints: Checkpoints,
    pub(crate) budget: Budget,
    /// Steps of the plan that are done.
    pub(crate) done: usize,
    pub(crate) progress: Arc<dyn Progress>,
}

impl Steps {
    /// Carries out as many steps as the budget allows. Blocks.
    pub(crate) fn carry_out(mut self) -> Result<Answer, TrainError> {
        let begun = Instant::now();
        self.progress.step(0, 1, "reading tables");
        let data = match data::load(&self.lake, &self.pinned.snapshot, &self.io) {
            Ok(data) => data,
            // A customer was erased since the run began, and the parts with it: the run begins anew on what is left.
            Err(TrainError::Lake(LakeError::Store(StoreError::NotFound { .. }))) => {
                self.io.block_on(self.checkpoints.clear())?;
                return self.pause(1);
            }
            Err(error) => return Err(error),
        };
        if let Some(findings) = self.without_customers(&data.history)? {
            let published = findings.publish(&self.lake, self.lease.run(), &self.pinned);
            let answer = self.io.block_on(published)?;
            return self.finish(answer);
        }
        let plan = match plan_of(&self.pinned, &data.history) {
            Ok(plan) => self.checkpoints.plan(plan)?,
            Err(reason) => {
                let answer = Answer::impossible(self.lease.run(), &reason.to_string());
                return self.finish(answer);
            }
        };
        let context = Context::learn(&data.history, plan.protocol.horizon, &self.pinned.account)?;
        let mut context = context.with_signals(identified::identified(&data.history, &plan.protocol));
        // Every trial, the evaluation and the publication.
        let planned = plan.search.planned() + 2;
        let evaluated = match self.checkpoints.evaluated()? {
            Some(evaluated) => Some(evaluated),
            None => self.search(&plan, &data, &mut context, planned)?,
        };
        let Some(evaluated) = evaluated else { return self.pause(planned) };
        self.done = planned - 1;
        if !self.budget.allows() {
            return self.pause(planned);
        }
        self.progress.step(self.done, planned, "fitting and scoring everyone");
        let publication = Publication {
            lake: &self.lake,
            io: &self.io,
            run: self.lease.run(),
            model_id: &self.pinned.model_id()?,
            pinned: &self.pinned,
            plan: &plan,
            data: &data,
            begun,
        };
        let answer = publication.carry_out(&mut context, evaluated)?;
        self.progress.step(planned, planned, "done");
        self.finish(answer)
    }

    /// What data that predict nobody's future tell, where these are all there is.
    fn without_customers(&self, history: &History) -> Result<Option<Findings>, TrainError> {
        if history.span().is_none() && self.pinned.snapshot.rows(Table::Acquisition) > 0 {
            return cross_section::learn(&self.lake, &self.pinned, &self.io).map(Some);
        }
        Ok(budget::is_media_only(history).then(|| budget::learn(&self.pinned, history)))
    }

    /// Runs the trials that are left and evaluates their choice; `None` where the budget is spent before.
    fn search(
        &mut self,
        plan: &Plan,
        data: &Data,
        context: &mut Context,
        planned: usize,
    ) -> Result<Option<Evaluated>, TrainError> {
        let mut trials = self.checkpoints.trials(plan)?;
        self.done = trials.len();
        self.progress.step(self.done, planned, "computing features");
        let windows = feature::windows(&data.history, context, &plan.cutoffs(Step::Evaluate))?;
        // No trial is stored before the audit has passed, and the snapshot is pinned.
        if trials.is_empty() {
            availability::audit(&data.history, context, &windows)?;
        }
        let mut training = Training::new(plan, &windows);
        while let Some(trial) = plan.pending(&trials).first() {
            if !self.budget.allows() {
                return Ok(None);
            }
            self.progress.step(self.done, planned, trial.recipe.name());
            let since = Instant::now();
            let result = training.run_trial(trial)?;
            self.checkpoints.put_trial(&result)?;
            trials.push(result);
            self.took(since)?;
        }
        if !self.budget.allows() {
            return Ok(None);
        }
        self.progress.step(self.done, planned, "scoring the test window");
        let since = Instant::now();
        let (evaluation, predictions) = training.evaluate(&trials)?;
        let encoded = test_predictions::encoded(&data.history, &predictions)?;
        let model_id = self.pinned.model_id()?;
        self.io.block_on(self.lake.put_artifact(&model_id, Artifact::TestPredictions, encoded))?;
        let evaluated = Evaluated { trials, evaluation };
        self.checkpoints.put_evaluated(&evaluated)?;
        self.took(since)?;
        Ok(Some(evaluated))
    }

    /// A step was taken, and its result is stored.
    fn took(&mut self, since: Instant) -> Result<(), TrainError> {
        self.io.block_on(self.lease.renew(LEASE, Timestamp::now()))?;
        self.budget.took(since);
        self.done += 1;
        Ok(())
    }

    /// Leaves the run to the next invocation.
    fn pause(self, planned: usize) -> Result<Answer, TrainError> {
        let answer = Answer::unfinished(self.lease.run(), self.done, planned);
        self.io.block_on(self.lease.release(Timestamp::now()))?;
        Ok(answer)
    }

    /// Ends the run.
    fn finish(self, answer: Answer) -> Result<Answer, TrainError> {
        self.io.block_on(async {
            self.lease.finish(Timestamp::now()).await?;
            self.checkpoints.clear().await
        })?;
        Ok(answer)
    }
}

/// The plan for a history: its protocol is the account's, its champion what was live when the run began.
fn plan_of(pinned: &Pinned, history: &History) -> Result<Plan, ProtocolError> {
    let (first, last) = history.span().ok_or(ProtocolError::Empty)?;
    let protocol = Protocol::new(first, last, pinned.account.horizon)?;
    let protocol = identified::reaching_back(history, protocol);
    Ok(Plan::new(protocol, pinned.settings, history.len(), pinned.champion.clone()))
}
