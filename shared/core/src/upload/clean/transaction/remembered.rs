//! What earlier rows of a file have told, so that the same text is not looked at again: lines of an order mostly stand
//! together, and products come back. In flow a row's cells; out flow who and what they name.
use crate::money::Money;
use crate::upload::adapter::Meaning;
use crate::upload::cells::Cells;
use crate::upload::field::Field;
use crate::upload::identity::{Change, is_mangled, screened, tidy_id};
use crate::upload::reject::Reject;
use crate::upload::report::Rule;
use foldhash::fast::FixedState;
use std::borrow::Cow;
use std::collections::HashMap;

/// How many products are remembered, and up to which length their codes are.
const PRODUCTS: usize = 1 << 16;
const LONGEST: usize = 64;

/// The row before, and the products seen so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Remembered {
    /// What its id says.
    pub(super) id: KnownId,
    /// Who its customer is.
    pub(super) customer: KnownCustomer,
    /// Its time, as written and in UTC microseconds.
    time: (String, i64),
    /// By their codes as written.
    products: HashMap<Box<str>, Product, FixedState>,
}

/// What a transaction's id says.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownId {
    /// As written.
    text: String,
    /// Within its source system; empty where there is none or a spreadsheet has rounded it away.
    pub(super) namespaced: String,
    pub(super) meaning: Option<Meaning>,
    pub(super) is_mangled: bool,
}

/// Whom a cell names.
#[derive(Clone, Debug)]
pub(super) struct KnownCustomer {
    /// The cell as written and its field; empty where nobody is known.
    text: String,
    pub(super) by: Field,
    pub(super) id: String,
    change: Change,
}

impl Default for KnownCustomer {
    fn default() -> KnownCustomer {
        KnownCustomer { text: String::new(), by: Field::CustomerId, id: String::new(), change: Change::None }
    }
}

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

impl Remembered {
    /// Looks at the row's id, unless it is that of the row before.
    pub(super) fn know_id(&mut self, cells: &Cells<'_, '_>) {
        let text = cells.text(Field::TransactionId).unwrap_or_default();
        if text != self.id.text || text.is_empty() {
            let meaning = cells.reading.adapter.meaning_of_id(tidy_id(text));
            let namespaced = namespaced(cells, text).unwrap_or_default();
            self.id = KnownId { text: text.to_owned(), namespaced, meaning, is_mangled: is_mangled(text) };
        }
    }

    /// Finds out whose the row is, unless it is that of the row before.
    pub(super) fn know_customer(&mut self, cells: &mut Cells<'_, '_>, money: Money) -> Result<(), Reject> {
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
    pub(super) fn occurred_at(&mut self, cells: &Cells<'_, '_>) -> Result<i64, Reject> {
        let text = cells.text(Field::OccurredAt).unwrap_or_default();
        if text != self.time.0 || text.is_empty() {
            let micros = cells.moment(Field::OccurredAt)?.micros(&cells.reading.written_in);
            self.time = (text.to_owned(), micros);
        }
        Ok(self.time.1)
    }

    /// The product as it is kept; `None` where there is none, or the code is no product's.
    pub(super) fn product_of<'a>(&mut self, cells: &mut Cells<'a, '_>, money: Money) -> Option<Cow<'a, str>> {
        let code = cells.text(Field::ProductId)?;
        let known = self.products.get(code).copied().unwrap_or_else(|| {
            if self.products.len() >= PRODUCTS {
                self.products.clear();
            }
            let product = Product::of(cells, code);
            if code.len() <= LONGEST {
                self.products.insert(code.into(), product);
            }
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
}

/// An order's id within its source system, an address or phone number as its hash.
pub(super) fn namespaced(cells: &Cells<'_, '_>, id: &str) -> Option<String> {
    if id.is_empty() || is_mangled(id) {
        return None;
    }
    let system = cells.reading.adapter.system.as_deref().unwrap_or(&cells.reading.adapter.name);
    let id = tidy_id(id);
    Some([system, ":", screened(id).as_deref().unwrap_or(id)].concat())
}
