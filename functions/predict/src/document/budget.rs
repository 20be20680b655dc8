//! Response curves as they are answered. Their points, and what is asked and advised about budgets, are ltv-core's own
//! types, which bring their description.
use ltv_core::channel::budget::CurvePoint;
use serde::Serialize;
use utoipa::ToSchema;

/// A channel's response curve. Amounts are for 28 days.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ChannelCurve {
    /// The channel.
    pub channel: String,
    /// Currency of all amounts.
    pub currency: Option<String>,
    /// Mean spend of the last 28 days.
    pub current: f64,
    /// Do the data say more about the channel than was believed before?
    pub identified: bool,
    /// If not, why.
    pub held: Option<String>,
    /// Is the outcome counted in customers? Otherwise it is money.
    pub customers: bool,
    /// The curve.
    pub points: Vec<CurvePoint>,
}
