//! Whom a row is about. In flow its cells of ids, addresses and phone numbers; out flows one id that may enter the lake, or
//! why there is none.
use super::cells::Cells;
use super::field::Field;
use super::identity::{self, Change};
use super::reject::Reject;
use super::report::{Reason, Rule};
use crate::money::Money;
use std::borrow::Cow;

/// The fields that may say who a customer is, in the order in which they do.
const CUSTOMER: [Field; 3] = [Field::CustomerId, Field::Email, Field::Phone];

/// A customer as a row names one.
pub(crate) struct Who<'a> {
    pub(crate) id: Cow<'a, str>,
    pub(crate) change: Change,
    /// The field that decided.
    pub(crate) by: Field,
}

impl<'a> Cells<'a, '_> {
    /// The first filled cell that may say who the customer is.
    pub(crate) fn customer_text(&self) -> Option<(Field, &'a str)> {
        CUSTOMER.into_iter().find_map(|field| Some((field, self.text(field)?)))
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
        for by in CUSTOMER {
            let Some(text) = self.text(by) else { continue };
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
