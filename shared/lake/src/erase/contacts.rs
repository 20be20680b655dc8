//! Customers who are known by an erased address or phone number. In go parts of customers and the tombstones; out come
//! tombstones for the ids that stand beside such an address, written before anything that says so is rewritten.
use super::{Tombstones, rewrite};
use crate::error::{LakeError, LakeResult};
use crate::lake::Lake;
use crate::record::Record;
use crate::scratch::{self, ScratchFile};
use arrow::record_batch::RecordBatch;
use jiff::Timestamp;
use ltv_core::customer::CustomerHash;
use ltv_core::table::merge::Erased;
use ltv_core::table::read::PartReader;
use ltv_core::table::{Table, TableError};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Who a row of customers is.
pub(super) const WHO: [&str; 3] = ["customer_id", "email_sha256", "phone_sha256"];

impl Lake {
    /// Buries those whom sources that do not know of all tombstones name beside an erased address or phone number; the
    /// tombstones there are then.
    pub(super) async fn bury_by_contact(&self, tombstones: Tombstones, now: Timestamp) -> LakeResult<Tombstones> {
        let records = self.records().await?.into_iter().map(|record| record.value);
        let behind: Vec<Record> = records.filter(|record| record.erasures < tombstones.count()).collect();
        self.bury_those_of(&behind, tombstones, now).await
    }

    /// The same, of these sources.
    pub(crate) async fn bury_those_of(
        &self,
        records: &[Record],
        tombstones: Tombstones,
        now: Timestamp,
    ) -> LakeResult<Tombstones> {
        let folder = scratch::folder()?;
        let mut files = Vec::new();
        for part in records.iter().flat_map(|record| &record.parts).filter(|part| part.table == Table::Customers) {
            let target = folder.path().join(files.len().to_string());
            match rewrite::fetch(&self.store, &part.key, &target).await {
                Ok(file) => files.push(file),
                // A newer generation was committed, by an ingest that knew of the tombstones.
                Err(LakeError::Store(crate::store::StoreError::NotFound { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        self.bury_those_in(files, folder.path(), tombstones, now).await
    }

    /// The same, of parts of customers on this machine.
    pub(crate) async fn bury_those_in(
        &self,
        files: Vec<PathBuf>,
        folder: &Path,
        tombstones: Tombstones,
        now: Timestamp,
    ) -> LakeResult<Tombstones> {
        if files.is_empty() {
            return Ok(tombstones);
        }
        let erased = tombstones.hashes().clone();
        let found = scratch::blocking(move || {
            let mut found = BTreeSet::new();
            for file in &files {
                let reader = PartReader::open(ScratchFile::open(file)?, Table::Customers)?;
                for batch in reader.read_columns(&WHO)? {
                    found.extend(beside_erased(&batch?, &erased));
                }
            }
            Ok::<_, TableError>(found)
        });
        let found = found.await.map_err(|error| LakeError::file(folder, error))?;
        if found.is_empty() {
            return Ok(tombstones);
        }
        for customer in &found {
            self.bury(customer, now).await?;
        }
        self.tombstones().await
    }
}

/// The customers, not erased yet, in whose row an erased address or phone number stands.
fn beside_erased(batch: &RecordBatch, erased: &Erased) -> Vec<CustomerHash> {
    let [ids, emails, phones] =
        WHO.map(|name| batch.column_by_name(name).map(|column| rewrite::hashes(column.as_ref())));
    let is_erased = |hashes: &Option<Vec<Option<CustomerHash>>>, row: usize| {
        hashes.as_ref().and_then(|hashes| hashes[row]).is_some_and(|hash| erased.contains(&hash))
    };
    let rows = ids.into_iter().flatten().enumerate();
    rows.filter(|(row, _)| is_erased(&emails, *row) || is_erased(&phones, *row))
        .filter_map(|(_, id)| id.filter(|id| !erased.contains(id)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::Removal;
    use crate::layout;
    use crate::memory::{LAKE, Memory, UPLOADS};
    use ltv_core::account::Account;
    use ltv_core::table::columns::{CustomerColumns, TransactionColumns};
    use ltv_core::upload::identity;

    async fn put(memory: &Memory, lake: &Lake, key: &str, text: &'static str) {
        memory.put(UPLOADS, key, text);
        lake.ingest(key, &Removal::default()).await.unwrap();
    }

    /// The ids in orders and in the list of customers.
    async fn ids(lake: &Lake) -> (Vec<String>, Vec<String>) {
        let snapshot = lake.snapshot(Timestamp::now()).await.unwrap();
        let orders = lake.open_table(&snapshot, Table::Transactions).await.unwrap().merged().unwrap();
        let customers = lake.open_table(&snapshot, Table::Customers).await.unwrap().merged().unwrap();
        let texts = |column: &arrow::array::StringArray| column.iter().flatten().map(str::to_owned).collect::<Vec<_>>();
        let mut orders: Vec<String> =
            orders.batches.iter().flat_map(|batch| texts(TransactionColumns::of(batch).unwrap().customer_id)).collect();
        let mut customers: Vec<String> =
            customers.batches.iter().flat_map(|batch| texts(CustomerColumns::of(batch).unwrap().customer_id)).collect();
        orders.sort();
        customers.sort();
        (orders, customers)
    }

    #[tokio::test]
    async fn who_is_erased_by_an_address_is_gone_under_every_id_that_stands_beside_it() {
        let memory = Memory::new(0);
        let lake = memory.lake(Account::default());
        let list = "customer_id,email,phone\nC1,Ada@example.org,\nC2,bob@example.org,\nC3,,15551234567\n";
        put(&memory, &lake, "customers/list.csv", list).await;
        let orders = "customer_id,order_id,date,amount\nC1,1,2023-01-01,5\nC2,2,2023-01-01,5\nC3,3,2023-01-01,5\n\
                      C4,4,2023-01-01,5\nada@example.org,5,2023-01-01,5\n";
        put(&memory, &lake, "orders/o.csv", orders).await;
        for named in ["Ada Lovelace <ada@example.org>", "+1 (555) 123-4567"] {
            let hashes: Vec<CustomerHash> = identity::ids_of(named).iter().map(|id| CustomerHash::of(id)).collect();
            lake.erase_all(&hashes, Timestamp::now()).await.unwrap();
        }
        assert_eq!(ids(&lake).await, (vec!["C2".to_owned(), "C4".to_owned()], vec!["C2".to_owned()]));

        // A later list names the address beside another id.
        put(&memory, &lake, "customers/later.csv", "customer_id,email\nC4,ada@example.org\n").await;
        lake.reconcile(Timestamp::now(), None).await.unwrap();
        assert_eq!(ids(&lake).await, (vec!["C2".to_owned()], vec!["C2".to_owned()]));
    }

    #[tokio::test]
    async fn who_is_erased_by_an_address_is_gone_under_the_ids_of_orders_that_name_it() {
        let memory = Memory::new(0);
        let lake = memory.lake(Account::default());
        let orders = "order_id,customer_id,email,order_date,amount\n1,C1,Ada@example.org,2023-01-01,5\n\
                      2,C2,bob@example.org,2023-01-01,5\n";
        put(&memory, &lake, "orders/with.csv", orders).await;
        put(&memory, &lake, "orders/without.csv", "order_id,customer_id,date,amount\n3,C1,2023-01-02,5\n").await;
        lake.erase(&CustomerHash::of(&identity::ids_of("ada@example.org")[0]), Timestamp::now()).await.unwrap();
        assert_eq!(ids(&lake).await, (vec!["C2".to_owned()], vec!["C2".to_owned()]));
    }

    #[tokio::test]
    async fn an_erasure_by_address_in_the_middle_of_an_ingest_still_finds_the_id_beside_it() {
        let address = CustomerHash::of(&identity::ids_of("ada@example.org")[0]);
        for requests in 0..24 {
            let memory = Memory::new(0);
            let lake = memory.lake(Account::default());
            put(&memory, &lake, "orders/o.csv", "customer_id,order_id,date,amount\nC1,1,2023-01-01,5\n").await;
            // What an erasure leaves that was over before the list was committed.
            let tombstone = r#"{"requested_at":"2023-01-01T00:00:00Z","passed_at":"2023-01-03T00:00:00Z"}"#;
            memory.replace_after(requests, LAKE, &layout::erased(&address), tombstone);
            put(&memory, &lake, "customers/list.csv", "customer_id,email\nC1,ada@example.org\n").await;
            memory.put(LAKE, &layout::erased(&address), tombstone);
            lake.reconcile(Timestamp::now(), None).await.unwrap();
            assert_eq!(ids(&lake).await, (Vec::new(), Vec::new()), "after {requests} requests");
        }
    }
}
