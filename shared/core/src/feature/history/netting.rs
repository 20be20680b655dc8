//! Which cancellation takes back which order. In flow one customer's lines in the order of time; out flow events that
//! point at what they take back. A link looks only backwards in time, so nothing that happens later can change it;
//! whether it counts at a cutoff is decided where both days are compared with it.
use super::{Effect, Event};
use crate::customer::CustomerHash;
use crate::money::Money;
use crate::table::row::Kind;
use crate::time::Day;
use std::collections::HashMap;

/// A line as it was read: not yet linked, its order only a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) customer: u32,
    pub(super) micros: i64,
    pub(super) kind: Kind,
    pub(super) currency: u8,
    /// Orders: [`order_key`] of their id. Others: that of the order they take back, 0 where the source does not say.
    pub(super) order: u64,
    pub(super) product: u32,
    pub(super) amount: Money,
    /// Bits of the units as f32: a line must have a total order to be sorted the same way every time.
    pub(super) units: u32,
    pub(super) channel: u16,
}

impl Line {
    /// What lines are sorted by: customer, instant, and then everything else, products and channels by the rank of
    /// their names. Codes say in which order names arrived, and that must change nothing.
    pub(super) fn place(&self, products: &[u32], channels: &[u32]) -> impl Ord + use<> {
        let rank = |ranks: &[u32], code: u32| ranks.get(code as usize).copied().unwrap_or(u32::MAX);
        let (product, channel) = (rank(products, self.product), rank(channels, u32::from(self.channel)));
        (self.customer, self.micros, self.kind, self.currency, self.order, product, self.amount, self.units, channel)
    }
}

/// The order that a transaction id names; lines without an id are one order if they happened in the same instant.
pub(super) fn order_key(transaction_id: Option<&str>, micros: i64) -> u64 {
    let digest = match transaction_id {
        Some(id) => CustomerHash::of(id),
        None => CustomerHash::of(&micros.to_string()),
    };
    let mut key = [0; 8];
    key.copy_from_slice(&digest.0[..8]);
    // 0 is kept for "no order named".
    u64::from_be_bytes(key).max(1)
}

/// Turns one customer's sorted `lines` into events, given the day of each.
pub(super) fn link(lines: &[Line], day_of: impl Fn(i64) -> Day, events: &mut Vec<Event>) {
    let cancels = lines.iter().any(|line| line.kind == Kind::Cancellation);
    let mut orders: HashMap<u64, u32> = HashMap::new();
    let mut open = OpenOrders::default();
    for (index, line) in lines.iter().enumerate() {
        let effect = match line.kind {
            Kind::Order => {
                let next = orders.len() as u32;
                let order = *orders.entry(line.order).or_insert(next);
                if cancels {
                    open.add(index as u32, order, line);
                }
                Effect::Order(order)
            }
            Kind::Cancellation if line.order != 0 => match orders.get(&line.order) {
                Some(order) => open.take_from(*order, line),
                None => Effect::Return,
            },
            Kind::Cancellation => open.take_any(line),
            Kind::Refund => Effect::Return,
        };
        let units = f32::from_bits(line.units);
        events.push(Event { amount: line.amount, day: day_of(line.micros), product: line.product, units, effect });
    }
}

/// Order lines that nothing has taken back yet.
#[derive(Default)]
struct OpenOrders {
    /// By product and amount, the latest last: (line, its order).
    by_content: HashMap<(u32, Money), Vec<(u32, u32)>>,
    /// By order: what is left of it.
    totals: Vec<Money>,
}

impl OpenOrders {
    fn add(&mut self, index: u32, order: u32, line: &Line) {
        self.by_content.entry((line.product, line.amount)).or_default().push((index, order));
        if self.totals.len() <= order as usize {
            self.totals.push(Money::ZERO);
        }
        self.totals[order as usize] += line.amount;
    }

    /// The latest earlier line of the same product over the opposite amount.
    fn take_any(&mut self, cancellation: &Line) -> Effect {
        let content = (cancellation.product, -cancellation.amount);
        match self.by_content.get_mut(&content).and_then(Vec::pop) {
            Some((index, order)) => {
                self.totals[order as usize] += cancellation.amount;
                Effect::CancelsLine(index)
            }
            None => Effect::Return,
        }
    }

    /// The line of the named order, or all of the order where the amounts say so; else only money back.
    fn take_from(&mut self, order: u32, cancellation: &Line) -> Effect {
        let content = (cancellation.product, -cancellation.amount);
        if let Some(lines) = self.by_content.get_mut(&content)
            && let Some(place) = lines.iter().rposition(|(_, of)| *of == order)
        {
            let (index, _) = lines.remove(place);
            self.totals[order as usize] += cancellation.amount;
            return Effect::CancelsLine(index);
        }
        let total = &mut self.totals[order as usize];
        if *total == -cancellation.amount && total.is_positive() {
            *total = Money::ZERO;
            for lines in self.by_content.values_mut() {
                lines.retain(|(_, of)| *of != order);
            }
            return Effect::CancelsOrder(order);
        }
        Effect::Return
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: Kind, order: u64, product: u32, cents: i32) -> Line {
        Line {
            customer: 0,
            micros: 0,
            kind,
            currency: 0,
            order,
            product,
            amount: Money::from_cents(cents),
            units: 0,
            channel: 0,
        }
    }

    fn effects(lines: &[Line]) -> Vec<Effect> {
        let mut events = Vec::new();
        link(lines, |_| Day(0), &mut events);
        events.into_iter().map(|event| event.effect).collect()
    }

    #[test]
    fn a_cancellation_without_an_order_takes_the_latest_equal_line_and_each_line_once() {
        let cancel = line(Kind::Cancellation, 0, 5, -300);
        let lines = [
            line(Kind::Order, 11, 5, 300),
            line(Kind::Order, 12, 5, 300),
            line(Kind::Order, 12, 6, 300),
            cancel,
            cancel,
            cancel,
        ];
        assert_eq!(
            effects(&lines)[3..],
            [Effect::CancelsLine(1), Effect::CancelsLine(0), Effect::Return],
            "an order of another product is no match"
        );
    }

    #[test]
    fn a_named_order_is_taken_back_by_the_line_or_as_a_whole_and_never_in_part() {
        let lines = [
            line(Kind::Order, 11, 1, 300),
            line(Kind::Order, 11, 2, 400),
            line(Kind::Order, 12, 1, 300),
            line(Kind::Cancellation, 11, 1, -300),
            line(Kind::Cancellation, 12, 9, -100),
            line(Kind::Cancellation, 11, NO_PRODUCT, -400),
            line(Kind::Cancellation, 11, NO_PRODUCT, -400),
            line(Kind::Cancellation, 99, 1, -300),
        ];
        let found = effects(&lines);
        assert_eq!(found[..3], [Effect::Order(0), Effect::Order(0), Effect::Order(1)]);
        let expected =
            [Effect::CancelsLine(0), Effect::Return, Effect::CancelsOrder(0), Effect::Return, Effect::Return];
        assert_eq!(found[3..], expected);
    }

    #[test]
    fn a_refund_gives_money_back_and_leaves_the_order() {
        let lines = [line(Kind::Order, 11, 1, 300), line(Kind::Refund, 11, 1, -300)];
        assert_eq!(effects(&lines), [Effect::Order(0), Effect::Return]);
    }

    const NO_PRODUCT: u32 = super::super::NONE;
}
