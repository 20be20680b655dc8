//! What a customer is worth: predicted spend, LTV, contribution, interval, segment. In flow predictions of
//! [`crate::model`]; out flow the rows that are served and exported.
use serde::{Deserialize, Serialize};

/// A quartile of predicted spend over everyone scored; ties go up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Segment {
    /// The lowest quarter.
    Low,
    /// The second quarter from below.
    Medium,
    /// The third quarter from below.
    High,
    /// The highest quarter.
    #[serde(rename = "Very High")]
    VeryHigh,
}
