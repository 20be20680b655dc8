//! One customer's account as it stands at a cutoff: in flow events in the order of time, out flow days with what was
//! booked on them and what is left of their orders. An order disappears when what cancels it has been absorbed too,
//! never before: absorb the events before a cutoff and the ledger knows nothing else.
use super::history::{Effect, Event};
use crate::money::Money;
use crate::time::Day;

/// What one day holds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct LedgerDay {
    pub(crate) day: Day,
    /// Every signed amount booked on this day.
    pub(crate) booked: Money,
    /// What is left of it without orders that were cancelled and without what cancelled them.
    pub(crate) net: Money,
    /// Orders that are not cancelled.
    pub(crate) orders: u32,
    /// Their lines.
    pub(crate) lines: u32,
    /// Their units.
    pub(crate) units: f64,
    /// Was money given back on this day, other than for a whole order line?
    pub(crate) returns: bool,
}

impl LedgerDay {
    /// A purchase: a day with a positive net amount, or one whose orders cost nothing.
    pub(crate) fn is_purchase(&self) -> bool {
        self.lines > 0 && (self.net.is_positive() || (self.net == Money::ZERO && !self.returns))
    }
}

/// One of the customer's orders.
#[derive(Clone, Copy, Debug)]
struct Order {
    day: usize,
    lines: u32,
}

/// Running totals and days of one customer; reused from customer to customer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) days: Vec<LedgerDay>,
    /// Distinct products ordered, sorted.
    pub(crate) products: Vec<u32>,
    /// Distinct products of the first order.
    pub(crate) first_order_products: u32,
    /// Every positive amount booked.
    pub(crate) gross: Money,
    /// Every amount given back, without its sign.
    pub(crate) returned: Money,
    /// Lines that gave money back.
    pub(crate) returns: u32,
    /// Every signed amount booked.
    pub(crate) booked: Money,
    orders: Vec<Order>,
    /// For every absorbed event: is it an order line that was taken back?
    taken: Vec<bool>,
}

impl Ledger {
    /// Forgets the customer, keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.days.clear();
        self.products.clear();
        self.orders.clear();
        self.taken.clear();
        (self.first_order_products, self.returns) = (0, 0);
        (self.gross, self.returned, self.booked) = (Money::ZERO, Money::ZERO, Money::ZERO);
    }

    /// How many of the customer's events have been absorbed.
    pub(crate) fn absorbed(&self) -> usize {
        self.taken.len()
    }

    /// Takes in the customer's next event; `events` are all of them, and only earlier ones are looked at.
    pub(crate) fn absorb(&mut self, events: &[Event]) {
        let event = &events[self.absorbed()];
        if self.days.last().is_none_or(|last| last.day != event.day) {
            self.days.push(LedgerDay { day: event.day, ..LedgerDay::default() });
        }
        let today = self.days.len() - 1;
        self.days[today].booked += event.amount;
        self.booked += event.amount;
        if event.amount.is_positive() {
            self.gross += event.amount;
        }
        match event.effect {
            Effect::Order(number) => self.order(today, number, event),
            Effect::CancelsLine(line) => {
                self.give_back(event);
                self.cancel(line, events);
            }
            Effect::CancelsOrder(number) => {
                self.give_back(event);
                for line in 0..self.absorbed() as u32 {
                    if events[line as usize].effect == Effect::Order(number) {
                        self.cancel(line, events);
                    }
                }
            }
            Effect::Return => {
                self.give_back(event);
                let day = &mut self.days[today];
                day.net += event.amount;
                day.returns = true;
            }
        }
        self.taken.push(false);
    }

    fn order(&mut self, today: usize, number: u32, event: &Event) {
        let number = number as usize;
        if self.orders.len() <= number {
            self.orders.push(Order { day: today, lines: 0 });
        }
        if self.orders[number].lines == 0 {
            self.orders[number].day = today;
            self.days[today].orders += 1;
        }
        self.orders[number].lines += 1;
        let day = &mut self.days[today];
        day.net += event.amount;
        day.lines += 1;
        day.units += f64::from(event.units);
        if let Some(product) = event.product()
            && let Err(place) = self.products.binary_search(&product)
        {
            self.products.insert(place, product);
            self.first_order_products += u32::from(number == 0);
        }
    }

    fn give_back(&mut self, event: &Event) {
        self.returned += event.amount.abs();
        self.returns += 1;
    }

    /// Takes an order line out again.
    fn cancel(&mut self, line: u32, events: &[Event]) {
        if std::mem::replace(&mut self.taken[line as usize], true) {
            return;
        }
        let event = &events[line as usize];
        let Effect::Order(number) = event.effect else { return };
        let Ok(place) = self.days.binary_search_by_key(&event.day, |day| day.day) else { return };
        let day = &mut self.days[place];
        day.net -= event.amount;
        day.lines -= 1;
        day.units -= f64::from(event.units);
        let order = &mut self.orders[number as usize];
        order.lines -= 1;
        if order.lines == 0 {
            self.days[order.day].orders -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(day: i32, cents: i32, effect: Effect) -> Event {
        Event::of(Day(day), Money::from_cents(cents), effect)
    }

    fn after(events: &[Event], count: usize) -> Ledger {
        let mut ledger = Ledger::default();
        for _ in 0..count {
            ledger.absorb(events);
        }
        ledger
    }

    #[test]
    fn an_order_counts_until_its_cancellation_is_absorbed() {
        let events = [event(1, 700, Effect::Order(0)), event(5, -700, Effect::CancelsLine(0))];
        let before = after(&events, 1);
        assert!(before.days[0].is_purchase() && before.days[0].orders == 1);
        let behind = after(&events, 2);
        assert!(!behind.days[0].is_purchase() && behind.days[0].orders == 0 && !behind.days[1].is_purchase());
        assert_eq!((behind.booked, behind.days[1].booked), (Money::ZERO, Money::from_cents(-700)));
    }

    #[test]
    fn a_cancelled_order_takes_its_remaining_lines_along() {
        let events = [
            event(1, 500, Effect::Order(0)),
            event(1, 200, Effect::Order(0)),
            event(1, 300, Effect::Order(1)),
            event(2, -200, Effect::CancelsLine(1)),
            event(3, -500, Effect::CancelsOrder(0)),
        ];
        let partly = after(&events, 4);
        assert_eq!((partly.days[0].orders, partly.days[0].net), (2, Money::from_cents(800)));
        let whole = after(&events, 5);
        assert_eq!((whole.days[0].orders, whole.days[0].lines, whole.days[0].net), (1, 1, Money::from_cents(300)));
    }

    #[test]
    fn a_day_of_free_orders_is_a_purchase_and_a_day_that_was_refunded_is_not() {
        assert!(after(&[event(1, 0, Effect::Order(0))], 1).days[0].is_purchase());
        let refunded = after(&[event(1, 500, Effect::Order(0)), event(1, -500, Effect::Return)], 2);
        assert!(!refunded.days[0].is_purchase());
    }
}
