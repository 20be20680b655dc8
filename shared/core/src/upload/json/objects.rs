//! The objects of a JSON file one by one, wherever its layout has them. In flows text; out flow an object's fields, or the
//! line that is none, or the object that is torn. Holds one object at a time.
use super::flat::{Fields, fields_of};
use super::layout::Layout;
use super::text::{OBJECT_BYTES, Text, decoded, extent_of};
use super::torn;
use crate::upload::chunk::Condition;
use crate::upload::content::is_of_the_content;
use std::collections::VecDeque;
use std::io::{self, Read};

/// How many bytes are read again, in all, because a torn object seemed to reach further than it does.
const AGAIN_BYTES: u64 = 1 << 30;

/// How many bytes of an object are read, in a file in which one was torn before the end of its line, before it is asked
/// whether the next began meanwhile.
const SOON_BYTES: u64 = 1 << 18;

/// What stands in the file.
pub(super) struct Found {
    /// Its line, where each has one of its own; else which object it is, counted from 1. Never that of another.
    pub(super) number: u64,
    pub(super) what: What,
}

/// An object, or what stands in its place.
pub(super) enum What {
    Object { fields: Fields, condition: Condition },
    Torn(String),
}

/// Reads objects.
pub(super) struct Objects {
    text: Text,
    layout: Layout,
    inside: Inside,
    /// Do the enclosing objects stand in an array, a page of results each?
    in_pages: bool,
    number: u64,
    /// Further objects of a line.
    waiting: VecDeque<What>,
    /// What the objects begin with, by the first that is whole.
    leading: Vec<u8>,
    /// How many bytes were read again.
    again: u64,
    /// Was an object torn, and the next found on a line behind it?
    on_lines: bool,
}

/// What encloses the place that is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    Array,
    /// An object, in which the array was seen or not, or one within it to which so many names lead.
    Object {
        seen: bool,
        depth: usize,
    },
    /// The array of an object.
    Enclosed,
}

impl Objects {
    pub(super) fn new(bytes: Box<dyn Read + Send>, layout: Layout) -> Objects {
        let text = Text::new(bytes);
        let (inside, waiting) = (Inside::Nothing, VecDeque::new());
        Objects {
            text,
            layout,
            inside,
            in_pages: false,
            number: 0,
            waiting,
            leading: Vec::new(),
            again: 0,
            on_lines: false,
        }
    }

    fn found(&mut self, number: u64, what: What) -> Found {
        self.number = number.max(self.number + 1);
        Found { number: self.number, what }
    }

    /// The objects of the next line that is not blank.
    fn on_line(&mut self) -> io::Result<Option<Found>> {
        let mut line = Vec::new();
        loop {
            if let Some(what) = self.waiting.pop_front() {
                return Ok(Some(self.found(self.number, what)));
            }
            let number = self.text.line;
            if !self.text.line(&mut line)? {
                return Ok(None);
            }
            let (line, is_1252) = decoded(std::mem::take(&mut line));
            let line = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            if line.is_empty() {
                continue;
            }
            let condition = if is_1252 { Condition::Windows1252 } else { Condition::Whole };
            let mut objects = match objects_in(line) {
                Some(objects) => objects.into_iter().map(|fields| What::Object { fields, condition }).collect(),
                None => VecDeque::from([What::Torn(line.to_owned())]),
            };
            let first = objects.pop_front();
            self.waiting = objects;
            if let Some(first) = first {
                return Ok(Some(self.found(number, first)));
            }
        }
    }

    /// The next object of values that stand one behind the other.
    fn among_values(&mut self) -> io::Result<Option<Found>> {
        loop {
            match (self.text.peek()?, self.inside) {
                (None, Inside::Nothing) => return Ok(None),
                (None, _) => {
                    let reason = format!("it ends on line {} within an array or object", self.text.line);
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, reason));
                }
                (_, Inside::Object { seen, depth }) => self.go_to_enclosed(seen, depth)?,
                (Some(b'{'), Inside::Nothing | Inside::Array) if matches!(self.layout, Layout::Enclosed(_)) => {
                    self.text.accept(b'{')?;
                    self.inside = Inside::Object { seen: false, depth: 0 };
                }
                (Some(b'{'), _) => return self.object().map(Some),
                (Some(b'['), Inside::Nothing) => {
                    self.text.accept(b'[')?;
                    (self.inside, self.in_pages) = (Inside::Array, true);
                }
                (Some(b']'), Inside::Array) => {
                    self.text.accept(b']')?;
                    (self.inside, self.in_pages) = (Inside::Nothing, false);
                }
                (Some(b']'), Inside::Enclosed) => {
                    self.text.accept(b']')?;
                    let depth = if let Layout::Enclosed(path) = &self.layout { path.len() - 1 } else { 0 };
                    self.inside = Inside::Object { seen: true, depth };
                }
                _ => {
                    let reason = "it is JSON of something other than objects, of which no rows are made";
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
                }
            }
        }
    }

    /// Goes on to the start of the array that the layout names, or behind the object's end.
    fn go_to_enclosed(&mut self, mut seen: bool, mut depth: usize) -> io::Result<()> {
        let Layout::Enclosed(path) = &self.layout else { return Ok(()) };
        loop {
            let Some(name) = self.text.member()? else {
                if depth == 0 {
                    break;
                }
                depth -= 1;
                continue;
            };
            let is_last = depth + 1 == path.len();
            if name != path[depth] {
                self.text.skip(false)?;
            } else if is_last && self.text.accept(b'[')? {
                self.inside = Inside::Enclosed;
                return Ok(());
            } else if !is_last && self.text.accept(b'{')? {
                depth += 1;
            } else {
                self.text.skip(false)?;
                seen = true;
            }
        }
        if !seen {
            let wanted = path.join(".");
            return Err(self.text.unexpected(&format!("a list called {wanted:?}, as the first object has one,")));
        }
        self.inside = if self.in_pages { Inside::Array } else { Inside::Nothing };
        Ok(())
    }

    fn object(&mut self) -> io::Result<Found> {
        self.text.peek()?;
        let (mut bytes, first, indent) = (Vec::new(), self.text.line, self.text.indent);
        let mut end = self.text.value_within(if self.on_lines { SOON_BYTES } else { OBJECT_BYTES }, &mut bytes);
        if self.on_lines && end.is_err() && torn::next_line(&bytes, &self.leading, indent).is_none() {
            self.text.give_back(std::mem::take(&mut bytes), indent);
            end = self.text.value(&mut bytes);
        }
        if let Err(fault) = end {
            return self.torn(bytes, indent, &fault);
        }
        let (text, is_1252) = decoded(bytes);
        let fields = match fields_of(&text) {
            Ok(fields) => fields,
            Err(fault) => return self.torn(text.into_bytes(), indent, &at_line(&fault, first)),
        };
        if self.leading.is_empty() {
            self.leading.extend_from_slice(torn::leading(text.as_bytes()));
        }
        let condition = if is_1252 { Condition::Windows1252 } else { Condition::Whole };
        Ok(self.found(0, What::Object { fields, condition }))
    }

    /// What is torn by itself, where the next object can be told from it.
    fn torn(&mut self, mut bytes: Vec<u8>, indent: Option<usize>, fault: &io::Error) -> io::Result<Found> {
        let leading = if self.leading.is_empty() { torn::leading(&bytes) } else { &self.leading };
        let extent = torn::extent(&bytes, leading, indent).filter(|_| is_of_the_content(fault));
        let again = extent.map_or(0, |extent| bytes.len() - extent) as u64;
        self.again += again;
        let Some(extent) = extent.filter(|_| self.again <= AGAIN_BYTES) else {
            let reason = match fault.kind() {
                io::ErrorKind::FileTooLarge => fault.to_string(),
                _ => format!("{fault}, and it cannot be told where the next object begins"),
            };
            return Err(io::Error::new(fault.kind(), reason));
        };
        let behind = bytes.split_off(extent);
        if !behind.is_empty() {
            self.text.give_back(behind, Some(0));
            self.on_lines = true;
        }
        Ok(self.found(0, What::Torn(decoded(bytes).0)))
    }
}

impl Iterator for Objects {
    type Item = io::Result<Found>;
    fn next(&mut self) -> Option<Self::Item> {
        if matches!(self.layout, Layout::Lines) { self.on_line() } else { self.among_values() }.transpose()
    }
}

/// The objects of a line; `None` where something else stands there.
fn objects_in(line: &str) -> Option<Vec<Fields>> {
    let mut objects = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if rest.is_empty() {
            return Some(objects);
        }
        let length = extent_of(rest).filter(|_| rest.starts_with('{'))?;
        objects.push(fields_of(&rest[..length]).ok()?);
        rest = &rest[length..];
    }
}

/// A fault of a value that begins on this line of the file.
fn at_line(fault: &serde_json::Error, first: u64) -> io::Error {
    let (line, told) = (first + fault.line().max(1) as u64 - 1, fault.to_string());
    let what = told.rsplit_once(" at line ").map_or(told.as_str(), |(what, _)| what);
    let reason = format!("{what} at line {line} column {}", fault.column());
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
