//! `GET /customers/{id}`: a record of `customers.parquet`, rounded, and whose word it is.
use crate::rounded::{cents, cents_of};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A customer, as the live run scored them.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CustomerAnswer {
    /// The model that says so.
    pub model_id: String,
    /// The run that scored everyone.
    pub run: String,
    /// The first day predicted.
    #[schema(format = "date", example = "2026-06-30")]
    pub cutoff: String,
    /// How many days are predicted.
    #[schema(example = 90)]
    pub horizon_days: i32,
    /// The customer.
    #[serde(flatten)]
    pub customer: StoredCustomer,
}

/// A customer's record. Amounts are in currency, rounded to cents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StoredCustomer {
    /// The id as the lake has it: an email address or phone number as its SHA-256.
    pub customer_id: String,
    /// Expected net spend from the cutoff on, for `horizon_days` days.
    pub predicted_spend: f64,
    /// Lower end of the central 80 % interval of that spend, often 0.
    pub low: f64,
    /// Its upper end: one in ten customers like this spends more.
    pub high: f64,
    /// Net spend before the cutoff.
    pub spend_to_date: f64,
    /// `spend_to_date` + `predicted_spend`.
    pub ltv: f64,
    /// Margin × (spend to date + discounted predicted spend). Left out where the account states no margin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contribution_ltv: Option<f64>,
    /// The quartile of predicted spend.
    #[schema(pattern = "^(Low|Medium|High|Very High)$", example = "High")]
    pub segment: String,
    /// No purchase day at all, or exactly one: little is known, and the prediction leans on others.
    pub cold: bool,
    /// Day of the last purchase.
    #[schema(format = "date")]
    pub last_order: Option<String>,
    /// Orders before the cutoff.
    pub orders: u32,
    /// The last active days before the cutoff, the latest first.
    #[serde(default)]
    pub recent: Vec<ActiveDay>,
    /// What the model saw of the customer, by the feature's name; missing ones are left out.
    #[serde(default)]
    pub features: BTreeMap<String, f64>,
}

/// A day with orders or refunds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActiveDay {
    /// The day, in the account's zone.
    #[schema(format = "date")]
    pub day: String,
    /// Net amount of the day.
    pub amount: f64,
    /// Lines of orders, refunds and cancellations.
    pub lines: usize,
}

impl StoredCustomer {
    /// The record with its amounts in cents.
    pub(crate) fn rounded(mut self) -> StoredCustomer {
        for amount in [&mut self.predicted_spend, &mut self.low, &mut self.high, &mut self.spend_to_date, &mut self.ltv]
        {
            *amount = cents(*amount);
        }
        self.contribution_ltv = cents_of(self.contribution_ltv);
        for day in &mut self.recent {
            day.amount = cents(day.amount);
        }
        self
    }
}
