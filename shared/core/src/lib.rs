//! Customer lifetime value and return on ad spend, with no AWS in it.
//!
//! Data flows one way through the stations below, in this order; a later station imports earlier ones, never the reverse:
//!
//! [`upload`] (bytes → rows and rejects) → [`table`] (canonical Arrow schemas) → [`feature`] (cutoffs, windows, one
//! matrix) → [`model`] (candidates, search, evaluation, promotion, card) → [`value`] (LTV, intervals, segments) →
//! [`channel`] (CAC, ROAS) → [`report`] (what people look at).
//!
//! What every station speaks: [`money`], [`time`], [`customer`] and the [`account`]'s settings.
#![warn(missing_docs)]

pub mod account;
pub mod customer;
pub mod money;
pub mod time;

pub mod upload;

pub mod table;

pub mod feature;

pub mod model;

pub mod value;

pub mod channel;

pub mod report;
