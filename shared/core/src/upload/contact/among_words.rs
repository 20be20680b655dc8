//! Phone numbers among the words of a text, such as a campaign's name. In flows a text that is no customer's id; out flows
//! whether what is surely a phone number stands in it. Ordinary figures, days and codes are none: texts with one are
//! hashed as a whole, and would be lost.
use super::{is_grouped_in_north_america, is_written_so};

/// How many digits a phone number has at least that is one among words.
const DIGITS: usize = 9;

/// Does a phone number stand apart in a text: of nine digits or more behind `+` or a zero, or as in North America?
pub(super) fn holds_phone(text: &str) -> bool {
    let bytes = text.as_bytes();
    if memchr::memchr3(b'+', b'(', b' ', bytes).is_none() && memchr::memchr(0xa0, bytes).is_none() {
        return false;
    }
    let begins =
        |before: &str| before.is_empty() || before.ends_with(|c: char| c.is_whitespace() || ":,;(<[\"'|".contains(c));
    let starts = text.match_indices(|c: char| matches!(c, '+' | '(') || c.is_ascii_digit());
    starts.filter(|(place, _)| begins(&text[..*place])).any(|(place, _)| {
        let number = &text[place..];
        is_international(number) || is_national(number) || is_north_american(number)
    })
}

/// `+44 (0)20 7946 0958`, whatever follows.
fn is_international(text: &str) -> bool {
    let Some(text) = text.strip_prefix('+').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) else {
        return false;
    };
    let run = text.split(|c| !is_written_so(c)).next().unwrap_or_default();
    // A day may follow.
    let is_day = |token: &str| token.len() == 10 && token[4..].starts_with('-') && token[7..].starts_with('-');
    let tokens = run.split(is_space).take_while(|token| !is_day(token));
    tokens.map(digits_in).sum::<usize>() >= DIGITS
}

/// `0171 1234567`, `0171/1234567`, `(0171) 123 45 67` and `06 12 34 56 78`.
fn is_national(text: &str) -> bool {
    let text = text.strip_prefix('(').unwrap_or(text);
    let area = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (area, rest) = text.split_at(area);
    let rest = rest.strip_prefix([')', '/']).unwrap_or(rest);
    let run = rest.split(|c: char| !c.is_ascii_digit() && !is_space(c)).next().unwrap_or_default();
    let groups: Vec<&str> = run.split(is_space).filter(|group| !group.is_empty()).collect();
    let ends =
        run.ends_with(is_space) || !rest[run.len()..].starts_with(|c: char| c.is_alphanumeric() || "-_/".contains(c));
    let is_grouped = match area.len() {
        2 => groups.iter().all(|group| group.len() == 2) || groups.iter().all(|group| group.len() > 2),
        length => (3..=6).contains(&length),
    };
    let digits = digits_in(area) + digits_in(run);
    area.starts_with('0')
        && groups.iter().any(|group| !group.starts_with('0'))
        && ends
        && is_grouped
        && (DIGITS..=15).contains(&digits)
}

/// `555-123-4567`, `1-555-123-4567` and `(555) 123-4567`.
fn is_north_american(text: &str) -> bool {
    let text = text.strip_prefix("1-").or_else(|| text.strip_prefix("1 ")).unwrap_or(text);
    let bracketed = text.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let (area, rest) = bracketed.unwrap_or_else(|| text.split_at_checked(3).unwrap_or_default());
    let rest = if bracketed.is_some() { rest.trim_start_matches(' ') } else { rest };
    let length = if bracketed.is_some() { 8 } else { 9 };
    let Some((number, behind)) = rest.split_at_checked(length) else { return false };
    let grouped = [area, if bracketed.is_some() { "-" } else { "" }, number].concat();
    is_grouped_in_north_america(&grouped)
        && digits_in(&grouped) == 10
        && !behind.starts_with(|c: char| c.is_alphanumeric() || "-_/".contains(c))
}

fn digits_in(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_among_words_is_found_and_ordinary_figures_are_none() {
        for text in [
            "Mail to +44 20 7946 0958",
            "gift for jane doe +44 20 7946 0958, thanks",
            "tel:+442079460958x5",
            "call (+44) 20 7946 0958",
            "Ada 06 12 34 56 78 rappeler",
            "Ada 0171 1234567",
            "Ada (0171) 123 45 67",
            "Ada 0171/1234567",
            "Ada 020 7946 0958.",
            "ring 1-555-123-4567 now",
            "ring (555) 123-4567",
        ] {
            assert!(holds_phone(text), "{text}");
        }
        for text in [
            "Sale 01/06/2025 30/06/2025",
            "Sale 01.06.2025 - 30.06.2025",
            "Sale 01 06 2025 12",
            "Winter (2024-2025)",
            "Retargeting (30) 2025-06-01",
            "Test +20 2025-06-01",
            "Set 001 002 003 004",
            "sold 50 000 000 times",
            "ad 550e8400-e29b-41d4-a716-446655440000",
            "id 120210123456789012",
            "EAN 4006381333931",
            "ISBN 978-3-16-148410-0",
            "Order 2024-0001-1234",
            "1920 x 1080 x 3840",
        ] {
            assert!(!holds_phone(text), "{text}");
        }
    }
}
