//! Numbers as people and spreadsheets write them. In flows a cell; out flows a plain decimal, exactly. Whether the comma
//! is a decimal comma is decided for a whole file, from the cells that leave no doubt.
mod doubt;

pub(crate) use doubt::{evidence, is_ambiguous};

use super::currency::{self, Named};
use serde::{Deserialize, Serialize};

/// Which sign stands before the decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecimalMark {
    /// `1,234.56`
    #[default]
    Point,
    /// `1.234,56`
    Comma,
}

/// Takes everything off a number that is not part of it and writes the rest to `plain`: `$1,234.50` is `1234.50`,
/// `(5.00)` is `-5.00`. Percent signs are left off: what they mean is the column's matter. `false` where the text is no
/// number.
pub(crate) fn plain(text: &str, mark: DecimalMark, plain: &mut String) -> bool {
    plain.clear();
    let text = text.trim();
    if is_plain(text.as_bytes()) && (mark == DecimalMark::Point || !text.contains('.')) {
        plain.push_str(text);
        return true;
    }
    let Parts { negative, body, .. } = parts_of(text);
    if negative {
        plain.push('-');
    }
    let sign = plain.len();
    grouped(body, mark, plain) || {
        plain.truncate(sign);
        scientific(body, mark, plain)
    }
}

/// Is there nothing but digits in the text?
#[inline]
pub(super) fn are_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Writes out a number with an exponent, to its last digit: `1.5e2` is `150`, `-3.7e-05` is `-0.000037`. Its mantissa has
/// no groups.
fn scientific(body: &str, mark: DecimalMark, plain: &mut String) -> bool {
    let decimal = if mark == DecimalMark::Point { '.' } else { ',' };
    let Some((mantissa, exponent)) = body.split_once(['e', 'E']) else { return false };
    let (whole, decimals) = mantissa.split_once(decimal).unwrap_or((mantissa, ""));
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let is_exponent = are_digits(exponent.strip_prefix('-').unwrap_or(exponent));
    if whole.is_empty() || !are_digits(whole) || !are_digits(decimals) || !is_exponent {
        return false;
    }
    let Some(exponent) = exponent.parse().ok().filter(|size: &i32| size.abs() <= LARGEST_EXPONENT) else {
        return false;
    };
    let (digits, point) = ([whole, decimals].concat(), whole.len() as i32 + exponent);
    let zeros = |count: i32| "0".repeat(count.max(0) as usize);
    let behind = point.clamp(0, digits.len() as i32) as usize;
    plain.push_str(if behind == 0 { "0" } else { &digits[..behind] });
    plain.push_str(&zeros(point - digits.len() as i32));
    if behind < digits.len() {
        plain.push('.');
        plain.push_str(&zeros(-point));
        plain.push_str(&digits[behind..]);
    }
    true
}

/// Beyond, a number is neither an amount nor a measure of anything.
const LARGEST_EXPONENT: i32 = 40;

/// The currency that stands beside the number in a cell.
pub(crate) fn currency_of(text: &str) -> Option<Named<'_>> {
    if text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b'-')) {
        return None;
    }
    parts_of(text).currency
}

fn is_plain(bytes: &[u8]) -> bool {
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let mut points = 0;
    for byte in digits {
        match byte {
            b'0'..=b'9' => {}
            b'.' => points += 1,
            _ => return false,
        }
    }
    points <= 1 && digits.len() > points
}

/// A number and what stands around it.
struct Parts<'a> {
    negative: bool,
    body: &'a str,
    currency: Option<Named<'a>>,
}

/// Takes off signs, brackets, a currency's sign or code and the percent sign, at either end, in any order. Letters that
/// are no currency's stay on: they may be of a unit or a multiple.
fn parts_of(text: &str) -> Parts<'_> {
    let (mut negative, mut body, mut currency) = (false, text, None::<Named<'_>>);
    loop {
        let before = body;
        body = body.trim_matches(is_space);
        if let Some((rest, named)) = currency::taken_off(body)
            && currency.is_none_or(|known| known.agrees(named))
        {
            currency = currency.filter(|known| known.code().is_some()).or(Some(named));
            body = rest;
        }
        body = body.strip_suffix('%').unwrap_or(body);
        body = body.strip_prefix('\'').or_else(|| body.strip_prefix('+')).unwrap_or(body);
        let bracketed = body.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        let signed = || body.strip_prefix(['-', '−']).or_else(|| body.strip_suffix(['-', '−']));
        if !negative && let Some(rest) = bracketed.or_else(signed) {
            (negative, body) = (true, rest);
        }
        if body == before {
            return Parts { negative, body, currency };
        }
    }
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{a0}' || c == '\u{202f}'
}

/// Digits with group separators: groups behind the first have three digits (the Indian two are taken, too, before a
/// last group of three).
fn grouped(body: &str, mark: DecimalMark, plain: &mut String) -> bool {
    let decimal = if mark == DecimalMark::Point { '.' } else { ',' };
    let (whole, decimals) = match body.rsplit_once(decimal) {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (body, None),
    };
    let is_separator = |c: char| c != decimal && (matches!(c, '.' | ',' | '\'' | '’') || is_space(c));
    let mut groups = whole.split(is_separator).peekable();
    let mut first = true;
    while let Some(group) = groups.next() {
        let last = groups.peek().is_none();
        let fits = match (first, last) {
            (true, true) => !group.is_empty() || decimals.is_some_and(|d| !d.is_empty()),
            (true, false) => (1..=3).contains(&group.len()),
            (false, true) => group.len() == 3,
            (false, false) => (2..=3).contains(&group.len()),
        };
        if !fits || !are_digits(group) {
            return false;
        }
        plain.push_str(group);
        first = false;
    }
    match decimals {
        Some(digits) if are_digits(digits) => {
            plain.push('.');
            plain.push_str(digits);
            true
        }
        Some(_) => false,
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Money;
    use proptest::prelude::*;

    fn read(text: &str, mark: DecimalMark) -> Option<String> {
        let mut out = String::new();
        plain(text, mark, &mut out).then_some(out)
    }

    #[test]
    fn what_stands_around_a_number_is_taken_off() {
        for (text, expected) in [
            ("2.55", "2.55"),
            ("4,838.80", "4838.80"),
            ("$172.45", "172.45"),
            ("-£11,062.06", "-11062.06"),
            ("£-11,062.06", "-11062.06"),
            ("(5.00)", "-5.00"),
            ("12.50 USD", "12.50"),
            ("EUR 12.50", "12.50"),
            ("'17", "17"),
            ("1 234.5", "1234.5"),
            ("1\u{202f}234", "1234"),
            ("12,34,567", "1234567"),
            ("99%", "99"),
            ("5-", "-5"),
            (".5", ".5"),
            ("(5.00) USD", "-5.00"),
            ("$(5.00)", "-5.00"),
            ("$ 12.50 USD", "12.50"),
            ("1,250 kr.", "1250"),
            ("1.5e2", "150"),
            ("1.2345E+2", "123.45"),
            ("-3.7282465e-05", "-0.000037282465"),
            ("1e5", "100000"),
            ("$0.5e0", "0.5"),
        ] {
            assert_eq!(read(text, DecimalMark::Point).as_deref(), Some(expected), "{text}");
        }
        for (text, expected) in [
            ("1.234,56", "1234.56"),
            ("0,25", "0.25"),
            ("1 234,56 €", "1234.56"),
            ("1.234", "1234"),
            ("1,5E+02", "150"),
        ] {
            assert_eq!(read(text, DecimalMark::Comma).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "", "-", "abc", "1,23", "1.2.3", "12,3456", "--5", "1e", "e5", "1,5e2", "1e99", "1e5x", "< 10", "1/2", ",",
            ".", "-(5)", "1.5 Mio", "A12", "5pcs", "100 CR", "99¢", "€5 USD",
        ] {
            assert_eq!(read(text, DecimalMark::Point), None, "{text:?}");
        }
        assert_eq!(read("0.25", DecimalMark::Comma), None);
    }

    #[test]
    fn the_currency_beside_a_number_is_handed_out() {
        let code = |text| currency_of(text).and_then(Named::code);
        assert_eq!((code("12.50 USD"), code("($ 5 CAD)"), code("-€5")), (Some("USD"), Some("CAD"), Some("EUR")));
        assert!(currency_of("-1,250.00").is_none() && currency_of("5%").is_none() && currency_of("5 pcs").is_none());
    }

    proptest! {
        #[test]
        fn an_amount_survives_its_thousands_separators(cents in -999_999_999_i64..999_999_999) {
            let money = Money::from_micros(cents * 10_000).unwrap();
            let text = money.to_string();
            let (whole, decimals) = text.trim_start_matches('-').split_once('.').unwrap();
            let mut grouped = String::new();
            for (place, digit) in whole.chars().enumerate() {
                if place > 0 && (whole.len() - place) % 3 == 0 {
                    grouped.push('.');
                }
                grouped.push(digit);
            }
            let sign = if cents < 0 { "-" } else { "" };
            let written = format!("{sign}{grouped},{decimals} €");
            let found = read(&written, DecimalMark::Comma).unwrap();
            prop_assert_eq!(Money::parse(&found), Ok(money));
        }

        #[test]
        fn a_number_with_an_exponent_is_the_number_that_is_written_out(number in any::<f64>(), digits in 0_usize..17) {
            let written = format!("{number:.digits$e}");
            if let Some(plain) = read(&written, DecimalMark::Point) {
                prop_assert_eq!(plain.parse::<f64>().unwrap(), written.parse::<f64>().unwrap());
            } else {
                let exponent: i32 = written.split_once('e').map_or(0, |(_, exponent)| exponent.parse().unwrap());
                prop_assert!(exponent.abs() > LARGEST_EXPONENT, "{}", written);
            }
        }

        #[test]
        fn no_text_makes_reading_panic(text in "\\PC{0,24}") {
            let _ = (read(&text, DecimalMark::Point), read(&text, DecimalMark::Comma), evidence(&text));
        }
    }
}
