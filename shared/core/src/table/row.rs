//! The rows of the canonical tables as plain values: what adapters produce and what merging yields.
use crate::money::Money;
use crate::time::Day;
use serde::{Deserialize, Serialize};

/// What a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A purchase; its amount may be zero.
    Order,
    /// Money given back; its amount is negative.
    Refund,
    /// An order taken back; its amount is negative, and `cancels` names the order where the source does.
    Cancellation,
}

/// A line of an order, refund or cancellation. `Text` is what its ids are held in: millions of lines pass through an
/// upload borrowed from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transaction<Text = String> {
    /// Normalised id; a SHA-256 where the source identifies by email or phone.
    pub customer_id: Text,
    /// The order's id, namespaced by source system (`shopify:#1001`); several lines may share it.
    pub transaction_id: Option<Text>,
    /// UTC microseconds since 1970.
    pub occurred_at: i64,
    /// Signed amount of this line.
    pub amount: Money,
    /// ISO 4217 code.
    pub currency: Option<Text>,
    /// What it is.
    pub kind: Kind,
    /// The `transaction_id` that this cancels or refunds, where known.
    pub cancels: Option<Text>,
    /// The product; absent for postage, discounts and other non-product lines.
    pub product_id: Option<Text>,
    /// Units, signed as the source has them.
    pub quantity: Option<f64>,
    /// Where the order came from, where the source says so.
    pub channel: Option<Text>,
    /// Line of the upload, counted from 1.
    pub line: u64,
}

impl Transaction {
    /// An order of which nothing but customer, time (UTC microseconds since 1970) and amount is known; the first line
    /// of its upload.
    pub fn order(customer_id: &str, occurred_at: i64, amount: Money) -> Transaction {
        Transaction {
            customer_id: customer_id.to_owned(),
            transaction_id: None,
            occurred_at,
            amount,
            currency: None,
            kind: Kind::Order,
            cancels: None,
            product_id: None,
            quantity: None,
            channel: None,
            line: 1,
        }
    }
}

/// A customer, as known at acquisition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    /// Normalised id; a SHA-256 where the source identifies by email or phone.
    pub customer_id: String,
    /// UTC microseconds since 1970.
    pub acquired_at: Option<i64>,
    /// Channel that brought the customer.
    pub acquisition_channel: Option<String>,
    /// Campaign that brought the customer.
    pub acquisition_campaign: Option<String>,
    /// Country, as the source names it.
    pub country: Option<String>,
    /// SHA-256 of the normalised email address.
    pub email_sha256: Option<String>,
    /// SHA-256 of the normalised phone number.
    pub phone_sha256: Option<String>,
    /// Line of the upload, counted from 1.
    pub line: u64,
}

/// Ad spend of one day on one campaign, or of one channel where the source has no campaigns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spend {
    /// The day in the ad account's zone.
    pub date: Day,
    /// The ad account.
    pub account: Option<String>,
    /// The channel, such as `google_ads`.
    pub channel: String,
    /// The campaign's id.
    pub campaign_id: Option<String>,
    /// The campaign's name.
    pub campaign_name: Option<String>,
    /// What was spent.
    pub spend: Money,
    /// ISO 4217 code.
    pub currency: Option<String>,
    /// Times shown.
    pub impressions: Option<f64>,
    /// Clicks to the shop, not all interactions.
    pub clicks: Option<f64>,
    /// Conversions as the platform counts them, fractional where attributed.
    pub conversions: Option<f64>,
    /// Their value as the platform counts it.
    pub conversion_value: Option<Money>,
    /// Line of the upload, counted from 1.
    pub line: u64,
}

#[cfg(test)]
impl Spend {
    /// Spend on a channel of which no source says more.
    pub(crate) fn of(channel: &str, date: Day, spend: Money) -> Spend {
        Spend {
            date,
            account: None,
            channel: channel.to_owned(),
            campaign_id: None,
            campaign_name: None,
            spend,
            currency: None,
            impressions: None,
            clicks: None,
            conversions: None,
            conversion_value: None,
            line: 1,
        }
    }
}

/// A customer of the dateless cross-section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Acquisition {
    /// Normalised id.
    pub customer_id: String,
    /// The channel that brought the customer.
    pub channel: String,
    /// What bringing the customer cost.
    pub cost: Money,
    /// Share of visits that converted, in `[0, 1]`.
    pub conversion_rate: f64,
    /// What the customer brought in.
    pub revenue: Money,
    /// Line of the upload, counted from 1.
    pub line: u64,
}

/// One value of an economic series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Indicator {
    /// The day the value is of.
    pub date: Day,
    /// The series, such as `inflation`.
    pub name: String,
    /// The value, in the series' own unit.
    pub value: f64,
    /// The day the value became known; a cutoff sees only values published before it.
    pub published_at: Option<Day>,
    /// Line of the upload, counted from 1.
    pub line: u64,
}

impl Indicator {
    /// The day from which the value is known: without a publication date, the day it is of.
    pub fn known_on(&self) -> Day {
        self.published_at.unwrap_or(self.date)
    }

    /// Days from the day the value is of to its publication.
    pub fn lag_days(&self) -> i32 {
        self.known_on().since(self.date)
    }
}

/// What a lift test counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// New customers.
    Customers,
    /// Their revenue, in currency.
    Revenue,
}

impl Measure {
    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Customers => "customers",
            Measure::Revenue => "revenue",
        }
    }
}

/// An experiment on one channel: its spend was changed for a while against a control group, and something came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiftTest {
    /// The first day.
    pub start: Day,
    /// The last day.
    pub end: Day,
    /// The channel.
    pub channel: String,
    /// What was spent more (or, negative, less) than by the control, over all its days.
    pub spend_change: Money,
    /// ISO 4217 code.
    pub currency: Option<String>,
    /// What was counted.
    pub measure: Measure,
    /// How much more (or less) of it came.
    pub incremental: f64,
    /// The standard error of that, above 0.
    pub standard_error: f64,
    /// Line of the upload, counted from 1.
    pub line: u64,
}
