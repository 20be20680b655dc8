//! What is in an order and what becomes of it. In flow a customer's number, an order's number and its amount; out flow
//! its lines, which add up to the amount, and its fate: kept, cancelled on its own day, or refunded, wholly or one
//! line, some days later. The same order always has the same basket, so it is drawn again wherever it is needed.
use super::calendar::{SECONDS_A_DAY, day_of, seconds};
use super::constants::{CHANNELS, LINES, LONGEST_REFUND_DAYS, MOST_LINES, PRODUCTS, PROPORTIONS};
use super::stream::{Purpose, Streams, happens, pick, uniform};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// A line of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Line {
    /// Number of the product, from 1; no two lines of an order have the same.
    pub(crate) product: u32,
    /// Units.
    pub(crate) quantity: u8,
    /// Amount of the units together.
    pub(crate) cents: u32,
}

/// What becomes of an order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fate {
    /// Nothing.
    Kept,
    /// Cancelled as a whole, at this instant of its own day.
    Cancelled(i64),
    /// Refunded at this instant: one line, or all where `line` is `None`.
    Refunded { at: i64, line: Option<usize> },
}

/// An order's lines and fate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Basket {
    lines: [Line; MOST_LINES],
    count: usize,
    /// Do the exports not say whose order it is?
    pub(crate) anonymous: bool,
    /// What becomes of the order.
    pub(crate) fate: Fate,
}

/// A number for every order of every customer, below 2⁴⁸.
pub(crate) fn order_entity(customer: u32, order: u16) -> u64 {
    u64::from(customer) << 16 | u64::from(order)
}

impl Basket {
    /// Draws the basket of an order placed `at` by a customer of `channel`.
    pub(crate) fn draw(streams: &Streams, customer: u32, order: u16, channel: u8, at: i64, cents: u32) -> Basket {
        let mut rng = streams.of(Purpose::Basket, order_entity(customer, order));
        let fate = uniform(&mut rng);
        let whole = uniform(&mut rng) < PROPORTIONS.whole_refunds;
        let delay = uniform(&mut rng);
        let anonymous = happens(&mut rng, PROPORTIONS.missing_customer);
        let count = (pick(uniform(&mut rng), LINES) + 1).min(cents as usize);
        let chosen = rng.random_range(0..count);
        let lines = draw_lines(&mut rng, count, cents);
        let refunds = CHANNELS[usize::from(channel)].quality.refunds;
        let fate = if fate < PROPORTIONS.cancelled_orders {
            let midnight = seconds(day_of(at) + 1);
            Fate::Cancelled((at + 600 + (delay * 21_000.0) as i64).min(midnight - 1))
        } else if fate < PROPORTIONS.cancelled_orders + refunds {
            let days = delay * f64::from(LONGEST_REFUND_DAYS);
            let office_hours = 9 * 3_600 + (days.fract() * 8.0 * 3_600.0) as i64;
            let at = seconds(day_of(at)) + (days as i64 + 1) * SECONDS_A_DAY + office_hours;
            Fate::Refunded { at, line: (!whole).then_some(chosen) }
        } else {
            Fate::Kept
        };
        Basket { lines, count, anonymous, fate }
    }

    /// The lines, which add up to the order's amount.
    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines[..self.count]
    }

    /// The lines that a refund or a cancellation gives back.
    pub(crate) fn returned(&self) -> &[Line] {
        match self.fate {
            Fate::Kept => &[],
            Fate::Refunded { line: Some(line), .. } => &self.lines[line..=line],
            Fate::Cancelled(_) | Fate::Refunded { line: None, .. } => self.lines(),
        }
    }

    /// Was the order cancelled?
    pub(crate) fn is_cancelled(&self) -> bool {
        matches!(self.fate, Fate::Cancelled(_))
    }

    /// When money is given back, and how much.
    pub(crate) fn given_back(&self) -> Option<(i64, i64)> {
        let cents = self.returned().iter().map(|line| i64::from(line.cents)).sum();
        match self.fate {
            Fate::Kept => None,
            Fate::Cancelled(at) | Fate::Refunded { at, .. } => Some((at, cents)),
        }
    }
}

/// Distinct products, few units, and a random split of the amount in whole cents.
fn draw_lines(rng: &mut ChaCha8Rng, count: usize, cents: u32) -> [Line; MOST_LINES] {
    let mut lines = [Line::default(); MOST_LINES];
    let weights: [f64; MOST_LINES] = std::array::from_fn(|_| 0.2 + 0.8 * uniform(rng));
    let total: f64 = weights[..count].iter().sum();
    let mut left = cents;
    for number in 0..count {
        let popularity = uniform(rng);
        let mut product = (popularity * popularity * f64::from(PRODUCTS)) as u32;
        while lines[..number].iter().any(|line| line.product == product + 1) {
            product = (product + 1) % PRODUCTS;
        }
        let later = (count - number - 1) as u32;
        let share = (f64::from(cents) * weights[number] / total) as u32;
        // Every later line keeps at least a cent.
        let part = if later == 0 { left } else { share.clamp(1, left - later) };
        left -= part;
        lines[number] =
            Line { product: product + 1, quantity: 1 + pick(uniform(rng), [0.7, 0.2, 0.1]) as u8, cents: part };
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOON: i64 = 1_700_000_000 - 1_700_000_000 % SECONDS_A_DAY + SECONDS_A_DAY / 2;

    proptest! {
        #[test]
        fn lines_add_up_to_the_amount_and_name_distinct_products(customer: u32, order: u16, cents in 1_u32..2_000_000) {
            let basket = Basket::draw(&Streams::new(1), customer, order, 0, NOON, cents);
            prop_assert_eq!(basket.lines().iter().map(|line| line.cents).sum::<u32>(), cents);
            let mut products: Vec<u32> = basket.lines().iter().map(|line| line.product).collect();
            products.sort_unstable();
            products.dedup();
            prop_assert_eq!(products.len(), basket.lines().len());
            prop_assert!(basket.lines().iter().all(|l| l.cents > 0 && l.quantity > 0 && (1..=PRODUCTS).contains(&l.product)));
        }

        #[test]
        fn a_cancellation_falls_on_the_orders_day_and_a_refund_behind_it(customer: u32, second in 0..SECONDS_A_DAY) {
            let at = NOON - SECONDS_A_DAY / 2 + second;
            let basket = Basket::draw(&Streams::new(1), customer, 0, 2, at, 5_000);
            match basket.fate {
                Fate::Kept => prop_assert_eq!(basket.given_back(), None),
                Fate::Cancelled(cancelled) => {
                    prop_assert!(cancelled >= at && day_of(cancelled) == day_of(at));
                    prop_assert_eq!(basket.given_back(), Some((cancelled, 5_000)));
                }
                Fate::Refunded { at: refunded, .. } => {
                    prop_assert!((1..=LONGEST_REFUND_DAYS).contains(&day_of(refunded).since(day_of(at))));
                }
            }
        }
    }

    #[test]
    fn fates_come_in_the_stated_proportions() {
        const ORDERS: u32 = 100_000;
        let streams = Streams::new(9);
        let baskets: Vec<Basket> = (0..ORDERS).map(|c| Basket::draw(&streams, c, 0, 1, NOON, 5_000)).collect();
        let share = |count: usize, of: usize, stated: f64| {
            let error = (stated * (1.0 - stated) / of as f64).sqrt();
            assert!((count as f64 / of as f64 - stated).abs() < 4.5 * error, "{count} of {of}, not {stated}");
        };
        let count = |test: &dyn Fn(&Fate) -> bool| baskets.iter().filter(|basket| test(&basket.fate)).count();
        let refunded = count(&|fate| matches!(fate, Fate::Refunded { .. }));
        let anonymous = baskets.iter().filter(|basket| basket.anonymous).count();
        share(anonymous, baskets.len(), PROPORTIONS.missing_customer);
        share(count(&|fate| matches!(fate, Fate::Cancelled(_))), baskets.len(), PROPORTIONS.cancelled_orders);
        share(refunded, baskets.len(), CHANNELS[1].quality.refunds);
        share(count(&|fate| matches!(fate, Fate::Refunded { line: None, .. })), refunded, PROPORTIONS.whole_refunds);
        for (lines, stated) in LINES.into_iter().enumerate() {
            share(baskets.iter().filter(|b| b.lines().len() == lines + 1).count(), baskets.len(), stated);
        }
    }
}
