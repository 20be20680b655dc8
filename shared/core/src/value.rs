//! What a customer is worth: predicted spend, LTV, contribution, interval, segment. In flow predictions of
//! [`crate::model`]; out flow the rows that are served and exported. Nothing is predicted here.
pub mod drift;
pub mod rules;
pub mod scoring;
pub mod segment;
pub mod table;
pub mod total;
pub mod track;

use crate::account::Account;
use crate::customer::CustomerHash;
use crate::model::Prediction;
use crate::time::{Day, Horizon};
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

/// What is known of a customer at the cutoff, besides features.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The id as it stands in the canonical tables.
    pub customer_id: String,
    /// Net spend before the cutoff, in currency.
    pub spend_to_date: f64,
    /// No purchase day at all, or exactly one.
    pub cold: bool,
    /// Day of the last purchase.
    pub last_order: Option<Day>,
    /// Orders before the cutoff.
    pub orders: u32,
}

/// What a customer is worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CustomerValue {
    /// The id as it stands in the canonical tables.
    pub customer_id: String,
    /// The id's hash, by which tables are sorted.
    #[serde(skip)]
    pub hash: CustomerHash,
    /// Expected net spend in `[cutoff, cutoff + horizon)`, in currency.
    pub predicted_spend: f64,
    /// Lower end of the central 80 % interval, in currency; 0 where many customers like this spend nothing.
    pub low: f64,
    /// Spend that one in ten customers like this exceeds, in currency.
    pub high: f64,
    /// Net spend before the cutoff, in currency.
    pub spend_to_date: f64,
    /// `spend_to_date` + `predicted_spend`, in currency.
    pub ltv: f64,
    /// Margin × (spend to date + discounted predicted spend), in currency. Absent without a margin.
    pub contribution_ltv: Option<f64>,
    /// The quartile.
    pub segment: Segment,
    /// No purchase day at all, or exactly one: little is known, and the prediction leans on others.
    pub cold: bool,
    /// Day of the last purchase.
    pub last_order: Option<Day>,
    /// Orders before the cutoff.
    pub orders: u32,
}

/// `margin · (spend_to_date + predicted · (1 + r)^(−H/730))`, in currency: the prediction is discounted from the middle
/// of the horizon. `None` where the account states no margin.
pub fn contribution_ltv(account: &Account, horizon: Horizon, spend_to_date: f64, predicted_spend: f64) -> Option<f64> {
    let discount = (1.0 + account.discount_rate).powf(-f64::from(horizon.days()) / 730.0);
    account.margin.map(|margin| margin * (spend_to_date + predicted_spend * discount))
}

impl CustomerValue {
    /// Puts together what is known and what is predicted of one customer.
    pub fn of(
        known: Known,
        prediction: Prediction,
        thresholds: &segment::Thresholds,
        account: &Account,
        horizon: Horizon,
    ) -> CustomerValue {
        let predicted_spend = prediction.predicted_spend;
        CustomerValue {
            hash: CustomerHash::of(&known.customer_id),
            customer_id: known.customer_id,
            predicted_spend,
            low: prediction.low,
            high: prediction.high,
            spend_to_date: known.spend_to_date,
            ltv: known.spend_to_date + predicted_spend,
            contribution_ltv: contribution_ltv(account, horizon, known.spend_to_date, predicted_spend),
            segment: thresholds.segment(predicted_spend),
            cold: known.cold,
            last_order: known.last_order,
            orders: known.orders,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(account: &Account) -> CustomerValue {
        let known = Known {
            customer_id: "7".to_owned(),
            spend_to_date: 100.0,
            cold: false,
            last_order: Some(Day(9_000)),
            orders: 3,
        };
        let prediction = Prediction { predicted_spend: 50.0, low: 0.0, high: 120.0 };
        let thresholds = segment::Thresholds([10.0, 50.0, 60.0]);
        CustomerValue::of(known, prediction, &thresholds, account, Horizon::try_from(365).unwrap())
    }

    #[test]
    fn without_a_margin_there_is_no_contribution() {
        let value = value(&Account::default());
        assert_eq!((value.ltv, value.contribution_ltv, value.segment), (150.0, None, Segment::High));
    }

    #[test]
    fn a_contribution_is_the_margins_share_with_the_prediction_discounted_from_mid_horizon() {
        let account = Account { margin: Some(0.4), discount_rate: 0.21, ..Account::default() };
        // (1.21)^(-1/2) = 1 / 1.1
        assert!((value(&account).contribution_ltv.unwrap() - 0.4 * (100.0 + 50.0 / 1.1)).abs() < 1e-9);
    }
}
