//! Judges a request's values and fills a history with them. In flow rows as they travelled and the model that will be
//! asked; out flow customers in the order they were named, their history and the cutoff, or every fault at once.
use super::wire::{Amount, CustomerRow, PredictRequest, TransactionRow};
use crate::problem::{Fault, Problem};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ltv_core::customer::CustomerHash;
use ltv_core::feature::{History, HistoryBuilder};
use ltv_core::model::Model;
use ltv_core::money::Money;
use ltv_core::table::row::{self, Kind};
use ltv_core::time::{Cutoff, Day};
use ltv_core::upload::identity;
use serde_json::Value;
use std::collections::HashMap;

/// The earliest day that is taken for one.
const EARLIEST: Date = Date::constant(1900, 1, 1);

/// A request that can be answered.
pub(crate) struct Asked {
    /// The customers in the order they were first named, transactions before customers.
    pub(crate) customers: Vec<AskedCustomer>,
    pub(crate) history: History,
    pub(crate) cutoff: Cutoff,
}

/// A customer of a request.
pub(crate) struct AskedCustomer {
    pub(crate) hash: CustomerHash,
    /// As the request names them.
    pub(crate) named: String,
    days: Vec<Day>,
}

impl AskedCustomer {
    /// How many of the customer's transactions lie at or behind `cutoff`, and so are not looked at.
    pub(crate) fn transactions_behind(&self, cutoff: Cutoff) -> usize {
        self.days.iter().filter(|day| !cutoff.is_after(**day)).count()
    }
}

/// Judges `request`, to be answered by `model`; `now` tells what lies in the future.
pub(crate) fn check(request: &PredictRequest, model: &Model, now: Timestamp) -> Result<Asked, Problem> {
    let account = model.context.account();
    let zone = account.zone().map_err(|error| {
        tracing::error!(%error, "the model's zone is unknown");
        Problem::internal()
    })?;
    let builder = History::builder(&account).map_err(|_| Problem::internal())?;
    let currency = account.currency.clone();
    let mut reader =
        Reader { zone, now, currency, builder, customers: Vec::new(), places: HashMap::new(), faults: Vec::new() };
    for (index, row) in request.transactions.iter().enumerate() {
        reader.transaction(index, row);
    }
    for (index, row) in request.customers.iter().enumerate() {
        reader.customer(index, row);
    }
    if request.transactions.is_empty() && request.customers.is_empty() {
        let detail = "There is nobody to predict: transactions is empty. Send at least one transaction.";
        reader.fault("/transactions", None, None, None, detail.to_owned());
    }
    let cutoff = reader.cutoff(request.as_of.as_deref(), model.cutoff);
    if reader.faults.is_empty() {
        Ok(Asked { customers: reader.customers, history: reader.builder.finish(), cutoff })
    } else {
        Err(Problem::invalid(reader.faults))
    }
}

struct Reader {
    zone: TimeZone,
    now: Timestamp,
    currency: Option<String>,
    builder: HistoryBuilder,
    customers: Vec<AskedCustomer>,
    places: HashMap<String, usize>,
    faults: Vec<Fault>,
}

impl Reader {
    fn transaction(&mut self, index: usize, row: &TransactionRow) {
        let customer = known(&row.customer_id.0);
        let occurred_at = self.micros(&row.occurred_at);
        let amount = amount_of(&row.amount, row.kind);
        let currency = self.currency_of(row.currency.as_deref());
        let mut fault = |field: &str, value: Value, what: String| {
            let id = &row.customer_id.0;
            let detail = format!("Transaction {index} of customer {id:?}: {what}.");
            let pointer = format!("/transactions/{index}/{field}");
            self.faults.push(Fault {
                pointer,
                customer_id: Some(id.clone()),
                transaction: Some(index),
                value: Some(value),
                detail,
            });
        };
        let given = match &row.amount {
            Amount::Number(number) => Value::from(*number),
            Amount::Text(text) => Value::from(text.as_str()),
        };
        let customer = customer.map_err(|what| fault("customer_id", row.customer_id.0.as_str().into(), what));
        let occurred_at = occurred_at.map_err(|what| fault("occurred_at", row.occurred_at.as_str().into(), what));
        let amount = amount.map_err(|what| fault("amount", given, what));
        let currency = currency.map_err(|what| fault("currency", row.currency.clone().into(), what));
        let (Ok(customer), Ok(occurred_at), Ok((kind, amount)), Ok(currency)) =
            (customer, occurred_at, amount, currency)
        else {
            return;
        };
        let text = |id: &Option<super::Id>| id.as_ref().map(|id| id.0.clone());
        self.builder.transaction(&row::Transaction {
            customer_id: customer.clone(),
            transaction_id: text(&row.transaction_id),
            occurred_at,
            amount,
            currency,
            kind,
            cancels: text(&row.cancels),
            product_id: text(&row.product_id),
            quantity: row.quantity,
            channel: row.channel.clone(),
            line: index as u64 + 1,
        });
        let day = Day::of(occurred_at, &self.zone);
        self.place(customer, &row.customer_id.0).days.push(day);
    }

    fn customer(&mut self, index: usize, row: &CustomerRow) {
        let id = &row.customer_id.0;
        let pointer = |field: &str| format!("/customers/{index}/{field}");
        let customer = match known(id) {
            Ok(customer) => customer,
            Err(what) => {
                let detail = format!("Customer {id:?}: {what}.");
                return self.fault(&pointer("customer_id"), Some(id), None, Some(id.as_str().into()), detail);
            }
        };
        let acquired_at = match row.acquired_at.as_deref().map(|text| self.micros(text)).transpose() {
            Ok(acquired_at) => acquired_at,
            Err(what) => {
                let detail = format!("Customer {id:?}: {what}.");
                return self.fault(
                    &pointer("acquired_at"),
                    Some(id),
                    None,
                    Some(row.acquired_at.clone().into()),
                    detail,
                );
            }
        };
        self.builder.customer(&row::Customer {
            customer_id: customer.clone(),
            acquired_at,
            acquisition_channel: row.acquisition_channel.clone(),
            acquisition_campaign: row.acquisition_campaign.clone(),
            country: row.country.clone(),
            line: index as u64 + 1,
            ..row::Customer::default()
        });
        self.place(customer, id);
    }

    /// The customer's entry, a new one behind the others where there is none.
    fn place(&mut self, customer: String, named: &str) -> &mut AskedCustomer {
        let next = self.customers.len();
        let hash = CustomerHash::of(&customer);
        let place = *self.places.entry(customer).or_insert(next);
        if place == next {
            self.customers.push(AskedCustomer { hash, named: named.to_owned(), days: Vec::new() });
        }
        &mut self.customers[place]
    }

    /// UTC microseconds of a date or time.
    fn micros(&self, text: &str) -> Result<i64, String> {
        let text = text.trim();
        let found = text.parse::<Timestamp>().ok().or_else(|| {
            let local = text.parse::<DateTime>().ok()?;
            self.zone.to_ambiguous_timestamp(local).compatible().ok()
        });
        let Some(found) = found else {
            return Err(format!("{text:?} is no date or time; write 2026-04-02 or 2026-04-02T09:30:00+02:00"));
        };
        if found > self.now.saturating_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX) {
            return Err(format!("{text:?} lies in the future"));
        }
        if self.zone.to_datetime(found).date() < EARLIEST {
            return Err(format!("{text:?} lies before the year 1900"));
        }
        Ok(found.as_microsecond())
    }

    /// The code, if it is the model's currency; without one there, all of a request must agree.
    fn currency_of(&mut self, code: Option<&str>) -> Result<Option<String>, String> {
        let Some(code) = code else { return Ok(None) };
        let upper = code.trim().to_ascii_uppercase();
        if upper.len() != 3 || !upper.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(format!("{code:?} is no currency code such as EUR"));
        }
        let expected = self.currency.get_or_insert_with(|| upper.clone());
        if *expected == upper {
            Ok(Some(upper))
        } else {
            Err(format!("the amount is in {upper}, and the model knows {expected}; convert it first"))
        }
    }

    /// The day to predict from.
    fn cutoff(&mut self, as_of: Option<&str>, earliest: Cutoff) -> Cutoff {
        let latest = self.customers.iter().flat_map(|customer| &customer.days).max();
        let Some(text) = as_of else { return latest.map_or(earliest, |day| Cutoff((*day + 1).max(earliest.0))) };
        let tomorrow = Day::of(self.now.as_microsecond(), &self.zone) + 1;
        let what = match text.trim().parse::<Date>() {
            Err(_) => format!("as_of {text:?} is no date; write it as 2026-04-02."),
            Ok(date) if Day::from(date) < earliest.0 => {
                format!("as_of {text} lies before {earliest}: the model knows what happened until then. Leave it out.")
            }
            Ok(date) if Day::from(date) > tomorrow.max(earliest.0) => {
                format!("as_of {text} lies in the future. Leave it out, or give a day up to {tomorrow}.")
            }
            Ok(date) => return Cutoff(Day::from(date)),
        };
        self.fault("/as_of", None, None, Some(text.into()), what);
        earliest
    }

    fn fault(&mut self, pointer: &str, id: Option<&str>, at: Option<usize>, value: Option<Value>, detail: String) {
        let customer_id = id.map(str::to_owned);
        self.faults.push(Fault { pointer: pointer.to_owned(), customer_id, transaction: at, value, detail });
    }
}

/// The id as the lake has it.
fn known(text: &str) -> Result<String, String> {
    match identity::customer_id(text) {
        Some(known) => Ok(known.id),
        None => Err(format!("{text:?} identifies nobody; give the id that your exports have")),
    }
}

/// What a transaction is, and its signed amount. What is given back is negative, however it was written.
fn amount_of(amount: &Amount, kind: Option<Kind>) -> Result<(Kind, Money), String> {
    let money = match amount {
        Amount::Number(number) => Money::from_f64(*number),
        Amount::Text(text) => Money::parse(text.trim()).ok(),
    };
    let Some(money) = money else {
        return Err(format!("the amount {amount} is no decimal of at most 12 digits before the point"));
    };
    let kind = kind.unwrap_or(if money.is_negative() { Kind::Refund } else { Kind::Order });
    match kind {
        Kind::Order if money.is_negative() => Err(format!(
            "an order's amount cannot be negative, and this is {amount}; give the kind refund or cancellation"
        )),
        Kind::Order => Ok((kind, money)),
        Kind::Refund | Kind::Cancellation => Ok((kind, -money.abs())),
    }
}
