//! An object on its way: in goes which one and from where, out come its bytes as they arrive. A connection that breaks is
//! taken up again where it broke, and only while the object is still that one.
use super::{Attempt, Etag, Store, StoreResult, failure};
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;

/// How often a download is taken up again. Each time some of it has arrived, or it is given up.
const RESUMPTIONS: u32 = 100;

/// An object that is read to its end.
#[derive(Debug)]
pub struct Download {
    store: Store,
    key: String,
    etag: Etag,
    /// Where the next byte stands.
    at: u64,
    resumed: u32,
    answer: Option<Answer>,
}

/// What is left of one answer.
#[derive(Debug)]
struct Answer {
    body: ByteStream,
    /// Where it began, and where it ends as far as it said so.
    begin: u64,
    end: Option<u64>,
}

impl Download {
    /// Of the object tagged `etag` under `key`, from the byte `at`, which must not be behind its last.
    pub fn of(store: &Store, key: &str, etag: &Etag, at: u64) -> Download {
        Download { store: store.clone(), key: key.to_owned(), etag: etag.clone(), at, resumed: 0, answer: None }
    }

    /// The next bytes; `None` behind the last.
    ///
    /// # Errors
    /// [`StoreError::NotFound`](super::StoreError::NotFound), [`StoreError::Precondition`](super::StoreError::Precondition)
    /// where the object was replaced, [`StoreError::NotReadable`](super::StoreError::NotReadable), or a failed request.
    pub async fn next(&mut self) -> StoreResult<Option<Bytes>> {
        loop {
            let mut answer = match self.answer.take() {
                Some(answer) => answer,
                None => self.ask().await?,
            };
            let fault = match answer.body.try_next().await {
                Ok(Some(bytes)) => {
                    self.at += bytes.len() as u64;
                    self.answer = Some(answer);
                    return Ok(Some(bytes));
                }
                Ok(None) => return Ok(None),
                // All of it came, and is not what it should be: a checksum that does not fit.
                Err(fault) if answer.end == Some(self.at) => return Err(self.attempt().broken(fault)),
                Err(fault) => fault,
            };
            self.resumed += 1;
            if self.at == answer.begin || self.resumed > RESUMPTIONS {
                return Err(self.attempt().broken(fault));
            }
            tracing::info!(key = self.key, arrived = self.at, error = %fault, "a connection broke; the rest is asked for");
        }
    }

    async fn ask(&self) -> StoreResult<Answer> {
        let begin = self.at;
        let request = self.store.client.get_object().bucket(&self.store.bucket).key(&self.key);
        let request = request.if_match(self.etag.quoted()).set_range((begin > 0).then(|| format!("bytes={begin}-")));
        let answer = request.send().await.map_err(|error| failure(self.attempt(), error))?;
        let begins = format!("bytes {begin}-");
        if begin > 0 && !answer.content_range().is_some_and(|range| range.starts_with(&begins)) {
            return Err(self.attempt().broken("the rest of the object was asked for, and something else came"));
        }
        let length = answer.content_length().and_then(|length| u64::try_from(length).ok());
        Ok(Answer { body: answer.body, begin, end: length.map(|length| begin + length) })
    }

    fn attempt(&self) -> Attempt<'_> {
        Attempt { bucket: &self.store.bucket, key: &self.key, operation: "GetObject" }
    }
}
