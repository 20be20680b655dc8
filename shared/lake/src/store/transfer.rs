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

#[cfg(test)]
mod tests {
    use crate::memory::{LAKE, Memory};
    use crate::store::sending::PIECE;

    #[tokio::test]
    async fn a_large_file_goes_in_chunks_and_comes_back_whole() {
        let memory = Memory::new(0);
        let store = memory.lake(ltv_core::account::Account::default()).store;
        let folder = tempfile::tempdir().unwrap();
        let (there, back) = (folder.path().join("there"), folder.path().join("back"));
        for size in [0, 5, PIECE, PIECE + 1, PIECE * 4] {
            let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            std::fs::write(&there, &bytes).unwrap();
            store.upload("big", &there, "application/octet-stream").await.unwrap();
            assert_eq!(memory.get(LAKE, "big").unwrap(), bytes);
            let etag = store.head("big").await.unwrap().unwrap().etag;
            store.download("big", &etag, &back).await.unwrap();
            assert_eq!(std::fs::read(&back).unwrap(), bytes);
            let tail = store.get_tail("big", 3).await.unwrap();
            assert_eq!((&tail.bytes[..], tail.size), (&bytes[size.saturating_sub(3)..], size as u64));
        }
    }
}
