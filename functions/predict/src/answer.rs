//! `POST /predict`, the way out: from a checked request and the live model to what each customer is worth. Features and
//! values are computed by the code that training and scoring use; nothing is predicted here that they would predict
//! otherwise.
use crate::problem::{Fault, Problem};
use crate::request::Asked;
use crate::rounded::{cents, cents_of};
use ltv_core::account::Account;
use ltv_core::feature;
use ltv_core::model::Model;
use ltv_core::time::{Cutoff, Day};
use ltv_core::value::segment::Thresholds;
use ltv_core::value::{CustomerValue, Segment, scoring};
use ltv_lake::layout::ModelId;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// What the customers of a request are worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PredictAnswer {
    /// The model that says so.
    #[schema(example = "20260630T020000Z-1a2b3c4d")]
    pub model_id: String,
    /// The first day predicted; what happened on it or behind it was not looked at.
    #[schema(value_type = String, format = "date", example = "2026-06-30")]
    pub cutoff: Cutoff,
    /// How many days are predicted.
    #[schema(example = 90)]
    pub horizon_days: i32,
    /// Currency of all amounts, where it is known.
    #[schema(example = "EUR")]
    pub currency: Option<String>,
    /// The customers, in the order in which the request first names them.
    pub customers: Vec<Predicted>,
}

/// What one customer is worth. Amounts are in currency, rounded to cents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Predicted {
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
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contribution_ltv: Option<f64>,
    /// The quartile among everyone who was scored with the model.
    #[schema(value_type = String, pattern = "^(Low|Medium|High|Very High)$", example = "High")]
    pub segment: Segment,
    /// No purchase day at all, or exactly one: little is known, and the prediction leans on others.
    pub cold: bool,
    /// Day of the last purchase before the cutoff.
    #[schema(value_type = Option<String>, format = "date")]
    pub last_order: Option<Day>,
    /// Orders before the cutoff.
    pub orders: u32,
    /// Transactions of the request that lie at or behind the cutoff and were not looked at.
    pub transactions_behind_cutoff: usize,
}

impl Predicted {
    fn of(value: &CustomerValue, behind: usize) -> Predicted {
        Predicted {
            customer_id: value.customer_id.clone(),
            predicted_spend: cents(value.predicted_spend),
            low: cents(value.low),
            high: cents(value.high),
            spend_to_date: cents(value.spend_to_date),
            ltv: cents(value.ltv),
            contribution_ltv: cents_of(value.contribution_ltv),
            segment: value.segment,
            cold: value.cold,
            last_order: value.last_order,
            orders: value.orders,
            transactions_behind_cutoff: behind,
        }
    }
}

/// Predicts everyone of a request.
pub(crate) fn predict(asked: Asked, id: &ModelId, model: &Model, account: &Account) -> Result<PredictAnswer, Problem> {
    let Asked { customers, history, cutoff } = asked;
    let window = feature::window(&history, &model.context, cutoff);
    let predictions = model.predict(&window.features, &window.summaries);
    let values = scoring::score(&history, &window, &predictions, &Thresholds(model.segments), account);
    let rows: HashMap<u32, usize> = window.customers.iter().copied().zip(0..).collect();
    let (mut predicted, mut faults) = (Vec::with_capacity(customers.len()), Vec::new());
    for customer in &customers {
        let row = history.position(&customer.hash).and_then(|number| rows.get(&number));
        let behind = customer.transactions_behind(cutoff);
        match row.and_then(|row| values.get(*row)) {
            Some(value) => predicted.push(Predicted::of(value, behind)),
            None => faults.push(unknown_before(&customer.named, cutoff)),
        }
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    Ok(PredictAnswer {
        model_id: id.to_string(),
        cutoff,
        horizon_days: window.horizon.days(),
        currency: model.context.currency.clone(),
        customers: predicted,
    })
}

fn unknown_before(named: &str, cutoff: Cutoff) -> Fault {
    let detail = format!(
        "Customer {named:?} has neither a transaction nor an acquired_at before {cutoff}, so there is nothing to \
         predict from. Send one, leave the customer out, or give a later as_of."
    );
    Fault { pointer: String::new(), customer_id: Some(named.to_owned()), transaction: None, value: None, detail }
}
