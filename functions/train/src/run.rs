//! The run of one training: what is pinned when it begins, and its checkpoints. In flow the lake's objects; out flows
//! where the run stands. Every step's result is stored before the next begins, so a run that is killed continues.
use crate::error::TrainError;
use crate::newest;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use ltv_core::account::Account;
use ltv_core::model::Recipe;
use ltv_core::model::search::TrialResult;
use ltv_core::model::training::{Evaluation, Plan, Settings};
use ltv_lake::layout::{Artifact, ModelId, RunId};
use ltv_lake::pointer::Live;
use ltv_lake::snapshot::Snapshot;
use ltv_lake::{Lake, LakeError, LakeResult};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;

const PINNED: &str = "pinned";
const PLAN: &str = "plan";
const EVALUATION: &str = "evaluation";

/// What a run is carried out on; written once, when it begins.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Pinned {
    pub(crate) snapshot: Snapshot,
    pub(crate) account: Account,
    pub(crate) settings: Settings,
    /// The day the run began, UTC: the partition of its predictions.
    pub(crate) run_date: Date,
    /// What was live, and how often the pointer had been flipped.
    pub(crate) live: Option<Live>,
    pub(crate) generation: u64,
    /// The recipe of what was live.
    pub(crate) champion: Option<Recipe>,
}

/// What the search found: every trial, and the verdict on the one that it chose.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Evaluated {
    pub(crate) trials: Vec<TrialResult>,
    pub(crate) evaluation: Evaluation,
}

/// `model.json`: what a model is of, without decoding it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Description {
    pub(crate) model_id: ModelId,
    pub(crate) run: RunId,
    pub(crate) snapshot: String,
    /// Digest of account and settings.
    pub(crate) settings: String,
    /// How it was fitted; absent of what predicts nobody's future.
    pub(crate) recipe: Option<Recipe>,
    pub(crate) program: String,
    pub(crate) trained_at: Timestamp,
    pub(crate) model_bytes: Option<usize>,
}

impl Pinned {
    /// Pins the lake as it is now.
    pub(crate) async fn now(
        lake: &Lake,
        account: Account,
        settings: Settings,
        now: Timestamp,
    ) -> Result<Pinned, TrainError> {
        let snapshot = lake.snapshot(now).await?;
        let pointer = lake.pointer().await?.map(|document| document.value);
        let live = pointer.as_ref().map(|pointer| pointer.live.clone());
        let champion = match &live {
            Some(live) => description(lake, &live.model).await?.and_then(|description| description.recipe),
            None => None,
        };
        let generation = pointer.map_or(0, |pointer| pointer.generation);
        let run_date = run_date(now);
        Ok(Pinned { snapshot, account, settings, run_date, live, generation, champion })
    }

    /// Digest of everything that an operator chose and that changes a result.
    pub(crate) fn settings_digest(&self) -> Result<String, TrainError> {
        digest(&(&self.account, self.settings, env!("CARGO_PKG_VERSION")))
    }

    /// What `model.json` says of the model that `run` learned.
    pub(crate) fn describe(
        &self,
        run: &RunId,
        model_id: &ModelId,
        recipe: Option<Recipe>,
        model_bytes: Option<usize>,
    ) -> Result<Description, TrainError> {
        Ok(Description {
            model_id: model_id.clone(),
            run: run.clone(),
            snapshot: self.snapshot.id.clone(),
            settings: self.settings_digest()?,
            recipe,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            trained_at: Timestamp::now(),
            model_bytes,
        })
    }

    /// The id of the model that this run trains: the same data, settings and champion give the same model.
    pub(crate) fn model_id(&self) -> Result<ModelId, TrainError> {
        let id = digest(&(&self.snapshot.id, self.settings_digest()?, &self.champion))?;
        id.parse().map_err(|_| TrainError::Stopped(format!("{id} is no model id")))
    }

    /// Is what is live scored on this data, and was the newest training run on it with these settings? A scoring alone
    /// says nothing of what was learned.
    pub(crate) async fn nothing_changed(&self, lake: &Lake) -> Result<bool, TrainError> {
        let Some(live) = self.live.as_ref().filter(|live| live.snapshot == self.snapshot.id) else { return Ok(false) };
        let trained = newest::trained_by(lake, live).await?;
        let digest = self.settings_digest()?;
        let same = |found: Description| found.snapshot == self.snapshot.id && found.settings == digest;
        Ok(description(lake, &trained).await?.is_some_and(same))
    }

    /// Makes `run` with `model` live, if what is live is still what it was when the run began.
    pub(crate) async fn go_live(&self, lake: &Lake, run: &RunId, model: ModelId) -> Result<(), TrainError> {
        let read = lake.pointer().await?;
        // An invocation that was killed behind its flip has nothing left to do.
        if read.as_ref().is_some_and(|read| read.value.live.run == *run) {
            return Ok(());
        }
        if read.as_ref().map_or(0, |read| read.value.generation) != self.generation {
            return Err(LakeError::PointerMoved { run: run.clone() }.into());
        }
        let live = Live { model, run: run.clone(), run_date: self.run_date, snapshot: self.snapshot.id.clone() };
        lake.flip(live, read.as_ref(), Timestamp::now()).await?;
        Ok(())
    }
}

/// The day of `now` in UTC: the partition of a run's predictions.
pub(crate) fn run_date(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

fn digest(of: &impl Serialize) -> Result<String, TrainError> {
    Ok(hex::encode(&Sha256::digest(serde_json::to_vec(of)?)[..8]))
}

/// A model's description; `None` where it has none that this program can read.
pub(crate) async fn description(lake: &Lake, model: &ModelId) -> LakeResult<Option<Description>> {
    let bytes = match lake.artifact(model, Artifact::ModelJson).await {
        Ok(bytes) => bytes,
        Err(LakeError::Store(ltv_lake::store::StoreError::NotFound { .. })) => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(serde_json::from_slice(&bytes).ok())
}

/// A run's checkpoints.
#[derive(Clone)]
pub(crate) struct Checkpoints {
    lake: Lake,
    run: RunId,
    io: Handle,
}

impl Checkpoints {
    pub(crate) fn new(lake: &Lake, run: &RunId, io: &Handle) -> Checkpoints {
        Checkpoints { lake: lake.clone(), run: run.clone(), io: io.clone() }
    }

    pub(crate) async fn pinned(&self) -> Result<Option<Pinned>, TrainError> {
        Ok(self.lake.checkpoint(&self.run, PINNED).await?)
    }

    pub(crate) async fn pin(&self, pinned: &Pinned) -> Result<(), TrainError> {
        Ok(self.lake.put_checkpoint(&self.run, PINNED, pinned).await?)
    }

    /// The plan that was stored, else `made`, which is then stored. Blocks.
    pub(crate) fn plan(&self, made: Plan) -> Result<Plan, TrainError> {
        if let Some(stored) = self.io.block_on(self.lake.checkpoint(&self.run, PLAN))? {
            return Ok(stored);
        }
        self.io.block_on(self.lake.put_checkpoint(&self.run, PLAN, &made))?;
        Ok(made)
    }

    /// The results of the plan's trials so far. Blocks.
    pub(crate) fn trials(&self, plan: &Plan) -> Result<Vec<TrialResult>, TrainError> {
        let mut results = Vec::new();
        for number in 0..plan.search.planned() {
            results.extend(self.io.block_on(self.lake.checkpoint(&self.run, &name_of(number)))?);
        }
        Ok(results)
    }

    pub(crate) fn put_trial(&self, result: &TrialResult) -> Result<(), TrainError> {
        Ok(self.io.block_on(self.lake.put_checkpoint(&self.run, &name_of(result.number), result))?)
    }

    pub(crate) fn evaluated(&self) -> Result<Option<Evaluated>, TrainError> {
        Ok(self.io.block_on(self.lake.checkpoint(&self.run, EVALUATION))?)
    }

    pub(crate) fn put_evaluated(&self, evaluated: &Evaluated) -> Result<(), TrainError> {
        Ok(self.io.block_on(self.lake.put_checkpoint(&self.run, EVALUATION, evaluated))?)
    }

    pub(crate) async fn clear(&self) -> Result<(), TrainError> {
        Ok(self.lake.clear_checkpoints(&self.run).await?)
    }
}

fn name_of(trial: usize) -> String {
    format!("trial-{trial:04}")
}
