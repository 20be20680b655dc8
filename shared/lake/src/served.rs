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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LakeError;
    use crate::memory::{LAKE, Memory};
    use jiff::Timestamp;
    use ltv_core::account::Account;
    use ltv_core::customer::CustomerHash;

    fn customers(count: usize) -> Vec<(CustomerHash, String)> {
        let record = |n: usize| format!("{{\"customer_id\":\"c{n}\",\"orders\":[{}]}}", vec!["12.5"; n % 60].join(","));
        let mut customers: Vec<_> = (0..count).map(|n| (CustomerHash::of(&format!("c{n}")), record(n))).collect();
        // As merged tables have them: by bucket, then by anything.
        customers.sort_by_key(|(hash, record)| (hash.bucket(), record.clone()));
        customers
    }

    async fn written(memory: &Memory, count: usize) -> (Lake, RunId) {
        let lake = memory.lake(Account::default());
        let run: RunId = "run".parse().unwrap();
        let mut writer = lake.customers_writer(&run).await.unwrap();
        for (hash, record) in customers(count) {
            writer.push(hash, record).unwrap();
        }
        assert_eq!(writer.finish().await.unwrap(), count as u64);
        (lake, run)
    }

    #[tokio::test]
    async fn a_customer_is_found_with_at_most_two_requests_and_a_stranger_is_not() {
        let memory = Memory::new(0);
        let (lake, run) = written(&memory, 20_000).await;
        let served = lake.customers(&run).await.unwrap();
        assert_eq!(served.count(), 20_000);
        for (hash, record) in customers(20_000).iter().step_by(487) {
            let before = memory.requests();
            assert_eq!(served.find(hash).await.unwrap().unwrap(), record.as_bytes());
            assert!(memory.requests() - before <= 2);
        }
        for stranger in 0..50 {
            let before = memory.requests();
            assert_eq!(served.find(&CustomerHash::of(&format!("stranger {stranger}"))).await.unwrap(), None);
            assert!(memory.requests() - before <= 2);
        }
        assert_eq!(served.find(&CustomerHash([0xff; 32])).await.unwrap(), None);
    }

    #[tokio::test]
    async fn nobody_and_one_are_served_as_well_as_many() {
        for count in [0, 1] {
            let memory = Memory::new(0);
            let (lake, run) = written(&memory, count).await;
            let served = lake.customers(&run).await.unwrap();
            assert_eq!(served.find(&CustomerHash::of("c0")).await.unwrap().is_some(), count == 1);
        }
    }

    #[tokio::test]
    async fn an_erased_customer_is_gone_from_an_opened_file_and_from_the_next_one() {
        let memory = Memory::new(0);
        let (lake, run) = written(&memory, 3_000).await;
        let served = lake.customers(&run).await.unwrap();
        let (erased, kept) = (CustomerHash::of("c7"), CustomerHash::of("c8"));
        assert!(served.find(&erased).await.unwrap().is_some());
        let erasure = lake.erase(&erased, Timestamp::now()).await.unwrap();
        assert_eq!((erasure.files, erasure.open), (1, true));
        assert_eq!(served.find(&erased).await.unwrap(), None);
        assert!(served.find(&kept).await.unwrap().is_some());
        assert_eq!(served.count(), 2_999);
        let mut writer = lake.customers_writer(&"next".parse().unwrap()).await.unwrap();
        for (hash, record) in customers(3_000) {
            writer.push(hash, record).unwrap();
        }
        assert_eq!(writer.finish().await.unwrap(), 2_999);
    }

    #[tokio::test]
    async fn buckets_out_of_order_and_files_that_are_none_are_refused() {
        let memory = Memory::new(0);
        let (lake, run) = written(&memory, 10).await;
        let mut writer = lake.customers_writer(&run).await.unwrap();
        writer.push(CustomerHash([0xff; 32]), "{}".to_owned()).unwrap();
        assert!(matches!(writer.push(CustomerHash([0; 32]), "{}".to_owned()), Err(LakeError::Customers(_))));
        let key = layout::served(&run, Served::Customers);
        memory.put(LAKE, &key, "this is no Parquet file at all");
        assert!(matches!(lake.customers(&run).await, Err(LakeError::Malformed { .. })));
        memory.put(LAKE, &key, "");
        assert!(lake.customers(&run).await.is_err());
        let none: RunId = "none".parse().unwrap();
        assert!(lake.customers(&none).await.is_err());
        assert_eq!(lake.served::<u8>(&none, Served::Segments).await.unwrap(), None);
    }
}
