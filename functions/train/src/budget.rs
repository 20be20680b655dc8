//! A table of media and revenue without customers: channels and budget, and no model that predicts. In flows a history
//! without customers; out flows what it tells.
use crate::findings::Findings;
use crate::run::Pinned;
use ltv_core::channel::budget::BudgetDocument;
use ltv_core::channel::observed;
use ltv_core::feature::History;
use serde_json::{Map, json};

/// Can a budget be advised from this history, though it holds no customer?
pub(crate) fn is_media_only(history: &History) -> bool {
    history.span().is_none() && observed::revenue_media(history).is_ok()
}

/// Learns from a media table.
pub(crate) fn learn(pinned: &Pinned, history: &History) -> Findings {
    let found = observed::of_revenue(history, &pinned.account);
    let figures = observed::media_figures(history, found.as_ref().ok().map(|learned| &learned.budgeting));
    let document = BudgetDocument::of(found);
    let reason = match (&document.advice, &document.refused) {
        (Some(advice), _) => format!("response curves on revenue; {}", advice.reason),
        (None, refused) => format!("no budget is advised: {}", refused.as_deref().unwrap_or("no reason")),
    };
    let more = [("media".to_owned(), json!(true)), ("budget".to_owned(), json!(document.summary()))];
    Findings {
        chosen: json!("response_curves"),
        candidates: json!([]),
        reason,
        channels: json!({"media": true, "currency": history.currency(), "channels": figures}),
        budget: Some(document),
        more: Map::from_iter(more),
    }
}
