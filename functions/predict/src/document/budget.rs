//! Budgets and response curves as the description of the API types them. A test holds these types to what ltv-core
//! reads and writes.
use ltv_core::channel::budget::CurvePoint;
use ltv_core::channel::quantile;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A question about the budget. Amounts are for 28 days, in the account's currency.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetRequest {
    /// The budget. Left out: what is spent now.
    #[schema(example = 50000.0)]
    pub total: Option<f64>,
    /// A ratio to be reached with the least spend, instead of a total.
    pub target: Option<BudgetTarget>,
    /// Least and most spend by channel; where left out, ±30 % of the present spend.
    pub bounds: BTreeMap<String, BudgetLimit>,
    /// Channels that keep their present spend.
    pub locked: Vec<String>,
    /// Every spend that moves is a whole number of these.
    pub step: Option<f64>,
    /// How many periods to plan; left out, 3.
    pub periods: Option<u16>,
    /// How long each of them is: `week`, or `month`, which is 28 days and also meant where it is left out.
    #[schema(pattern = "^(week|month)$", example = "week")]
    pub pace: Option<String>,
    /// By which share customers won or lost by a change are worth less than the others, in `[0, 1)`; left out, 0.
    pub marginal_decline: f64,
}

/// Least and most spend of a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetLimit {
    /// The least; left out, 30 % below the present spend, or the most where that is less.
    pub min: Option<f64>,
    /// The most; left out, 30 % above the present spend, or the least where that is more.
    pub max: Option<f64>,
}

/// A ratio to be reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetTarget {
    /// Contribution (`ltv_to_cac`) or revenue (`roas`) of the customers whom spend brings ÷ spend.
    #[schema(pattern = "^(ltv_to_cac|roas)$", example = "roas")]
    pub measure: String,
    /// At least this.
    pub at_least: f64,
}

/// Mean and central 80 % of what is uncertain.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// A tenth lies below.
    pub low: f64,
    /// A tenth lies above.
    pub high: f64,
}

/// Advice about a budget. Value is contribution where the margin is known, else revenue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BudgetAdvice {
    /// `change`, or `no_change` where the gain's interval reaches zero. A target's is `change`: its total was asked for.
    #[schema(pattern = "^(change|no_change)$", example = "change")]
    pub decision: String,
    /// Why, in a sentence.
    pub reason: String,
    /// The sum of what is recommended, and what the coming periods spend in the mean.
    pub total: f64,
    /// By channel.
    pub channels: Vec<BudgetChannel>,
    /// What spend brings under the recommendation, at season 1, once carry-over has settled.
    pub value: Interval,
    /// What the best split gains over the present split of the same total; forgone where the decision is `no_change`.
    pub gain: Interval,
    /// The gain as a share of what the present split brings.
    pub gain_share: Option<f64>,
    /// For a target: the ratio that is reached, `value` by the measure ÷ `total`.
    pub reached: Option<f64>,
    /// For a target: the largest total that still reaches it.
    pub largest_total: Option<f64>,
    /// A plan of the coming periods: every channel has what is recommended in the mean of them, spent when it brings
    /// most, given season and carry-over.
    pub periods: Vec<BudgetPeriod>,
    /// How to read it: `attributed_not_causal`, `totals_only`, `revenue`, `no_marginal_decline`, `extrapolates`.
    pub notes: Vec<String>,
}

/// Advice for one channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BudgetChannel {
    /// The channel.
    pub channel: String,
    /// Mean spend of the last 28 days.
    pub current: f64,
    /// What to spend.
    pub recommended: f64,
    /// The change as a share of the present spend; null at none.
    pub change: Option<f64>,
    /// Value per unit of further spend, at the present spend.
    pub marginal_return: Option<Interval>,
    /// The same at the recommended spend.
    pub marginal_return_recommended: Option<Interval>,
    /// Why the channel is held at its present spend.
    pub held: Option<String>,
    /// Does the recommendation lie outside of what has been spent over any 28 days?
    pub extrapolates: bool,
}

/// A coming period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BudgetPeriod {
    /// Its first day.
    #[schema(format = "date")]
    pub from: String,
    /// The day behind its last.
    #[schema(format = "date")]
    pub to: String,
    /// What is spent.
    pub spend: f64,
    /// What is spent on each channel.
    pub channels: Vec<BudgetSpend>,
    /// The season's mean factor; 1 is the last year's mean.
    pub season: f64,
    /// What the spend brings, in customers, or money where no customers are known.
    pub outcome: Interval,
    /// Its value.
    pub value: Interval,
    /// What the present spend would bring instead.
    pub value_unchanged: Interval,
}

/// A channel in a coming period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BudgetSpend {
    /// The channel.
    pub channel: String,
    /// What is spent on it.
    pub spend: f64,
}

/// A channel's response curve. Amounts are for 28 days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
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
    pub points: Vec<ChannelCurvePoint>,
}

/// A point of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChannelCurvePoint {
    /// Spend.
    pub spend: f64,
    /// What it brings.
    pub outcome: Interval,
    /// Its value.
    pub value: Interval,
    /// Value per unit of further spend.
    pub marginal_return: Interval,
    /// Has the channel spent as much for 28 days?
    pub seen: bool,
}

impl From<quantile::Interval> for Interval {
    fn from(quantile::Interval { mean, low, high }: quantile::Interval) -> Interval {
        Interval { mean, low, high }
    }
}

impl From<CurvePoint> for ChannelCurvePoint {
    fn from(point: CurvePoint) -> ChannelCurvePoint {
        ChannelCurvePoint {
            spend: point.spend,
            outcome: point.outcome.into(),
            value: point.value.into(),
            marginal_return: point.marginal_return.into(),
            seen: point.seen,
        }
    }
}
