//! How much a customer spends, on what, and how much of it comes back.
use super::{Definition, numeric};
use crate::feature::known::{Known, mean, ratio, spread};

fn amounts(k: &Known<'_>) -> impl DoubleEndedIterator<Item = f64> + Clone {
    k.purchases.iter().map(|purchase| purchase.amount)
}

fn units(k: &Known<'_>) -> f64 {
    k.ledger.days.iter().map(|day| day.units).sum()
}

fn orders(k: &Known<'_>) -> f64 {
    f64::from(k.ledger.days.iter().map(|day| day.orders).sum::<u32>())
}

pub(super) const AMOUNTS: &[Definition] = &[
    numeric("spend_to_date", "currency", "Net spend so far: everything booked, refunds subtracted.", |k| {
        Some(k.ledger.booked.to_f64())
    }),
    numeric(
        "spend_per_year",
        "currency per year",
        "Net spend per year since acquisition, over at least 30 days.",
        |k| Some(k.ledger.booked.to_f64() / k.days_since(k.acquired).max(30.0) * 365.25),
    ),
    numeric("amount_first", "currency", "Net amount of the first purchase day.", |k| amounts(k).next()),
    numeric("amount_last", "currency", "Net amount of the last purchase day.", |k| amounts(k).next_back()),
    numeric("amount_mean", "currency", "Mean net amount of a purchase day.", |k| mean(amounts(k))),
    numeric("amount_max", "currency", "Largest net amount of a purchase day.", |k| amounts(k).reduce(f64::max)),
    numeric("amount_min", "currency", "Smallest net amount of a purchase day.", |k| amounts(k).reduce(f64::min)),
    numeric("amount_std", "currency", "Standard deviation of the purchase days' net amounts.", |k| spread(amounts(k))),
    numeric("amount_repeat_mean", "currency", "Mean net amount of repeat purchase days.", |k| mean(amounts(k).skip(1))),
    numeric("amount_max_share", "share", "The largest purchase day's share of all purchase days' net amounts.", |k| {
        ratio(amounts(k).reduce(f64::max)?, amounts(k).sum())
    }),
    numeric("amount_last_ratio", "ratio", "The last purchase day's amount as a multiple of the mean.", |k| {
        ratio(amounts(k).next_back()?, mean(amounts(k))?)
    }),
    numeric("returned_amount", "currency", "Amounts given back so far: refunds and cancellations.", |k| {
        Some(k.ledger.returned.to_f64())
    }),
    numeric("returned_share", "share", "Amounts given back as a share of all positive amounts.", |k| {
        ratio(k.ledger.returned.to_f64(), k.ledger.gross.to_f64())
    }),
    numeric("return_lines", "lines", "Lines that gave money back.", |k| Some(f64::from(k.ledger.returns))),
    numeric("units", "units", "Units of orders that were not cancelled.", |k| Some(units(k))),
    numeric("units_per_order", "units", "Units an order.", |k| ratio(units(k), orders(k))),
    numeric("products", "products", "Distinct products ordered: the breadth of what the customer buys.", |k| {
        Some(k.ledger.products.len() as f64)
    }),
    numeric(
        "products_per_order",
        "products",
        "Distinct products an order: low for those who buy the same again.",
        |k| ratio(k.ledger.products.len() as f64, orders(k)),
    ),
    numeric("first_order_products", "products", "Distinct products of the first order.", |k| {
        k.first().map(|_| f64::from(k.ledger.first_order_products))
    }),
];
