//! Cancellations and the orders they take back. In flow the rows of one customer after the other, each customer's in
//! order of time; the cancellations come out naming their orders. Both are kept: netting is the features' matter, by cutoff.
use crate::table::encode::is_same;
use crate::table::row::{Kind, Transaction};
use foldhash::fast::FixedState;
use std::collections::HashMap;

/// An order line as a cancellation knows it: product, and units in millionths.
type LineKey<'a> = (&'a str, i64);

/// Links every cancellation that names no order to the latest earlier order line of the same customer with the same
/// product and quantity that no other cancellation has taken; returns which rows were linked. `rows` are sorted by
/// customer, then by time.
pub(crate) fn link<'a>(rows: &mut [Transaction<&'a str>]) -> Vec<usize> {
    let mut links: Vec<(usize, &'a str)> = Vec::new();
    let mut start = 0;
    for customer in rows.chunk_by(|left, right| is_same(left.customer_id, right.customer_id)) {
        if customer.iter().any(is_unlinked) {
            link_customer(customer, start, &mut links);
        }
        start += customer.len();
    }
    let linked = links.iter().map(|(place, _)| *place).collect();
    for (place, order) in links {
        rows[place].cancels = Some(order);
    }
    linked
}

fn is_unlinked(row: &Transaction<&str>) -> bool {
    row.kind == Kind::Cancellation && row.cancels.is_none()
}

fn link_customer<'a>(rows: &[Transaction<&'a str>], start: usize, links: &mut Vec<(usize, &'a str)>) {
    // Only lines that some cancellation may take back need be known.
    let mut open: HashMap<i64, HashMap<&'a str, Vec<&'a str>, FixedState>, FixedState> = HashMap::default();
    for (product, units) in rows.iter().filter(|row| is_unlinked(row)).filter_map(key_of) {
        open.entry(-units).or_default().insert(product, Vec::new());
    }
    for (place, row) in rows.iter().enumerate() {
        let Some((product, units)) = key_of(row) else { continue };
        if is_unlinked(row) {
            let orders = open.get_mut(&-units).and_then(|products| products.get_mut(product));
            if let Some(order) = orders.and_then(Vec::pop) {
                links.push((start + place, order));
            }
        } else if let (Kind::Order, Some(id)) = (row.kind, row.transaction_id)
            && let Some(orders) = open.get_mut(&units).and_then(|products| products.get_mut(product))
        {
            orders.push(id);
        }
    }
}

fn key_of<'a>(row: &Transaction<&'a str>) -> Option<LineKey<'a>> {
    Some((row.product_id?, (row.quantity? * 1e6).round() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Money;

    fn row(
        customer: &'static str,
        id: &'static str,
        product: &'static str,
        quantity: f64,
        kind: Kind,
    ) -> Transaction<&'static str> {
        Transaction {
            customer_id: customer,
            transaction_id: Some(id),
            occurred_at: 0,
            amount: Money::ZERO,
            currency: None,
            kind,
            cancels: None,
            product_id: Some(product),
            quantity: Some(quantity),
            channel: None,
            line: 1,
        }
    }

    #[test]
    fn a_cancellation_takes_back_the_latest_equal_order_of_its_customer_once() {
        let mut rows = vec![
            row("a", "1", "x", 2.0, Kind::Order),
            row("a", "2", "x", 2.0, Kind::Order),
            row("a", "3", "x", 5.0, Kind::Order),
            row("a", "C4", "x", -2.0, Kind::Cancellation),
            row("a", "C5", "x", -2.0, Kind::Cancellation),
            row("a", "C6", "x", -2.0, Kind::Cancellation),
            row("b", "C7", "x", -5.0, Kind::Cancellation),
        ];
        assert_eq!(link(&mut rows), [3, 4]);
        let cancels: Vec<Option<&str>> = rows[3..].iter().map(|row| row.cancels).collect();
        assert_eq!(cancels, [Some("2"), Some("1"), None, None]);
    }

    #[test]
    fn an_order_behind_its_cancellation_is_not_taken_back() {
        let mut rows = vec![row("a", "C1", "x", -2.0, Kind::Cancellation), row("a", "2", "x", 2.0, Kind::Order)];
        assert!(link(&mut rows).is_empty());
    }
}
