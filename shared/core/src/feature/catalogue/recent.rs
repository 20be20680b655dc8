//! What happened lately, against what happened before.
use super::{Definition, numeric};
use crate::feature::known::{Known, ratio};

/// Net spend in which the latest `n` days weigh double the `n` days before them, and so on.
fn decayed(k: &Known<'_>, half_life: f64) -> f64 {
    let weighted =
        |day: &crate::feature::ledger::LedgerDay| day.booked.to_f64() * (-k.days_since(day.day) / half_life).exp2();
    k.ledger.days.iter().map(weighted).sum()
}

/// The share of two equal spans that fell into the later one.
fn recent_share(recent: f64, earlier: f64) -> Option<f64> {
    ratio(recent.max(0.0), recent.max(0.0) + earlier.max(0.0))
}

pub(super) const RECENT: &[Definition] = &[
    numeric("spend_30d", "currency", "Net spend of the last 30 days.", |k| Some(k.spend(30, 0))),
    numeric("spend_60d", "currency", "Net spend of the last 60 days.", |k| Some(k.spend(60, 0))),
    numeric("spend_90d", "currency", "Net spend of the last 90 days.", |k| Some(k.spend(90, 0))),
    numeric("spend_180d", "currency", "Net spend of the last 180 days.", |k| Some(k.spend(180, 0))),
    numeric("spend_365d", "currency", "Net spend of the last 365 days.", |k| Some(k.spend(365, 0))),
    numeric("spend_horizon", "currency", "Net spend of the last H days.", |k| Some(k.spend(k.horizon.days(), 0))),
    numeric("orders_30d", "orders", "Orders of the last 30 days.", |k| Some(k.orders(30, 0))),
    numeric("orders_60d", "orders", "Orders of the last 60 days.", |k| Some(k.orders(60, 0))),
    numeric("orders_90d", "orders", "Orders of the last 90 days.", |k| Some(k.orders(90, 0))),
    numeric("orders_180d", "orders", "Orders of the last 180 days.", |k| Some(k.orders(180, 0))),
    numeric("orders_365d", "orders", "Orders of the last 365 days.", |k| Some(k.orders(365, 0))),
    numeric("orders_horizon", "orders", "Orders of the last H days.", |k| Some(k.orders(k.horizon.days(), 0))),
    numeric("spend_decayed_30d", "currency", "Net spend, each 30 days back weighing half as much.", |k| {
        Some(decayed(k, 30.0))
    }),
    numeric("spend_decayed_90d", "currency", "Net spend, each 90 days back weighing half as much.", |k| {
        Some(decayed(k, 90.0))
    }),
    numeric("spend_decayed_365d", "currency", "Net spend, each 365 days back weighing half as much.", |k| {
        Some(decayed(k, 365.0))
    }),
    numeric("spend_trend_30d", "share", "Share of the last 60 days' spend that fell into the last 30.", |k| {
        recent_share(k.spend(30, 0), k.spend(60, 30))
    }),
    numeric("spend_trend_90d", "share", "Share of the last 180 days' spend that fell into the last 90.", |k| {
        recent_share(k.spend(90, 0), k.spend(180, 90))
    }),
    numeric("spend_trend_horizon", "share", "Share of the last 2H days' spend that fell into the last H.", |k| {
        let days = k.horizon.days();
        recent_share(k.spend(days, 0), k.spend(2 * days, days))
    }),
    numeric("orders_trend_90d", "share", "Share of the last 180 days' orders that fell into the last 90.", |k| {
        recent_share(k.orders(90, 0), k.orders(180, 90))
    }),
    numeric("orders_trend_horizon", "share", "Share of the last 2H days' orders that fell into the last H.", |k| {
        let days = k.horizon.days();
        recent_share(k.orders(days, 0), k.orders(2 * days, days))
    }),
    numeric(
        "spend_last_year",
        "currency",
        "Net spend of the H days that the window will repeat a year later; missing where the history is too short.",
        |k| {
            let year_to_window_end = 365 - k.horizon.days();
            (k.covers(365) && year_to_window_end >= 0).then(|| k.spend(365, year_to_window_end))
        },
    ),
];
