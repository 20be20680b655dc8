//! Products of lines. In flow a row's cells; out flows the code that is kept of its product, or that it is a test's.
use crate::money::Money;
use crate::upload::adapter::Adapter;
use crate::upload::cells::Cells;
use crate::upload::field::Field;
use crate::upload::identity::tidy_id;
use crate::upload::reject::Reject;
use crate::upload::report::{Reason, Rule};
use std::borrow::Cow;

/// The row's product as it is kept; `None` where there is none, or the code is no product's.
pub(super) fn product_of<'a>(cells: &mut Cells<'a, '_>, money: Money) -> Result<Option<Cow<'a, str>>, Reject> {
    let Some(code) = cells.text(Field::ProductId) else { return Ok(None) };
    // Codes of products are longer than most of those that are none: they are not looked up.
    if cells.reading.listed_lengths & length_of(code) != 0 {
        let adapter = &cells.reading.adapter;
        if adapter.test_products.iter().any(|test| test == code) {
            return Err(Reject::at(Reason::Test, Field::ProductId).with_money(money));
        }
        if adapter.non_products.iter().any(|other| other == code) {
            cells.notice(Rule::NonProduct, money);
            return Ok(None);
        }
    }
    Ok(kept(cells, code, money))
}

/// The lengths of all codes that an adapter lists, a bit for each.
pub(crate) fn listed_lengths(adapter: &Adapter) -> u64 {
    adapter.test_products.iter().chain(&adapter.non_products).fold(0, |lengths, code| lengths | length_of(code))
}

fn length_of(code: &str) -> u64 {
    1 << code.len().min(63)
}

fn kept<'a>(cells: &mut Cells<'a, '_>, code: &'a str, money: Money) -> Option<Cow<'a, str>> {
    // Letters and digits alone are no address, no phone number, and nothing that spreadsheets add to.
    if code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Some(Cow::Borrowed(code));
    }
    match cells.kept(Field::ProductId, money)? {
        Cow::Borrowed(code) => Some(Cow::Borrowed(tidy_id(code))),
        hash @ Cow::Owned(_) => Some(hash),
    }
}
