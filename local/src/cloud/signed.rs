//! Requests that an API guarded by IAM lets through: in flow method, path and body; out flows the answer. Signed as
//! "AWS Signature Version 4" for `execute-api`; the keys are the caller's and are never shown.

use std::time::SystemTime;

use aws_config::BehaviorVersion;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::http::Request as SmithyRequest;
use aws_smithy_types::body::SdkBody;
use axum::body::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri};

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why an API could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum SignedError {
    /// The API's address is none.
    #[error("{0:?} is not the address of an API, such as https://a1b2c3.execute-api.eu-central-1.amazonaws.com")]
    Address(String),
    /// The address does not say its region, nor does the environment.
    #[error("the region of the API is not known; set AWS_REGION")]
    Region,
    /// There are no keys.
    #[error("no AWS keys were found; set them with `eval \"$(aws configure export-credentials --format env)\"`")]
    NoKeys,
    /// The keys that there are cannot be had.
    #[error("the AWS keys cannot be read")]
    Keys(#[source] Cause),
    /// A request could not be made or signed.
    #[error("the request cannot be signed")]
    Signing(#[source] Cause),
    /// The API does not answer.
    #[error("{host} does not answer")]
    Unreachable {
        /// Whom the request was for.
        host: String,
        /// What went wrong.
        source: Cause,
    },
}

/// An API and whoever asks it.
#[derive(Clone, Debug)]
pub struct SignedApi {
    /// `https://host`, without a slash at its end.
    base: String,
    host: String,
    region: String,
    keys: SharedCredentialsProvider,
    connector: SharedHttpConnector,
}

impl SignedApi {
    /// The API at `address`, asked with the keys of the environment or of a profile.
    ///
    /// # Errors
    /// [`SignedError::Address`], [`SignedError::Region`] or [`SignedError::NoKeys`].
    pub async fn connect(address: &str) -> Result<Self, SignedError> {
        let http =
            aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let chain = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;
        let keys = chain.credentials_provider().ok_or(SignedError::NoKeys)?;
        Self::new(address, chain.region().map(ToString::to_string), keys)
    }

    /// The API at `address`, asked with `keys`. `region` counts where the address does not say one.
    ///
    /// # Errors
    /// [`SignedError::Address`] or [`SignedError::Region`].
    pub fn new(address: &str, region: Option<String>, keys: SharedCredentialsProvider) -> Result<Self, SignedError> {
        let wrong = || SignedError::Address(address.to_owned());
        let base = address.trim_end_matches('/').to_owned();
        let uri: Uri = base.parse().map_err(|_| wrong())?;
        let host = uri.authority().ok_or_else(wrong)?.to_string();
        let connector = match (uri.scheme_str(), uri.host()) {
            (Some("https"), _) => Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).build(),
            // Signed requests and what they bring back stay off open networks.
            (Some("http"), Some("127.0.0.1" | "localhost")) => Connector::builder().build_http(),
            _ => return Err(wrong()),
        };
        let region = region_of(&host).map(str::to_owned).or(region).ok_or(SignedError::Region)?;
        Ok(Self { base, host, region, keys, connector: SharedHttpConnector::new(connector) })
    }

    /// Asks. `path` is a path with its query, encoded; of `headers` all are sent and signed.
    ///
    /// # Errors
    /// [`SignedError`].
    pub async fn ask(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Response<Bytes>, SignedError> {
        let request = self.signed(method, path, headers, body).await?;
        let unreachable = |source| SignedError::Unreachable { host: self.host.clone(), source };
        let answer = self.connector.call(request).await.map_err(|error| unreachable(error.into()))?;
        let answer = answer.try_into_http1x().map_err(|error| unreachable(error.into()))?;
        let (parts, body) = answer.into_parts();
        let body = axum::body::to_bytes(axum::body::Body::new(body), usize::MAX).await;
        Ok(Response::from_parts(parts, body.map_err(|error| unreachable(error.into()))?))
    }

    async fn signed(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<SmithyRequest, SignedError> {
        let keys = self.keys.provide_credentials().await.map_err(|error| match error {
            aws_credential_types::provider::error::CredentialsError::CredentialsNotLoaded(_) => SignedError::NoKeys,
            other => SignedError::Keys(other.into()),
        })?;
        let identity = keys.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("execute-api")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| SignedError::Signing(error.into()))?;
        let signing = |error: Cause| SignedError::Signing(error);
        let uri = format!("{}{path}", self.base);
        let texts = headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let texts = texts.chain([("host", self.host.as_str())]);
        let signable = SignableRequest::new(method.as_str(), &uri, texts, SignableBody::Bytes(&body));
        let signable = signable.map_err(|error| signing(error.into()))?;
        let (instructions, _) = sign(signable, &parameters.into()).map_err(|error| signing(error.into()))?.into_parts();

        let mut request =
            Request::builder().method(method).uri(&uri).body(SdkBody::from(body)).map_err(|e| signing(e.into()))?;
        *request.headers_mut() = headers.clone();
        instructions.apply_to_request_http1x(&mut request);
        request.try_into().map_err(|error: aws_smithy_runtime_api::http::HttpError| signing(error.into()))
    }
}

/// The region that an address of API Gateway names: `a1b2c3.execute-api.eu-central-1.amazonaws.com`.
fn region_of(host: &str) -> Option<&str> {
    let mut labels = host.split('.').skip(1);
    (labels.next()? == "execute-api").then(|| labels.next()).flatten()
}
