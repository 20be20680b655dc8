//! `GET /openapi.json`: what the description says besides the routes, which describe themselves.
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "ltv",
        description = "Customer lifetime value and return on ad spend. Amounts are in the account's currency; days are \
            days in the account's time zone. Whatever goes wrong is answered as a problem document (RFC 9457).",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "predictions", description = "What single customers are worth"),
        (name = "business", description = "What all of them are worth together, and what they cost"),
        (name = "uploads", description = "What became of the files that were uploaded"),
        (name = "model", description = "What says so"),
    )
)]
struct Description;

pub(super) fn base() -> utoipa::openapi::OpenApi {
    Description::openapi()
}
