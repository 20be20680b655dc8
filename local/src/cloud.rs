//! A deployment seen from this machine: in flow its address and the caller's AWS keys; out flow signed requests, a
//! loopback proxy for browsers, and a smoke test. Nothing here deploys, and nothing is kept.

pub mod open;
pub mod signed;
pub mod smoke;
