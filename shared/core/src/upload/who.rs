//! Whom a row is about. In flow its cells of ids, addresses and phone numbers; out flows one id that may enter the lake, or
//! why there is none.
use super::adapter::Adapter;
use super::cells::Cells;
use super::field::Field;
use super::identity::{self, Change};
use super::reject::Reject;
use super::report::{Reason, Rule};
use crate::money::Money;
use crate::table::Table;
use std::borrow::Cow;

/// The fields that may say who a customer of this adapter's is, in the order in which they do.
pub(crate) fn fields(adapter: &Adapter) -> [Field; 3] {
    if adapter.address_first {
        return [Field::Email, Field::Phone, Field::CustomerId];
    }
    [Field::CustomerId, Field::Email, Field::Phone]
}

/// A customer as a row names one.
pub(crate) struct Who<'a> {
    pub(crate) id: Cow<'a, str>,
    pub(crate) change: Change,
    /// The field that decided.
    pub(crate) by: Field,
}

impl<'a> Cells<'a, '_> {
    /// What stands in the field of an id, address or phone number, where it names somebody. A cross-section has one row a
    /// customer: nothing is added up under an id there, and those that count from 0 have a customer 0.
    fn named(&self, field: Field) -> Option<&'a str> {
        let may_be_nobody = field == Field::CustomerId && self.reading.adapter.table != Table::Acquisition;
        self.text(field).filter(|text| !(may_be_nobody && is_nobody(text, self.reading.conventions.from_zero)))
    }

    /// The customer, by id, else by the hash of what stands in the columns of addresses and phone numbers.
    pub(crate) fn customer(&mut self, money: Money) -> Result<Cow<'a, str>, Reject> {
        let who = self.who(money)?;
        self.tell_change(who.change, money);
        Ok(who.id)
    }

    /// The same, and how it was found.
    pub(crate) fn who(&mut self, money: Money) -> Result<Who<'a>, Reject> {
        let mut mangled = None;
        for by in self.reading.who {
            let Some(text) = self.named(by) else { continue };
            let text = self.first_id(text, money);
            let known = if by == Field::CustomerId {
                identity::borrowed_customer_id(text)
            } else {
                identity::contact_id(text).map(|id| (Cow::Owned(id), Change::Hashed))
            };
            if let Some((id, change)) = known {
                return Ok(Who { id, change, by });
            }
            mangled = mangled.or(Some(by));
        }
        if let Some(field) = mangled {
            return Err(Reject::at(Reason::MangledCustomer, field));
        }
        Err(Reject::at(Reason::MissingCustomer, Field::CustomerId))
    }

    /// Counts what was done to a customer's id.
    pub(crate) fn tell_change(&mut self, change: Change, money: Money) {
        match change {
            Change::Hashed => self.notice(Rule::CustomerHashed, money),
            Change::Tidied => self.notice(Rule::CustomerTidied, money),
            Change::None => {}
        }
    }

    /// The first of several ids in one cell.
    fn first_id(&mut self, text: &'a str, money: Money) -> &'a str {
        match self.reading.adapter.id_separator.and_then(|separator| text.split_once(separator)) {
            Some((first, _)) => {
                self.notice(Rule::FirstOfSeveral, money);
                first
            }
            None => text,
        }
    }
}

/// Is it what shops write where an order has no account? Guests are many, not one customer. 0 is none of them where
/// customers are counted from it.
fn is_nobody(id: &str, from_zero: bool) -> bool {
    const WORDS: [&str; 6] = ["guest", "anonymous", "unknown", "gast", "invité", "invitado"];
    match id.as_bytes() {
        b"0" | b"0.0" => !from_zero,
        b"-1" | b"-1.0" => true,
        [b'a' | b'A' | b'g' | b'G' | b'i' | b'I' | b'u' | b'U', ..] => {
            WORDS.iter().any(|word| id.eq_ignore_ascii_case(word))
        }
        _ => false,
    }
}
