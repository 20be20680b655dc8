//! The user's own adapters: in goes a prefix of the lake that people write to, out come the adapters that uploads are read
//! with. One that cannot be used is told and left out: it must not hold up every upload.
use crate::error::LakeResult;
use crate::lake::Lake;
use crate::layout::ADAPTERS;
use ltv_core::upload::adapter::{Adapter, Adapters};
use serde::Serialize;

/// An adapter that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KnownAdapter {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// The table that its rows belong to.
    pub table: String,
    /// What it reads.
    pub title: String,
    /// Its key in the lake, where it is the user's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// A file under `adapters/` that is no adapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedAdapter {
    /// Its key in the lake.
    pub key: String,
    /// Why.
    pub reason: String,
}

/// All adapters of a lake.
#[derive(Clone, Debug, Default)]
pub struct LakeAdapters {
    /// What uploads are read with.
    pub adapters: Adapters,
    /// Keys of the user's own, in the order of `adapters`.
    pub keys: Vec<String>,
    /// Files that are none.
    pub refused: Vec<RefusedAdapter>,
}

impl LakeAdapters {
    /// Every adapter, in order of preference.
    pub fn known(&self) -> Vec<KnownAdapter> {
        let keys = self.keys.iter().cloned().map(Some).chain(std::iter::repeat(None));
        let known = self.adapters.iter().zip(keys).map(|(adapter, key)| KnownAdapter {
            name: adapter.name.clone(),
            version: adapter.version,
            table: adapter.table.to_string(),
            title: adapter.title.clone(),
            key,
        });
        known.collect()
    }
}

impl Lake {
    /// The adapters that uploads are read with: the user's own before those built in.
    ///
    /// # Errors
    /// A failed request.
    pub async fn adapters(&self) -> LakeResult<LakeAdapters> {
        let (mut own, mut keys, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        let listed = self.store.list(ADAPTERS).await?;
        for listed in listed.into_iter().filter(|listed| !listed.key.ends_with('/')) {
            let Some(object) = self.store.find(&listed.key).await? else { continue };
            match Adapter::from_json(&object.bytes) {
                Ok(adapter) => {
                    own.push(adapter);
                    keys.push(listed.key);
                }
                Err(error) => {
                    let reason = error.to_string();
                    tracing::warn!(key = listed.key, reason, "an adapter in the lake cannot be used");
                    refused.push(RefusedAdapter { key: listed.key, reason });
                }
            }
        }
        Ok(LakeAdapters { adapters: Adapters::built_in().with(own), keys, refused })
    }
}
