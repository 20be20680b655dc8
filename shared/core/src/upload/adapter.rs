//! Adapters: one small JSON file a source, in `adapter/`, or one that a user wrote. In flows the text of such a file; out
//! flow the headers that a source is known by and the rules that its rows are read with. Adding a source is adding a file
//! and naming it in `known.rs`; an adapter never holds code.
mod known;
mod wide;
mod words;

pub use known::{AdapterError, Adapters};
pub use wide::Wide;
pub(crate) use wide::{WideChannel, WideColumns};
pub use words::Words;

use super::currency;
use super::field::{Columns, Field, key_of};
use crate::table::Table;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a mark in a row (a status, a kind, an id's prefix) says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// A purchase.
    Order,
    /// Money given back.
    Refund,
    /// An order taken back.
    Cancellation,
    /// An adjustment of the books that no customer made: rejected.
    BadDebt,
    /// An order that was never paid, or a payment that failed: rejected.
    Incomplete,
    /// An order that nobody placed: rejected.
    Test,
    /// A purchase of which all was given back, unless the row says how much was.
    OrderRefunded,
}

/// Which number of `03/04/2025` is the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// The 3rd of April.
    DayFirst,
    /// The 4th of March.
    MonthFirst,
}

/// How the files of one source are known and read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adapter {
    /// Its name in reports.
    pub name: String,
    /// Raised whenever it reads files differently, so that they are read again.
    pub version: u32,
    /// What it reads, for people.
    pub title: String,
    /// The table that its rows belong to.
    pub table: Table,
    /// Namespace of its transaction ids: ids of different systems are never the same order.
    #[serde(default)]
    pub system: Option<String>,
    /// Headers of each field, in order of preference. `{currency}` stands for a three-letter code, which is then the
    /// currency of the rows; `/ 1000000` behind a header says that its numbers are millionths.
    #[serde(default)]
    pub columns: BTreeMap<Field, Vec<String>>,
    /// Columns of which there is one a channel or series, in tables that have a row a period.
    #[serde(default)]
    pub wide: Option<Wide>,
    /// A header fits where, of each of these lists, one field at least is found.
    pub required: Vec<Vec<Field>>,
    /// Headers of which one at least is there as well, where `required` could be many a source's.
    #[serde(default)]
    pub signs: Vec<String>,
    /// Headers that, all of one of these lists together, are another source's: the adapter then stands back, unless the
    /// key asks for its table.
    #[serde(default)]
    pub others: Vec<Vec<String>>,
    /// Values of fields that the files do not have.
    #[serde(default)]
    pub constants: BTreeMap<Field, String>,
    /// The fields of files that have no header, by position.
    #[serde(default)]
    pub headerless: Vec<Option<Field>>,
    /// Lists of words that sources share: they go behind `statuses` and `totals`.
    #[serde(default)]
    pub words: Vec<Words>,
    /// What statuses and kinds mean, in lower case.
    #[serde(default)]
    pub statuses: BTreeMap<String, Meaning>,
    /// What it means that a transaction id begins with these letters, followed by digits.
    #[serde(default)]
    pub id_prefixes: BTreeMap<String, Meaning>,
    /// Codes in the product column that are no products: their money is kept, the code is not.
    #[serde(default)]
    pub non_products: Vec<String>,
    /// Codes in the product column of orders that nobody placed: rejected.
    #[serde(default)]
    pub test_products: Vec<String>,
    /// Are lines of negative quantity and no price, which are no cancellations, stock that was written off?
    #[serde(default)]
    pub write_offs: bool,
    /// A row whose first filled cell is one of these, in whatever case, is a total, also with a colon, a bracket or a year
    /// behind it.
    #[serde(default)]
    pub totals: Vec<String>,
    /// A row that leaves these fields blank is a total.
    #[serde(default)]
    pub blank_in_totals: Vec<Field>,
    /// A row with no more filled cells than this, where the header has more, is a footer.
    #[serde(default)]
    pub footer_cells: usize,
    /// What a status means that is not among `statuses`; an order where this is not said either.
    #[serde(default)]
    pub other_statuses: Option<Meaning>,
    /// What separates several ids in one cell, of which the first counts.
    #[serde(default)]
    pub id_separator: Option<char>,
    /// Which number of an ambiguous date is the day, where the source is known to write it so.
    #[serde(default)]
    pub date_order: Option<DateOrder>,
    /// The zone of times that name none, by its IANA name, where that is not the account's.
    #[serde(default, with = "jiff::fmt::serde::tz::optional")]
    pub zone: Option<TimeZone>,
    /// Fields of which a row that leaves the column blank has the value of the next that the header names.
    #[serde(default)]
    pub fallbacks: Vec<Field>,
    /// Is a customer known by address or phone number, and by an id only where there is neither?
    #[serde(default)]
    pub address_first: bool,
    /// Do several rows make one order, whose amount and time stand on its first row only?
    #[serde(default)]
    pub order_on_first_row: bool,
    /// Headers of amounts that are of whole orders: rows of one order that repeat it, one behind the other, are one.
    #[serde(default)]
    pub order_totals: Vec<String>,
}

impl Adapter {
    /// The columns of a header that this adapter knows; `None` where the header does not fit. `keys` are the header's
    /// cells as [`key_of`] has them.
    pub(crate) fn fit(&self, header: &[String], keys: &[String]) -> Option<Columns> {
        if !self.signs.is_empty() && !self.signs.iter().any(|sign| keys.contains(&key_of(sign))) {
            return None;
        }
        let mut columns = Columns::default();
        for (field, aliases) in &self.columns {
            let mut found = aliases.iter().filter_map(|alias| place_of(alias, keys));
            let Some(first) = found.next() else { continue };
            columns.set(*field, first.place);
            for next in found.filter(|next| self.fallbacks.contains(field) && next.divisor == first.divisor) {
                columns.fall_back(*field, next.place);
            }
            columns.currency = columns.currency.or(first.currency);
            if let Some(divisor) = first.divisor {
                columns.divide(*field, divisor);
            }
        }
        if let Some(wide) = &self.wide {
            columns.wide = Some(wide.fit(header, &columns)?);
        }
        let has = |field: &Field| columns.place(*field).is_some() || self.constants.contains_key(field);
        self.required.iter().all(|any| any.iter().any(has)).then_some(columns)
    }

    /// Is there a column of `field` in a header, as [`key_of`] has its cells?
    pub(crate) fn finds(&self, field: Field, keys: &[String]) -> bool {
        self.columns.get(&field).is_some_and(|aliases| aliases.iter().any(|alias| place_of(alias, keys).is_some()))
    }

    /// Do these headers, as [`key_of`] has them, say that the file is another source's?
    pub(crate) fn stands_back(&self, keys: &[String]) -> bool {
        self.others.iter().any(|all| all.iter().all(|header| keys.contains(&key_of(header))))
    }

    /// What `mark` means in a status or kind column; that of `Closed Won (Sales Pipeline)` is that of `Closed Won`.
    pub(crate) fn meaning_of(&self, mark: &str) -> Option<Meaning> {
        let mark = mark.trim().to_lowercase();
        let known = self.statuses.get(&mark);
        known.or_else(|| self.statuses.get(mark.strip_suffix(')')?.split_once('(')?.0.trim())).copied()
    }

    /// What the prefix of a transaction id means.
    pub(crate) fn meaning_of_id(&self, id: &str) -> Option<Meaning> {
        let digits_follow = |rest: &str| rest.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
        let fits = |prefix: &str| id.strip_prefix(prefix).is_some_and(digits_follow);
        self.id_prefixes.iter().find(|(prefix, _)| fits(prefix)).map(|(_, meaning)| *meaning)
    }
}

/// A column that an alias names.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    place: usize,
    /// The currency in its header.
    currency: Option<String>,
    divisor: Option<u32>,
}

/// The first header cell that `alias` names.
fn place_of(alias: &str, keys: &[String]) -> Option<Found> {
    let divided = alias.rsplit_once(" / ").and_then(|(alias, divisor)| Some((alias, divisor.parse().ok()?)));
    let (alias, divisor) = divided.map_or((alias, None), |(alias, divisor)| (alias, Some(divisor)));
    let Some((before, after)) = alias.split_once("{currency}") else {
        let key = key_of(alias);
        let place = keys.iter().position(|cell| *cell == key)?;
        return Some(Found { place, currency: None, divisor });
    };
    let (before, after) = (key_of(before), key_of(after));
    keys.iter().enumerate().find_map(|(place, cell)| {
        let code = cell.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
        currency::is_code(code).then(|| Found { place, currency: Some(code.to_uppercase()), divisor })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| key_of(cell)).collect()
    }

    #[test]
    fn a_header_that_names_the_currency_is_found_and_its_currency_kept() {
        let found = place_of("Amount spent ({currency})", &header(&["Day", "Amount spent (USD)"]));
        assert_eq!(found, Some(Found { place: 1, currency: Some("USD".to_owned()), divisor: None }));
        let micros = place_of("metrics.cost_micros / 1000000", &header(&["metrics.costMicros"]));
        assert_eq!(micros, Some(Found { place: 0, currency: None, divisor: Some(1_000_000) }));
        for none in ["Amount spent", "Amount spent (net)", "Amount spent (tax)"] {
            assert_eq!(place_of("Amount spent ({currency})", &header(&[none])), None, "{none}");
        }
    }

    #[test]
    fn a_prefix_counts_only_before_digits() {
        let known = Adapters::built_in();
        let retail = known.iter().find(|adapter| adapter.name == "uci_online_retail").unwrap();
        assert_eq!(retail.meaning_of_id("C536379"), Some(Meaning::Cancellation));
        assert_eq!(retail.meaning_of_id("A563185"), Some(Meaning::BadDebt));
        assert_eq!(retail.meaning_of_id("536365"), None);
        assert_eq!(retail.meaning_of_id("CASH"), None);
    }
}
