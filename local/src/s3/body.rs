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
use tokio::task::{JoinHandle, spawn_blocking};
use twox_hash::XxHash3_128;

use super::checksum::Announced;

/// Ranges up to this many bytes are read and sent in one piece.
const AT_ONCE: u64 = 1 << 20;
/// Chunk size of longer streams, bytes.
const CHUNK: usize = 512 << 10;

/// How many bytes of a body are hashed and written at once.
const STRETCH: usize = 1 << 20;

/// A body that has arrived completely, wherever it was written.
pub(crate) struct Arrived<Into> {
    pub(crate) into: Into,
    /// Its entity tag: see [`Tag`].
    pub(crate) etag: String,
}

/// A body of which some has arrived.
struct Arriving<Into> {
    into: Into,
    tag: Tag,
    announced: Announced,
}

/// A hash of a body's bytes.
pub(crate) enum Tag {
    /// What S3 has, and clients compare that send no checksum.
    Md5(Md5),
    /// A tenth of the work, for parts that were checked by the client's own checksum.
    Xxh3(Box<XxHash3_128>),
}

impl Tag {
    /// That of an object.
    pub(crate) fn of_object() -> Self {
        Self::Md5(Md5::new())
    }

    /// That of a part of an object.
    pub(crate) fn of_part(announced: &Announced) -> Self {
        if announced.is_any() { Self::Xxh3(Box::default()) } else { Self::of_object() }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(md5) => md5.update(bytes),
            Self::Xxh3(xxh3) => xxh3.write(bytes),
        }
    }

    fn finish(self) -> String {
        match self {
            Self::Md5(md5) => hex::encode(md5.finalize()),
            Self::Xxh3(xxh3) => hex::encode(xxh3.finish_128().to_be_bytes()),
        }
    }
}

impl<Into: Write> Arriving<Into> {
    /// Takes the next bytes.
    fn take(mut self, frames: &[Bytes]) -> io::Result<Self> {
        for frame in frames {
            self.tag.update(frame);
            self.announced.update(frame);
            self.into.write_all(frame)?;
        }
        Ok(self)
    }

    /// There are no more.
    fn finish(mut self) -> S3Result<Arrived<Into>> {
        self.announced.verify()?;
        self.into.flush().map_err(broken)?;
        Ok(Arrived { into: self.into, etag: self.tag.finish() })
    }
}

/// Streams a request's body `into` something that is written.
///
/// # Errors
/// `BadDigest` when a checksum `announced` is not the body's, `IncompleteBody` when the client went away,
/// `InternalError` for faults of the disk.
pub(crate) async fn receive<Into: Write + Send + 'static>(
    body: Option<StreamingBlob>,
    tag: Tag,
    announced: Announced,
    into: Into,
) -> S3Result<Arrived<Into>> {
    let begun = Arriving { into, tag, announced };
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

/// A file in `incoming` that is to become an object. It is flushed to the disk (fsync) when all of it is there, and before
/// the caller's rename, so that a power cut never leaves an empty or torn file under a committed name; folders are not
/// flushed, so it may cost the last writes as a whole, which the lake's protocol of records and generations survives.
pub(crate) struct Incoming(pub(crate) NamedTempFile);

impl Incoming {
    /// An empty one.
    pub(crate) fn new(incoming: &Path) -> S3Result<Self> {
        NamedTempFile::new_in(incoming).map(Self).map_err(S3Error::internal_error)
    }
}

impl Write for Incoming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.as_file().sync_data()
    }
}

/// A body of more or fewer bytes than were told is the client's fault, all else the disk's.
fn broken(fault: io::Error) -> S3Error {
    match fault.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::WriteZero => {
            S3Error::with_source(S3ErrorCode::IncompleteBody, Box::new(fault))
        }
        _ => S3Error::internal_error(fault),
    }
}

async fn ended<Into>(taken: JoinHandle<io::Result<Arriving<Into>>>) -> S3Result<Arriving<Into>> {
    taken.await.map_err(S3Error::internal_error)?.map_err(broken)
}

/// Copies `source` into a temporary file in `incoming`, flushed to the disk. The system copies, within the file system
/// where that can.
pub(crate) fn copy_of(mut source: File, incoming: &Path) -> io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new_in(incoming)?;
    io::copy(&mut source, file.as_file_mut())?;
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
    let rest = futures::stream::try_unfold(file.take(length), |mut rest| async move {
        if rest.limit() == 0 {
            return Ok(None);
        }
        let read = spawn_blocking(move || {
            let mut bytes = Vec::with_capacity(CHUNK);
            rest.by_ref().take(CHUNK as u64).read_to_end(&mut bytes)?;
            if bytes.is_empty() {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
            Ok(Some((Bytes::from(bytes), rest)))
        });
        read.await.map_err(io::Error::other)?
    });
    Ok(StreamingBlob::wrap(rest))
}
