//! Adapters: one small JSON file a source, in `adapter/`. In flows the text of such a file; out flow the headers that a
//! source is known by and the rules that its rows are read with. Adding a source is adding a file and naming it in
//! `BUILT_IN`; an adapter never holds code.
use super::field::{Columns, Field, key_of};
use crate::table::Table;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

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
    /// currency of the rows.
    pub columns: BTreeMap<Field, Vec<String>>,
    /// A header fits where, of each of these lists, one field at least is found.
    pub required: Vec<Vec<Field>>,
    /// Values of fields that the files do not have.
    #[serde(default)]
    pub constants: BTreeMap<Field, String>,
    /// The fields of files that have no header, by position.
    #[serde(default)]
    pub headerless: Vec<Option<Field>>,
    /// What statuses and kinds mean, in lower case.
    #[serde(default)]
    pub statuses: BTreeMap<String, Meaning>,
    /// What it means that a transaction id begins with these letters, followed by digits.
    #[serde(default)]
    pub id_prefixes: BTreeMap<String, Meaning>,
    /// Codes in the product column that are no products: their money is kept, the code is not.
    #[serde(default)]
    pub non_products: Vec<String>,
    /// Are lines of negative quantity and no price, which are no cancellations, stock that was written off?
    #[serde(default)]
    pub write_offs: bool,
    /// A row whose first cell is one of these, or begins with one that ends in a colon, is a total.
    #[serde(default)]
    pub totals: Vec<String>,
    /// A row that leaves these fields blank is a total.
    #[serde(default)]
    pub blank_in_totals: Vec<Field>,
    /// Which number of an ambiguous date is the day, where the source is known to write it so.
    #[serde(default)]
    pub date_order: Option<DateOrder>,
    /// Do several rows make one order, whose amount and time stand on its first row only?
    #[serde(default)]
    pub order_on_first_row: bool,
}

impl Adapter {
    /// The columns of a header that this adapter knows; `None` where the header does not fit.
    pub(crate) fn fit(&self, header: &[String]) -> Option<Columns> {
        let mut columns = Columns::default();
        for (field, aliases) in &self.columns {
            if let Some((place, currency)) = aliases.iter().find_map(|alias| place_of(alias, header)) {
                columns.set(*field, place);
                columns.currency = columns.currency.or(currency);
            }
        }
        let has = |field: &Field| columns.place(*field).is_some() || self.constants.contains_key(field);
        self.required.iter().all(|any| any.iter().any(has)).then_some(columns)
    }

    /// What `mark` means in a status or kind column.
    pub(crate) fn meaning_of(&self, mark: &str) -> Option<Meaning> {
        self.statuses.get(mark.trim().to_lowercase().as_str()).copied()
    }

    /// What the prefix of a transaction id means.
    pub(crate) fn meaning_of_id(&self, id: &str) -> Option<Meaning> {
        let digits_follow = |rest: &str| rest.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
        let fits = |prefix: &str| id.strip_prefix(prefix).is_some_and(digits_follow);
        self.id_prefixes.iter().find(|(prefix, _)| fits(prefix)).map(|(_, meaning)| *meaning)
    }
}

/// The first header cell that `alias` names, and the currency it carries.
fn place_of(alias: &str, header: &[String]) -> Option<(usize, Option<String>)> {
    let Some((before, after)) = alias.split_once("{currency}") else {
        let key = key_of(alias);
        return header.iter().position(|cell| *cell == key).map(|place| (place, None));
    };
    let (before, after) = (key_of(before), key_of(after));
    header.iter().enumerate().find_map(|(place, cell)| {
        let code = cell.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
        let is_code = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_lowercase());
        is_code.then(|| (place, Some(code.to_uppercase())))
    })
}

/// The adapters that are built in, sources before the canonical shapes: of two that fit a header equally well, the
/// earlier is taken.
const BUILT_IN: &[&str] = &[
    include_str!("adapter/uci_online_retail.json"),
    include_str!("adapter/cdnow.json"),
    include_str!("adapter/google_ads.json"),
    include_str!("adapter/meta_ads.json"),
    include_str!("adapter/shopify_orders.json"),
    include_str!("adapter/stripe_payments.json"),
    include_str!("adapter/acquisition.json"),
    include_str!("adapter/transactions.json"),
    include_str!("adapter/customers.json"),
    include_str!("adapter/spend.json"),
    include_str!("adapter/indicators.json"),
];

static ADAPTERS: LazyLock<Vec<Adapter>> = LazyLock::new(|| {
    BUILT_IN.iter().map(|text| serde_json::from_str(text).expect("built-in adapters are checked by a test")).collect()
});

/// Every adapter that is built in.
pub fn adapters() -> &'static [Adapter] {
    &ADAPTERS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| key_of(cell)).collect()
    }

    #[test]
    fn every_built_in_adapter_can_be_read_and_has_a_name_of_its_own() {
        let mut names: Vec<&str> = adapters().iter().map(|adapter| adapter.name.as_str()).collect();
        assert_eq!(names.len(), BUILT_IN.len());
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), BUILT_IN.len());
    }

    #[test]
    fn what_an_adapter_requires_it_can_find() {
        for adapter in adapters() {
            for field in adapter.required.iter().flatten() {
                let known = adapter.columns.contains_key(field) || adapter.constants.contains_key(field);
                assert!(known, "{} requires {field}, for which it has no header", adapter.name);
            }
        }
    }

    #[test]
    fn a_header_that_names_the_currency_is_found_and_its_currency_kept() {
        let found = place_of("Amount spent ({currency})", &header(&["Day", "Amount spent (USD)"]));
        assert_eq!(found, Some((1, Some("USD".to_owned()))));
        assert_eq!(place_of("Amount spent ({currency})", &header(&["Amount spent"])), None);
    }

    #[test]
    fn a_prefix_counts_only_before_digits() {
        let retail = adapters().iter().find(|adapter| adapter.name == "uci_online_retail").unwrap();
        assert_eq!(retail.meaning_of_id("C536379"), Some(Meaning::Cancellation));
        assert_eq!(retail.meaning_of_id("A563185"), Some(Meaning::BadDebt));
        assert_eq!(retail.meaning_of_id("536365"), None);
        assert_eq!(retail.meaning_of_id("CASH"), None);
    }
}
