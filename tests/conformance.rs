//! One set of checks of S3's behaviour, held against the embedded S3 and against an independent implementation: a
//! check that both pass is about S3, not about our reading of it.

mod conditions;
mod keys;
mod listings;
mod multipart;
mod objects;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_types::byte_stream::error::Error as BodyError;
use ltv_tests::{Embedded, Moto};

/// A server under test, with one empty bucket for the check.
pub(crate) struct Server {
    pub(crate) client: Client,
    pub(crate) bucket: String,
    /// moto ignores `If-Match` and the order of parts when a multipart upload is completed, and answers 500 to one
    /// that was aborted.
    pub(crate) checks_completions: bool,
}

/// Lists the checks once, and runs each against both servers.
macro_rules! checks {
    ($($module:ident::$check:ident,)*) => {
        mod the_embedded_s3 {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $check() {
                    let embedded = super::Embedded::start(&["bucket"]).await;
                    let client = embedded.client.clone();
                    let server =
                        super::Server { client, bucket: "bucket".to_owned(), checks_completions: true };
                    super::$module::$check(&server).await;
                }
            )*
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn an_independent_implementation_passes_the_same_checks() {
            let Some(moto) = Moto::start() else { return };
            let client = moto.client();
            $(
                eprintln!("{}", stringify!($check));
                let bucket = stringify!($check).replace('_', "-");
                let bucket = bucket[..bucket.len().min(60)].trim_end_matches('-').to_owned();
                client.create_bucket().bucket(&bucket).send().await.unwrap();
                let server = Server { client: client.clone(), bucket, checks_completions: false };
                $module::$check(&server).await;
            )*
        }
    };
}

checks! {
    objects::an_object_comes_back_as_it_was_put,
    objects::an_empty_object_is_an_object,
    objects::a_put_replaces_bytes_and_headers,
    objects::a_reader_of_a_replaced_object_gets_all_of_one_version,
    objects::ranges_select_bytes,
    objects::a_deleted_object_is_gone_and_deleting_it_again_succeeds,
    objects::many_objects_are_deleted_at_once,
    objects::a_copy_keeps_or_replaces_the_headers,
    objects::what_is_absent_is_reported_as_absent,
    keys::keys_of_every_kind_are_kept_apart_and_come_back_unchanged,
    conditions::a_write_goes_on_only_over_the_version_it_expects,
    conditions::of_many_concurrent_creators_one_wins,
    conditions::of_many_concurrent_replacements_one_wins,
    conditions::reads_answer_304_and_412,
    listings::a_listing_is_in_the_order_of_utf8_bytes,
    listings::pages_add_up_to_the_whole_listing,
    listings::a_delimiter_rolls_keys_up,
    listings::a_url_encoded_listing_decodes_to_the_keys,
    multipart::parts_arrive_in_any_order_and_are_joined_in_theirs,
    multipart::an_upload_that_is_not_complete_is_no_object,
    multipart::a_completion_names_parts_as_they_were_uploaded,
    multipart::a_completion_obeys_conditions,
}

impl Server {
    async fn put(&self, key: &str, body: impl Into<Vec<u8>>) -> PutObjectOutput {
        let body = ByteStream::from(body.into());
        self.client.put_object().bucket(&self.bucket).key(key).body(body).send().await.unwrap()
    }

    async fn get(&self, key: &str) -> Result<Vec<u8>, String> {
        let got = self.client.get_object().bucket(&self.bucket).key(key).send().await.map_err(|error| code(&error))?;
        bytes(got.body).await.map_err(|error| error.to_string())
    }

    async fn keys(&self, prefix: &str) -> Vec<String> {
        let listed = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix).send().await.unwrap();
        listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
    }
}

async fn bytes(body: ByteStream) -> Result<Vec<u8>, BodyError> {
    Ok(body.collect().await?.to_vec())
}

/// The error code of a refusal, or its HTTP status where the protocol has no body to carry a code (HEAD, 304).
fn code<E: ProvideErrorMetadata + std::fmt::Debug>(error: &SdkError<E>) -> String {
    let status = error.raw_response().map(|response| response.status().as_u16());
    match (error.code(), status) {
        (Some(code), _) if code != "NotFound" => code.to_owned(),
        (_, Some(status)) => status.to_string(),
        (_, None) => panic!("no answer: {error:?}"),
    }
}
