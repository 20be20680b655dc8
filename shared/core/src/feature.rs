//! Cutoffs, windows and one matrix: the only implementation of features, for training and prediction alike.
//!
//! In flow the merged rows of the canonical tables, gathered in a [`History`]; out flows a [`Window`] a cutoff: one row
//! a customer of what was known before it, and what followed. [`protocol`] says which cutoffs there are, [`context`]
//! holds what is learned from the whole history, `pass` computes all windows in one go, [`catalogue`] documents
//! every column. Nothing here reads an event at or behind a cutoff to describe a customer at that cutoff.
pub mod availability;
pub mod catalogue;
mod channel_cost;
pub mod context;
pub mod export;
pub mod history;
pub(crate) mod known;
#[cfg(test)]
mod leaks;
mod ledger;
pub mod life;
pub mod matrix;
mod pass;
pub mod protocol;
#[cfg(test)]
mod real_data;
pub mod signal;
mod vocabulary;
pub mod window;

pub use catalogue::FEATURES;
pub use channel_cost::ChannelCosts;
pub use context::{Context, ContextError};
pub use history::{History, HistoryBuilder};
pub use life::LifeFit;
pub use pass::{window, windows};
pub use protocol::{Protocol, ProtocolError};
pub use vocabulary::Vocabulary;
pub use window::Window;
