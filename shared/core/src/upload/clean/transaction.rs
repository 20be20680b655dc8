//! Orders, refunds and cancellations. A row is what its kind says, else what its id's prefix says, else a refund where it
//! names the order that it takes back, else what its sign says; a status alone never turns a positive amount into a
//! negative one.
mod amount;
mod head;
mod meaning;
mod product;

use super::{Clean, Verdict};
use crate::money::Money;
use crate::table::row::{Customer, Kind, Transaction};
use crate::time::Day;
use crate::upload::adapter::Meaning;
use crate::upload::cells::Cells;
use crate::upload::field::Field;
use crate::upload::identity::{email_sha256, phone_sha256};
use crate::upload::rates::Rate;
use crate::upload::reject::Reject;
use crate::upload::report::{Reason, Rule};
use amount::Amount;
use head::Head;
pub(crate) use head::{columns_of, repeats_totals};
use meaning::{Said, kind_of};
pub(crate) use product::listed_lengths;
use product::product_of;

/// Cleans transactions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transactions {
    /// The order that the rows before belonged to, where an order takes several rows.
    last_order: Option<String>,
    /// The amount of that order, where its rows repeat it.
    last_amount: Option<String>,
    head: Head,
}

/// Where the money of a row stands, and with it maybe its currency.
const AMOUNTS: [Field; 3] = [Field::Amount, Field::UnitPrice, Field::RefundedAmount];

/// A line, borrowed from the record and from what is known of its head and product.
type Line<'a> = Transaction<&'a str>;

impl Clean for Transactions {
    fn begin_chunk(&mut self) {
        self.head.is_told = false;
    }

    fn clean(&mut self, cells: &mut Cells<'_, '_>) -> Result<Verdict, Reject> {
        let row = cells.is_a_row();
        if row.is_ok() && cells.reading.rows_share_orders() && self.belongs_to_last(cells) {
            return Ok(Verdict::Merged);
        }
        let amount = Amount::of(cells);
        let money = amount.as_ref().map_or(Money::ZERO, |amount| amount.money);
        row.map_err(|reject| reject.with_money(money))?;
        self.head.know(cells);
        let said = self.head.said;
        for rule in &self.head.rules {
            cells.notice(*rule, money);
        }
        if let Ok(amount) = &amount {
            amount.notice(cells, said);
        }
        let (row, rate) = self.row_of(cells, amount).map_err(|reject| reject.with_money(money))?;
        let refund = refund_of(cells, &row, rate, said)?;
        let product = product_of(cells, row.amount)?;
        cells.push_stamped(&Line { product_id: product.as_deref(), ..row }, self.head.stamp(row.kind));
        if let Some(refund) = refund {
            cells.push_stamped(&refund, self.head.stamp_of_refunds());
        }
        self.tell_customer(cells);
        Ok(Verdict::Kept)
    }
}

impl Transactions {
    /// Does the record belong to the order of the record before? Its order cells are blank then, or the same.
    fn belongs_to_last(&mut self, cells: &Cells<'_, '_>) -> bool {
        let (id, amount) = (cells.text(Field::TransactionId), cells.text(Field::Amount));
        let has_no_other = if cells.reading.repeats_totals {
            amount.is_some() && amount == self.last_amount.as_deref() && self.head.is_of(cells)
        } else {
            amount.is_none()
        };
        let same = id.is_some() && id == self.last_order.as_deref() && has_no_other;
        if !same {
            self.last_order = id.map(str::to_owned);
            self.last_amount = amount.filter(|_| cells.reading.repeats_totals).map(str::to_owned);
        }
        same
    }

    /// The row without its product, and the rate that was applied to it.
    fn row_of<'r, 'a: 'r>(
        &'r self,
        cells: &mut Cells<'a, '_>,
        amount: Result<Amount, Reject>,
    ) -> Result<(Line<'r>, Rate), Reject> {
        let Head { said, order, .. } = &self.head;
        let order = order.as_ref().map_err(Reject::clone)?;
        let amount = amount?;
        let (currency, rate) = cells.currency(&AMOUNTS, || Day::of(order.occurred_at, &cells.reading.zone))?;
        if amount.is_write_off(cells, *said) {
            return Err(Reject::at(Reason::StockWriteOff, Field::Quantity));
        }
        let (kind, money) = kind_of(cells, *said, amount.money, order.cancels.is_some())?;
        let money = cells.at_rate(money, rate, Field::Amount)?;
        for rule in &order.rules {
            cells.notice(*rule, money);
        }
        let row = Transaction {
            customer_id: order.customer_id.as_str(),
            transaction_id: order.transaction_id.as_deref(),
            occurred_at: order.occurred_at,
            amount: money,
            currency,
            kind,
            cancels: order.cancels.as_deref().filter(|_| kind != Kind::Order),
            product_id: None,
            quantity: amount.quantity.map(Money::to_f64),
            channel: order.channel.as_deref(),
            line: cells.record.line,
        };
        Ok((row, rate))
    }

    /// What an order says of its customer becomes a row of the customers, once a stretch: the country, and the hashes of
    /// the address and phone number, by which whoever is erased is found under an id, too.
    fn tell_customer(&mut self, cells: &mut Cells<'_, '_>) {
        let Head { order: Ok(order), is_told: false, .. } = &self.head else { return };
        let told =
            [Field::Country, Field::Email, Field::Phone].map(|field| cells.text(field).filter(|_| field != order.by));
        let [_, email, phone] = told;
        if told != [None; 3] && cells.out.is_news(&order.customer_id, &told.map(Option::unwrap_or_default)) {
            let is_other = |hash: &String| *hash != order.customer_id;
            let customer = Customer {
                customer_id: order.customer_id.clone(),
                country: cells.owned(Field::Country),
                email_sha256: email.and_then(email_sha256).filter(is_other),
                phone_sha256: phone.and_then(phone_sha256).filter(is_other),
                line: cells.record.line,
                ..Customer::default()
            };
            if customer.country.is_some() || customer.email_sha256.is_some() || customer.phone_sha256.is_some() {
                cells.push(&customer);
            }
        }
        self.head.is_told = true;
    }
}

/// The refund that stands in a cell of its order's row. Its own day is not in the file: it is booked with the order.
fn refund_of<'a>(
    cells: &mut Cells<'_, '_>,
    order: &Line<'a>,
    rate: Rate,
    said: Said,
) -> Result<Option<Line<'a>>, Reject> {
    let refunded = cells
        .decimal(Field::RefundedAmount, Reason::UnparsableAmount)
        .map_err(|reject| reject.with_money(order.amount))?
        .unwrap_or_default()
        .abs();
    let refunded = match said.meaning {
        Some(Meaning::OrderRefunded) if refunded == Money::ZERO => order.amount,
        _ => rate.of(refunded).unwrap_or_default(),
    };
    if refunded == Money::ZERO || order.kind != Kind::Order {
        return Ok(None);
    }
    cells.notice(Rule::Refund, -refunded);
    if refunded > order.amount {
        cells.notice(Rule::RefundAboveOrder, -refunded);
    }
    Ok(Some(Transaction {
        amount: -refunded,
        kind: Kind::Refund,
        cancels: order.transaction_id,
        quantity: None,
        product_id: None,
        ..order.clone()
    }))
}
