//! A browser's way to an API that IAM guards: in flow plain requests from this machine, out flow the deployment's
//! answers, asked for with the caller's keys. Never reachable from elsewhere, nor through another name of this machine:
//! whoever reaches it asks in the caller's name.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, TRANSFER_ENCODING};
use http::{HeaderMap, Method, StatusCode, Uri};
use tokio::net::TcpListener;

use super::signed::{SignedApi, SignedError};
use crate::stack::with_causes;

/// What a request takes along; a browser's other headers say nothing to the API.
const SENT: [HeaderName; 2] = [ACCEPT, CONTENT_TYPE];
/// What belongs to one connection and not to an answer.
const NOT_PASSED_ON: [HeaderName; 3] = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING];

/// Why the proxy ended.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The API.
    #[error(transparent)]
    Api(#[from] SignedError),
    /// The port is taken, or the server failed.
    #[error("cannot serve 127.0.0.1:{port}")]
    Serve {
        /// The port.
        port: u16,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Serves the API at `address` on this machine's `port` (0 for any free one), and says where, until it is stopped.
///
/// # Errors
/// [`OpenError`].
pub async fn serve(address: &str, port: u16) -> Result<(), OpenError> {
    let api = SignedApi::connect(address).await?;
    let failed = |source| OpenError::Serve { port, source };
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.map_err(failed)?;
    let local = listener.local_addr().map_err(failed)?;
    eprintln!("{address} is at http://{local}, with your keys. Ctrl-C closes it.");
    axum::serve(listener, router(api)).await.map_err(failed)
}

/// Every path, asked of `api`.
pub fn router(api: SignedApi) -> Router {
    Router::new()
        .fallback(pass_on)
        .layer(DefaultBodyLimit::max(ltv_predict::BODY_LIMIT))
        .layer(from_fn(of_this_machine))
        .with_state(Arc::new(api))
}

/// Refuses requests that came under another name: a page elsewhere may have its name point to this machine.
async fn of_this_machine(request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if matches!(name, "127.0.0.1" | "localhost") {
        return next.run(request).await;
    }
    (StatusCode::MISDIRECTED_REQUEST, "This is for 127.0.0.1 only.").into_response()
}

async fn pass_on(
    State(api): State<Arc<SignedApi>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let sent = SENT.into_iter().filter_map(|name| Some((name.clone(), headers.get(&name)?.clone())));
    match api.ask(&method, path, &sent.collect(), body).await {
        Ok(answer) => {
            let (mut parts, body) = answer.into_parts();
            for name in NOT_PASSED_ON {
                parts.headers.remove(name);
            }
            Response::from_parts(parts, Body::from(body))
        }
        Err(error) => (StatusCode::BAD_GATEWAY, with_causes(&error)).into_response(),
    }
}
