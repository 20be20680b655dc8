//! Bodies: a request's stream in, a finished temporary file with its entity tag out; a file's range in, a stream out.
//!
//! Nothing is held in memory beyond one chunk, except ranges short enough to send at once.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use bytes::Bytes;
use futures::StreamExt;
use md5::{Digest, Md5};
use s3s::dto::StreamingBlob;
use s3s::{Body, S3Error, S3ErrorCode, S3Result};
use tempfile::NamedTempFile;
use tokio::io::AsyncReadExt;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::io::ReaderStream;

use super::checksum::Announced;

/// Ranges up to this many bytes are read and sent in one piece.
const AT_ONCE: u64 = 1 << 20;
/// Chunk size of longer streams, bytes.
const CHUNK: usize = 256 << 10;

/// Bytes of a body that are hashed and written at once, bytes.
const STRETCH: usize = 1 << 20;

/// A body that has arrived completely and waits to become an object or a part.
pub(crate) struct Arrived {
    pub(crate) file: NamedTempFile,
    /// The MD5 of its bytes, as S3 has it.
    pub(crate) etag: String,
}

/// What a body becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Becomes {
    /// An object: it is on the disk before its name is.
    Object,
    /// A part of an object: that is flushed to the disk once it is joined.
    Part,
}

/// A body of which some has arrived.
struct Arriving {
    file: NamedTempFile,
    becomes: Becomes,
    md5: Md5,
    announced: Announced,
}

impl Arriving {
    /// Takes the next bytes.
    fn take(mut self, frames: &[Bytes]) -> io::Result<Self> {
        for frame in frames {
            self.md5.update(frame);
            self.announced.update(frame);
            self.file.write_all(frame)?;
        }
        Ok(self)
    }

    /// There are no more.
    fn finish(self) -> S3Result<Arrived> {
        self.announced.verify()?;
        if self.becomes == Becomes::Object {
            self.file.as_file().sync_data().map_err(S3Error::internal_error)?;
        }
        Ok(Arrived { file: self.file, etag: hex::encode(self.md5.finalize()) })
    }
}

/// Streams a request's body into a temporary file in `incoming`, that of an object flushed to the disk.
///
/// The flush (fsync) comes before the caller's rename, so that a power cut never leaves an empty or torn file
/// under a committed name; folders are not flushed, so it may cost the last writes as a whole, which the lake's
/// protocol of records and generations survives.
///
/// # Errors
/// `BadDigest` when a checksum `announced` is not the body's, `IncompleteBody` when the client went away,
/// `InternalError` for faults of the disk.
pub(crate) async fn receive(
    body: Option<StreamingBlob>,
    becomes: Becomes,
    announced: Announced,
    incoming: &Path,
) -> S3Result<Arrived> {
    let file = NamedTempFile::new_in(incoming).map_err(S3Error::internal_error)?;
    let begun = Arriving { file, becomes, md5: Md5::new(), announced };
    let mut taken = spawn_blocking(move || Ok(begun));
    if let Some(mut body) = body {
        let (mut frames, mut waiting) = (Vec::new(), 0);
        while let Some(frame) = body.next().await {
            let frame = frame.map_err(|error| S3Error::with_source(S3ErrorCode::IncompleteBody, error))?;
            waiting += frame.len();
            frames.push(frame);
            // While these are hashed and written, the next arrive.
            if waiting >= STRETCH {
                let (arriving, stretch) = (ended(taken).await?, std::mem::take(&mut frames));
                taken = spawn_blocking(move || arriving.take(&stretch));
                waiting = 0;
            }
        }
        let arriving = ended(taken).await?;
        taken = spawn_blocking(move || arriving.take(&frames));
    }
    let arrived = ended(taken).await?;
    spawn_blocking(move || arrived.finish()).await.map_err(S3Error::internal_error)?
}

async fn ended(taken: JoinHandle<io::Result<Arriving>>) -> S3Result<Arriving> {
    taken.await.map_err(S3Error::internal_error)?.map_err(S3Error::internal_error)
}

/// Copies `sources` one after the other into a temporary file in `incoming`, flushed to the disk. The system copies,
/// within the file system where that can.
pub(crate) fn concatenate(sources: impl IntoIterator<Item = File>, incoming: &Path) -> std::io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new_in(incoming)?;
    for mut source in sources {
        std::io::copy(&mut source, file.as_file_mut())?;
    }
    file.as_file().sync_data()?;
    Ok(file)
}

/// The entity tag that an object would have, had it been written in one request.
pub(crate) fn etag_of(mut file: &File) -> std::io::Result<String> {
    let mut md5 = Md5::new();
    let mut chunk = vec![0; CHUNK];
    file.rewind()?;
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(hex::encode(md5.finalize())),
            read => md5.update(&chunk[..read]),
        }
    }
}

/// The bytes `range` of a file as a response's body. A file cut short meanwhile breaks the connection, as it must.
pub(crate) async fn send(mut file: File, range: Range<u64>) -> S3Result<StreamingBlob> {
    let length = range.end - range.start;
    if length <= AT_ONCE {
        let bytes = spawn_blocking(move || {
            file.seek(SeekFrom::Start(range.start))?;
            let mut bytes = vec![0; length as usize];
            file.read_exact(&mut bytes)?;
            Ok::<_, std::io::Error>(Bytes::from(bytes))
        });
        let bytes = bytes.await.map_err(S3Error::internal_error)?.map_err(S3Error::internal_error)?;
        return Ok(StreamingBlob::from(Body::from(bytes)));
    }
    file.seek(SeekFrom::Start(range.start)).map_err(S3Error::internal_error)?;
    let rest = tokio::fs::File::from_std(file).take(length);
    Ok(StreamingBlob::wrap(ReaderStream::with_capacity(rest, CHUNK)))
}
