//! The truth about a customer's future. In flow a customer, its orders and their baskets; out flow, for each horizon
//! behind the last observed day, what was really ordered and spent, and what was to be expected by somebody who knew
//! the customer's parameters, whether it is alive, and everything that happened before that day.
//!
//! A window is `[last day, last day + horizon)`, and money given back counts on its own booking day, as in the
//! definition of the target. No row of an export is made here.
use super::basket::{Basket, Fate};
use super::calendar::{Calendar, day_of};
use super::constants::{CHANNELS, HORIZONS, LATE_FIRST_ORDER_DAYS, LINES, LONGEST_REFUND_DAYS, PROPORTIONS};
use super::customer::{Customer, Placed};

/// Orders and net spend of a customer, before the last day and in each horizon's window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Realised {
    /// Orders placed before the last day, later cancelled ones included.
    pub(crate) past_orders: u32,
    /// Net spend before the last day.
    pub(crate) past_cents: i64,
    /// Orders placed in each window.
    pub(crate) orders: [u32; HORIZONS.len()],
    /// Net spend of each window.
    pub(crate) cents: [i64; HORIZONS.len()],
}

/// What was to be expected of each horizon's window at the start of the last day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Expected {
    /// Orders placed.
    pub(crate) orders: [f64; HORIZONS.len()],
    /// Net spend.
    pub(crate) spend: [f64; HORIZONS.len()],
}

/// Adds up what happened.
pub(crate) fn realised(calendar: &Calendar, orders: &[(Placed, Basket)]) -> Realised {
    let last = calendar.last();
    let mut sums = Realised::default();
    let mut book = |at: i64, orders: u32, cents: i64| {
        let day = day_of(at);
        if day < last {
            sums.past_orders += orders;
            sums.past_cents += cents;
            return;
        }
        for (number, horizon) in HORIZONS.into_iter().enumerate() {
            if day < last + horizon {
                sums.orders[number] += orders;
                sums.cents[number] += cents;
            }
        }
    };
    for (placed, basket) in orders {
        book(placed.at, 1, i64::from(placed.cents));
        if let Some((at, cents)) = basket.given_back() {
            book(at, 0, -cents);
        }
    }
    sums
}

/// The expectation; `None` for a customer acquired on the last day, who is in no cutoff's population yet.
pub(crate) fn expected(calendar: &Calendar, customer: &Customer, orders: &[(Placed, Basket)]) -> Option<Expected> {
    let last = calendar.last();
    if day_of(customer.acquired_at) >= last {
        return None;
    }
    let quality = &CHANNELS[usize::from(customer.channel)].quality;
    let now = calendar.clock(last);
    let orders_until = |days: i32| expected_orders(customer, now, calendar.clock(last + days) - now);
    let given_back = PROPORTIONS.whole_refunds + (1.0 - PROPORTIONS.whole_refunds) * mean_share_of_a_line();
    let pending = pending_refunds(calendar, quality.refunds, orders);
    let mut sums = Expected::default();
    for (number, horizon) in HORIZONS.into_iter().enumerate() {
        sums.orders[number] = orders_until(horizon);
        let refunded: f64 = (1..=LONGEST_REFUND_DAYS).map(|days| orders_until(horizon - days)).sum();
        let net_orders = (1.0 - PROPORTIONS.cancelled_orders) * sums.orders[number]
            - quality.refunds * given_back * refunded / f64::from(LONGEST_REFUND_DAYS);
        sums.spend[number] = customer.mean_order * net_orders - pending;
    }
    Some(sums)
}

/// Orders expected within `ahead` clock days of `now`, given whether the customer is alive and has ordered at all.
///
/// Alive: `λ/μ · (1 − exp(−μh))`. Not yet ordered: the same from the first order on, whose time is exponential.
fn expected_orders(customer: &Customer, now: f64, ahead: f64) -> f64 {
    let (lambda, mu) = (customer.purchase_rate, customer.dropout_rate);
    if customer.first_order < now {
        let alive = customer.lost > now;
        return if alive { -lambda / mu * (-mu * ahead).exp_m1() } else { 0.0 };
    }
    let delta = 1.0 / LATE_FIRST_ORDER_DAYS;
    let begun = -(-delta * ahead).exp_m1();
    let difference = delta - mu;
    let overlap = if difference.abs() < 1e-9 {
        delta * ahead * (-delta * ahead).exp()
    } else {
        delta * ((-mu * ahead).exp() - (-delta * ahead).exp()) / difference
    };
    begun + lambda / mu * (begun - overlap)
}

/// Share of an order that one of its lines, each equally likely, is expected to be.
fn mean_share_of_a_line() -> f64 {
    LINES.iter().enumerate().map(|(number, share)| share / (number as f64 + 1.0)).sum()
}

/// Money expected to be given back for orders before the last day that are not cancelled and not refunded yet. Every
/// such refund is booked within the shortest horizon.
fn pending_refunds(calendar: &Calendar, refunds: f64, orders: &[(Placed, Basket)]) -> f64 {
    let last = calendar.last();
    let longest = f64::from(LONGEST_REFUND_DAYS);
    let mut sum = 0.0;
    for (placed, basket) in orders {
        let age = last.since(day_of(placed.at));
        let open = match basket.fate {
            Fate::Kept => true,
            Fate::Cancelled(_) => false,
            Fate::Refunded { at, .. } => day_of(at) >= last,
        };
        if !open || !(1..=LONGEST_REFUND_DAYS).contains(&age) {
            continue;
        }
        let over = f64::from(age - 1) / longest;
        let probability = refunds * (1.0 - over) / (1.0 - PROPORTIONS.cancelled_orders - refunds * over);
        let line = 1.0 / basket.lines().len() as f64;
        let share = PROPORTIONS.whole_refunds + (1.0 - PROPORTIONS.whole_refunds) * line;
        sum += probability * share * f64::from(placed.cents) / 100.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::demand::Demand;
    use crate::simulate::stream::Streams;

    #[test]
    fn on_average_what_was_expected_is_what_happens() {
        const MANY: u32 = 40_000;
        let (streams, calendar) = (Streams::new(23), Calendar::new(18));
        let demand = Demand::draw(&streams, &calendar, MANY);
        let mut errors: [Vec<(f64, f64)>; HORIZONS.len()] = Default::default();
        let mut unordered = Vec::new();
        for number in 0..MANY {
            let (customer, rng) = Customer::draw(&streams, &calendar, &demand, number);
            let placed = customer.orders(rng, &calendar, calendar.clock_at_end());
            let basket = |(order, placed): (usize, &Placed)| {
                (*placed, Basket::draw(&streams, number, order as u16, customer.channel, placed.at, placed.cents))
            };
            let orders: Vec<(Placed, Basket)> = placed.iter().enumerate().map(basket).collect();
            let Some(expected) = expected(&calendar, &customer, &orders) else { continue };
            let realised = realised(&calendar, &orders);
            for (horizon, errors) in errors.iter_mut().enumerate() {
                let spend = realised.cents[horizon] as f64 / 100.0 - expected.spend[horizon];
                errors.push((f64::from(realised.orders[horizon]) - expected.orders[horizon], spend));
            }
            if realised.past_orders == 0 {
                unordered.push(f64::from(realised.orders[3]) - expected.orders[3]);
            }
        }
        let unbiased = |errors: &[f64], what: &str| {
            let count = errors.len() as f64;
            let mean = errors.iter().sum::<f64>() / count;
            let error = (errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / count / count).sqrt();
            assert!(mean.abs() < 4.0 * error, "{what}: {mean} ± {error}");
        };
        for (horizon, errors) in HORIZONS.into_iter().zip(errors) {
            unbiased(&errors.iter().map(|e| e.0).collect::<Vec<_>>(), &format!("orders in {horizon} days"));
            unbiased(&errors.iter().map(|e| e.1).collect::<Vec<_>>(), &format!("spend in {horizon} days"));
        }
        assert!(unordered.len() > 100);
        unbiased(&unordered, "orders of customers who had not ordered");
    }

    #[test]
    fn a_lost_customer_is_expected_to_order_nothing() {
        let (streams, calendar) = (Streams::new(2), Calendar::new(12));
        let demand = Demand::draw(&streams, &calendar, 500);
        let now = calendar.clock(calendar.last());
        for number in 0..500 {
            let (customer, _) = Customer::draw(&streams, &calendar, &demand, number);
            let orders = expected_orders(&customer, now, 90.0);
            assert_eq!(orders > 0.0, customer.first_order >= now || customer.lost > now, "{number}");
        }
    }
}
