//! An upload as it is read: in goes which object, out come its bytes on threads that may wait for them. No more of it is in
//! memory than a few frames; what failed is kept for who asked for the conversion, as readers know only of broken files.
use crate::store::{Download, Etag, Store, StoreError};
use bytes::{Buf, Bytes};
use ltv_core::upload::Fetch;
use std::io::{self, BufRead, Read};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// How many frames may wait for their reader.
const AHEAD: usize = 8;

/// An object that is read from this machine.
#[derive(Clone, Debug)]
pub(crate) struct Arriving {
    store: Store,
    key: String,
    etag: Etag,
    runtime: Handle,
    failure: Arc<Mutex<Option<StoreError>>>,
}

impl Arriving {
    /// The object tagged `etag` under `key`. Must be called on the runtime that is to fetch it.
    pub(crate) fn of(store: &Store, key: &str, etag: &Etag) -> Arriving {
        Arriving {
            store: store.clone(),
            key: key.to_owned(),
            etag: etag.clone(),
            runtime: Handle::current(),
            failure: Arc::default(),
        }
    }

    /// Why it could not be read, where it could not.
    pub(crate) fn failure(&self) -> Option<StoreError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Fetch for Arriving {
    fn read_from(&self, offset: u64) -> io::Result<Box<dyn BufRead + Send>> {
        let mut download = Download::of(&self.store, &self.key, &self.etag, offset);
        let (sender, receiver) = mpsc::channel(AHEAD);
        let failure = Arc::clone(&self.failure);
        self.runtime.spawn(async move {
            loop {
                let frame = match download.next().await {
                    Ok(Some(frame)) => frame,
                    Ok(None) => return,
                    // The reader finds that the file broke off.
                    Err(error) => {
                        failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                        return;
                    }
                };
                if sender.send(frame).await.is_err() {
                    // Nobody reads any more.
                    return;
                }
            }
        });
        Ok(Box::new(Frames { receiver, frame: Bytes::new() }))
    }
}

/// Frames as they arrive.
struct Frames {
    receiver: mpsc::Receiver<Bytes>,
    frame: Bytes,
}

impl BufRead for Frames {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.frame.is_empty() {
            let Some(frame) = self.receiver.blocking_recv() else { break };
            self.frame = frame;
        }
        Ok(&self.frame)
    }

    fn consume(&mut self, amount: usize) {
        self.frame.advance(amount);
    }
}

impl Read for Frames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut frame = self.fill_buf()?;
        let read = frame.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}
