//! The S3 client: in goes the environment, out comes one client for both buckets.
//!
//! Built by hand where the environment is complete, as it is in Lambda and locally, because the default chain reads
//! profiles and asks the instance metadata service, which costs a cold start more than everything else does. It never
//! loads TLS roots for a plain `http://` endpoint.
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{BehaviorVersion, Builder, Credentials, Region, SharedHttpClient};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use std::time::Duration;

/// A client from the environment: `AWS_REGION` (or `AWS_DEFAULT_REGION`), `AWS_ACCESS_KEY_ID` and its companions,
/// `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`. An endpoint is addressed path-style. Without keys in the environment
/// the SDK's default chain is asked (profiles, container and instance roles).
pub async fn from_environment() -> aws_sdk_s3::Client {
    let endpoint = first_set(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]);
    let http = http_client(endpoint.as_deref());
    let builder = if first_set(&["AWS_ACCESS_KEY_ID"]).is_some() {
        let region = first_set(&["AWS_REGION", "AWS_DEFAULT_REGION"]).unwrap_or_else(|| "us-east-1".to_owned());
        Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(EnvironmentVariableCredentialsProvider::new())
            .http_client(http)
    } else {
        let chain = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;
        aws_sdk_s3::config::Builder::from(&chain)
    };
    finish(builder, endpoint)
}

/// A client for an S3 at `endpoint` (`http://127.0.0.1:9000`) with fixed keys: tests.
pub fn local(endpoint: &str, access_key: &str, secret_key: &str) -> aws_sdk_s3::Client {
    over(http_client(Some(endpoint)), endpoint, access_key, secret_key)
}

/// The same over any HTTP client: that of the local stack, which needs no connection.
pub fn over(http: SharedHttpClient, endpoint: &str, access_key: &str, secret_key: &str) -> aws_sdk_s3::Client {
    finish(with_keys(access_key, secret_key).http_client(http), Some(endpoint.to_owned()))
}

/// A client of the S3 in memory: what fails is not tried again.
#[cfg(any(test, feature = "memory"))]
pub(crate) fn in_memory(http: SharedHttpClient) -> aws_sdk_s3::Client {
    let builder = with_keys("memory", "memory").retry_config(RetryConfig::disabled()).http_client(http);
    let builder = builder.endpoint_url("http://memory.invalid").force_path_style(true);
    aws_sdk_s3::Client::from_conf(builder.build())
}

fn with_keys(access_key: &str, secret_key: &str) -> Builder {
    Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new(access_key, secret_key, None, None, "ltv"))
}

fn finish(builder: Builder, endpoint: Option<String>) -> aws_sdk_s3::Client {
    let mut builder = builder
        .retry_config(RetryConfig::standard().with_max_attempts(4))
        .timeout_config(TimeoutConfig::builder().connect_timeout(Duration::from_secs(4)).build());
    if let Some(endpoint) = endpoint {
        builder = builder.endpoint_url(endpoint).force_path_style(true);
    }
    aws_sdk_s3::Client::from_conf(builder.build())
}

fn http_client(endpoint: Option<&str>) -> SharedHttpClient {
    let builder = aws_smithy_http_client::Builder::new();
    if endpoint.is_some_and(|url| url.starts_with("http://")) {
        builder.build_http()
    } else {
        builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
    }
}

/// The first of the variables that is set to something.
fn first_set(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()))
}
