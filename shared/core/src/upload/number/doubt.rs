//! Whether `1,234` is a thousand or little more than one: in flow cells, out flows which of them leave no doubt of their
//! decimal mark, and which could be read either way. It reads no number.
use super::{DecimalMark, Parts, parts_of};

/// What a cell says about the file's decimal mark: nothing, where it could be read both ways.
pub(crate) fn evidence(text: &str) -> Option<DecimalMark> {
    let Parts { body, .. } = parts_of(text.trim());
    if body.contains(char::is_alphabetic) {
        return None;
    }
    let (commas, points) = (body.matches(',').count(), body.matches('.').count());
    let digits_behind = |mark: char| body.rsplit(mark).next().map_or(0, str::len);
    // No group of thousands begins with a zero or has four digits.
    let is_group = |mark: char| {
        let whole = body.split(mark).next().unwrap_or_default();
        digits_behind(mark) == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0')
    };
    match (commas, points) {
        (0, 0) => None,
        (0, 1) => (!is_group('.')).then_some(DecimalMark::Point),
        (1, 0) => (!is_group(',')).then_some(DecimalMark::Comma),
        (0, _) => Some(DecimalMark::Comma),
        (_, 0) => Some(DecimalMark::Point),
        _ => Some(if body.rfind(',') > body.rfind('.') { DecimalMark::Comma } else { DecimalMark::Point }),
    }
}

/// Could a cell be read with either mark, as two different numbers?
pub(crate) fn is_ambiguous(text: &str) -> bool {
    text.contains(['.', ',']) && evidence(text).is_none() && {
        let Parts { body, .. } = parts_of(text.trim());
        body.bytes().any(|byte| matches!(byte, b'.' | b','))
            && body.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cells_that_leave_no_doubt_are_evidence() {
        assert_eq!(evidence("0,25"), Some(DecimalMark::Comma));
        assert_eq!(evidence("1.234,56"), Some(DecimalMark::Comma));
        assert_eq!(evidence("1.234.567"), Some(DecimalMark::Comma));
        assert_eq!(evidence("1,234.56"), Some(DecimalMark::Point));
        assert_eq!(evidence("2.5"), Some(DecimalMark::Point));
        assert_eq!((evidence("0.125"), evidence("1234,567")), (Some(DecimalMark::Point), Some(DecimalMark::Comma)));
        assert!(is_ambiguous("1.234") && is_ambiguous("-1,234 €"));
        assert!(!is_ambiguous("1234") && !is_ambiguous("1.23") && !is_ambiguous("x.y"));
        for text in ["1,234", "1.234", "17", "", "1.5 Mio"] {
            assert_eq!(evidence(text), None, "{text:?}");
        }
    }
}
