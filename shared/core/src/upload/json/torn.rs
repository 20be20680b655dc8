//! Objects that are torn within an array. In flow the bytes that were taken for one, as far as its brackets reach; out
//! flows how many of them are the torn object's, where that can be told: so it costs no other. Never guesses.
use super::text::is_blank;
use memchr::{memchr, memchr_iter};

/// How many of the bytes that begin with a torn object are its own. `leading` is what the array's objects begin with, and
/// `indent` how far in on its line this one does, where it stands first on it: the next is taken to begin on the next line
/// that begins so. Without lines it must end where its brackets do, and no other begin within.
pub(super) fn extent(bytes: &[u8], leading: &[u8], indent: Option<usize>) -> Option<usize> {
    let next = next_line(bytes, leading, indent);
    if next.is_some() {
        return next;
    }
    let begins = |place: usize| begins_with(&bytes[place..], leading);
    let others = memchr_iter(b'{', bytes).skip(1).any(begins);
    (!others && is_balanced(bytes)).then_some(bytes.len())
}

/// Where the first line behind the first begins that begins as an object of the array does, where those stand on lines.
pub(super) fn next_line(bytes: &[u8], leading: &[u8], indent: Option<usize>) -> Option<usize> {
    let indent = indent?;
    let mut lines = memchr_iter(b'\n', bytes).map(|place| place + 1);
    lines.find(|start| is_start(&bytes[*start..], leading, indent))
}

/// What an object begins with: the name of its first member, in its quotes; empty where it has none.
pub(super) fn leading(object: &[u8]) -> &[u8] {
    let inner = object.get(1..).unwrap_or_default().trim_ascii_start();
    let Some(rest) = inner.strip_prefix(b"\"") else { return &[] };
    memchr(b'"', rest).map_or(&[], |end| &inner[..end + 2])
}

fn is_start(line: &[u8], leading: &[u8], indent: usize) -> bool {
    let blank = line.iter().take_while(|byte| is_blank(**byte) && **byte != b'\n').count();
    blank == indent && begins_with(&line[blank..], leading)
}

fn begins_with(bytes: &[u8], leading: &[u8]) -> bool {
    bytes.strip_prefix(b"{").is_some_and(|inner| inner.trim_ascii_start().starts_with(leading))
}

/// Does every bracket outside of strings close the one that was opened last?
fn is_balanced(bytes: &[u8]) -> bool {
    let (mut open, mut in_string, mut escaped) = (Vec::new(), false, false);
    for &byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            b'}' | b']' if open.pop() != Some(byte) => return false,
            _ => {}
        }
    }
    open.is_empty() && !in_string
}
