//! Objects as scratch files: in goes a key or a path, out comes the other, in bounded memory.
use super::download::Download;
use super::sending::Cutter;
use super::{Etag, Store, StoreError, StoreResult};
use crate::scratch::{self, blocking};
use bytes::Bytes;
use futures::future::join;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

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
        let file = File::open(path).map_err(|source| scratch::failed(path, source))?;
        let (cutter, pieces) = Cutter::new();
        let (sent, cut) = join(self.send(key, kind, pieces), blocking(move || cutter.cut(file))).await;
        sent?;
        cut.map_err(|source| scratch::failed(path, source))
    }
}

/// Writes the frames behind what `file` holds; returns it, and the list without them.
fn written(mut file: File, mut frames: Vec<Bytes>) -> io::Result<(File, Vec<Bytes>)> {
    for frame in frames.drain(..) {
        file.write_all(&frame)?;
    }
    Ok((file, frames))
}
