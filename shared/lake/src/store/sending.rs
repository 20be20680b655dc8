//! An object as it is written: in flow its bytes, piece by piece, while they come into being; out comes the object, once
//! the last piece came. No more of it is in memory than a few pieces.
use super::{Attempt, Put, Store, StoreResult, failure};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// How many bytes every piece but the last has: objects up to this many bytes are one PUT.
pub(crate) const PIECE: usize = 8 << 20;
/// How many pieces are under way at a time: while one is hashed on the other side, the next is sent.
const AT_ONCE: usize = 2;

/// Some bytes of an object.
#[derive(Debug)]
pub(crate) enum Piece {
    /// [`PIECE`] bytes; more follow.
    More(Bytes),
    /// What is left of it.
    Last(Bytes),
}

/// Room for pieces that were sent, which the next ones take: memory that is new to the system takes as long as its bytes.
type Spare = Arc<Mutex<Vec<Vec<u8>>>>;

/// A piece that gives its room back.
struct Lent {
    bytes: Vec<u8>,
    spare: Spare,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut room = std::mem::take(&mut self.bytes);
        room.clear();
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(room);
    }
}

/// Pieces on their way, in order.
pub(crate) type Pieces = mpsc::Receiver<Piece>;

impl Store {
    /// Writes what `pieces` bring under `key`: one PUT where that is one piece, else a multipart upload, which is aborted
    /// where it fails or where no last piece comes: then there is no object.
    ///
    /// # Errors
    /// A failed request.
    pub(crate) async fn send(&self, key: &str, kind: &str, mut pieces: Pieces) -> StoreResult<()> {
        let first = match pieces.recv().await {
            None => return Ok(()),
            Some(Piece::Last(whole)) => return self.put(key, whole, kind, Put::Always).await.map(|_| ()),
            Some(first) => first,
        };
        let begin = Attempt { bucket: &self.bucket, key, operation: "CreateMultipartUpload" };
        let request = self.client.create_multipart_upload().bucket(&self.bucket).key(key).content_type(kind);
        let created = request.send().await.map_err(|error| failure(begin, error))?;
        let id = created.upload_id().ok_or_else(|| begin.broken("no upload id in the answer"))?;
        let sent = self.send_pieces(key, id, first, pieces).await;
        if !matches!(sent, Ok(true)) {
            let request = self.client.abort_multipart_upload().bucket(&self.bucket).key(key).upload_id(id);
            if let Err(error) = request.send().await {
                // The bucket's lifecycle rule removes what stays behind; the first failure is what matters.
                let abort = Attempt { operation: "AbortMultipartUpload", ..begin };
                tracing::warn!(key, error = %failure(abort, error), "multipart upload could not be aborted");
            }
        }
        sent.map(|_| ())
    }

    /// Was the last piece among them? Only then is the upload completed.
    async fn send_pieces(&self, key: &str, id: &str, first: Piece, mut pieces: Pieces) -> StoreResult<bool> {
        let mut ended = false;
        let rest = stream::poll_fn(|context| pieces.poll_recv(context));
        let sending = stream::iter([first]).chain(rest).enumerate().map(|(place, piece)| {
            let bytes = match piece {
                Piece::More(bytes) => bytes,
                Piece::Last(bytes) => {
                    ended = true;
                    bytes
                }
            };
            self.send_piece(key, id, place as i32 + 1, bytes)
        });
        let parts: Vec<CompletedPart> = sending.buffered(AT_ONCE).try_collect().await?;
        if !ended {
            return Ok(false);
        }
        let attempt = Attempt { bucket: &self.bucket, key, operation: "CompleteMultipartUpload" };
        let whole = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let request = self.client.complete_multipart_upload().bucket(&self.bucket).key(key).upload_id(id);
        request.multipart_upload(whole).send().await.map_err(|error| failure(attempt, error))?;
        Ok(true)
    }

    async fn send_piece(&self, key: &str, id: &str, number: i32, bytes: Bytes) -> StoreResult<CompletedPart> {
        let attempt = Attempt { bucket: &self.bucket, key, operation: "UploadPart" };
        let request = self.client.upload_part().bucket(&self.bucket).key(key).upload_id(id).part_number(number);
        // The checksum of the part is signed: a second hash of the same bytes would prove nothing more.
        let request = request.body(ByteStream::from(bytes)).customize().disable_payload_signing();
        let sent = request.send().await.map_err(|error| failure(attempt, error))?;
        let part = CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag().map(str::to_owned));
        Ok(part.set_checksum_crc32(sent.checksum_crc32().map(str::to_owned)).build())
    }
}

/// Cuts what is written to it into pieces. Blocks while those before are under way.
#[derive(Debug)]
pub(crate) struct Cutter {
    to: mpsc::Sender<Piece>,
    piece: Vec<u8>,
    spare: Spare,
}

impl Cutter {
    /// One, and the pieces that it cuts.
    pub(crate) fn new() -> (Cutter, Pieces) {
        let (to, pieces) = mpsc::channel(1);
        (Cutter { to, piece: Vec::new(), spare: Spare::default() }, pieces)
    }

    /// The bytes of `file` are what is written, and nothing more.
    ///
    /// # Errors
    /// A file that cannot be read. Where nobody takes pieces any more, that is known to who sends them.
    pub(crate) fn cut(self, mut file: File) -> io::Result<()> {
        let mut left = file.metadata()?.len();
        loop {
            let most = left.min(PIECE as u64);
            let mut piece = self.room(usize::try_from(most).unwrap_or(PIECE));
            let read = Read::by_ref(&mut file).take(most).read_to_end(&mut piece)? as u64;
            left -= read;
            let is_last = left == 0 || read < most;
            let piece = self.lend(piece);
            if self.hand_on(if is_last { Piece::Last(piece) } else { Piece::More(piece) }).is_err() || is_last {
                return Ok(());
            }
        }
    }

    /// Nothing more is written.
    ///
    /// # Errors
    /// Where nobody takes pieces any more.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        let last = std::mem::take(&mut self.piece);
        self.hand_on(Piece::Last(last.into()))
    }

    /// Room for `bytes`.
    fn room(&self, bytes: usize) -> Vec<u8> {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.unwrap_or_else(|| Vec::with_capacity(bytes))
    }

    fn lend(&self, bytes: Vec<u8>) -> Bytes {
        Bytes::from_owner(Lent { bytes, spare: Arc::clone(&self.spare) })
    }

    fn hand_on(&self, piece: Piece) -> io::Result<()> {
        // Why is known to who sends them.
        self.to.blocking_send(piece).map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "sending it failed"))
    }
}

impl Write for Cutter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.piece.len() == PIECE {
            // A file of several pieces mostly has many.
            let room = self.room(PIECE);
            let full = std::mem::replace(&mut self.piece, room);
            self.hand_on(Piece::More(self.lend(full)))?;
        }
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Crash, LAKE, Memory};
    use crate::scratch::blocking;
    use crate::store::StoreError;
    use futures::future::join;

    /// Writes `length` bytes in uneven stretches, and ends them where `whole`.
    fn write(mut cutter: Cutter, length: usize, whole: bool) -> io::Result<()> {
        let bytes = vec![7; 3_000_001];
        for place in (0..length).step_by(bytes.len()) {
            cutter.write_all(&bytes[..bytes.len().min(length - place)])?;
        }
        if whole { cutter.finish() } else { Ok(()) }
    }

    #[tokio::test]
    async fn what_is_written_becomes_an_object_only_where_it_was_ended() {
        let memory = Memory::new(0);
        let store = memory.lake(ltv_core::account::Account::default()).store;
        for (place, length) in [0, 1, PIECE - 1, PIECE, PIECE + 1, PIECE * 4].into_iter().enumerate() {
            for whole in [true, false] {
                let key = format!("{place} {whole}");
                let (cutter, pieces) = Cutter::new();
                let written = blocking(move || write(cutter, length, whole));
                let (sent, written) = join(store.send(&key, "text/csv", pieces), written).await;
                sent.unwrap();
                written.unwrap();
                assert_eq!(memory.get(LAKE, &key).map(|bytes| bytes.len()), whole.then_some(length), "{key}");
                assert_eq!(memory.begun(), 0, "{key}");
            }
        }
    }

    #[tokio::test]
    async fn a_writer_does_not_wait_for_a_store_that_is_gone() {
        let memory = Memory::new(0);
        let store = memory.lake(ltv_core::account::Account::default()).store;
        memory.crash_after(2, Crash::Before);
        let (cutter, pieces) = Cutter::new();
        let written = blocking(move || write(cutter, PIECE * 8, true));
        let (sent, written) = join(store.send("big", "text/csv", pieces), written).await;
        assert!(matches!(sent, Err(StoreError::Request { .. })), "{sent:?}");
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(memory.get(LAKE, "big"), None);
    }
}
