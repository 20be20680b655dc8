//! What an upload becomes, as it is made: in flow bytes on the threads that make them, out they go to the lake under names
//! that no record knows. What failed is kept for who asked for the conversion, as writers know only that something did.
use crate::layout::{Attempt, CSV, PARQUET};
use crate::scratch::ended;
use crate::store::{Cutter, Store, StoreResult};
use ltv_core::upload::{Delivery, Outgoing, Output};
use std::io;
use std::sync::{Mutex, PoisonError};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// One attempt to make parts of an upload.
#[derive(Debug)]
pub(crate) struct Departing {
    store: Store,
    attempt: Attempt,
    runtime: Handle,
    under_way: Mutex<Vec<JoinHandle<StoreResult<()>>>>,
}

impl Departing {
    /// To the lake, under the names of `attempt`. Must be called on the runtime that is to send it.
    pub(crate) fn to(store: &Store, attempt: Attempt) -> Departing {
        Departing { store: store.clone(), attempt, runtime: Handle::current(), under_way: Mutex::default() }
    }

    /// Waits until everything that was finished is there, and nothing is left of what was not.
    pub(crate) async fn arrive(&self) -> StoreResult<()> {
        let under_way = std::mem::take(&mut *self.under_way.lock().unwrap_or_else(PoisonError::into_inner));
        let mut outcome = Ok(());
        // Each is waited for, so that none is left begun.
        for sent in under_way {
            outcome = outcome.and(ended(sent).await);
        }
        outcome
    }
}

impl Delivery for Departing {
    fn begin(&self, output: Output) -> io::Result<Box<dyn Outgoing>> {
        let (cutter, pieces) = Cutter::new();
        let (store, key) = (self.store.clone(), self.attempt.key(output));
        let kind = content_type(output);
        let sent = self.runtime.spawn(async move { store.send(&key, kind, pieces).await });
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
        Ok(Box::new(cutter))
    }
}

impl Outgoing for Cutter {
    fn finish(self: Box<Self>) -> io::Result<()> {
        Cutter::finish(*self)
    }
}

/// What S3 is told that an output is.
pub(crate) fn content_type(output: Output) -> &'static str {
    match output {
        Output::Part(_) => PARQUET,
        Output::Rejected => CSV,
    }
}
