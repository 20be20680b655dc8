//! How the objects of a JSON file stand in it. In flows its text; out flows whether they stand a line, or in the array of
//! an enclosing object. Reads no further than the first value.
use super::OpenBytes;
use super::flat::fields_of;
use super::text::{Text, decoded};
use std::io::{self, Read};

/// What interfaces call the array that holds their answer.
const ENCLOSING: [&str; 9] = ["data", "results", "result", "records", "rows", "value", "values", "elements", "orders"];
/// How many bytes of the start are looked at for lines.
const LOOKED_AT: u64 = 256 << 10;

/// Where the objects stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One a line: a line that is none costs no other.
    Lines,
    /// One after the other, or in arrays.
    Values,
    /// In the array of this name in one object, or in several that have it.
    Enclosed(String),
}

/// The layout of some text.
pub(super) fn of(bytes: &OpenBytes) -> io::Result<Layout> {
    let mut start = Vec::new();
    bytes()?.take(LOOKED_AT).read_to_end(&mut start)?;
    let is_cut = start.len() as u64 == LOOKED_AT;
    if is_cut {
        start.truncate(memchr::memrchr(b'\n', &start).unwrap_or(0));
    }
    let are_lines = are_lines(&decoded(start).0);
    let mut text = Text::new(bytes()?);
    if text.peek()? != Some(b'{') {
        return Ok(if are_lines { Layout::Lines } else { Layout::Values });
    }
    match enclosing(&mut text) {
        Ok(Some(name)) => Ok(Layout::Enclosed(name)),
        Err(fault) if !are_lines => Err(fault),
        _ if are_lines => Ok(Layout::Lines),
        _ => Ok(Layout::Values),
    }
}

/// Are the lines objects, each for itself, but for some that are none? Of one value that takes several lines few are.
pub(crate) fn are_lines(text: &str) -> bool {
    let (mut whole, mut others, mut told) = (0_u32, 0_u32, false);
    let mut before = "";
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if line.starts_with('{') && fields_of(line).is_ok() {
            whole += 1;
            // Within one value something stands between two objects.
            told = told || !before.ends_with(['[', ',', ':']);
        } else {
            others += 1;
        }
        before = line;
    }
    told && whole >= others
}

/// The array of objects among the first object's members, where all else is but about them: `{"data": […]}`. It is called
/// as such arrays are, or makes up most of the only object: an order may have an array of its lines, too.
fn enclosing(text: &mut Text) -> io::Result<Option<String>> {
    let (mut named, mut largest, mut all) = (None::<(usize, String)>, None::<(u64, usize, String)>, 0);
    text.accept(b'{')?;
    for place in 0.. {
        let Some(name) = text.member()? else { break };
        let is_array = text.accept(b'[')?;
        let holds_objects = is_array && text.peek()? == Some(b'{');
        let length = text.skip(is_array)?;
        all += length + name.len() as u64;
        if !holds_objects {
            continue;
        }
        if named.is_none() && ENCLOSING.contains(&name.to_lowercase().as_str()) {
            named = Some((place, name.clone()));
        }
        if largest.as_ref().is_none_or(|(most, ..)| length > *most) {
            largest = Some((length, place, name));
        }
    }
    let is_only = text.peek()?.is_none();
    let most = largest.filter(|(length, ..)| is_only && length * 2 > all).map(|(_, place, name)| (place, name));
    Ok([named, most].into_iter().flatten().min_by_key(|(place, _)| *place).map(|(_, name)| name))
}
