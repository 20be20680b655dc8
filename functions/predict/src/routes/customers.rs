//! `GET /customers/{id}`: what the live run says of one customer, by at most two ranged requests to the lake.
use crate::answered;
use crate::document::{CustomerAnswer, ScoredAt, StoredCustomer};
use crate::problem::Problem;
use crate::state::State;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State as Shared};
use axum::response::Response;
use ltv_core::customer::CustomerHash;
use ltv_core::upload::identity;

/// Look up a customer.
///
/// Prediction, interval, features and recent days, as of the live run.
#[utoipa::path(
    get,
    path = "/customers/{id}",
    tag = "predictions",
    params(("id" = String, Path, description = "The customer's id. An email address or phone number is normalised and \
        hashed, as in uploads.")),
    responses(
        (status = 200, description = "The customer", body = CustomerAnswer),
        (status = 400, description = "A path that cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such customer was scored", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Nothing is trained yet, or the lake does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn customer(
    Shared(state): Shared<State>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(id) = id?;
    let ids = identity::ids_of(&id);
    if ids.is_empty() {
        return Err(Problem::not_found("This identifies nobody. Give the id that your exports have."));
    }
    let snapshot = state.snapshot().await?;
    let customers = snapshot.customers().await?.ok_or_else(Problem::dateless)?;
    let mut found = None;
    for id in &ids {
        found = customers.find(&CustomerHash::of(id)).await?;
        if found.is_some() {
            break;
        }
    }
    let Some(json) = found else {
        return Err(Problem::not_found(
            "The live run scored no customer of this id. A customer whose first order came later is scored by the next \
             training; POST /predict answers at once.",
        ));
    };
    let customer: StoredCustomer = serde_json::from_slice(&json)?;
    let live = snapshot.live();
    let ScoredAt { cutoff, horizon_days } = snapshot.scored_at().await?.ok_or_else(Problem::dateless)?;
    answered::json(&CustomerAnswer {
        model_id: live.model.to_string(),
        run: live.run.to_string(),
        cutoff,
        horizon_days,
        customer: customer.rounded(),
    })
}
