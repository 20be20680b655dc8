//! The protocol as a whole: whatever happens in whatever order, with whatever crashes, the lake ends in the state that
//! the uploads have, as if they had been ingested once, one after the other.
mod step;

use crate::Lake;
use crate::ingest::Removal;
use crate::layout::{REJECTED, TABLES};
use crate::memory::{LAKE, Memory, UPLOADS};
use crate::record::State;
use crate::sweep::GRACE;
use arrow::array::RecordBatch;
use jiff::Timestamp;
use ltv_core::account::Account;
use ltv_core::money::Total;
use ltv_core::table::Table;
use ltv_core::table::columns::TransactionColumns;
use ltv_core::table::read::read_all;
use ltv_core::upload::report::Tally;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use step::{KEYS, Step, carry_out, file, hash, step};

/// An upload's state, its rows in parts, and the rows and money that its report says were kept and erased.
type Seen = (State, u64, u64, Total, Tally);

/// Everything that a reader sees: rows, and what became of each upload.
async fn seen(lake: &Lake) -> (Vec<(String, String, i128)>, BTreeMap<String, Seen>) {
    let snapshot = lake.snapshot(Timestamp::now()).await.unwrap();
    let merged = lake.open_table(&snapshot, Table::Transactions).await.unwrap().merged().unwrap();
    let mut rows = Vec::new();
    for batch in &merged.batches {
        let view = TransactionColumns::of(batch).unwrap();
        for row in 0..view.len() {
            let id = view.transaction_id.value(row);
            rows.push((view.customer_id.value(row).to_owned(), id.to_owned(), view.amount.value(row)));
        }
    }
    let records = lake.records().await.unwrap().into_iter().map(|record| record.value);
    let uploads = records.map(|record| {
        let report = record.report;
        assert_eq!(report.rows, report.kept + report.rejected + report.merged + report.erased.rows);
        let rows = record.parts.iter().map(|part| part.rows).sum();
        (record.key, (record.state, rows, report.kept, report.money_kept, report.erased))
    });
    let uploads = uploads.collect();
    (rows, uploads)
}

/// The same uploads and erasures, once, in order, without anything going wrong.
async fn seen_in_order(
    memory: &Memory,
    erased: &BTreeSet<u8>,
) -> (Vec<(String, String, i128)>, BTreeMap<String, Seen>) {
    let calm = memory.with_uploads_only();
    let lake = calm.lake(Account::default());
    for key in KEYS {
        lake.ingest(key, &Removal::default()).await.unwrap();
    }
    for customer in erased {
        lake.erase(&hash(*customer), Timestamp::now()).await.unwrap();
    }
    seen(&lake).await
}

async fn converges(steps: Vec<Step>, seed: u64) {
    let memory = Memory::new(seed);
    let lake = memory.lake(Account::default());
    let mut erased = BTreeSet::new();
    for step in steps {
        Box::pin(carry_out(step, &memory, &lake, &mut erased)).await;
    }
    for key in KEYS {
        memory.archive(UPLOADS, key, false);
    }
    let later = Timestamp::now() + GRACE + GRACE;
    let reconciled = lake.reconcile(later, None).await.unwrap();
    assert!(reconciled.done && reconciled.failed.is_empty(), "{reconciled:?}");

    let (rows, mut uploads) = seen(&lake).await;
    let expected = Box::pin(seen_in_order(&memory, &erased)).await;
    // What is gone leaves a record that says so; in a calm run there was never one.
    uploads.retain(|_, (state, parts, ..)| {
        assert!(*state == State::Live || *parts == 0);
        *state == State::Live
    });
    assert_eq!((rows, uploads), expected);

    let again = lake.reconcile(later, None).await.unwrap();
    assert!(again.ingested.is_empty() && again.swept.removed == 0, "{again:?}");
    let records = lake.records().await.unwrap();
    let named: BTreeSet<&str> = records.iter().flat_map(|record| record.value.objects()).collect();
    for key in memory.keys(LAKE, TABLES).iter().chain(&memory.keys(LAKE, REJECTED)) {
        assert!(named.contains(key.as_str()), "{key} is left behind");
    }
    for customer in &erased {
        assert_eq!(traces_of(*customer, &memory), Vec::<String>::new());
    }
}

/// Objects that name a customer, read as they are and not through the lake's readers.
fn traces_of(customer: u8, memory: &Memory) -> Vec<String> {
    let (id, hash) = (format!("c{customer}"), hash(customer).to_hex());
    let in_part = |key: &String| {
        let batches = read_all(memory.get(LAKE, key).unwrap(), Table::Transactions).unwrap();
        let ids = batches.iter().flat_map(|batch| TransactionColumns::of(batch).unwrap().customer_id.iter());
        ids.flatten().any(|found| found == id)
    };
    let in_rejects = |key: &String| memory.get(LAKE, key).unwrap().windows(64).any(|text| text == hash.as_bytes());
    let parts = memory.keys(LAKE, TABLES).into_iter().filter(in_part);
    parts.chain(memory.keys(LAKE, REJECTED).into_iter().filter(in_rejects)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_interleaving_of_events_replacements_deletions_erasures_and_crashes_converges(
        steps in prop::collection::vec(step(), 1..14),
        seed in any::<u64>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(converges(steps, seed));
    }
}

#[tokio::test]
async fn an_upload_replaced_while_it_is_read_ends_as_the_new_one() {
    for requests in 0..8 {
        let memory = Memory::new(requests);
        let lake = memory.lake(Account::default());
        memory.put(UPLOADS, KEYS[0], file(0, 3, 1));
        memory.replace_after(requests, UPLOADS, KEYS[0], file(3, 2, 2));
        lake.ingest(KEYS[0], &Removal::default()).await.unwrap();
        lake.ingest(KEYS[0], &Removal::default()).await.unwrap();
        let (rows, _) = seen(&lake).await;
        let ids: Vec<&str> = rows.iter().map(|(_, id, _)| id.as_str()).collect();
        assert_eq!(rows.len(), 2, "{ids:?}");
        assert!(ids.iter().any(|id| id.ends_with("o3")) && ids.iter().any(|id| id.ends_with("o4")), "{ids:?}");
    }
}

#[tokio::test]
async fn an_expired_upload_keeps_its_rows_and_a_deleted_one_does_not() {
    let memory = Memory::new(0);
    let lake = memory.lake(Account::default());
    let expired = |sequencer: &str| Removal { expired: true, sequencer: Some(sequencer.to_owned()) };
    let deleted = |sequencer: &str| Removal { expired: false, sequencer: Some(sequencer.to_owned()) };
    memory.put(UPLOADS, KEYS[0], file(0, 3, 1));
    lake.ingest(KEYS[0], &Removal::default()).await.unwrap();
    // An event about an object that is there changes nothing.
    lake.ingest(KEYS[0], &deleted("0A")).await.unwrap();
    assert_eq!(seen(&lake).await.0.len(), 3);
    memory.delete(UPLOADS, KEYS[0]);
    lake.ingest(KEYS[0], &expired("0B")).await.unwrap();
    lake.ingest(KEYS[0], &deleted("0A")).await.unwrap();
    lake.reconcile(Timestamp::now() + GRACE + GRACE, None).await.unwrap();
    assert_eq!(seen(&lake).await.0.len(), 3);
    lake.ingest(KEYS[0], &deleted("10C")).await.unwrap();
    assert_eq!(seen(&lake).await.0.len(), 0);
    memory.put(UPLOADS, KEYS[0], file(0, 2, 1));
    lake.ingest(KEYS[0], &Removal::default()).await.unwrap();
    assert_eq!(seen(&lake).await.0.len(), 2);
}

#[tokio::test]
async fn what_was_read_before_its_upload_went_into_an_archive_outlives_a_newer_reading() {
    let memory = Memory::new(0);
    memory.put(UPLOADS, KEYS[0], file(0, 3, 1));
    memory.lake(Account::default()).ingest(KEYS[0], &Removal::default()).await.unwrap();
    memory.archive(UPLOADS, KEYS[0], true);
    let berlin = Account { timezone: "Europe/Berlin".to_owned(), ..Account::default() };
    let lake = memory.lake(berlin);
    for archived in [true, true, false] {
        memory.archive(UPLOADS, KEYS[0], archived);
        let reconciled = lake.reconcile(Timestamp::now(), None).await.unwrap();
        assert!(reconciled.done && reconciled.failed.is_empty(), "{reconciled:?}");
        assert_eq!(reconciled.ingested.len(), usize::from(!archived));
        assert_eq!(seen(&lake).await.0.len(), 3);
    }
}

#[tokio::test]
async fn an_upload_that_came_in_an_archive_is_told_of_and_read_once_it_is_restored() {
    let memory = Memory::new(0);
    let lake = memory.lake(Account::default());
    memory.put(UPLOADS, KEYS[0], file(0, 3, 1));
    memory.archive(UPLOADS, KEYS[0], true);
    let told = lake.ingest(KEYS[0], &Removal::default()).await.unwrap();
    assert!(told.record().unwrap().report.unreadable.as_ref().unwrap().contains("archive"));
    assert!(lake.reconcile(Timestamp::now(), None).await.unwrap().ingested.is_empty());
    memory.archive(UPLOADS, KEYS[0], false);
    assert_eq!(lake.reconcile(Timestamp::now(), None).await.unwrap().ingested.len(), 1);
    assert_eq!(seen(&lake).await.0.len(), 3);
}

#[tokio::test]
async fn a_superseded_part_stays_for_a_day_for_those_who_read_an_older_snapshot() {
    let memory = Memory::new(0);
    let lake = memory.lake(Account::default());
    memory.put(UPLOADS, KEYS[0], file(0, 3, 1));
    lake.ingest(KEYS[0], &Removal::default()).await.unwrap();
    let old = lake.snapshot(Timestamp::now()).await.unwrap();
    memory.put(UPLOADS, KEYS[0], file(0, 1, 2));
    lake.ingest(KEYS[0], &Removal::default()).await.unwrap();
    assert_ne!(lake.snapshot(Timestamp::now()).await.unwrap().id, old.id);
    lake.sweep(Timestamp::now()).await.unwrap();
    let rows = |parts: crate::read::TableParts| {
        parts.merged().unwrap().batches.iter().map(RecordBatch::num_rows).sum::<usize>()
    };
    assert_eq!(rows(lake.open_table(&old, Table::Transactions).await.unwrap()), 3);
    let swept = lake.sweep(Timestamp::now() + GRACE).await.unwrap();
    assert_eq!((swept.removed, swept.waiting), (2, 0));
    assert!(lake.open_table(&old, Table::Transactions).await.is_err());
}

#[tokio::test]
async fn a_commit_record_that_cannot_be_read_holds_up_nothing_and_is_made_anew_by_a_reconcile() {
    let harms: [fn(String) -> String; 2] =
        [|json| json.replace("\"money_in\": \"", "\"money_in\": \"no "), |_| "{ torn".to_owned()];
    for harm in harms {
        let memory = Memory::new(0);
        let lake = memory.lake(Account::default());
        for key in [KEYS[0], KEYS[2]] {
            memory.put(UPLOADS, key, file(0, 3, 1));
            lake.ingest(key, &Removal::default()).await.unwrap();
        }
        let expected = seen(&lake).await;
        let key = crate::layout::source(&crate::layout::SourceId::of(KEYS[0]));
        let json = String::from_utf8(memory.get(LAKE, &key).unwrap().to_vec()).unwrap();
        memory.put(LAKE, &key, harm(json));
        lake.erase(&hash(3), Timestamp::now()).await.unwrap();
        assert_eq!(seen(&lake).await.0.len(), 3);
        let reconciled = lake.reconcile(Timestamp::now() + GRACE + GRACE, None).await.unwrap();
        assert!(reconciled.done && reconciled.failed.is_empty(), "{reconciled:?}");
        assert_eq!(reconciled.ingested.iter().map(|stale| stale.key.as_str()).collect::<Vec<_>>(), [KEYS[0]]);
        assert_eq!(seen(&lake).await, expected);
    }
}

#[tokio::test]
async fn exchange_rates_count_in_the_same_pass_for_what_is_read_before_them_and_once_gone_for_nothing() {
    let memory = Memory::new(0);
    let lake = memory.lake(Account::default());
    let orders =
        "order_id,customer_id,order_date,amount,currency\no1,c1,2023-01-02,1.00,EUR\no2,c2,2023-01-03,2.00,USD\n";
    memory.put(UPLOADS, "orders/a.csv", orders);
    memory.put(UPLOADS, "z_rates.csv", "date,base,quote,rate\n2023-01-01,USD,EUR,0.85\n");
    for rows in [2, 1] {
        let reconciled = lake.reconcile(Timestamp::now(), None).await.unwrap();
        assert!(reconciled.done && reconciled.failed.is_empty(), "{reconciled:?}");
        assert_eq!(seen(&lake).await.0.len(), rows);
        memory.delete(UPLOADS, "z_rates.csv");
    }
}
