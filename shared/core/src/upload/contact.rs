//! Email addresses and phone numbers as people write them. In flows a text; out flows the one form in which the same
//! address or number is always hashed, or whether the text is one. Hashes nothing and keeps nothing.
mod among_words;

use super::signs::{AT, DISGUISED, signs_in};
use std::borrow::Cow;

/// What may stand before an extension's digits.
const EXTENSIONS: [&str; 7] = ["x", "ext", "extn", "extension", "poste", "dw", "#"];

/// What stands for `@` within a word.
const AT_SIGNS: [&str; 3] = ["%40", "(at)", "[at]"];

/// The first address in a text, in lower case: that of `Ada <ada@example.org>`, `Ada (ada@example.org)` and
/// `mailto:ada@example.org`.
pub(crate) fn address_in(text: &str) -> Option<String> {
    let text = with_at_signs(text)?;
    let text = in_plain_signs(&text);
    let is_around =
        |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | ',' | ';' | '|' | '"');
    text.split(is_around).find_map(|token| {
        let token = token.trim_matches(['\'', ':']).trim_end_matches('.').to_lowercase();
        let address = token.strip_prefix("mailto:").unwrap_or(&token);
        let (name, domain) = address.split_once('@')?;
        (!name.is_empty() && !domain.is_empty() && !domain.contains('@')).then(|| address.to_owned())
    })
}

/// The text with signs as people type them: spaces and dashes of any width as the plain ones, digits and signs of other
/// forms as those of ASCII, and without the marks that nobody sees, as phones and word processors put them in.
fn in_plain_signs(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let plain = |c: char| match c {
        c if is_unseen(c) => None,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' => Some('-'),
        '\u{660}'..='\u{669}' => moved(c, '\u{660}', '0'),
        '\u{6f0}'..='\u{6f9}' => moved(c, '\u{6f0}', '0'),
        // Full-width ASCII.
        '\u{ff01}'..='\u{ff5e}' => moved(c, '\u{ff01}', '!'),
        c if c.is_whitespace() => Some(' '),
        c => Some(c),
    };
    Cow::Owned(text.chars().filter_map(plain).collect())
}

/// Soft hyphens, spaces without width, marks of direction and of the order of bytes.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The character as far behind `to` as `c` is behind `from`.
fn moved(c: char, from: char, to: char) -> Option<char> {
    char::from_u32(u32::from(c) - u32::from(from) + u32::from(to))
}

/// The text with its at signs as `@`, however they are written: full-width, `%40`, `(at)` or `[at]` within a word; `None`
/// where it has none.
pub(crate) fn with_at_signs(text: &str) -> Option<Cow<'_, str>> {
    let bytes = text.as_bytes();
    let signs = signs_in(text);
    if signs & DISGUISED == 0 {
        return (signs & AT != 0).then_some(Cow::Borrowed(text));
    }
    let is_one = |start: &[u8]| {
        AT_SIGNS.iter().any(|sign| start[..sign.len().min(start.len())].eq_ignore_ascii_case(sign.as_bytes()))
    };
    if !text.contains(['＠', '﹫']) && !(0..bytes.len()).any(|place| is_one(&bytes[place..])) {
        return text.contains('@').then_some(Cow::Borrowed(text));
    }
    let text = text.replace(['＠', '﹫'], "@");
    let lower = text.to_ascii_lowercase();
    let (mut found, mut place) = (String::with_capacity(text.len()), 0);
    while let Some(c) = text[place..].chars().next() {
        let sign = AT_SIGNS.iter().find(|sign| lower[place..].starts_with(**sign));
        let in_word = |sign: &&&str| {
            let behind = text[place + sign.len()..].chars().next();
            found.ends_with(char::is_alphanumeric) && behind.is_some_and(char::is_alphanumeric)
        };
        let (written, meant) = sign.filter(in_word).map_or((c.len_utf8(), c), |sign| (sign.len(), '@'));
        found.push(meant);
        place += written;
    }
    found.contains('@').then_some(Cow::Owned(found))
}

/// Is the address one that others can write to, as `ada@localhost` is not?
pub(crate) fn is_public(address: &str) -> bool {
    address.split_once('@').is_some_and(|(_, domain)| domain.contains('.') && !domain.starts_with('.'))
}

/// A phone number's digits without zeros in front: `+1 (555) 123-4567 ext. 5` is `15551234567`, `0171 1234567` is
/// `1711234567`. `None` for what has other letters, fewer than 7 digits or more than 15.
pub(crate) fn phone_digits(text: &str) -> Option<String> {
    let text = in_plain_signs(text.trim());
    let text = without_extension(text.strip_prefix("tel:").unwrap_or(&text));
    // The zero of calls within the country, as in `+44 (0)20 7946 0958`.
    let text = if text.contains("(0)") { Cow::Owned(text.replace("(0)", "")) } else { Cow::Borrowed(text) };
    if !text.chars().all(is_written_so) {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let significant = digits.trim_start_matches('0');
    ((7..=15).contains(&digits.len()) && !significant.is_empty()).then(|| significant.to_owned())
}

/// The digits of the phone number that a text is or, apart from other words, holds: where a plain number would be an id.
pub(crate) fn phone_in(text: &str) -> Option<String> {
    if !may_hold_phone(text) {
        return None;
    }
    let text: &str = &in_plain_signs(text);
    let whole = text.strip_prefix("tel:").unwrap_or(text);
    let whole = without_extension(whole);
    if is_grouped(whole) {
        return phone_digits(text);
    }
    let stands_alone = |run: &&str| {
        let start = run.as_ptr() as usize - text.as_ptr() as usize;
        (start == 0 || run.starts_with([' ', '\u{a0}', '(', '+']))
            && (start + run.len() == text.len() || run.ends_with([' ', '\u{a0}', ')']))
    };
    let runs = text.split(|c| !is_written_so(c)).filter(stands_alone);
    runs.map(str::trim).filter(|run| is_grouped(run)).find_map(phone_digits)
}

/// Is a text that need be neither surely a phone number, or does it hold one among its words? It begins with `+` or a
/// bracket, is grouped as in North America, or begins with a zero and is grouped by spaces.
pub(crate) fn is_phone(text: &str) -> bool {
    if !may_hold_phone(text) {
        return false;
    }
    let text: &str = &in_plain_signs(text);
    let by_spaces = || text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b' ');
    let is_whole = text.starts_with(['+', '(']) || is_grouped_in_north_america(text) || by_spaces();
    is_whole && phone_digits(text).is_some() || among_words::holds_phone(text)
}

/// May [`phone_in`] or [`is_phone`] find one? At least 7 digits and a sign that groups them, by the first bytes of those
/// that are no ASCII: all else is looked at no closer.
#[inline]
pub(crate) fn may_hold_phone(text: &str) -> bool {
    text.len() > 7 && has_digits_and_signs(text)
}

fn has_digits_and_signs(text: &str) -> bool {
    let (mut digits, mut signs) = (0, 0);
    for byte in text.bytes() {
        digits += u32::from(byte.is_ascii_digit() || matches!(byte, 0xd9 | 0xdb | 0xef));
        signs += u32::from(byte >= 0x80 || matches!(byte, b'+' | b'(' | b'-' | b'.' | b'/' | b' '));
    }
    digits >= 7 && signs > 0
}

/// Is a number written as phone numbers are, and ids mostly are not?
fn is_grouped(text: &str) -> bool {
    let marked = |c: char| matches!(c, '+' | '(' | ' ' | '\u{a0}');
    let by_zero = || text.starts_with('0') && !text.bytes().all(|byte| byte.is_ascii_digit());
    (text.contains(marked) || by_zero() || is_grouped_in_north_america(text)) && phone_digits(text).is_some()
}

fn is_grouped_in_north_america(text: &str) -> bool {
    let is_separator = |byte: u8| matches!(byte, b'-' | b'.' | b' ');
    let text = text.as_bytes();
    text.len() == 12 && (0..12).all(|place| is_separator(text[place]) == matches!(place, 3 | 7))
}

fn is_written_so(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '+' | '(' | ')' | '-' | '.' | '/' | ' ' | '\u{a0}')
}

fn without_extension(text: &str) -> &str {
    let Some((place, _)) = text.char_indices().find(|(_, c)| c.is_alphabetic() || *c == '#') else { return text };
    let (number, extension) = text.split_at(place);
    let word = extension.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, ' ' | '.' | ':'));
    let is_one = word.len() < extension.len() && EXTENSIONS.iter().any(|known| word.eq_ignore_ascii_case(known));
    if is_one { number.trim_end() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_whatever_stands_around_it() {
        for text in [
            "ada@example.org",
            " Ada@Example.ORG. ",
            "Ada Lovelace <ada@example.org>",
            "Ada Lovelace (ada@example.org)",
            "mailto:ada@example.org",
            "ada@example.org,bob@example.org",
            "'ada@example.org'",
            "Ada ada@example.org",
        ] {
            assert_eq!(address_in(text).as_deref(), Some("ada@example.org"), "{text}");
        }
        assert_eq!(address_in("ada@localhost").as_deref(), Some("ada@localhost"));
        assert!(!is_public("ada@localhost") && is_public("ada@example.org"));
        for text in ["Ada", "@ada", "ada@", "a@b@c"] {
            assert_eq!(address_in(text), None, "{text}");
        }
    }

    #[test]
    fn a_phone_number_is_its_digits_however_it_is_written() {
        for text in
            ["+1 (555) 123-4567", "1 555 123 4567", "001-555-123-4567", "tel:+15551234567", "+1 555 123 4567 ext. 5"]
        {
            assert_eq!(phone_digits(text).as_deref(), Some("15551234567"), "{text}");
        }
        assert_eq!(phone_digits("+44 (0)20 7946 0958"), phone_digits("+442079460958"));
        for text in ["123", "555-CALL-NOW", "1234567890123456", "0000000", "+1 555 123 4567 or 8"] {
            assert_eq!(phone_digits(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_that_is_grouped_like_a_phones_is_one_and_an_id_is_none() {
        let phones = [
            "06 12 34 56 78",
            "0171 1234567",
            "+1 555 123 4567 ext 5",
            "call +1 555 123 4567",
            "0171/1234567",
            "555-123-4567",
        ];
        for text in phones {
            assert!(phone_in(text).is_some(), "{text}");
        }
        let ids = [
            "15551234567",
            "00012345678",
            "C-1001-2002",
            "2024-0001-1234",
            "1.20253E+17",
            "978-3-16-148410-0",
            "550e8400-e29b-41d4-a716-446655440000",
            "01234567-1234-4abc-8def-012345678901",
        ];
        for text in ids {
            assert_eq!(phone_in(text), None, "{text}");
        }
        assert!(is_phone("+1 555 123 4567") && is_phone("06 12 34 56 78"));
        for text in ["0001-123456", "85123A", "Sale 01.06.2025", "01.06.2025", "1 234 567"] {
            assert!(!is_phone(text), "{text}");
        }
    }

    #[test]
    fn an_at_sign_is_one_however_it_is_written() {
        for text in ["ada＠example.org", "ada%40example.org", "ada(at)example.org", "Ada [ada[AT]example.org]"] {
            assert_eq!(address_in(text).as_deref(), Some("ada@example.org"), "{text}");
        }
        for text in ["Brand (AT) shop.example.org", "Brand [AT]", "20%40 off", "（ada）"] {
            assert_eq!(address_in(text), None, "{text}");
        }
    }
}
