//! Bodies: a request's stream in, a finished temporary file with its MD5 out; a file's range in, a stream out.
//!
//! Nothing is held in memory beyond one chunk, except ranges short enough to send at once.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use bytes::Bytes;
use futures::StreamExt;
use md5::{Digest, Md5};
use s3s::dto::StreamingBlob;
use s3s::{Body, S3Error, S3ErrorCode, S3Result};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::io::ReaderStream;

use super::checksum::Announced;

/// Ranges up to this many bytes are read and sent in one piece.
const AT_ONCE: u64 = 1 << 20;
/// Chunk size of longer streams, bytes.
const CHUNK: usize = 256 << 10;

/// A body that has arrived completely and waits to become an object or a part.
pub(crate) struct Arrived {
    pub(crate) file: NamedTempFile,
    pub(crate) md5: [u8; 16],
}

impl Arrived {
    /// The entity tag of an object written in one request.
    pub(crate) fn etag(&self) -> String {
        hex::encode(self.md5)
    }
}

/// Streams a request's body into a temporary file in `incoming`, flushed to the disk.
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
    mut announced: Announced,
    incoming: &Path,
) -> S3Result<Arrived> {
    let temporary = NamedTempFile::new_in(incoming).map_err(S3Error::internal_error)?;
    let (file, path) = temporary.into_parts();
    let mut file = tokio::fs::File::from_std(file);
    let mut md5 = Md5::new();
    if let Some(mut body) = body {
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| S3Error::with_source(S3ErrorCode::IncompleteBody, error))?;
            md5.update(&chunk);
            announced.update(&chunk);
            file.write_all(&chunk).await.map_err(S3Error::internal_error)?;
        }
    }
    announced.verify()?;
    file.flush().await.map_err(S3Error::internal_error)?;
    file.sync_data().await.map_err(S3Error::internal_error)?;
    Ok(Arrived { file: NamedTempFile::from_parts(file.into_std().await, path), md5: md5.finalize().into() })
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
        let bytes = tokio::task::spawn_blocking(move || {
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
