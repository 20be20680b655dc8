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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{CUTOFF, body_of, empty, flip, model, post, publish, purchases, trained};
    use ltv_core::feature::signal::joined::Signal;
    use ltv_core::model::fit::Fit;
    use ltv_lake::layout::{Artifact, ModelId, Served};
    use ltv_lake::memory::Crash;
    use serde_json::{Value, json};

    async fn predicted(state: &State) -> (Value, f64) {
        let purchases = &purchases()[..40];
        let answer = post(state.clone(), &body_of(purchases).to_string()).await.json;
        let sum = answer["customers"].as_array().unwrap().iter().filter_map(|c| c["predicted_spend"].as_f64()).sum();
        (answer["model_id"].clone(), sum)
    }

    #[tokio::test]
    async fn a_newly_promoted_model_goes_live_in_a_warm_server_and_the_old_one_stays_until_it_is_looked_for() {
        let (_, lake) = trained().await;
        let (patient, eager) = (State::new(lake.clone()), State::refreshing_after(lake.clone(), Duration::ZERO));
        assert!(patient.warm().await.unwrap() && eager.warm().await.unwrap());
        let (_, before) = predicted(&patient).await;
        publish(&lake, "second", 2.0).await;
        let (id, sum) = predicted(&patient).await;
        assert_eq!((id, sum), (Value::from("first"), before));
        let (id, sum) = predicted(&eager).await;
        assert_eq!(id, "second");
        assert!((sum / before - 2.0).abs() < 0.01, "{sum} is twice {before}");
    }

    /// A series of one value, published before the cutoff.
    fn series(value: f64) -> Vec<Signal> {
        let known = json!({"of": CUTOFF - 9, "known_on": CUTOFF - 3, "value": value});
        serde_json::from_value(json!([{"name": "mood", "measures": ["Value"], "values": [known]}])).unwrap()
    }

    #[tokio::test]
    async fn a_later_run_of_the_same_model_predicts_by_the_series_that_it_saw_and_an_old_one_by_the_models() {
        let (_, lake) = empty();
        let mut model = model(1.0);
        model.context = model.context.with_signals(series(5.0));
        let column = model.context.columns().iter().position(|feature| feature.name == "indicator:mood").unwrap();
        model.fit = Fit::Share { column: column as u32, share: 1.0 };
        let id: ModelId = "mood".parse().unwrap();
        lake.put_artifact(&id, Artifact::ModelBin, model.to_bytes().unwrap()).await.unwrap();
        let state = State::refreshing_after(lake.clone(), Duration::ZERO);
        let mut found = Vec::new();
        for (run, seen) in [("kept-none", None), ("later", Some(8.0)), ("kept-none", None)] {
            let run = run.parse().unwrap();
            if let Some(value) = seen {
                lake.put_served(&run, Served::Signals, &series(value)).await.unwrap();
            }
            flip(&lake, &id, run).await;
            let answer = post(state.clone(), &body_of(&purchases()[..1]).to_string()).await.json;
            found.push(answer["customers"][0]["predicted_spend"].as_f64().unwrap());
        }
        assert_eq!(found, [5.0, 8.0, 5.0], "in a warm server, each run by what it kept");
    }

    #[tokio::test]
    async fn one_look_is_one_request_while_nothing_has_changed_and_none_within_the_time() {
        let (memory, lake) = trained().await;
        let eager = State::refreshing_after(lake.clone(), Duration::ZERO);
        let patient = State::new(lake);
        eager.warm().await.unwrap();
        patient.warm().await.unwrap();
        let before = memory.requests();
        predicted(&patient).await;
        assert_eq!(memory.requests(), before);
        predicted(&eager).await;
        assert_eq!(memory.requests(), before + 1);
    }

    #[tokio::test]
    async fn a_look_that_fails_leaves_live_what_was_live() {
        let (memory, lake) = trained().await;
        let state = State::refreshing_after(lake.clone(), Duration::ZERO);
        let known = predicted(&state).await;
        publish(&lake, "second", 2.0).await;
        // The first look meets no S3; the second finds the pointer and not the model.
        for requests in [0, 1] {
            memory.crash_after(requests, Crash::Before);
            assert_eq!(predicted(&state).await, known);
            memory.revive();
        }
        assert_eq!(predicted(&state).await.0, "second");
    }

    #[tokio::test]
    async fn many_requests_at_once_look_once() {
        let (memory, lake) = trained().await;
        let state = State::new(lake);
        let before = memory.requests();
        let all = futures::future::join_all((0..20).map(|_| state.snapshot())).await;
        let first = all[0].as_ref().unwrap();
        assert!(all.iter().all(|snapshot| Arc::ptr_eq(snapshot.as_ref().unwrap(), first)));
        assert_eq!(memory.requests() - before, 2, "the pointer and the model");
    }

    #[tokio::test]
    async fn a_model_that_goes_live_later_is_found_without_a_restart() {
        let (_, lake) = empty();
        let state = State::new(lake.clone());
        assert!(!state.warm().await.unwrap());
        publish(&lake, "first", 1.0).await;
        assert_eq!(predicted(&state).await.0, "first");
    }

    #[tokio::test]
    async fn a_snapshot_can_be_given_and_then_nothing_is_fetched() {
        let (memory, lake) = trained().await;
        let pointer = lake.pointer().await.unwrap().unwrap();
        let snapshot = Snapshot::new(lake.clone(), pointer, Some(Arc::new(model(3.0))));
        let before = memory.requests();
        let state = State::with_snapshot(lake, snapshot);
        assert_eq!(predicted(&state).await.0, "first");
        assert_eq!(memory.requests(), before);
    }
}
