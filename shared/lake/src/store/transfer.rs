//! Objects as scratch files: in goes a key or a path, out comes the other, in bounded memory.
use super::download::Download;
use super::{Attempt, Etag, Put, Store, StoreError, StoreResult, failure};
use crate::scratch::blocking;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use futures::stream::{FuturesOrdered, StreamExt};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

/// Files up to this many bytes are one PUT; larger ones go in chunks of this size.
pub(super) const CHUNK: u64 = 8 << 20;
/// How many chunks are under way at a time: while one is hashed on the other side, the next is sent.
const AT_ONCE: usize = 2;
/// Bytes of a download that are written at once.
const STRETCH: usize = 1 << 20;

impl Store {
    /// Streams the object tagged `etag` under `key` into the file `path`, whatever it held.
    ///
    /// # Errors
    /// As [`Download::next`], or a full disk.
    pub async fn download(&self, key: &str, etag: &Etag, path: &Path) -> StoreResult<()> {
        let scratch = |source| StoreError::Scratch { path: path.to_owned(), source };
        let mut file = File::create(path).map_err(scratch)?;
        let mut download = Download::of(self, key, etag, 0);
        let (mut frames, mut waiting) = (Vec::new(), 0);
        while let Some(frame) = download.next().await? {
            waiting += frame.len();
            frames.push(frame);
            if waiting >= STRETCH {
                (file, frames) = blocking(move || written(file, frames)).await.map_err(scratch)?;
                waiting = 0;
            }
        }
        blocking(move || written(file, frames)).await.map_err(scratch)?;
        Ok(())
    }

    /// Writes the file `path` under `key`: one PUT up to 8 MB, a multipart upload beyond, aborted where it fails.
    ///
    /// # Errors
    /// An unreadable file, or a failed request.
    pub async fn upload(&self, key: &str, path: &Path, kind: &str) -> StoreResult<()> {
        let scratch = |source| StoreError::Scratch { path: path.to_owned(), source };
        let file = File::open(path).map_err(scratch)?;
        if file.metadata().map_err(scratch)?.len() <= CHUNK {
            let (_, bytes) = blocking(move || next_chunk(file)).await.map_err(scratch)?;
            return self.put(key, bytes, kind, Put::Always).await.map(|_| ());
        }
        let begin = Attempt { bucket: &self.bucket, key, operation: "CreateMultipartUpload" };
        let request = self.client.create_multipart_upload().bucket(&self.bucket).key(key).content_type(kind);
        let created = request.send().await.map_err(|error| failure(begin, error))?;
        let id = created.upload_id().ok_or_else(|| begin.broken("no upload id in the answer"))?;
        let result = self.send_chunks(key, id, file, path).await;
        if result.is_err() {
            let request = self.client.abort_multipart_upload().bucket(&self.bucket).key(key).upload_id(id);
            if let Err(error) = request.send().await {
                // The bucket's lifecycle rule removes what stays behind; the first failure is what matters.
                tracing::warn!(key, error = %failure(begin, error), "multipart upload could not be aborted");
            }
        }
        result
    }

    async fn send_chunks(&self, key: &str, id: &str, file: File, path: &Path) -> StoreResult<()> {
        let (mut sending, mut parts) = (FuturesOrdered::new(), Vec::new());
        let mut left = Some(file);
        loop {
            while let Some(file) = left.take_if(|_| sending.len() < AT_ONCE) {
                let read = blocking(move || next_chunk(file)).await;
                let (file, chunk) = read.map_err(|source| StoreError::Scratch { path: path.to_owned(), source })?;
                if !chunk.is_empty() {
                    sending.push_back(self.send_chunk(key, id, (parts.len() + sending.len()) as i32 + 1, chunk));
                    left = Some(file);
                }
            }
            let Some(part) = sending.next().await else { break };
            parts.push(part?);
        }
        let attempt = Attempt { bucket: &self.bucket, key, operation: "CompleteMultipartUpload" };
        let whole = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let request = self.client.complete_multipart_upload().bucket(&self.bucket).key(key).upload_id(id);
        request.multipart_upload(whole).send().await.map_err(|error| failure(attempt, error))?;
        Ok(())
    }

    async fn send_chunk(&self, key: &str, id: &str, number: i32, chunk: Vec<u8>) -> StoreResult<CompletedPart> {
        let attempt = Attempt { bucket: &self.bucket, key, operation: "UploadPart" };
        let request = self.client.upload_part().bucket(&self.bucket).key(key).upload_id(id).part_number(number);
        // The checksum of the part is signed: a second hash of the same bytes would prove nothing more.
        let request = request.body(ByteStream::from(Bytes::from(chunk))).customize().disable_payload_signing();
        let sent = request.send().await.map_err(|error| failure(attempt, error))?;
        let part = CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag().map(str::to_owned));
        Ok(part.set_checksum_crc32(sent.checksum_crc32().map(str::to_owned)).build())
    }
}

/// Writes the frames behind what `file` holds; returns it, and the list without them.
fn written(mut file: File, mut frames: Vec<Bytes>) -> io::Result<(File, Vec<Bytes>)> {
    for frame in frames.drain(..) {
        file.write_all(&frame)?;
    }
    Ok((file, frames))
}

/// The next bytes of `file`, none at its end.
fn next_chunk(mut file: File) -> io::Result<(File, Vec<u8>)> {
    let left = file.metadata()?.len().min(CHUNK);
    let mut chunk = Vec::with_capacity(usize::try_from(left).unwrap_or(0));
    Read::by_ref(&mut file).take(CHUNK).read_to_end(&mut chunk)?;
    Ok((file, chunk))
}
