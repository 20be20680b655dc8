//! What the API answers from: in go one JSON record a customer and a few documents, out come lookups of at most two
//! ranged GETs.
//!
//! `customers.parquet` has two columns, `customer_hash` (32 bytes, ascending) and `customer` (the record as JSON), so
//! that a lookup needs one page of each; the columns for analysis stand in `predictions/`.
mod lookup;
mod write;

pub use lookup::Customers;
pub use write::{CustomersError, CustomersWriter};
pub(crate) use write::{is_served, properties};

use crate::document::Document;
use crate::error::LakeResult;
use crate::lake::Lake;
use crate::layout::{self, RunId, Served};
use crate::store::Put;
use serde::Serialize;
use serde::de::DeserializeOwned;

impl Lake {
    /// Writes a document that the API answers from: segments, channels or budget.
    ///
    /// # Errors
    /// A failed request.
    pub async fn put_served<T: Serialize>(&self, run: &RunId, file: Served, value: &T) -> LakeResult<()> {
        self.store.put_document(&layout::served(run, file), value, Put::Always).await?;
        Ok(())
    }

    /// Reads a document that the API answers from, where the run wrote one.
    ///
    /// # Errors
    /// A failed request, or [`crate::LakeError::Malformed`].
    pub async fn served<T: DeserializeOwned>(&self, run: &RunId, file: Served) -> LakeResult<Option<T>> {
        let found: Option<Document<T>> = self.store.document(&layout::served(run, file), file.name()).await?;
        Ok(found.map(|document| document.value))
    }
}
