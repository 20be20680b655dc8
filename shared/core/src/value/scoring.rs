//! Everyone's value at a cutoff. In flow a window without a target and the predictions of its rows; out flow customer
//! values in the order of their hashes, and what the API says of each. Nothing is predicted here.
use super::segment::Thresholds;
use super::{CustomerValue, Known};
use crate::account::Account;
use crate::feature::{History, Window};
use crate::model::Prediction;
use crate::money::Money;
use crate::time::Day;
use serde::Serialize;
use std::collections::BTreeMap;

/// Days with orders or refunds that a record shows.
const RECENT_DAYS: usize = 10;

/// The value of every customer of `window`; `predictions` correspond to its rows.
pub fn score(
    history: &History,
    window: &Window,
    predictions: &[Prediction],
    thresholds: &Thresholds,
    account: &Account,
) -> Vec<CustomerValue> {
    let column = |name: &str| window.features.column_of(name).map(|place| window.features.values.column(place));
    let (recency, orders) = (column("recency_days"), column("orders"));
    let known = |row: usize| Known {
        customer_id: history.id(window.customers[row]).to_owned(),
        spend_to_date: window.spend_to_date[row],
        cold: window.cold[row],
        last_order: recency
            .map(|days| days[row])
            .filter(|days| days.is_finite())
            .map(|days| window.cutoff.0 - days as i32),
        orders: orders.map(|orders| orders[row]).filter(|orders| orders.is_finite()).map_or(0, |orders| orders as u32),
    };
    let rows = predictions.iter().enumerate();
    rows.map(|(row, prediction)| CustomerValue::of(known(row), *prediction, thresholds, account, window.horizon))
        .collect()
}

/// A day with orders or refunds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ActiveDay {
    /// The day, in the account's zone.
    pub day: Day,
    /// Net amount of the day, in currency.
    pub amount: f64,
    /// Lines of orders, refunds and cancellations.
    pub lines: usize,
}

/// What the API answers of one customer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CustomerRecord<'a> {
    /// What the customer is worth.
    #[serde(flatten)]
    pub value: &'a CustomerValue,
    /// The last active days before the cutoff, latest first.
    pub recent: Vec<ActiveDay>,
    /// Features by name; missing ones are left out.
    pub features: BTreeMap<&'static str, f32>,
}

impl<'a> CustomerRecord<'a> {
    /// The record of the customer in row `row` of `window`.
    pub fn of(history: &History, window: &Window, row: usize, value: &'a CustomerValue) -> CustomerRecord<'a> {
        let values = window.features.values.row(row);
        let named = window.features.features.iter().zip(values);
        let features =
            named.filter(|(_, value)| value.is_finite()).map(|(feature, value)| (feature.name, *value)).collect();
        let before = history.events(window.customers[row]).iter().filter(|event| window.cutoff.is_after(event.day));
        let mut days: Vec<(Day, Money, usize)> = Vec::new();
        for event in before {
            match days.last_mut() {
                Some((day, amount, lines)) if *day == event.day => {
                    *amount += event.amount;
                    *lines += 1;
                }
                _ => days.push((event.day, event.amount, 1)),
            }
        }
        let recent = days.iter().rev().take(RECENT_DAYS);
        let recent = recent.map(|(day, amount, lines)| ActiveDay { day: *day, amount: amount.to_f64(), lines: *lines });
        CustomerRecord { value, recent: recent.collect(), features }
    }
}
