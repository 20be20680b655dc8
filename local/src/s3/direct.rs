//! Requests of this process to its own S3: in goes a signed request of the SDK, out comes the answer, as over HTTP but
//! without a connection, so that no byte is copied into a socket and out of it. What other processes send comes over
//! HTTP to the same service.

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http::HeaderValue;
use http::header::HOST;
use s3s::Body;
use s3s::service::S3Service;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Hands requests to the service, until it is closed.
#[derive(Clone)]
pub(super) struct Direct {
    service: S3Service,
    closed: Arc<AtomicBool>,
}

impl Direct {
    pub(super) fn to(service: S3Service) -> Self {
        Self { service, closed: Arc::default() }
    }

    /// Takes no more requests, from whichever clone they come: the folder may soon be another process's.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Direct").finish_non_exhaustive()
    }
}

impl HttpConnector for Direct {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if self.closed.load(Ordering::Acquire) {
            return HttpConnectorFuture::ready(Err(ConnectorError::io("the S3 of this process has stopped".into())));
        }
        let service = self.service.clone();
        HttpConnectorFuture::new(async move {
            // Boxed, as one request goes through many layers.
            let answered = Box::pin(answer(service, request)).await;
            answered.map_err(|fault| ConnectorError::other(fault, None))
        })
    }
}

async fn answer(service: S3Service, request: HttpRequest) -> Result<HttpResponse, Box<dyn Error + Send + Sync>> {
    let mut request: http::Request<SdkBody> = request.try_into()?;
    // Signed, and written by whoever opens the connection.
    if let Some(authority) = request.uri().authority()
        && !request.headers().contains_key(HOST)
    {
        let host = HeaderValue::from_str(authority.as_str())?;
        request.headers_mut().insert(HOST, host);
    }
    let answer = service.call(request.map(Body::http_body_unsync)).await?;
    Ok(answer.map(SdkBody::from_body_1_x).try_into()?)
}
