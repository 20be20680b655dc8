//! Everything that can be answered instead of what was asked for, as RFC 9457 problem documents. In goes what was
//! found wrong, out comes a status and a sentence that a person can act on; what failed inside is logged, never said.
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use ltv_lake::LakeError;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Faults that are named one by one; further ones are counted.
const NAMED: usize = 50;

/// One thing that is wrong with a request's body.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Fault {
    /// Where it stands in the body, as a JSON pointer (RFC 6901).
    #[schema(example = "/transactions/3/amount")]
    pub pointer: String,
    /// The customer concerned, as the body names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// Place of the transaction in `transactions`, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<usize>,
    /// What stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// What is wrong with it, and what would be right.
    pub detail: String,
}

/// A problem document (RFC 9457), answered as `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Problem {
    /// Identifies the kind of problem: `urn:ltv:problem:…`.
    #[serde(rename = "type")]
    #[schema(example = "urn:ltv:problem:invalid-request")]
    kind: String,
    /// The kind in a few words.
    title: &'static str,
    /// The HTTP status.
    #[schema(example = 422)]
    status: u16,
    /// What is wrong this time, and what to do about it.
    detail: String,
    /// What is wrong with the body, one by one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
}

impl Problem {
    fn new(status: StatusCode, kind: &str, title: &'static str, detail: impl Into<String>) -> Problem {
        let kind = format!("urn:ltv:problem:{kind}");
        Problem { kind, title, status: status.as_u16(), detail: detail.into(), errors: Vec::new() }
    }

    /// Nothing is served under this path.
    pub(crate) fn no_route() -> Problem {
        let detail = "Nothing is served here. GET /openapi.json lists what is.";
        Problem::new(StatusCode::NOT_FOUND, "no-such-route", "No such route", detail)
    }

    /// The path is served, but not with this method.
    pub(crate) fn method() -> Problem {
        let detail = "This path does not take that method; the Allow header names those that it takes.";
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed", detail)
    }

    /// There is no such thing.
    pub(crate) fn not_found(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    /// A path or query that cannot be read.
    pub(crate) fn bad_address(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "unreadable-address", "Unreadable path or query", detail)
    }

    /// A page that no page before led to.
    pub(crate) fn bad_after() -> Problem {
        Problem::bad_address("after is not what a page's next said. Leave it out for the first page.")
    }

    /// A body that is no JSON.
    pub(crate) fn malformed(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "malformed-json", "Malformed JSON", detail)
    }

    /// A body that is JSON, but not what the route takes. There is at least one fault.
    pub(crate) fn invalid(mut errors: Vec<Fault>) -> Problem {
        let found = errors.len();
        let first = errors.first().map_or(String::new(), |fault| fault.detail.clone());
        let detail = match found {
            0 | 1 => first,
            _ if found > NAMED => format!("{found} things are wrong, the first {NAMED} are in errors. First: {first}"),
            _ => format!("{found} things are wrong, all of them are in errors. First: {first}"),
        };
        errors.truncate(NAMED);
        let problem =
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-request", "The request cannot be answered", detail);
        Problem { errors, ..problem }
    }

    /// A budget about which nothing is advised, with the reason.
    pub(crate) fn no_advice(reason: &str) -> Problem {
        let detail = format!("No budget is advised: {reason}.");
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "no-advice", "No budget is advised", detail)
    }

    /// A body of another type than JSON.
    pub(crate) fn media_type(found: Option<&str>) -> Problem {
        let found = found.map_or("none".to_owned(), |found| format!("{found:?}"));
        let detail = format!("Send the body as JSON with the header Content-Type: application/json; it was {found}.");
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", "The body is not JSON", detail)
    }

    /// A body beyond the limit.
    pub(crate) fn too_large(limit: usize) -> Problem {
        let detail = format!(
            "The body is larger than {} MB. Send the customers in several requests, or upload them as a file.",
            limit >> 20
        );
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large", detail)
    }

    /// Nothing is live yet.
    pub(crate) fn untrained() -> Problem {
        let detail =
            "No model is live yet. Upload transactions and run the training; the model is picked up by itself.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-trained", "Nothing is trained yet", detail)
    }

    /// What is live was learned from data without dates, from which no future can be predicted.
    pub(crate) fn dateless() -> Problem {
        let detail = "What is live was learned from a table without dates, so it predicts no customer's future. \
                      GET /channels and GET /model say what it tells; upload transactions and train to get predictions.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no-predictions", "There is no predictive model", detail)
    }

    /// The lake could not be asked. What exactly failed is for the log.
    pub(crate) fn lake(error: &LakeError) -> Problem {
        tracing::error!(error = error.with_sources(), "the lake did not answer");
        let detail = "The data could not be read just now. Try again in a few seconds; if it stays so, the function's \
                      log says what failed.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "lake-unavailable", "The data cannot be read", detail)
    }

    /// A fault of this program.
    pub(crate) fn internal() -> Problem {
        let detail = "This is a fault of the service, not of the request. The function's log has the details.";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
    }

    fn code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.code();
        let json = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, json).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

impl From<LakeError> for Problem {
    fn from(error: LakeError) -> Problem {
        Problem::lake(&error)
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Problem {
        Problem::bad_address(format!("The path cannot be read: {}.", rejection.body_text()))
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Problem {
        Problem::bad_address(format!("The query cannot be read: {}.", rejection.body_text()))
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Problem {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Problem::too_large(crate::BODY_LIMIT)
        } else {
            Problem::malformed("The body ended before all of it had arrived. Send it again.")
        }
    }
}

impl From<serde_json::Error> for Problem {
    /// Of answers only: a record or answer of ours that is no JSON.
    fn from(error: serde_json::Error) -> Problem {
        tracing::error!(%error, "an answer could not be written");
        Problem::internal()
    }
}
