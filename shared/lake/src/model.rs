//! Files of models: in go bytes under a model's id, out come the same bytes. Never what they mean.
use crate::error::{LakeError, LakeResult};
use crate::lake::Lake;
use crate::layout::{self, Artifact, ModelId};
use crate::store::Put;
use bytes::Bytes;

/// The most bytes of `model.bin`: what a cold start can fetch and hold.
pub const MODEL_LIMIT: usize = 8 << 20;

impl Lake {
    /// Writes a file of a model.
    ///
    /// # Errors
    /// [`LakeError::ModelTooLarge`], or a failed request.
    pub async fn put_artifact(&self, model: &ModelId, artifact: Artifact, bytes: impl Into<Bytes>) -> LakeResult<()> {
        let bytes = bytes.into();
        if artifact == Artifact::ModelBin && bytes.len() > MODEL_LIMIT {
            return Err(LakeError::ModelTooLarge { bytes: bytes.len(), limit: MODEL_LIMIT });
        }
        let key = layout::model(model, artifact);
        self.store.put(&key, bytes, artifact.content_type(), Put::Always).await?;
        Ok(())
    }

    /// Reads a file of a model.
    ///
    /// # Errors
    /// [`crate::store::StoreError::NotFound`], or a failed request.
    pub async fn artifact(&self, model: &ModelId, artifact: Artifact) -> LakeResult<Bytes> {
        Ok(self.store.get(&layout::model(model, artifact)).await?.bytes)
    }
}
