//! Orders, refunds and cancellations. A row is what its kind says, else what its id's prefix says, else a refund where it
//! names the order that it takes back, else what its sign says; a status alone never turns a positive amount into a
//! negative one.
mod amount;
mod meaning;
mod remembered;

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
use meaning::{Said, cancels_of, kind_of, meaning_of};
use remembered::{Remembered, namespaced};
use std::borrow::Cow;

/// Cleans transactions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transactions {
    /// The order that the rows before belonged to, where an order takes several rows.
    last_order: Option<String>,
    remembered: Remembered,
}

/// Where the money of a row stands, and with it maybe its currency.
const AMOUNTS: [Field; 3] = [Field::Amount, Field::UnitPrice, Field::RefundedAmount];

/// A line, borrowed from the record wherever its text stands there as it is kept.
type Line<'a> = Transaction<Cow<'a, str>>;

impl Clean for Transactions {
    fn clean(&mut self, cells: &mut Cells<'_, '_>) -> Result<Verdict, Reject> {
        let row = cells.is_a_row();
        if row.is_ok() && cells.reading.adapter.order_on_first_row && self.belongs_to_last(cells) {
            return Ok(Verdict::Merged);
        }
        let amount = Amount::of(cells);
        let money = amount.as_ref().map_or(Money::ZERO, |amount| amount.money);
        row.map_err(|reject| reject.with_money(money))?;
        self.remembered.know_id(cells);
        let said = meaning_of(cells, self.remembered.id.meaning, money);
        if let Ok(amount) = &amount {
            amount.notice(cells, said);
        }
        let (row, rate, by) = self.row_of(cells, amount, said).map_err(|reject| reject.with_money(money))?;
        let refund = refund_of(cells, &row, rate, said)?;
        tell_customer(cells, &row, by);
        cells.push(&row);
        if let Some(refund) = refund {
            cells.push(&refund);
        }
        Ok(Verdict::Kept)
    }
}

impl Transactions {
    /// Does the record belong to the order of the record before? Its order cells are blank then.
    fn belongs_to_last(&mut self, cells: &Cells<'_, '_>) -> bool {
        let id = cells.text(Field::TransactionId);
        let same = id.is_some() && id == self.last_order.as_deref() && cells.text(Field::Amount).is_none();
        if !same {
            self.last_order = id.map(str::to_owned);
        }
        same
    }

    /// The row, the rate that was applied to it, and the field that told whose it is.
    fn row_of<'r, 'a: 'r>(
        &'r mut self,
        cells: &mut Cells<'a, '_>,
        amount: Result<Amount, Reject>,
        said: Said,
    ) -> Result<(Line<'r>, Rate, Field), Reject> {
        let known = amount.as_ref().map_or(Money::ZERO, |amount| amount.money);
        if said.meaning == Some(Meaning::BadDebt) {
            // Whether it names a customer or not.
            kind_of(cells, said, known, false)?;
        }
        self.remembered.know_customer(cells, known)?;
        let occurred_at = self.remembered.occurred_at(cells)?;
        cells.not_in_future(occurred_at, Field::OccurredAt)?;
        let amount = amount?;
        let (currency, rate) = cells.currency(&AMOUNTS, || Day::of(occurred_at, &cells.reading.zone))?;
        if amount.is_write_off(cells, said) {
            return Err(Reject::at(Reason::StockWriteOff, Field::Quantity));
        }
        let cancels = cancels_of(cells).and_then(|id| namespaced(cells, id)).map(Cow::Owned);
        let (kind, money) = kind_of(cells, said, amount.money, cancels.is_some())?;
        let cancels = cancels.filter(|_| kind != Kind::Order);
        let money = cells.at_rate(money, rate, Field::Amount)?;
        let product_id = self.remembered.product_of(cells, money);
        let Remembered { id, customer, .. } = &self.remembered;
        if id.is_mangled {
            cells.notice(Rule::MangledTransaction, money);
        }
        let row = Transaction {
            customer_id: Cow::Borrowed(customer.id.as_str()),
            transaction_id: (!id.namespaced.is_empty()).then_some(Cow::Borrowed(id.namespaced.as_str())),
            occurred_at,
            amount: money,
            currency: currency.map(Cow::Borrowed),
            kind,
            cancels,
            product_id,
            quantity: amount.quantity.map(Money::to_f64),
            channel: cells.kept(Field::Channel, money),
            line: cells.record.line,
        };
        Ok((row, rate, customer.by))
    }
}

/// What an order says of its customer, whom the field `by` told, becomes a row of the customers, once a stretch: the
/// country, and the hashes of the address and phone number, by which whoever is erased is found under an id, too.
fn tell_customer(cells: &mut Cells<'_, '_>, row: &Line<'_>, by: Field) {
    let told = [Field::Country, Field::Email, Field::Phone].map(|field| cells.text(field).filter(|_| field != by));
    let [_, email, phone] = told;
    if told == [None; 3] || !cells.out.is_news(&row.customer_id, &told.map(Option::unwrap_or_default)) {
        return;
    }
    let is_other = |hash: &String| *hash != row.customer_id;
    let customer = Customer {
        customer_id: row.customer_id.clone().into_owned(),
        country: cells.owned(Field::Country),
        email_sha256: email.and_then(email_sha256).filter(is_other),
        phone_sha256: phone.and_then(phone_sha256).filter(is_other),
        line: row.line,
        ..Customer::default()
    };
    if customer.country.is_some() || customer.email_sha256.is_some() || customer.phone_sha256.is_some() {
        cells.push(&customer);
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
        cancels: order.transaction_id.clone(),
        quantity: None,
        product_id: None,
        ..order.clone()
    }))
}
