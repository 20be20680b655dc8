//! Buy-till-you-die models of customers who may leave without saying so.
//!
//! In flows one [`Summary`] a customer: how often they came back, when last, how long we have known them, and what
//! they spent. Out flow fitted models that answer three questions of one customer: is this customer still active
//! ([`PurchaseModel::p_alive`]), how many purchases come in the next `t` ([`PurchaseModel::expected_purchases`]),
//! and what is one of them worth ([`GammaGamma::expected_spend`]). The crate reads no files, knows no calendar and
//! no currency, and draws no random numbers: time and money are in whatever unit the caller chose.
//!
//! | model | purchases while active | customers leave | source |
//! | --- | --- | --- | --- |
//! | [`BgNbd`] | Poisson, gamma rates | after a repeat purchase, beta probability | Fader, Hardie & Lee 2005 |
//! | [`MbgNbd`] | the same | after any purchase, the first too | Batislam, Denizel & Filiztekin 2007 |
//! | [`ParetoNbd`] | the same | at any time, exponential with gamma rates | Schmittlein, Morrison & Colombo 1987 |
//! | [`Nbd`] | the same | never | Ehrenberg 1959 |
//! | [`GammaGamma`] | — the amounts — | | Fader & Hardie 2013 |
//!
//! A fit does not fail because of what the customers did. Where the data hold no dropout the likelihood has no
//! maximum inside its space; the fit then says so ([`Boundary::NoDropout`]) and answers with the [`Nbd`] it tends to.
//!
//! ```
//! use ltv_btyd::{BgNbd, GammaGamma, Summary};
//!
//! let customers: Vec<Summary> = (0..400_u32)
//!     .map(|i| {
//!         let frequency = [0, 0, 1, 0, 3, 0, 2, 8][i as usize % 8];
//!         let age = 20.0 + f64::from(i % 19);
//!         let recency = if frequency == 0 { 0.0 } else { age * f64::from(1 + i % 5) / 6.0 };
//!         let monetary = if frequency == 0 { 0.0 } else { 15.0 + f64::from(i * 7 % 40) };
//!         Summary { frequency, recency, age, monetary }
//!     })
//!     .collect();
//! let purchases = BgNbd::params().fit_summaries(&customers)?;
//! let spend = GammaGamma::params().fit_summaries(&customers)?;
//! let next_quarter = purchases.model.expected_purchases(&customers[4], 13.0) * spend.model.expected_spend(&customers[4]);
//! assert!(next_quarter > 0.0);
//! # Ok::<(), ltv_btyd::BtydError>(())
//! ```
//!
//! The estimators are linfa's too: `BgNbd::params().fit(&dataset)` takes a dataset whose records are the columns
//! frequency, recency and age (see [`PurchaseParams`]).
#![warn(missing_docs)]

mod counts;
mod error;
mod fit;
mod fitted;
mod gamma_gamma;
mod geometric;
mod maximise;
mod nbd;
mod params;
mod pareto;
mod purchase;
mod special;
mod spend;
mod start;
mod summary;

pub use error::BtydError;
pub use fitted::{Boundary, Fitted};
pub use gamma_gamma::GammaGamma;
pub use geometric::{BgNbd, MbgNbd};
pub use nbd::Nbd;
pub use params::{PurchaseParams, PurchaseValidParams};
pub use pareto::ParetoNbd;
pub use purchase::{PurchaseKind, PurchaseModel};
pub use spend::{GammaGammaParams, GammaGammaValidParams};
pub use summary::Summary;
