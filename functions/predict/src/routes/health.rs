//! `GET /healthz`: the process answers, and what it would answer from. It asks the lake nothing.
use crate::answered;
use crate::problem::Problem;
use crate::state::State;
use axum::extract::State as Shared;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// That the process answers.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`, always: whoever reads this has reached the process.
    #[schema(example = "ok")]
    status: &'static str,
    /// The program's version.
    version: &'static str,
    /// The model that is answered from; absent until one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    model_id: Option<String>,
    /// The run that is answered from.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<String>,
    /// How often the pointer was flipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<u64>,
}

/// Is the process up?
#[utoipa::path(get, path = "/healthz", tag = "model", responses((status = 200, description = "It is", body = Health)))]
pub(super) async fn healthz(Shared(state): Shared<State>) -> Result<Response, Problem> {
    let known = state.known();
    let known = known.as_ref();
    answered::json(&Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        model_id: known.map(|snapshot| snapshot.live().model.to_string()),
        run: known.map(|snapshot| snapshot.live().run.to_string()),
        generation: known.map(|snapshot| snapshot.pointer().generation),
    })
}
