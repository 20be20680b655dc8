//! What is reported of a channel: in flow sums, out flow their ratios. Nothing is summed over customers here.
use super::known::Known;
use super::payback::Payback;
use crate::channel::acquisition_value::{Shrunk, Values};
use crate::channel::per;
use crate::channel::quantile::Interval;
use crate::feature::history::{SpendDay, known_sum};
use crate::time::{Day, Horizon};
use serde::{Deserialize, Serialize};

/// The normal distribution's quantile at 90 %: half the width of a central 80 % in standard errors.
const HALF_WIDTH: f64 = 1.281_551_565_544_600_4;

/// What one channel cost and brought in a period. Money is in currency. Ratios are absent where undefined: no new
/// customer, no spend, no margin. What is absent is null in JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ChannelFigures {
    /// The channel; `unknown` for customers whose channel nobody states.
    pub channel: String,
    /// The campaign, where figures are of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// Ad spend; absent of a campaign that no source names with its spend, or only later.
    pub spend: Option<f64>,
    /// Times shown; absent where no source says.
    #[serde(default)]
    pub impressions: Option<f64>,
    /// Clicks; absent where no source says.
    #[serde(default)]
    pub clicks: Option<f64>,
    /// Customers acquired in the period, left-censored ones excluded; absent where no customer says which channel, or
    /// which of its campaigns, they came by.
    pub new_customers: Option<u64>,
    /// Spend ÷ new customers. Of all channels together it is the blended one.
    pub cac: Option<f64>,
    /// Spend ÷ new customers of channels with spend: of all channels together, what a paid customer costs.
    #[serde(default)]
    pub paid_cac: Option<f64>,
    /// New customers of channels with clicks ÷ clicks.
    pub conversion_rate: Option<f64>,
    /// What the new customers' orders were of ÷ how many there were, to date, before refunds.
    pub average_order: Option<f64>,
    /// Net spend of a new customer to date.
    pub ltv_to_date: Option<f64>,
    /// What a new customer brings in H days, observed and expected, with the central 80 % of that mean.
    pub predicted_ltv: Option<Interval>,
    /// Net spend of the new customers in the first H days after acquisition, as far as these have passed.
    pub observed_revenue: Option<f64>,
    /// Observed revenue, and what the model expects until each of them has been here for H days.
    pub predicted_revenue: Option<f64>,
    /// Observed revenue ÷ spend.
    pub observed_roas: Option<f64>,
    /// Predicted revenue ÷ spend.
    pub predicted_roas: Option<f64>,
    /// Predicted revenue × margin ÷ spend; absent without a margin.
    pub contribution_roas: Option<f64>,
    /// Revenue per unit of further spend at the last 28 days' mean, from the response curve; absent without one.
    pub marginal_roas: Option<Interval>,
    /// The same where experiments calibrated the curve; absent without any.
    pub incremental_roas: Option<Interval>,
    /// 1 ÷ margin: the ROAS at which contribution covers spend; absent without a margin.
    pub break_even_roas: Option<f64>,
    /// What a new customer brings in H days, shrunk between channels.
    #[serde(default)]
    pub acquisition_revenue: Option<f64>,
    /// Its standard error.
    #[serde(default)]
    pub acquisition_revenue_error: Option<f64>,
    /// Acquisition LTV: what a new customer contributes in H days, acquisition revenue × margin; absent without a margin.
    pub acquisition_ltv: Option<f64>,
    /// Acquisition LTV ÷ CAC; above 1 a new customer pays for itself within H days. Absent without a margin.
    pub ltv_to_cac: Option<f64>,
    /// Acquisition revenue with the parts of its error.
    #[serde(skip)]
    pub acquisition: Option<Shrunk>,
    /// Days until the mean cumulative contribution of the new customers covers CAC; absent where it has not within H
    /// days, and without a margin.
    pub payback_days: Option<u32>,
}

/// All channels over one period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Economics {
    /// The period's first day.
    pub from: Day,
    /// The day behind the period's last.
    pub to: Day,
    /// The age, in days, over which every new customer is looked at.
    pub horizon: Horizon,
    /// By channel, most spend first.
    pub channels: Vec<ChannelFigures>,
    /// All channels together: its CAC is the blended one, all spend ÷ all new customers.
    pub total: ChannelFigures,
    /// Customers first seen in the file's first 90 days without a stated date: nobody's new customers.
    pub left_censored: u64,
    /// By channel and campaign, most spend first.
    #[serde(default)]
    pub campaigns: Vec<ChannelFigures>,
    /// By the month in which customers were acquired, earliest first.
    #[serde(default)]
    pub cohorts: Vec<Cohort>,
}

/// The customers of one month, and what was spent in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Cohort {
    /// The first day.
    #[cfg_attr(feature = "schema", schema(value_type = String, format = "date"))]
    pub from: Day,
    /// The day behind the last.
    #[cfg_attr(feature = "schema", schema(value_type = String, format = "date"))]
    pub to: Day,
    /// By channel, most spend first.
    pub channels: Vec<ChannelFigures>,
    /// All channels together.
    pub total: ChannelFigures,
    /// By channel and campaign, most spend first.
    #[serde(default)]
    pub campaigns: Vec<ChannelFigures>,
}

/// Sums of one channel or campaign.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    pub(super) spend: f64,
    pub(super) impressions: Option<f64>,
    pub(super) clicks: Option<f64>,
    pub(super) new_customers: u64,
    /// Those of channels with spend.
    pub(super) paid_customers: u64,
    /// Those of channels with clicks.
    pub(super) clicked_customers: u64,
    pub(super) observed_revenue: f64,
    pub(super) predicted_revenue: f64,
    pub(super) to_date: f64,
    pub(super) orders: u64,
    pub(super) ordered: f64,
    pub(super) values: Values,
    pub(super) payback: Payback,
}

impl Sums {
    /// Adds a day's spend.
    pub(super) fn spent(&mut self, day: &SpendDay) {
        self.spend += day.spend.to_f64();
        self.impressions = known_sum(self.impressions, day.impressions);
        self.clicks = known_sum(self.clicks, day.clicks);
    }

    /// Says of the customers of one channel that were added what its spend says of them.
    pub(super) fn close(&mut self) {
        self.paid_customers = if self.spend > 0.0 { self.new_customers } else { 0 };
        self.clicked_customers = if self.clicks > Some(0.0) { self.new_customers } else { 0 };
    }

    pub(super) fn add(&mut self, other: &Sums) {
        self.spend += other.spend;
        self.impressions = known_sum(self.impressions, other.impressions);
        self.clicks = known_sum(self.clicks, other.clicks);
        self.new_customers += other.new_customers;
        self.paid_customers += other.paid_customers;
        self.clicked_customers += other.clicked_customers;
        self.observed_revenue += other.observed_revenue;
        self.predicted_revenue += other.predicted_revenue;
        self.to_date += other.to_date;
        self.orders += other.orders;
        self.ordered += other.ordered;
        self.values.customers += other.values.customers;
        self.values.sum += other.values.sum;
        self.values.squares += other.values.squares;
        self.payback.add(&other.payback);
    }

    /// Divides the sums. Without spend there is no cost to speak of: CAC and returns are undefined. What nothing tells
    /// is absent.
    pub(super) fn divided(
        &self,
        channel: &str,
        campaign: Option<&str>,
        acquisition: Option<Shrunk>,
        margin: Option<f64>,
        known: Known,
    ) -> ChannelFigures {
        let customers = self.new_customers as f64;
        let cac = per(self.spend, customers).filter(|cac| *cac > 0.0);
        let error = self.values.standard_error();
        let acquisition_revenue = acquisition.map(|shrunk| shrunk.mean);
        let acquisition_ltv = acquisition_revenue.zip(margin).map(|(revenue, margin)| revenue * margin);
        let predicted_ltv = per(self.predicted_revenue, customers).zip(error).map(|(mean, error)| Interval {
            mean,
            low: mean - HALF_WIDTH * error,
            high: mean + HALF_WIDTH * error,
        });
        let observed_revenue = known.customers.then_some(self.observed_revenue);
        let predicted_revenue = known.customers.then_some(self.predicted_revenue);
        let per_spend = |value: Option<f64>| value.and_then(|value| per(value, self.spend));
        ChannelFigures {
            channel: channel.to_owned(),
            campaign: campaign.map(str::to_owned),
            spend: known.spend.then_some(self.spend),
            impressions: self.impressions,
            clicks: self.clicks,
            new_customers: known.customers.then_some(self.new_customers),
            cac,
            paid_cac: per(self.spend, self.paid_customers as f64),
            conversion_rate: self
                .clicks
                .filter(|_| known.customers)
                .and_then(|clicks| per(self.clicked_customers as f64, clicks)),
            average_order: per(self.ordered, self.orders as f64),
            ltv_to_date: per(self.to_date, customers),
            predicted_ltv,
            observed_revenue,
            predicted_revenue,
            observed_roas: per_spend(observed_revenue),
            predicted_roas: per_spend(predicted_revenue),
            contribution_roas: per_spend(predicted_revenue.zip(margin).map(|(revenue, margin)| revenue * margin)),
            marginal_roas: None,
            incremental_roas: None,
            break_even_roas: margin.map(|margin| 1.0 / margin),
            acquisition_revenue,
            acquisition_revenue_error: acquisition.map(|shrunk| shrunk.error()),
            acquisition_ltv,
            acquisition,
            ltv_to_cac: acquisition_ltv.zip(cac).map(|(value, cac)| value / cac),
            payback_days: cac.zip(margin).and_then(|(cac, margin)| self.payback.days(cac, margin)),
        }
    }
}
