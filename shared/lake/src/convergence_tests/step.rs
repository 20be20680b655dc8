//! What may happen to a lake: in flow a lake in memory and a step drawn at random, out flows the lake after it. What must
//! be the case then is not decided here.
use crate::Lake;
use crate::ingest::Removal;
use crate::memory::{Crash, Memory, UPLOADS};
use jiff::Timestamp;
use ltv_core::customer::CustomerHash;
use proptest::prelude::*;
use std::collections::BTreeSet;

pub(super) const KEYS: [&str; 3] = ["transactions/a b+c.csv", "transactions/你好/😊.csv", "transactions/z.csv"];
const CUSTOMERS: u8 = 4;

/// Orders `first..first + count`, each of a customer and an amount that follow from its number and `version`; one row
/// that is refused.
#[allow(clippy::format_push_string, reason = "a test file of a few lines")]
pub(super) fn file(first: u8, count: u8, version: u8) -> String {
    let mut csv = "customer_id,transaction_id,occurred_at,amount\n".to_owned();
    for order in first..first + count {
        let customer = order % CUSTOMERS;
        let day = order % 28 + 1;
        csv += &format!("c{customer},o{order},2023-01-{day:02}T10:00:00Z,{version}.{order:02}\n");
    }
    csv + &format!("c{},refused,2023-01-01T10:00:00Z,no amount\n", first % CUSTOMERS)
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    /// An upload is written or replaced.
    Put { key: usize, first: u8, count: u8, version: u8 },
    /// An upload that no adapter can read.
    PutNoise { key: usize },
    /// An upload is removed.
    Delete { key: usize },
    /// A delete marker hides an upload, or is taken away.
    Mark { key: usize, deleted: bool },
    /// An upload goes into an archive storage class, or is restored.
    Archive { key: usize, archived: bool },
    /// These keys are hinted at, all at once.
    Events { keys: Vec<usize> },
    /// A customer is erased.
    Erase { customer: u8 },
    /// The process dies in the middle of its work on a key.
    CrashedEvent { key: usize, requests: u64, applied: bool },
    /// The process dies in the middle of an erasure.
    CrashedErase { customer: u8, requests: u64, applied: bool },
    /// A reconcile meets other events.
    Reconcile { and: usize },
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let key = 0..KEYS.len();
    prop_oneof![
        3 => (key.clone(), 0_u8..6, 1_u8..6, 1_u8..9)
            .prop_map(|(key, first, count, version)| Step::Put { key, first, count, version }),
        1 => key.clone().prop_map(|key| Step::PutNoise { key }),
        1 => key.clone().prop_map(|key| Step::Delete { key }),
        1 => (key.clone(), any::<bool>()).prop_map(|(key, deleted)| Step::Mark { key, deleted }),
        1 => (key.clone(), any::<bool>()).prop_map(|(key, archived)| Step::Archive { key, archived }),
        3 => prop::collection::vec(key.clone(), 1..5).prop_map(|keys| Step::Events { keys }),
        1 => (0..CUSTOMERS).prop_map(|customer| Step::Erase { customer }),
        2 => (key.clone(), 0_u64..9, any::<bool>())
            .prop_map(|(key, requests, applied)| Step::CrashedEvent { key, requests, applied }),
        1 => (0..CUSTOMERS, 0_u64..30, any::<bool>())
            .prop_map(|(customer, requests, applied)| Step::CrashedErase { customer, requests, applied }),
        1 => key.prop_map(|and| Step::Reconcile { and }),
    ]
}

pub(super) fn hash(customer: u8) -> CustomerHash {
    CustomerHash::of(&format!("c{customer}"))
}

fn crash(memory: &Memory, requests: u64, applied: bool) {
    memory.crash_after(requests, if applied { Crash::After } else { Crash::Before });
}

pub(super) async fn carry_out(step: Step, memory: &Memory, lake: &Lake, erased: &mut BTreeSet<u8>) {
    let event = Removal::default();
    let now = Timestamp::now();
    match step {
        Step::Put { key, first, count, version } => memory.put(UPLOADS, KEYS[key], file(first, count, version)),
        Step::PutNoise { key } => memory.put(UPLOADS, KEYS[key], "\u{0}\u{1}\u{2} nothing that anybody could read"),
        Step::Delete { key } => memory.delete(UPLOADS, KEYS[key]),
        Step::Mark { key, deleted } => memory.mark_deleted(UPLOADS, KEYS[key], deleted),
        Step::Archive { key, archived } => memory.archive(UPLOADS, KEYS[key], archived),
        Step::Events { keys } => {
            let events = keys.iter().map(|key| lake.ingest(KEYS[*key], &event));
            for result in futures::future::join_all(events).await {
                result.unwrap();
            }
        }
        Step::Erase { customer } => {
            lake.erase(&hash(customer), now).await.unwrap();
            erased.insert(customer);
        }
        Step::CrashedEvent { key, requests, applied } => {
            crash(memory, requests, applied);
            let _ = lake.ingest(KEYS[key], &event).await;
            memory.revive();
        }
        Step::CrashedErase { customer, requests, applied } => {
            crash(memory, requests, applied);
            let _ = lake.erase(&hash(customer), now).await;
            memory.revive();
            if lake.is_erased(&hash(customer)).await.unwrap() {
                erased.insert(customer);
            }
        }
        Step::Reconcile { and } => {
            let (reconciled, ingested) = futures::join!(lake.reconcile(now, None), lake.ingest(KEYS[and], &event));
            assert!(reconciled.unwrap().failed.is_empty());
            ingested.unwrap();
        }
    }
}
