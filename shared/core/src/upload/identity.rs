//! Who a row is about, without saying it: ids are tidied, emails and phone numbers hashed. In flows a cell; out flows an
//! id that may enter the lake. Nothing here keeps what it was given.
use super::record::trim;
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
    /// A spreadsheet's `.0` or apostrophe was taken off.
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
    if !tidy.is_empty() && tidy.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((Cow::Borrowed(tidy), change));
    }
    if is_missing(tidy) || is_mangled(tidy) {
        return None;
    }
    if let Some(id) = email_sha256(tidy).or_else(|| phone_sha256_if_likely(tidy)) {
        return Some((Cow::Owned(id), Change::Hashed));
    }
    Some((Cow::Borrowed(tidy), change))
}

/// An id without what spreadsheets add: `17850.0` is `17850`, `'0042` is `0042`.
pub(crate) fn tidy_id(text: &str) -> &str {
    let text = trim(text);
    let text = if text.as_bytes().first() == Some(&b'\'') { text[1..].trim() } else { text };
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text.as_bytes().split_at(digits) {
        (whole, [b'.', b'0', zeros @ ..]) if !whole.is_empty() && zeros.iter().all(|byte| *byte == b'0') => {
            &text[..digits]
        }
        _ => text,
    }
}

/// Has a spreadsheet rounded this id away, as in `1.20253E+17`?
pub(crate) fn is_mangled(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    !exponent.is_empty()
        && exponent.len() <= 3
        && exponent.bytes().all(|byte| byte.is_ascii_digit())
        && mantissa.contains('.')
        && mantissa.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Does the cell say that there is nothing?
#[inline]
pub(crate) fn is_missing(text: &str) -> bool {
    let text = trim(text);
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

/// SHA-256 of an email address in lower case and without spaces around it; `None` for what is none.
pub fn email_sha256(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('\'');
    let (name, domain) = text.split_once('@')?;
    let is_address = !name.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !domain.contains('@')
        && !text.contains(char::is_whitespace);
    is_address.then(|| sha256(&text.to_lowercase()))
}

/// SHA-256 of a phone number's digits behind their `+`, if any; `None` for what has fewer than 7 digits, more than
/// 15, or letters.
pub fn phone_sha256(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('\'');
    let is_written_so = |c: char| c.is_ascii_digit() || matches!(c, '+' | '(' | ')' | '-' | '.' | '/' | ' ' | '\u{a0}');
    if !text.chars().all(is_written_so) {
        return None;
    }
    let mut number: String = text.chars().filter(char::is_ascii_digit).collect();
    if !(7..=15).contains(&number.len()) {
        return None;
    }
    if text.starts_with('+') {
        number.insert(0, '+');
    }
    Some(sha256(&number))
}

/// As [`phone_sha256`], for a column that may hold plain numbers as ids: a phone number begins with `+` or a bracket, or
/// is written in groups as in North America.
fn phone_sha256_if_likely(text: &str) -> Option<String> {
    let is_separator = |byte: u8| matches!(byte, b'-' | b'.' | b' ');
    let groups =
        |text: &[u8]| text.len() == 12 && (0..12).all(|place| is_separator(text[place]) == matches!(place, 3 | 7));
    if text.starts_with(['+', '(']) || groups(text.as_bytes()) { phone_sha256(text) } else { None }
}

/// Does the text look like an email address or a phone number, wherever it stands?
pub(crate) fn looks_personal(text: &str) -> bool {
    memchr::memchr(b'@', text.as_bytes()).is_some() || phone_sha256_if_likely(trim(text)).is_some()
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Option<String> {
        customer_id(text).map(|found| found.id)
    }

    #[test]
    fn what_spreadsheets_add_to_ids_is_taken_off() {
        assert_eq!(customer_id("17850.0"), Some(CustomerId { id: "17850".to_owned(), change: Change::Tidied }));
        assert_eq!(id("'0042").as_deref(), Some("0042"));
        assert_eq!(customer_id("00001"), Some(CustomerId { id: "00001".to_owned(), change: Change::None }));
        assert_eq!(id("v1.0").as_deref(), Some("v1.0"));
        assert_eq!(id("1.5").as_deref(), Some("1.5"));
    }

    #[test]
    fn nothing_and_what_was_rounded_away_are_no_ids() {
        for text in ["", "  ", "NaN", "null", " --", "#N/A", "1.20253E+17", "1.2e17"] {
            assert_eq!(id(text), None, "{text:?}");
        }
        assert_eq!(id("4E7").as_deref(), Some("4E7"));
    }

    #[test]
    fn an_email_is_one_customer_however_it_is_written() {
        let hash = id("ada@example.org").unwrap();
        assert_eq!(id("  Ada@Example.ORG "), Some(hash.clone()));
        assert_eq!(hash, "cfe00dde46ef942601ffafb9e2825e802858b460e586b8305b344c1eb826357d");
        assert_eq!(email_sha256("ada@example.org"), Some(hash));
        assert_eq!(email_sha256("no address"), None);
        assert_eq!(email_sha256("a@b"), None);
    }

    #[test]
    fn a_phone_number_is_one_customer_and_a_plain_number_is_an_id() {
        assert_eq!(id("+1 (555) 123-4567"), id("+15551234567"));
        assert_eq!(id("+15551234567").unwrap().len(), 64);
        assert_eq!(id("555-123-4567").unwrap().len(), 64);
        assert_eq!(id("15551234567").as_deref(), Some("15551234567"));
        assert_eq!(phone_sha256("123"), None);
        assert_eq!(phone_sha256("555-CALL-NOW"), None);
    }
}
