//! Who a row is about, without saying it: ids are tidied, emails and phone numbers hashed. In flows a cell; out flows an
//! id that may enter the lake. Nothing here keeps what it was given.
use super::contact;
use super::number::are_digits;
use super::record::trim;
use super::reject::MASK;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// A customer's id as it enters the lake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerId {
    /// The id; 64 hexadecimal digits where the source identifies by email or phone.
    pub id: String,
    /// What was done to it.
    pub change: Change,
}

/// What was done to an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// A spreadsheet's `.0`, or an apostrophe or formula that is meant for one, was taken off.
    Tidied,
    /// It was an email address or phone number, and is now its SHA-256.
    Hashed,
}

/// The id of a customer as uploads and requests write it, normalised as in the lake; `None` where the cell holds none, or
/// one that a spreadsheet has destroyed (`1.2E+17`; see `is_mangled`).
pub fn customer_id(text: &str) -> Option<CustomerId> {
    borrowed_customer_id(text).map(|(id, change)| CustomerId { id: id.into_owned(), change })
}

/// As [`customer_id`], borrowed from the cell where it stands there.
pub(crate) fn borrowed_customer_id(text: &str) -> Option<(Cow<'_, str>, Change)> {
    let text = trim(text);
    let tidy = tidy_id(text);
    let change = if tidy.len() == text.len() { Change::None } else { Change::Tidied };
    if change == Change::None && !tidy.is_empty() && are_digits(tidy) {
        return Some((Cow::Borrowed(tidy), change));
    }
    if is_missing(tidy) || is_mangled(text) {
        return None;
    }
    match personal_sha256(tidy) {
        Some(id) => Some((Cow::Owned(id), Change::Hashed)),
        None => Some((Cow::Borrowed(tidy), change)),
    }
}

/// The id of a customer by a cell of a column of addresses or phone numbers: always a hash, whatever stands there. An
/// address counts in lower case, a phone number by its digits without zeros in front, other text in lower case. `None`
/// where the cell holds none, or a number that a spreadsheet has destroyed.
pub(crate) fn contact_id(text: &str) -> Option<String> {
    let tidy = tidy_id(text);
    if is_missing(tidy) || is_mangled(trim(text)) {
        return None;
    }
    if is_sha256(tidy) {
        return Some(tidy.to_ascii_lowercase());
    }
    let known = contact::address_in(tidy).or_else(|| contact::phone_digits(tidy)).or_else(|| contact::phone_in(tidy));
    Some(sha256(&known.unwrap_or_else(|| tidy.to_lowercase())))
}

/// Every id that the lake may have for whom somebody names: that of [`customer_id`] first, then that of an upload which
/// had the name in a column of addresses or phone numbers. Empty where the text names nobody.
pub fn ids_of(text: &str) -> Vec<String> {
    let mut ids: Vec<String> = customer_id(text).map(|known| known.id).into_iter().collect();
    ids.extend(contact_id(text).filter(|id| !ids.contains(id)));
    ids
}

/// The hash of what must not stand in a column of customers' ids as it is written; `None` for an id.
fn personal_sha256(text: &str) -> Option<String> {
    if contact::with_at_signs(text).is_some() {
        return contact_id(text);
    }
    contact::phone_in(text).map(|digits| sha256(&digits))
}

/// What is kept of a text, other than a customer's id, that is or holds an address or a phone number: its hash.
pub(crate) fn screened(text: &str) -> Option<String> {
    holds_contact(text).then(|| sha256(&text.to_lowercase()))
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// An id without what spreadsheets add, or is added for them: `17850.0` is `17850`, `'0042` and `="0042"` are `0042`.
pub(crate) fn tidy_id(text: &str) -> &str {
    let text = trim(text);
    let text = match text.as_bytes() {
        [b'\'', ..] => text[1..].trim(),
        [b'=', b'"', .., b'"'] => text[2..text.len() - 1].trim(),
        _ => text,
    };
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text.as_bytes().split_at(digits) {
        (whole, [b'.', b'0', zeros @ ..]) if !whole.is_empty() && zeros.iter().all(|byte| *byte == b'0') => {
            &text[..digits]
        }
        _ => text,
    }
}

/// Has a spreadsheet rounded this id away, as in `1.20253E+17`, `1,20253E+17`, `1E+17` or `9007199254740993.0`? Beyond 2^53
/// a number that was a float is no longer the one that was written.
pub(crate) fn is_mangled(text: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && are_digits(text);
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else {
        let whole = text.split_once('.').filter(|(_, zeros)| zeros.bytes().all(|byte| byte == b'0'));
        return whole
            .is_some_and(|(digits, _)| is_number(digits) && digits.parse().map_or(true, |number: u64| number > EXACT));
    };
    let (whole, decimals) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    // Ids such as `4E7` are none of these.
    let is_scientific = mantissa.len() > whole.len() || exponent.starts_with('+');
    is_scientific && is_number(whole) && are_digits(decimals) && is_number(digits) && digits.len() <= 3
}

/// A number that a file holds as a float, written out where it is still the number that was meant, else so that
/// [`is_mangled`] knows it.
pub(crate) fn float_text(number: f64) -> String {
    if number.abs() > EXACT as f64 && number.is_finite() {
        return format!("{number:E}").replace('E', "E+");
    }
    number.to_string()
}

/// 2^53: the largest number up to which floats hold every whole one.
const EXACT: u64 = 1 << 53;

/// Does the cell say that there is nothing?
#[inline]
pub(crate) fn is_missing(text: &str) -> bool {
    is_nothing(trim(text))
}

/// The same, of a text without white space around it.
#[inline]
pub(crate) fn is_nothing(text: &str) -> bool {
    match text.as_bytes() {
        [] => true,
        [b'-', rest @ ..] => rest.iter().all(|byte| *byte == b'-'),
        [b'#' | b'(' | b'n' | b'N' | b'u' | b'U', ..] => is_word_for_nothing(text),
        _ => false,
    }
}

fn is_word_for_nothing(text: &str) -> bool {
    const NOTHING: [&str; 10] = ["null", "nan", "none", "n/a", "#n/a", "na", "nil", "undefined", "(not set)", "(none)"];
    NOTHING.iter().any(|nothing| text.eq_ignore_ascii_case(nothing))
}

/// SHA-256 of the email address in a text, in lower case; `None` where there is none that others can write to.
pub fn email_sha256(text: &str) -> Option<String> {
    contact::address_in(text).filter(|address| contact::is_public(address)).map(|address| sha256(&address))
}

/// SHA-256 of a phone number's digits, country code first, without `+` and zeros in front; `None` for what has fewer than
/// 7 digits, more than 15, or letters other than an extension's.
pub fn phone_sha256(text: &str) -> Option<String> {
    if is_mangled(trim(text)) {
        return None;
    }
    contact::phone_digits(tidy_id(text)).map(|digits| sha256(&digits))
}

/// Does a text that is no customer's id hold an address, or what is surely a phone number?
pub(crate) fn holds_contact(text: &str) -> bool {
    contact::address_in(text).is_some_and(|address| contact::is_public(&address)) || contact::is_phone(text)
}

/// Does a text that may be masked without harm hold anything like an address, or a phone number among other words?
pub(crate) fn mentions_contact(text: &str) -> bool {
    contact::with_at_signs(text).is_some()
        || contact::may_hold_phone(text) && (contact::phone_in(text).is_some() || contact::is_phone(text))
}

/// A header's cell or a sheet's name as reports keep it: masked where it holds an address or a phone number.
pub(crate) fn kept_name(name: &str) -> &str {
    let is_contact = contact::address_in(name).is_some() || contact::is_phone(name);
    if is_contact { MASK } else { name }
}

/// Could what stands in a column of customers' ids say who it is? All but numbers of fewer digits than a phone's, or
/// more, and at most two letters beside them: `K42` and `AB-1001` say nothing, `Ada` and `4930123456` might.
pub(crate) fn may_be_personal(id: &str) -> bool {
    if is_mangled(id) {
        return false;
    }
    let digits = id.bytes().filter(u8::is_ascii_digit).count();
    let letters = id.bytes().filter(u8::is_ascii_alphabetic).count();
    let others = id.bytes().filter(|byte| matches!(byte, b'-' | b'_' | b'#')).count();
    digits + letters + others < id.len() || digits == 0 || letters > 2 || (7..=15).contains(&digits)
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests;
