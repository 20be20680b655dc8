//! Orders, refunds and cancellations. A row is what its kind says, else what its id's prefix says, else a refund where it
//! names the order that it takes back, else what its sign says; a status alone never turns a positive amount into a
//! negative one.
use super::{Clean, Verdict};
use crate::money::Money;
use crate::table::row::{Customer, Kind, Transaction};
use crate::time::Day;
use crate::upload::adapter::Meaning;
use crate::upload::cells::Cells;
use crate::upload::field::Field;
use crate::upload::identity::{Change, is_mangled, screened, tidy_id};
use crate::upload::rates::Rate;
use crate::upload::reject::Reject;
use crate::upload::report::{Reason, Rule};
use foldhash::fast::FixedState;
use std::borrow::Cow;
use std::collections::HashMap;

/// Cleans transactions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transactions {
    /// The order that the rows before belonged to, where an order takes several rows.
    last_order: Option<String>,
    /// What the id of the row before says: lines of an order mostly stand together.
    id: KnownId,
    /// Who the customer of the row before is.
    customer: KnownCustomer,
    /// The time of the row before, as written and in UTC microseconds.
    time: (String, i64),
    /// The products seen last, as written.
    products: HashMap<Box<str>, Product, FixedState>,
}

/// How many products are remembered.
const REMEMBERED: usize = 1 << 16;

/// What a product's code is kept as.
#[derive(Clone, Copy, Debug)]
enum Product {
    AsWritten,
    /// Not at all: it is no product's.
    None,
    /// As its hash, or without what spreadsheets add.
    Tidied,
}

impl Product {
    fn of(cells: &Cells<'_, '_>, code: &str) -> Product {
        if cells.reading.adapter.non_products.iter().any(|other| other == code) {
            return Product::None;
        }
        let is_kept = screened(code).is_none() && tidy_id(code).len() == code.len();
        if is_kept { Product::AsWritten } else { Product::Tidied }
    }
}

/// Where the money of a row stands, and with it maybe its currency.
const AMOUNTS: [Field; 3] = [Field::Amount, Field::UnitPrice, Field::RefundedAmount];

/// What a transaction's id says.
#[derive(Clone, Debug, Default)]
struct KnownId {
    /// As written.
    text: String,
    /// Within its source system; empty where there is none or a spreadsheet has rounded it away.
    namespaced: String,
    meaning: Option<Meaning>,
    is_mangled: bool,
}

/// Whom a cell names.
#[derive(Clone, Debug)]
struct KnownCustomer {
    /// The cell as written and its field; empty where nobody is known.
    text: String,
    by: Field,
    id: String,
    change: Change,
}

impl Default for KnownCustomer {
    fn default() -> KnownCustomer {
        KnownCustomer { text: String::new(), by: Field::CustomerId, id: String::new(), change: Change::None }
    }
}

/// A line, borrowed from the record wherever its text stands there as it is kept.
type Line<'a> = Transaction<Cow<'a, str>>;

/// The amount of a row and what it is made of.
#[derive(Clone, Copy, Debug)]
struct Amount {
    money: Money,
    quantity: Option<Money>,
    price: Option<Money>,
}

impl Clean for Transactions {
    fn clean(&mut self, cells: &mut Cells<'_, '_>) -> Result<Verdict, Reject> {
        cells.is_a_row()?;
        if cells.reading.adapter.order_on_first_row && self.belongs_to_last(cells) {
            return Ok(Verdict::Merged);
        }
        let amount = amount_of(cells);
        let money = amount.as_ref().map_or(Money::ZERO, |amount| amount.money);
        self.know_id(cells);
        let said = meaning_of(cells, self.id.meaning, money);
        if let Ok(amount) = &amount {
            let amount = *amount;
            notice_amount(cells, amount, said);
        }
        let (row, rate) = self.row_of(cells, amount, said).map_err(|reject| reject.with_money(money))?;
        let refund = refund_of(cells, &row, rate, said)?;
        tell_customer(cells, &row);
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

    /// Looks at the row's id, unless it is that of the row before.
    fn know_id(&mut self, cells: &Cells<'_, '_>) {
        let text = cells.text(Field::TransactionId).unwrap_or_default();
        if text != self.id.text || text.is_empty() {
            let meaning = cells.reading.adapter.meaning_of_id(tidy_id(text));
            let namespaced = namespaced(cells, text).unwrap_or_default();
            self.id = KnownId { text: text.to_owned(), namespaced, meaning, is_mangled: is_mangled(text) };
        }
    }

    /// Finds out whose the row is, unless it is that of the row before.
    fn know_customer(&mut self, cells: &mut Cells<'_, '_>, money: Money) -> Result<(), Reject> {
        let (by, text) = cells.customer_text().unwrap_or((Field::CustomerId, ""));
        let known = &mut self.customer;
        if text.is_empty() || text != known.text || by != known.by || cells.reading.adapter.id_separator.is_some() {
            known.text.clear();
            let who = cells.who(money)?;
            known.id.clear();
            known.id.push_str(&who.id);
            (known.by, known.change) = (who.by, who.change);
            // Else another cell decided, which may differ in the next row.
            if who.by == by {
                known.text.push_str(text);
            }
        }
        cells.tell_change(known.change, money);
        Ok(())
    }

    /// When the row happened, read anew unless it is written as in the row before.
    fn occurred_at(&mut self, cells: &Cells<'_, '_>) -> Result<i64, Reject> {
        let text = cells.text(Field::OccurredAt).unwrap_or_default();
        if text != self.time.0 || text.is_empty() {
            let micros = cells.moment(Field::OccurredAt)?.micros(&cells.reading.zone);
            self.time = (text.to_owned(), micros);
        }
        Ok(self.time.1)
    }

    fn product_of<'a>(&mut self, cells: &mut Cells<'a, '_>, money: Money) -> Option<Cow<'a, str>> {
        let code = cells.text(Field::ProductId)?;
        let known = self.products.get(code).copied().unwrap_or_else(|| {
            if self.products.len() >= REMEMBERED {
                self.products.clear();
            }
            let product = Product::of(cells, code);
            self.products.insert(code.into(), product);
            product
        });
        match known {
            Product::AsWritten => Some(Cow::Borrowed(code)),
            Product::None => {
                cells.notice(Rule::NonProduct, money);
                None
            }
            Product::Tidied => match cells.kept(Field::ProductId, money)? {
                Cow::Borrowed(code) => Some(Cow::Borrowed(tidy_id(code))),
                hash @ Cow::Owned(_) => Some(hash),
            },
        }
    }

    fn row_of<'r, 'a: 'r>(
        &'r mut self,
        cells: &mut Cells<'a, '_>,
        amount: Result<Amount, Reject>,
        said: Said,
    ) -> Result<(Line<'r>, Rate), Reject> {
        let known = amount.as_ref().map_or(Money::ZERO, |amount| amount.money);
        if said.meaning == Some(Meaning::BadDebt) {
            // Whether it names a customer or not.
            kind_of(cells, said, known, false)?;
        }
        self.know_customer(cells, known)?;
        let occurred_at = self.occurred_at(cells)?;
        cells.not_in_future(occurred_at, Field::OccurredAt)?;
        let amount = amount?;
        let (currency, rate) = cells.currency(&AMOUNTS, || Day::of(occurred_at, &cells.reading.zone))?;
        if is_write_off(cells, amount, said) {
            return Err(Reject::at(Reason::StockWriteOff, Field::Quantity));
        }
        let cancels = cancels_of(cells).and_then(|id| namespaced(cells, id)).map(Cow::Owned);
        let (kind, money) = kind_of(cells, said, amount.money, cancels.is_some())?;
        let cancels = cancels.filter(|_| kind != Kind::Order);
        let money = cells.at_rate(money, rate, Field::Amount)?;
        let product_id = self.product_of(cells, money);
        if self.id.is_mangled {
            cells.notice(Rule::MangledTransaction, money);
        }
        let row = Transaction {
            customer_id: Cow::Borrowed(self.customer.id.as_str()),
            transaction_id: (!self.id.namespaced.is_empty()).then_some(Cow::Borrowed(self.id.namespaced.as_str())),
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
        Ok((row, rate))
    }
}

fn amount_of(cells: &mut Cells<'_, '_>) -> Result<Amount, Reject> {
    if cells.reading.columns.place(Field::Amount).is_some() {
        let money = cells.decimal(Field::Amount, Reason::UnparsableAmount)?;
        let money = money.ok_or_else(|| Reject::at(Reason::MissingAmount, Field::Amount))?;
        let quantity = cells.decimal(Field::Quantity, Reason::UnparsableNumber).unwrap_or_else(|_| {
            cells.notice(Rule::NumberLeftOut, money);
            None
        });
        return Ok(Amount { money, quantity, price: None });
    }
    let price = cells.decimal(Field::UnitPrice, Reason::UnparsableAmount)?;
    let price = price.ok_or_else(|| Reject::at(Reason::MissingAmount, Field::UnitPrice))?;
    let quantity = cells.decimal(Field::Quantity, Reason::UnparsableAmount)?;
    let units = match (quantity, cells.reading.columns.place(Field::Quantity)) {
        (Some(units), _) => units,
        (None, None) => Money::from_cents(100),
        (None, Some(_)) => return Err(Reject::at(Reason::MissingAmount, Field::Quantity)),
    };
    let money = price.checked_mul_micros(units.micros());
    let money = money.ok_or_else(|| Reject::at(Reason::UnparsableAmount, Field::UnitPrice))?;
    Ok(Amount { money, quantity: Some(units), price: Some(price) })
}

/// What the row says about itself, and where.
#[derive(Clone, Copy, Debug)]
struct Said {
    meaning: Option<Meaning>,
    by: Field,
}

fn meaning_of(cells: &mut Cells<'_, '_>, by_id: Option<Meaning>, money: Money) -> Said {
    if let Some(by) = [Field::Test, Field::Tags].into_iter().find(|field| says_test(cells.text(*field))) {
        return Said { meaning: Some(Meaning::Test), by };
    }
    let adapter = &cells.reading.adapter;
    if let Some(kind) = cells.text(Field::Kind) {
        let meaning = adapter.meaning_of(kind);
        if meaning.is_some() {
            return Said { meaning, by: Field::Kind };
        }
        cells.notice(Rule::UnknownKind, money);
    }
    if by_id.is_some() {
        return Said { meaning: by_id, by: Field::TransactionId };
    }
    let mut said = Said { meaning: None, by: Field::Status };
    if let Some(status) = cells.text(Field::Status) {
        said.meaning = adapter.meaning_of(status);
        if said.meaning.is_none() {
            cells.notice(Rule::UnknownStatus, money);
            said.meaning = adapter.other_statuses;
        }
    }
    let is_order = matches!(said.meaning, None | Some(Meaning::Order | Meaning::OrderRefunded));
    if is_order && cancels_of(cells).is_some() {
        return Said { meaning: Some(Meaning::Refund), by: Field::Cancels };
    }
    said
}

/// Is one of the marks in a cell that of a test?
fn says_test(cell: Option<&str>) -> bool {
    const MARKS: [&str; 7] = ["true", "yes", "1", "test", "bogus", "bogus gateway", "(for testing) bogus gateway"];
    cell.is_some_and(|cell| {
        cell.split(',').any(|mark| MARKS.iter().any(|known| mark.trim().eq_ignore_ascii_case(known)))
    })
}

/// The order that the row says it takes back; some systems write 0 where there is none.
fn cancels_of<'a>(cells: &Cells<'a, '_>) -> Option<&'a str> {
    cells.text(Field::Cancels).filter(|id| *id != "0")
}

/// Counts what is odd about an amount, whatever becomes of the row.
fn notice_amount(cells: &mut Cells<'_, '_>, amount: Amount, said: Said) {
    let Amount { money, quantity, price } = amount;
    let units = quantity.unwrap_or_default();
    let rules = [
        (money == Money::ZERO, Rule::ZeroAmount),
        (money.is_negative(), Rule::NegativeAmount),
        (units.is_negative(), Rule::NegativeQuantity),
        (price == Some(Money::ZERO), Rule::ZeroPrice),
        (price.is_some_and(Money::is_negative), Rule::NegativePrice),
        (said.meaning == Some(Meaning::Cancellation), Rule::Cancellation),
        (said.meaning == Some(Meaning::Refund), Rule::Refund),
        (said.meaning == Some(Meaning::BadDebt), Rule::BadDebt),
        (is_write_off(cells, amount, said), Rule::StockWriteOff),
    ];
    for (applies, rule) in rules {
        if applies {
            cells.notice(rule, money);
        }
    }
}

fn is_write_off(cells: &Cells<'_, '_>, amount: Amount, said: Said) -> bool {
    cells.reading.adapter.write_offs
        && said.meaning.is_none()
        && amount.quantity.is_some_and(Money::is_negative)
        && amount.price == Some(Money::ZERO)
}

/// What an order says of its customer becomes a row of the customers, once a stretch.
fn tell_customer(cells: &mut Cells<'_, '_>, row: &Line<'_>) {
    if let Some(country) = cells.text(Field::Country)
        && cells.out.is_news(&row.customer_id, country)
    {
        let country = cells.owned(Field::Country);
        cells.push(&Customer {
            customer_id: row.customer_id.clone().into_owned(),
            country,
            line: row.line,
            ..Customer::default()
        });
    }
}

/// What the row is, and its amount with the sign of that.
fn kind_of(cells: &mut Cells<'_, '_>, said: Said, money: Money, names_order: bool) -> Result<(Kind, Money), Reject> {
    let kind = match said.meaning {
        Some(Meaning::BadDebt) => return Err(Reject::at(Reason::BadDebt, said.by)),
        Some(Meaning::Incomplete) => return Err(Reject::at(Reason::Incomplete, said.by)),
        Some(Meaning::Test) => return Err(Reject::at(Reason::Test, said.by)),
        Some(Meaning::Refund) => Kind::Refund,
        Some(Meaning::Cancellation) => Kind::Cancellation,
        Some(Meaning::Order | Meaning::OrderRefunded) | None => {
            if cells.text(Field::CancelledAt).is_some() {
                return Err(Reject::at(Reason::TakenBack, Field::CancelledAt));
            }
            return Ok((if money.is_negative() { Kind::Refund } else { Kind::Order }, money));
        }
    };
    if !money.is_positive() {
        return Ok((kind, money));
    }
    if said.by == Field::Status && !names_order {
        return Err(Reject::at(Reason::TakenBack, Field::Status));
    }
    cells.notice(Rule::SignGiven, money);
    Ok((kind, -money))
}

/// An order's id within its source system, an address or phone number as its hash.
fn namespaced(cells: &Cells<'_, '_>, id: &str) -> Option<String> {
    if id.is_empty() || is_mangled(id) {
        return None;
    }
    let system = cells.reading.adapter.system.as_deref().unwrap_or(&cells.reading.adapter.name);
    let id = tidy_id(id);
    Some([system, ":", screened(id).as_deref().unwrap_or(id)].concat())
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
    Ok(Some(Transaction {
        amount: -refunded,
        kind: Kind::Refund,
        cancels: order.transaction_id.clone(),
        quantity: None,
        product_id: None,
        ..order.clone()
    }))
}
