//! `segments.json` and `channels.json`, as a run writes them.
use ltv_core::channel::quantile::Interval;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Of `segments.json`: which days the run predicted.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct ScoredAt {
    pub(crate) cutoff: String,
    pub(crate) horizon_days: i32,
}

/// Everyone scored, by quartile of predicted spend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Segments {
    /// The model that says so.
    pub model_id: String,
    /// The first day predicted.
    #[schema(format = "date", example = "2026-06-30")]
    pub cutoff: String,
    /// How many days are predicted.
    #[schema(example = 90)]
    pub horizon_days: i32,
    /// The segments, the most valuable first.
    pub segments: Vec<Segment>,
    /// Everyone together.
    pub total: Totals,
    /// Share of customers whose segment the rules name.
    pub rules_accuracy: f64,
}

/// A segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Segment {
    /// Its name.
    #[schema(pattern = "^(Low|Medium|High|Very High)$", example = "Very High")]
    pub segment: String,
    /// Predicted spend at which it begins, in currency; 0 for the lowest.
    pub from: f64,
    /// Its customers together.
    #[serde(flatten)]
    pub total: Totals,
    /// The segment stated as rules a person can read, by a decision tree that imitates it.
    pub rules: Vec<SegmentRule>,
}

/// Some customers together. Amounts are in currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    /// How many customers.
    pub customers: usize,
    /// How many of them are cold: with at most one purchase day.
    pub cold: usize,
    /// What they are expected to spend.
    pub predicted_spend: f64,
    /// Lower end of the central 80 % interval of that sum.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Does the interval hold what is uncertain about the level of all predictions? Otherwise it is of chance alone.
    pub level_included: bool,
    /// What they have spent.
    pub spend_to_date: f64,
    /// The sum of both.
    pub ltv: f64,
    /// Contribution of both; null without a margin.
    pub contribution_ltv: Option<f64>,
}

/// Conditions that together mean a segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SegmentRule {
    /// All conditions in words.
    pub rule: String,
    /// Share of all customers that meet them.
    pub share: f64,
    /// Share of those that are in the segment.
    pub precision: f64,
    /// The conditions.
    pub conditions: Vec<SegmentCondition>,
}

/// A bound on one feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SegmentCondition {
    /// The feature.
    pub feature: String,
    /// The feature in words.
    pub words: String,
    /// Its unit.
    pub unit: String,
    /// The value is at least this.
    pub at_least: Option<f64>,
    /// The value is below this.
    pub below: Option<f64>,
}

/// What channels cost and brought. Of the cross-section without dates, `cross_section` is true and everything about
/// days is absent. Without ad spend and customers' channels there are no channels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Channels {
    /// True of figures from a table without dates.
    #[serde(default)]
    pub cross_section: bool,
    /// True of a table of media and revenue without customers: spend and returns, and nothing about customers.
    #[serde(default)]
    pub media: bool,
    /// The model that says so.
    pub model_id: Option<String>,
    /// The first day predicted.
    #[schema(format = "date")]
    pub cutoff: Option<String>,
    /// How many days are predicted.
    pub horizon_days: Option<i32>,
    /// Currency of all amounts.
    pub currency: Option<String>,
    /// The period's first day.
    #[schema(format = "date")]
    pub from: Option<String>,
    /// The day behind the period's last.
    #[schema(format = "date")]
    pub to: Option<String>,
    /// The age, in days, over which every new customer is looked at.
    pub horizon: Option<u16>,
    /// The channels, most spend first.
    #[serde(default)]
    pub channels: Vec<Channel>,
    /// All channels together.
    pub total: Option<Channel>,
    /// Customers who may be older than the data: nobody's new customers.
    pub left_censored: Option<u64>,
    /// By channel and campaign, most spend first.
    #[serde(default)]
    pub campaigns: Vec<Channel>,
    /// By the month in which customers were acquired, earliest first.
    #[serde(default)]
    pub cohorts: Vec<Cohort>,
}

/// The customers of one month, and what was spent in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Cohort {
    /// The first day.
    #[schema(format = "date")]
    pub from: String,
    /// The day behind the last.
    #[schema(format = "date")]
    pub to: String,
    /// By channel, most spend first.
    pub channels: Vec<Channel>,
    /// All channels together.
    pub total: Channel,
    /// By channel and campaign, most spend first.
    #[serde(default)]
    pub campaigns: Vec<Channel>,
}

/// A channel. Ratios are null where undefined: no new customer, no spend, no margin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Channel {
    /// Its name; `unknown` for customers whose channel nobody states.
    pub channel: String,
    /// Ad spend; null of a campaign that no source names with its spend.
    pub spend: Option<f64>,
    /// Times shown; null where no source says.
    pub impressions: Option<f64>,
    /// Clicks; null where no source says.
    pub clicks: Option<f64>,
    /// Customers won in the period; null where no customer says which channel, or which of its campaigns, they came by.
    pub new_customers: Option<u64>,
    /// The campaign, where figures are of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// Spend ÷ new customers; of all channels together the blended one.
    pub cac: Option<f64>,
    /// Spend ÷ new customers of channels with spend: of all channels together, what a paid customer costs.
    pub paid_cac: Option<f64>,
    /// New customers of channels with clicks ÷ clicks.
    pub conversion_rate: Option<f64>,
    /// What the new customers' orders were of ÷ how many there were, to date.
    pub average_order: Option<f64>,
    /// Net spend of a new customer to date.
    pub ltv_to_date: Option<f64>,
    /// What a new customer brings in H days, with the central 80 % of that mean.
    pub predicted_ltv: Option<Interval>,
    /// What the new customers have spent in their first H days.
    pub observed_revenue: Option<f64>,
    /// That, and what the model expects until each has been here for H days.
    pub predicted_revenue: Option<f64>,
    /// Observed revenue ÷ spend.
    pub observed_roas: Option<f64>,
    /// Predicted revenue ÷ spend.
    pub predicted_roas: Option<f64>,
    /// Predicted revenue × margin ÷ spend.
    pub contribution_roas: Option<f64>,
    /// What a new customer brings in H days, shrunk between channels.
    pub acquisition_revenue: Option<f64>,
    /// Its standard error.
    pub acquisition_revenue_error: Option<f64>,
    /// Acquisition LTV: what a new customer contributes in H days; null without a margin.
    pub acquisition_ltv: Option<f64>,
    /// Acquisition LTV ÷ CAC; above 1 a new customer pays for itself within H days. Null without a margin.
    pub ltv_to_cac: Option<f64>,
    /// Revenue per unit of further spend, from the response curve.
    pub marginal_roas: Option<Interval>,
    /// The same where experiments calibrated the curve.
    pub incremental_roas: Option<Interval>,
    /// 1 ÷ margin.
    pub break_even_roas: Option<f64>,
    /// Days until the new customers' mean contribution covers CAC; null where it has not yet.
    pub payback_days: Option<u32>,
    /// Of the cross-section: how many customers.
    pub customers: Option<u64>,
    /// Of the cross-section: what bringing them cost.
    pub cost: Option<f64>,
    /// Of the cross-section: what they brought in.
    pub revenue: Option<f64>,
    /// Of the cross-section: revenue ÷ cost.
    pub roas: Option<f64>,
    /// Of the cross-section: mean cost ÷ mean conversion rate, right only where the cost is per visit or click.
    pub cost_per_conversion: Option<f64>,
}
