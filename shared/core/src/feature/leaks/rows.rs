//! Rows of a business at random: in flow ranges of days, out flow rows of every table that features are computed from,
//! of every kind and shape. They know no cutoff.
use crate::money::Money;
use crate::table::row::{Customer, Indicator, Kind, Spend, Transaction};
use crate::time::Day;
use proptest::prelude::*;

pub(super) const DAY: i64 = 86_400_000_000;
pub(super) const LAST_DAY: i32 = 300;
pub(super) const SERIES: [&str; 2] = ["mood", "rain"];

/// Rows of some forty customers, of every kind and shape.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    pub(super) transactions: Vec<Transaction>,
    pub(super) customers: Vec<Customer>,
    pub(super) spend: Vec<Spend>,
    pub(super) series: Vec<Indicator>,
}

pub(super) fn transaction(days: std::ops::Range<i32>) -> impl Strategy<Value = Transaction> {
    let what = (0..40_u32, days, 0..3_i64, 0..10_u8, 0..6_i32, 0..4_u8, prop::option::of(0..4_u8));
    what.prop_map(|(customer, day, hour, kind, price, product, order)| {
        let kind = match kind {
            0 => Kind::Refund,
            1 | 2 => Kind::Cancellation,
            _ => Kind::Order,
        };
        let sign = if kind == Kind::Order { 1 } else { -1 };
        let id = order.map(|order| format!("{customer}:{order}"));
        Transaction {
            customer_id: format!("customer {customer}"),
            transaction_id: id.clone().filter(|_| kind == Kind::Order),
            occurred_at: i64::from(day) * DAY + hour * DAY / 24,
            amount: Money::from_cents(sign * price * 250),
            currency: Some("EUR".to_owned()),
            kind,
            cancels: id.filter(|_| kind != Kind::Order),
            product_id: Some(format!("product {product}")),
            quantity: Some(f64::from(sign * price)),
            channel: Some(["Search", "Social"][usize::from(product) % 2].to_owned()),
            line: 1,
        }
    })
}

fn customer() -> impl Strategy<Value = Customer> {
    (0..45_u32, prop::option::of(0..LAST_DAY), prop::option::of(0..2_usize)).prop_map(|(customer, day, channel)| {
        Customer {
            customer_id: format!("customer {customer}"),
            acquired_at: day.map(|day| i64::from(day) * DAY),
            acquisition_channel: channel.map(|channel| ["search", "mail"][channel].to_owned()),
            country: Some("France".to_owned()),
            ..Customer::default()
        }
    })
}

pub(super) fn spend(days: std::ops::Range<i32>) -> impl Strategy<Value = Spend> {
    (days, 0..2_usize, 0..5000_i32).prop_map(|(day, channel, cents)| Spend {
        date: Day(day),
        account: None,
        channel: ["search", "social"][channel].to_owned(),
        campaign_id: None,
        campaign_name: None,
        spend: Money::from_cents(cents),
        currency: Some("EUR".to_owned()),
        impressions: None,
        clicks: None,
        conversions: None,
        conversion_value: None,
        line: 1,
    })
}

/// A value of a series, of some day and published on one of `known`.
pub(super) fn value(known: std::ops::Range<i32>) -> impl Strategy<Value = Indicator> {
    (0..SERIES.len(), known, 0..60_i32, 0..100_i32).prop_map(|(series, known_on, lag, value)| Indicator {
        date: Day(known_on - lag),
        name: SERIES[series].to_owned(),
        value: f64::from(value),
        published_at: Some(Day(known_on)),
        line: 1,
    })
}

pub(super) fn rows() -> impl Strategy<Value = Rows> {
    let transactions = prop::collection::vec(transaction(0..LAST_DAY), 50..250);
    let customers = prop::collection::vec(customer(), 0..50);
    let spend = prop::collection::vec(spend(0..LAST_DAY), 0..60);
    // Two years before the last cutoff, so that changes over a year are known too.
    let series = prop::collection::vec(value(LAST_DAY - 2 * 365..LAST_DAY), 0..60);
    (transactions, customers, spend, series).prop_map(|(transactions, customers, spend, series)| Rows {
        transactions,
        customers,
        spend,
        series,
    })
}
