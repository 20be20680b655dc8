//! How the rows of a JSON file stand in it. In flow its text and which fields are known together; out flows whether they
//! are objects a line, objects one behind the other, those in the array of an enclosing object, or a table of another
//! shape. Reads no further than the first value, but where that is the whole file.
use super::columns::{self, Table};
use super::flat::fields_of;
use super::text::{Text, decoded};
use super::{FIELDS, OpenBytes};
use std::io::{self, Read};
use std::sync::Arc;

/// How many bytes of the start are looked at for lines.
const LOOKED_AT: u64 = 256 << 10;
/// How deep in objects an array is looked for: `data.orders.edges` is three.
const DEPTH: usize = 6;
/// How many arrays of the first object are looked into.
const ARRAYS: usize = 64;

/// Where the objects stand.
#[derive(Clone, Debug)]
pub(super) enum Layout {
    /// One a line: a line that is none costs no other.
    Lines,
    /// One after the other, or in arrays.
    Values,
    /// In the array that these names lead to in one object, or in several that have it.
    Enclosed(Vec<String>),
    /// In none: it is a table of another shape.
    Table(Arc<Table>),
}

/// The layout of some text, of which `knows` tells what makes rows of a table: `{"data": […]}` is an envelope, and a
/// customer with `orders` a row.
pub(super) fn of(bytes: &OpenBytes, knows: &dyn Fn(&[String]) -> bool) -> io::Result<Layout> {
    let mut start = Vec::new();
    bytes()?.take(LOOKED_AT).read_to_end(&mut start)?;
    let is_cut = start.len() as u64 == LOOKED_AT;
    if is_cut {
        start.truncate(memchr::memrchr(b'\n', &start).unwrap_or(0));
    }
    let sample = decoded(start).0;
    let are_lines = are_lines(&sample);
    let plain = if are_lines { Layout::Lines } else { Layout::Values };
    let mut text = Text::new(bytes()?);
    let in_array = !are_lines && text.accept(b'[')?;
    match text.peek()? {
        Some(b'{') => {}
        Some(b'[') if in_array => return Ok(table(bytes, knows)?.unwrap_or(plain)),
        _ => return Ok(plain),
    }
    let mut outer = Object::default();
    let is_only = match outer.walk(&mut text, &mut Vec::new()) {
        Ok(length) => {
            outer.length = length;
            text.peek()?.is_none_or(|byte| in_array && byte == b']')
        }
        Err(_) if are_lines || in_array => return Ok(plain),
        Err(fault) if outer.arrays.is_empty() => return Err(fault),
        // Something in the array that came last is torn.
        Err(_) => true,
    };
    let is_no_row = !knows(&outer.names) && !outer.arrays.iter().any(|array| knows(&array.names));
    if in_array && is_no_row {
        return Ok(plain);
    }
    if let Some(table) = if is_only && is_no_row { table(bytes, knows)? } else { None } {
        return Ok(table);
    }
    if are_lines {
        let fields = sample.lines().filter_map(|line| fields_of(line.trim()).ok()).flatten();
        outer.names.extend(fields.map(|(name, _)| name));
    }
    Ok(outer.array(is_only, knows).map_or(plain, Layout::Enclosed))
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

/// The file as a table of another shape; `None` where it is none, or too large to be held.
fn table(bytes: &OpenBytes, knows: &dyn Fn(&[String]) -> bool) -> io::Result<Option<Layout>> {
    let mut all = Vec::new();
    bytes()?.take(columns::BYTES + 1).read_to_end(&mut all)?;
    if all.len() as u64 > columns::BYTES {
        return Ok(None);
    }
    Ok(columns::of(&decoded(all).0, knows).map(|table| Layout::Table(Arc::new(table))))
}

/// The first object.
#[derive(Default)]
struct Object {
    /// The first of its fields, as many as rows may have.
    names: Vec<String>,
    arrays: Vec<Array>,
    length: u64,
}

/// An array of objects in it.
struct Array {
    path: Vec<String>,
    /// The fields of its first object.
    names: Vec<String>,
    length: u64,
}

impl Object {
    /// Reads the object to which `path` leads; how many bytes it has.
    fn walk(&mut self, text: &mut Text, path: &mut Vec<String>) -> io::Result<u64> {
        let mut length = 0;
        text.accept(b'{')?;
        while let Some(name) = text.member()? {
            length += name.len() as u64;
            path.push(name);
            length += match text.peek()? {
                Some(b'{') if path.len() < DEPTH => self.walk(text, path)?,
                Some(b'[') => self.array_at(text, path)?,
                _ => {
                    if self.names.len() < FIELDS {
                        self.names.push(path.join("."));
                    }
                    text.skip(false)?
                }
            };
            path.pop();
        }
        Ok(length)
    }

    fn array_at(&mut self, text: &mut Text, path: &[String]) -> io::Result<u64> {
        text.accept(b'[')?;
        if text.peek()? != Some(b'{') || self.arrays.len() == ARRAYS {
            return text.skip(true);
        }
        let place = self.arrays.len();
        self.arrays.push(Array { path: path.to_vec(), names: Vec::new(), length: 0 });
        let mut first = Vec::new();
        text.value(&mut first)?;
        let length = first.len() as u64;
        let fields = fields_of(&decoded(first).0).unwrap_or_default();
        self.arrays[place].names = fields.into_iter().take(FIELDS).map(|(name, _)| name).collect();
        self.arrays[place].length = length + text.skip(true)?;
        Ok(self.arrays[place].length)
    }

    /// The array whose objects are the rows, where they are: its fields are known and the object's own are not; of the
    /// only object that has both, or neither, the array that makes up most of it.
    fn array(&self, is_only: bool, knows: &dyn Fn(&[String]) -> bool) -> Option<Vec<String>> {
        let is_known = knows(&self.names);
        let (known, unknown): (Vec<&Array>, Vec<&Array>) = self.arrays.iter().partition(|array| knows(&array.names));
        let is_most = |array: &&Array| array.length * 2 > self.length;
        let found = match known.into_iter().max_by_key(|array| array.length) {
            Some(array) if is_known => Some(array).filter(is_most).filter(|_| is_only),
            Some(array) => Some(array),
            None if is_known => None,
            None => unknown.into_iter().find(is_most),
        };
        found.map(|array| array.path.clone())
    }
}
