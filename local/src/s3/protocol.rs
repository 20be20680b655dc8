//! The S3 operations: requests decoded by s3s in, responses out. Each checks its input, lets the storage work on a
//! thread that may block, and says what happened in the service's own words. It keeps no state.

use std::path::Path;
use std::sync::Arc;

#[allow(clippy::wildcard_imports, reason = "the names of the protocol: input, output and parts of each operation")]
use s3s::dto::*;
use s3s::{S3, S3Error, S3Request, S3Response, S3Result, s3_error};

use super::REGION;
use super::body::{Arrived, Incoming, Tag, copy_of, etag_of, receive, send};
use super::buckets::{Bucket, Buckets};
use super::checksum::Announced;
use super::condition::{ReadCondition, WriteCondition};
use super::fields::{described, range_of, read_condition, size_of, stored_headers};
use super::listed::{Asked, Listed};
use super::multipart::Named;

/// The service over some buckets.
pub(crate) struct Service {
    buckets: Arc<Buckets>,
}

impl Service {
    pub(crate) fn new(buckets: Buckets) -> Self {
        Self { buckets: Arc::new(buckets) }
    }

    /// Runs `work` on a bucket on a thread that may block.
    async fn on<T: Send + 'static>(
        &self,
        bucket: &str,
        work: impl FnOnce(&Buckets, Bucket) -> S3Result<T> + Send + 'static,
    ) -> S3Result<T> {
        let buckets = Arc::clone(&self.buckets);
        let name = bucket.to_owned();
        let work = tokio::task::spawn_blocking(move || {
            let bucket = buckets.get(&name)?;
            work(&buckets, bucket)
        });
        work.await.map_err(S3Error::internal_error)?
    }
}

#[async_trait::async_trait]
impl S3 for Service {
    async fn list_buckets(&self, _: S3Request<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
        let names = self.buckets.names().map_err(S3Error::internal_error)?;
        let bucket = |(name, made)| s3s::dto::Bucket {
            name: Some(name),
            creation_date: Some(Timestamp::from(made)),
            ..Default::default()
        };
        let buckets = Some(names.into_iter().map(bucket).collect());
        Ok(S3Response::new(ListBucketsOutput { buckets, ..Default::default() }))
    }

    async fn create_bucket(&self, req: S3Request<CreateBucketInput>) -> S3Result<S3Response<CreateBucketOutput>> {
        self.buckets.create(&req.input.bucket).map_err(S3Error::internal_error)?;
        Ok(S3Response::new(CreateBucketOutput { location: Some(format!("/{}", req.input.bucket)) }))
    }

    async fn head_bucket(&self, req: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.buckets.get(&req.input.bucket)?;
        Ok(S3Response::new(HeadBucketOutput { bucket_region: Some(REGION.to_owned()), ..Default::default() }))
    }

    async fn get_bucket_location(
        &self,
        req: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.buckets.get(&req.input.bucket)?;
        // S3 answers an empty constraint for us-east-1.
        Ok(S3Response::new(GetBucketLocationOutput { location_constraint: None }))
    }

    async fn put_object(&self, req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let input = req.input;
        let folder = self.buckets.get(&input.bucket)?.writable()?;
        let condition = WriteCondition { if_match: input.if_match, if_none_match: input.if_none_match };
        let headers = stored_headers!(input);
        let announced = Announced::new(req.headers, req.trailing_headers);
        let incoming = Incoming::new(folder.incoming())?;
        let Arrived { into: Incoming(file), etag } = receive(input.body, Tag::of_object(), announced, incoming).await?;
        let key = input.key;
        let object = self.on(&input.bucket, move |_, _| folder.commit(&key, file, etag, headers, &condition)).await?;
        Ok(S3Response::new(PutObjectOutput { e_tag: Some(object.etag()), ..Default::default() }))
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = req.input;
        let condition = read_condition!(input);
        let key = input.key;
        let (file, object) = self.on(&input.bucket, move |_, bucket| bucket.open(&key)).await?;
        condition.check(&object)?;
        let (range, content_range) = range_of(input.range, object.size)?;
        let output = described!(GetObjectOutput, object, range, content_range);
        Ok(S3Response::new(GetObjectOutput { body: Some(send(file, range).await?), ..output }))
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = req.input;
        let condition = read_condition!(input);
        let key = input.key;
        let object = self.on(&input.bucket, move |_, bucket| bucket.head(&key)).await?;
        let object = object.ok_or_else(|| s3_error!(NoSuchKey))?;
        condition.check(&object)?;
        let (range, content_range) = range_of(input.range, object.size)?;
        Ok(S3Response::new(described!(HeadObjectOutput, object, range, content_range)))
    }

    async fn copy_object(&self, req: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        let input = req.input;
        let CopySource::Bucket { bucket: from_bucket, key: from_key, .. } = input.copy_source else {
            return Err(s3_error!(NotImplemented, "a copy's source is a bucket and a key"));
        };
        let condition = ReadCondition {
            if_match: input.copy_source_if_match,
            if_none_match: input.copy_source_if_none_match,
            if_modified_since: input.copy_source_if_modified_since,
            if_unmodified_since: input.copy_source_if_unmodified_since,
        };
        let replace =
            input.metadata_directive.is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
        let new_headers = stored_headers!(input);
        let key = input.key;
        let copied = self.on(&input.bucket, move |buckets, bucket| {
            let folder = bucket.writable()?;
            let (file, source) = buckets.get(&from_bucket)?.open(&from_key)?;
            // A copy has no 304: a source that fails its condition is a 412.
            condition
                .check(&source)
                .map_err(|_| s3_error!(PreconditionFailed, "the source is not the one expected"))?;
            let body = copy_of(file, folder.incoming()).map_err(S3Error::internal_error)?;
            let etag = etag_of(body.as_file()).map_err(S3Error::internal_error)?;
            let headers = if replace { new_headers } else { source.headers };
            folder.commit(&key, body, etag, headers, &WriteCondition::default())
        });
        let object = copied.await?;
        let result = CopyObjectResult {
            e_tag: Some(object.etag()),
            last_modified: Some(object.last_modified()),
            ..Default::default()
        };
        Ok(S3Response::new(CopyObjectOutput { copy_object_result: Some(result), ..Default::default() }))
    }

    async fn delete_object(&self, req: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = req.input;
        let condition = WriteCondition { if_match: input.if_match, if_none_match: None };
        self.on(&input.bucket, move |_, bucket| bucket.writable()?.remove(&input.key, &condition)).await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(&self, req: S3Request<DeleteObjectsInput>) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let delete = req.input.delete;
        let quiet = delete.quiet.unwrap_or(false);
        let removed = self.on(&req.input.bucket, move |_, bucket| {
            let folder = bucket.writable()?;
            let mut outcomes = Vec::with_capacity(delete.objects.len());
            for object in delete.objects {
                let condition = WriteCondition { if_match: object.e_tag.map(ETagCondition::ETag), if_none_match: None };
                let outcome = folder.remove(&object.key, &condition);
                outcomes.push((object.key, outcome));
            }
            Ok(outcomes)
        });
        let mut output = DeleteObjectsOutput::default();
        for (key, outcome) in removed.await? {
            match outcome {
                Ok(()) if quiet => {}
                Ok(()) => {
                    let deleted = DeletedObject { key: Some(key), ..Default::default() };
                    output.deleted.get_or_insert_default().push(deleted);
                }
                Err(error) => output.errors.get_or_insert_default().push(s3s::dto::Error {
                    key: Some(key),
                    code: Some(error.code().as_str().to_owned()),
                    message: error.message().map(str::to_owned),
                    version_id: None,
                }),
            }
        }
        Ok(S3Response::new(output))
    }

    async fn list_objects_v2(&self, req: S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = req.input;
        let asked = Asked::of(&input)?;
        let listed = self.on(&input.bucket, move |_, bucket| Listed::of(&bucket, &asked)).await?;
        Ok(S3Response::new(listed.answer(input)))
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = req.input;
        let headers = stored_headers!(input);
        let (bucket, key) = (input.bucket.clone(), input.key.clone());
        let id = self.on(&input.bucket, move |buckets, found| {
            found.writable()?;
            buckets.multipart.begin(&bucket, &key, headers)
        });
        Ok(S3Response::new(CreateMultipartUploadOutput {
            upload_id: Some(id.await?),
            bucket: Some(input.bucket),
            key: Some(input.key),
            ..Default::default()
        }))
    }

    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let input = req.input;
        let size = size_of(&req.headers)?;
        let announced = Announced::new(req.headers, req.trailing_headers);
        let number = input.part_number;
        let named = Named { bucket: input.bucket, key: input.key, id: input.upload_id };
        let of = named.clone();
        let section = self.on(&named.bucket, move |buckets, bucket| {
            bucket.writable()?;
            buckets.multipart.section(&of, number, size)
        });
        let arrived = receive(input.body, Tag::of_part(&announced), announced, section.await?).await?;
        let of = named.clone();
        let etag = self.on(&named.bucket, move |buckets, _| buckets.multipart.put(&of, number, arrived));
        Ok(S3Response::new(UploadPartOutput { e_tag: Some(ETag::Strong(etag.await?)), ..Default::default() }))
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = req.input;
        let condition = WriteCondition { if_match: input.if_match, if_none_match: input.if_none_match };
        let named = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
        let of = Named { bucket: input.bucket.clone(), key: input.key.clone(), id: input.upload_id };
        let object = self.on(&input.bucket, move |buckets, found| {
            let folder = found.writable()?;
            let incoming: &Path = folder.incoming();
            buckets.multipart.complete(&of, &named, incoming, |joined, etag, headers| {
                folder.commit(&of.key, joined, etag, headers, &condition)
            })
        });
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            e_tag: Some(object.await?.etag()),
            location: Some(format!("/{}/{}", input.bucket, input.key)),
            bucket: Some(input.bucket),
            key: Some(input.key),
            ..Default::default()
        }))
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = req.input;
        let of = Named { bucket: input.bucket.clone(), key: input.key, id: input.upload_id };
        self.on(&input.bucket, move |buckets, _| buckets.multipart.abort(&of)).await?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }
}
