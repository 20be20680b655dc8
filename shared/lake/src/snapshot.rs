//! What a training sees: in go the records of one moment, out comes a list of immutable parts with an id. Readers
//! start here, never from a listing of tables.
use crate::error::LakeResult;
use crate::lake::Lake;
use crate::layout::SourceId;
use crate::record::{Part, State};
use jiff::Timestamp;
use ltv_core::table::Table;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The data of one moment. Serialised, it pins a run to it; its parts stay readable for
/// [`crate::sweep::GRACE`] after they were superseded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// 16 hexadecimal digits that follow from sources, generations and erasures alone: the same data, the same id.
    pub id: String,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// How many customers were erased by then.
    pub erasures: u64,
    /// The sources with rows, ordered by id.
    pub sources: Vec<PinnedSource>,
}

/// A source as a snapshot pins it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedSource {
    /// Its id.
    pub source_id: SourceId,
    /// The upload's key.
    pub key: String,
    /// The generation of its record.
    pub generation: u64,
    /// Its parts.
    pub parts: Vec<Part>,
}

impl Snapshot {
    /// The parts of a table.
    pub fn parts(&self, table: Table) -> impl Iterator<Item = &Part> {
        self.sources.iter().flat_map(|source| &source.parts).filter(move |part| part.table == table)
    }

    /// Rows in all parts of a table, before they are merged.
    pub fn rows(&self, table: Table) -> u64 {
        self.parts(table).map(|part| part.rows).sum()
    }
}

impl Lake {
    /// The data as it is now.
    ///
    /// # Errors
    /// A failed request.
    pub async fn snapshot(&self, now: Timestamp) -> LakeResult<Snapshot> {
        let erasures = self.tombstones().await?.count();
        let sources: Vec<PinnedSource> = self
            .records()
            .await?
            .into_iter()
            .map(|record| record.value)
            .filter(|record| record.state != State::Deleted && !record.parts.is_empty())
            .map(|record| PinnedSource {
                source_id: record.source_id,
                key: record.key,
                generation: record.generation,
                parts: record.parts,
            })
            .collect();
        let mut digest = Sha256::new();
        digest.update(erasures.to_be_bytes());
        for source in &sources {
            digest.update(source.source_id.as_str());
            digest.update(source.generation.to_be_bytes());
        }
        let id = hex::encode(&digest.finalize()[..8]);
        Ok(Snapshot { id, taken_at: now, erasures, sources })
    }
}
