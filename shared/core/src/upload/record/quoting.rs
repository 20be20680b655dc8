//! Where quotes end and records with them. In flow bytes; out flows whether a quoted cell is closed, and where the last
//! whole record ends. Copies nothing.
//!
//! A quote that begins a cell and is not closed as RFC 4180 has it takes other lines with it: of a cell that holds the end
//! of a line, text behind the closing quote says that this was another cell's quote. Such a quote is a sign like others,
//! and its record ends with its line.
use super::Delimiter;
use memchr::{memchr, memchr2, memrchr2};

/// How many bytes a quoted cell may have: a quote that is never closed would take the rest of the file.
pub(crate) const QUOTED_BYTES: usize = 16 << 20;

/// How a cell that begins with a quote ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// By the quote at this place.
    Closed {
        at: usize,
        /// Are quotes doubled before it?
        doubled: bool,
    },
    /// By none: the quote is unbalanced.
    Unbalanced,
    /// By none of these bytes.
    Open,
}

/// How the quoted cell ends whose content begins at `from`.
pub(super) fn ending(bytes: &[u8], from: usize, delimiter: u8) -> Ending {
    let reach = &bytes[..bytes.len().min(from + QUOTED_BYTES)];
    let (mut at, mut doubled) = (from, false);
    while let Some(place) = reach.get(at..).and_then(|rest| memchr(b'"', rest)) {
        let quote = at + place;
        if bytes.get(quote + 1) == Some(&b'"') {
            (at, doubled) = (quote + 2, true);
            continue;
        }
        let is_end = |byte: u8| [delimiter, b'\n', b'\r'].contains(&byte);
        let is_closed = behind(bytes, quote + 1, delimiter).is_none_or(is_end)
            || memchr2(b'\n', b'\r', &bytes[from..quote]).is_none();
        return if is_closed { Ending::Closed { at: quote, doubled } } else { Ending::Unbalanced };
    }
    if reach.len() < bytes.len() { Ending::Unbalanced } else { Ending::Open }
}

/// The first byte at `from` or behind it that is no blank.
fn behind(bytes: &[u8], from: usize, delimiter: u8) -> Option<u8> {
    bytes[from..].iter().copied().find(|byte| *byte == delimiter || !matches!(byte, b' ' | b'\t'))
}

/// Where the last whole record of `bytes` ends, which begin with a record; 0 where none does. Without quotes this is the
/// last line's end; otherwise every quoted cell is followed to its end, as a line may end inside of it.
pub(crate) fn last_end(bytes: &[u8], delimiter: Delimiter) -> usize {
    let newline = |from: usize, to: usize| memrchr2(b'\n', b'\r', &bytes[from..to]).map(|place| from + place + 1);
    if delimiter == Delimiter::Spaces {
        return newline(0, bytes.len()).unwrap_or(0);
    }
    let delimiter = delimiter.byte();
    // Everything from `open` to `at` is outside of quotes.
    let (mut end, mut open, mut at) = (0, 0, 0);
    while let Some(place) = memchr(b'"', &bytes[at..]) {
        let quote = at + place;
        let begins = quote == 0 || [delimiter, b'\n', b'\r'].contains(&bytes[quote - 1]);
        if !begins {
            at = quote + 1;
            continue;
        }
        end = newline(open, quote).unwrap_or(end);
        let outside = match ending(bytes, quote + 1, delimiter) {
            // At the very end it may be the first of two, or stand before text.
            Ending::Closed { at, .. } => behind(bytes, at + 1, delimiter).map(|_| at + 1),
            Ending::Unbalanced => memchr2(b'\n', b'\r', &bytes[quote..]).map(|place| quote + place),
            Ending::Open => None,
        };
        let Some(outside) = outside else { return end };
        (open, at) = (outside, outside);
    }
    newline(open, bytes.len()).unwrap_or(end)
}
