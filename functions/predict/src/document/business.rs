//! `segments.json` and `channels.json`, as a run writes them. What ltv-core computes are its own types, which bring their
//! description; here stands what documents put around them.
use ltv_core::channel::economics::{ChannelFigures, Cohort};
use ltv_core::value::rules::Condition;
use ltv_core::value::total::Total;
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
    pub total: Total,
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
    pub total: Total,
    /// The segment stated as rules a person can read, by a decision tree that imitates it.
    pub rules: Vec<SegmentRule>,
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
    pub conditions: Vec<Condition>,
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
    /// The channels of the page, most spend first.
    #[serde(default)]
    pub channels: Vec<Channel>,
    /// All channels together.
    pub total: Option<Channel>,
    /// Customers who may be older than the data: nobody's new customers.
    pub left_censored: Option<u64>,
    /// The campaigns of the page, most spend first.
    #[serde(default)]
    pub campaigns: Vec<ChannelFigures>,
    /// By the month in which customers were acquired, earliest first; of the channels and campaigns of the page.
    #[serde(default)]
    pub cohorts: Vec<Cohort>,
    /// How many channels there are on all pages.
    #[serde(default)]
    pub channels_total: usize,
    /// How many campaigns there are on all pages.
    #[serde(default)]
    pub campaigns_total: usize,
    /// What `after` takes to go on; null on the last page.
    #[serde(default)]
    #[schema(example = "100")]
    pub next: Option<String>,
}

/// A channel. Ratios are null where undefined: no new customer, no spend, no margin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Channel {
    /// What it cost and brought in the period; of the cross-section only its name and its CAC, cost ÷ customers.
    #[serde(flatten)]
    pub figures: ChannelFigures,
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
