//! How long, how often and how regularly a customer buys.
use super::{Definition, numeric};
use crate::feature::known::{mean, ratio, spread};

pub(super) const PACE: &[Definition] = &[
    numeric("tenure_days", "days", "Days since the customer was acquired.", |k| Some(k.days_since(k.acquired))),
    numeric("recency_days", "days", "Days since the last purchase day; missing without a purchase.", |k| {
        k.last().map(|last| k.days_since(last.day))
    }),
    numeric("first_purchase_days", "days", "Days since the first purchase day; missing without a purchase.", |k| {
        k.first().map(|first| k.days_since(first.day))
    }),
    numeric(
        "purchase_days",
        "days",
        "Purchase days: days with a positive net amount, or with free orders only.",
        |k| Some(k.purchases.len() as f64),
    ),
    numeric("frequency", "days", "Repeat purchase days: purchase days after the first.", |k| {
        Some(k.purchases.len().saturating_sub(1) as f64)
    }),
    numeric("orders", "orders", "Orders that were not cancelled by the cutoff; several may share a day.", |k| {
        Some(f64::from(k.ledger.days.iter().map(|day| day.orders).sum::<u32>()))
    }),
    numeric(
        "purchase_rate",
        "days per year",
        "Purchase days per year since acquisition, over at least 30 days.",
        |k| Some(k.purchases.len() as f64 / k.days_since(k.acquired).max(30.0) * 365.25),
    ),
    numeric(
        "active_share",
        "share",
        "Time from the first to the last purchase as a share of the time since the first.",
        |k| {
            let (first, last) = (k.first()?, k.last()?);
            ratio(f64::from(last.day.since(first.day)), k.days_since(first.day))
        },
    ),
    numeric("gap_mean_days", "days", "Mean days between successive purchase days; missing without a repeat.", |k| {
        mean(k.gaps())
    }),
    numeric("gap_std_days", "days", "Standard deviation of these gaps; missing with fewer than two.", |k| {
        spread(k.gaps())
    }),
    numeric("last_gap_days", "days", "Days between the last two purchase days.", |k| k.gaps().next_back()),
    numeric(
        "last_gap_ratio",
        "ratio",
        "The last gap as a multiple of the mean gap: above 1, purchases are slowing.",
        |k| ratio(k.gaps().next_back()?, mean(k.gaps())?),
    ),
    numeric(
        "overdue_ratio",
        "ratio",
        "Recency as a multiple of the mean gap: above 1, the next purchase is overdue.",
        |k| ratio(k.days_since(k.last()?.day), mean(k.gaps())?),
    ),
    numeric("first_gap_days", "days", "Days between the first and the second purchase day.", |k| k.gaps().next()),
];
