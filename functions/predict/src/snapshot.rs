//! What is live at one moment, immutable: the pointer, the model, and the run's documents, which are fetched when they
//! are first asked for and then kept. One request uses one snapshot from beginning to end, so that its answer never
//! mixes two runs.
use crate::document::ScoredAt;
use bytes::Bytes;
use ltv_core::channel::budget::BudgetDocument;
use ltv_core::feature::signal::joined::Signal;
use ltv_core::model::Model;
use ltv_core::model::fitted::StoredModelError;
use ltv_lake::document::Document;
use ltv_lake::layout::{self, Artifact, ModelId, Served};
use ltv_lake::pointer::{Live, Pointer};
use ltv_lake::served::Customers;
use ltv_lake::store::{Etag, StoreError};
use ltv_lake::{Lake, LakeError, LakeResult};
use serde_json::{Map, Value};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// What is live at one moment.
#[derive(Debug)]
pub struct Snapshot {
    lake: Lake,
    pointer: Pointer,
    etag: Etag,
    model: Option<Arc<Model>>,
    customers: OnceCell<Option<Customers>>,
    segments: OnceCell<Option<Bytes>>,
    channels: OnceCell<Option<Bytes>>,
    budget: OnceCell<Option<BudgetDocument>>,
    card: OnceCell<Option<Bytes>>,
}

impl Snapshot {
    /// What `pointer` says is live. `model` is absent where the training made none that predicts: it knew no dates.
    pub fn new(lake: Lake, pointer: Document<Pointer>, model: Option<Arc<Model>>) -> Snapshot {
        Snapshot {
            lake,
            pointer: pointer.value,
            etag: pointer.etag,
            model,
            customers: OnceCell::new(),
            segments: OnceCell::new(),
            channels: OnceCell::new(),
            budget: OnceCell::new(),
            card: OnceCell::new(),
        }
    }

    /// Fetches what `pointer` names; the model of `previous` is taken over where it is the same and uses no outside
    /// series, of which each run may have seen later values.
    ///
    /// # Errors
    /// A failed request, or a model that this program cannot use.
    pub(crate) async fn load(
        lake: &Lake,
        pointer: Document<Pointer>,
        previous: Option<&Snapshot>,
    ) -> LakeResult<Snapshot> {
        let live = &pointer.value.live;
        let same = previous.filter(|snapshot| snapshot.live().model == live.model);
        let of_no_run = |snapshot: &&Snapshot| snapshot.model().is_none_or(|model| model.context.signals.is_empty());
        let model = match same.filter(of_no_run) {
            Some(snapshot) => snapshot.model.clone(),
            None => fetch_model(lake, live).await?.map(Arc::new),
        };
        Ok(Snapshot::new(lake.clone(), pointer, model))
    }

    /// The model and the run that are live.
    pub fn live(&self) -> &Live {
        &self.pointer.live
    }

    /// The whole pointer.
    pub fn pointer(&self) -> &Pointer {
        &self.pointer
    }

    pub(crate) fn etag(&self) -> &Etag {
        &self.etag
    }

    /// The model that predicts, where there is one.
    pub fn model(&self) -> Option<&Arc<Model>> {
        self.model.as_ref()
    }

    /// The run's customers; `None` where it scored none.
    ///
    /// # Errors
    /// A failed request, or a file that is none of customers.
    pub(crate) async fn customers(&self) -> LakeResult<Option<&Customers>> {
        let fetch = || async {
            match self.lake.customers(&self.pointer.live.run).await {
                Ok(customers) => Ok(Some(customers)),
                Err(LakeError::Store(StoreError::NotFound { .. })) => Ok(None),
                Err(error) => Err(error),
            }
        };
        Ok(self.customers.get_or_try_init(fetch).await?.as_ref())
    }

    /// `segments.json` of the run, as it was written.
    ///
    /// # Errors
    /// A failed request.
    pub(crate) async fn segments(&self) -> LakeResult<Option<Bytes>> {
        self.document(&self.segments, layout::served(&self.pointer.live.run, Served::Segments)).await
    }

    /// Which days the run predicted: a run may score again, later than the model's own cutoff.
    ///
    /// # Errors
    /// A failed request, or a malformed `segments.json`.
    pub(crate) async fn scored_at(&self) -> LakeResult<Option<ScoredAt>> {
        let Some(bytes) = self.segments().await? else { return Ok(None) };
        let malformed = |source: serde_json::Error| LakeError::Malformed {
            key: layout::served(&self.pointer.live.run, Served::Segments),
            kind: "document of segments",
            source: source.into(),
        };
        serde_json::from_slice(&bytes).map(Some).map_err(malformed)
    }

    /// `channels.json` of the run, as it was written.
    ///
    /// # Errors
    /// A failed request.
    pub(crate) async fn channels(&self) -> LakeResult<Option<Bytes>> {
        self.document(&self.channels, layout::served(&self.pointer.live.run, Served::Channels)).await
    }

    /// `budget.json` of the run, read once.
    ///
    /// # Errors
    /// A failed request, or a malformed document.
    pub(crate) async fn budget(&self) -> LakeResult<Option<&BudgetDocument>> {
        let fetch = || self.lake.served(&self.pointer.live.run, Served::Budget);
        Ok(self.budget.get_or_try_init(fetch).await?.as_ref())
    }

    /// `card.json` of the model as it was written, with the track record and the newest training as the run knows them:
    /// a run that only scores knows more than the training did, and one that kept the model was no training of it.
    ///
    /// # Errors
    /// A failed request, or a malformed document.
    pub(crate) async fn card(&self) -> LakeResult<Option<Bytes>> {
        Ok(self.card.get_or_try_init(|| self.card_of_run()).await?.clone())
    }

    async fn card_of_run(&self) -> LakeResult<Option<Bytes>> {
        let (model, run) = (&self.pointer.live.model, &self.pointer.live.run);
        let key = layout::model(model, Artifact::CardJson);
        let Some(card) = self.lake.store().find(&key).await? else { return Ok(None) };
        let track: Option<Value> = self.lake.served(run, Served::Track).await?;
        let newest: Option<Value> = self.lake.served(run, Served::Training).await?;
        let told = with_run(&card.bytes, [("track_record", track), ("newest_training", newest)]);
        let bytes = told.map_err(|source| LakeError::Malformed { key, kind: "card", source: source.into() })?;
        Ok(Some(Bytes::from(bytes)))
    }

    async fn document(&self, cell: &OnceCell<Option<Bytes>>, key: String) -> LakeResult<Option<Bytes>> {
        let fetch = || async { Ok::<_, LakeError>(self.lake.store().find(&key).await?.map(|object| object.bytes)) };
        Ok(cell.get_or_try_init(fetch).await?.clone())
    }
}

/// A card with what its run knows.
fn with_run(card: &[u8], of_run: [(&str, Option<Value>); 2]) -> serde_json::Result<Vec<u8>> {
    let mut card: Map<String, Value> = serde_json::from_slice(card)?;
    let known = of_run.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    card.extend(known);
    serde_json::to_vec(&card)
}

/// The model that is live, with outside series as its run saw them; runs of before these were kept have none.
async fn fetch_model(lake: &Lake, live: &Live) -> LakeResult<Option<Model>> {
    let Some(mut model) = stored_model(lake, &live.model).await? else { return Ok(None) };
    if !model.context.signals.is_empty() {
        let seen: Option<Vec<Signal>> = lake.served(&live.run, Served::Signals).await?;
        model.context = model.context.seeing(&seen.unwrap_or_default());
    }
    Ok(Some(model))
}

async fn stored_model(lake: &Lake, id: &ModelId) -> LakeResult<Option<Model>> {
    let bytes = match lake.artifact(id, Artifact::ModelBin).await {
        Ok(bytes) => bytes,
        Err(LakeError::Store(StoreError::NotFound { .. })) => return Ok(None),
        Err(error) => return Err(error),
    };
    let malformed = |source: StoredModelError| LakeError::Malformed {
        key: layout::model(id, Artifact::ModelBin),
        kind: "stored model",
        source: source.into(),
    };
    Model::from_bytes(&bytes).map(Some).map_err(malformed)
}
