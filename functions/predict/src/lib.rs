//! An HTTP request arrived: in flow requests, out flow predictions, customers, segments, channels, uploads, the model's
//! card and the dashboard, each from one immutable snapshot of what is live. The same [`router`] is served by Lambda
//! and on a laptop. Nothing here trains, writes or erases.
//!
//! Read in this order: [`state`] (which snapshot), [`snapshot`] (what is live), [`request`] and [`answer`]
//! (`POST /predict`), `routes` (the rest), [`problem`] (everything that can be said instead).
#![warn(missing_docs)]

pub mod answer;
mod answered;
mod channel_page;
pub mod document;
pub mod problem;
pub mod request;
mod rounded;
mod routes;
pub mod snapshot;
pub mod state;
#[cfg(test)]
mod testing;

pub use snapshot::Snapshot;
pub use state::State;

use axum::Router;

/// Bytes of a request's body at most.
pub const BODY_LIMIT: usize = 4 << 20;

/// Every route over `state`, which may be a [`ltv_lake::Lake`]: what is live is then fetched when it is first asked for.
pub fn router(state: impl Into<State>) -> Router {
    routes::router(state.into())
}
