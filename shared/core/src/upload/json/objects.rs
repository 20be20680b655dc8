//! The objects of a JSON file one by one, wherever its layout has them. In flows text; out flow an object's fields, or the
//! line that is none. Holds one object at a time.
use super::flat::{Fields, fields_of};
use super::layout::Layout;
use super::text::{Text, decoded, extent_of};
use crate::upload::chunk::Condition;
use std::collections::VecDeque;
use std::io::{self, Read};

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
    number: u64,
    /// Further objects of a line.
    waiting: VecDeque<What>,
}

/// What encloses the place that is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    Array,
    /// An object, in which the array was seen or not.
    Object {
        seen: bool,
    },
    /// The array of an object.
    Enclosed,
}

impl Objects {
    pub(super) fn new(bytes: Box<dyn Read + Send>, layout: Layout) -> Objects {
        let text = Text::new(bytes);
        Objects { text, layout, inside: Inside::Nothing, number: 0, waiting: VecDeque::new() }
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
                (_, Inside::Object { seen }) => self.go_to_enclosed(seen)?,
                (Some(b'{'), Inside::Nothing) if matches!(self.layout, Layout::Enclosed(_)) => {
                    self.text.accept(b'{')?;
                    self.inside = Inside::Object { seen: false };
                }
                (Some(b'{'), _) => return self.object().map(Some),
                (Some(b'['), Inside::Nothing) => {
                    self.text.accept(b'[')?;
                    self.inside = Inside::Array;
                }
                (Some(b']'), Inside::Array | Inside::Enclosed) => {
                    self.text.accept(b']')?;
                    self.inside =
                        if self.inside == Inside::Array { Inside::Nothing } else { Inside::Object { seen: true } };
                }
                _ => {
                    let reason = "it is JSON of something other than objects, of which no rows are made";
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
                }
            }
        }
    }

    /// Goes on to the start of the array that the layout names, or behind the object's end.
    fn go_to_enclosed(&mut self, seen: bool) -> io::Result<()> {
        let Layout::Enclosed(wanted) = &self.layout else { return Ok(()) };
        while let Some(name) = self.text.member()? {
            let is_wanted = name == *wanted;
            if is_wanted && self.text.accept(b'[')? {
                self.inside = Inside::Enclosed;
                return Ok(());
            }
            self.text.skip(false)?;
            if is_wanted {
                self.inside = Inside::Object { seen: true };
                return Ok(());
            }
        }
        if !seen {
            return Err(self.text.unexpected(&format!("a list called {wanted:?}, as the first object has one,")));
        }
        self.inside = Inside::Nothing;
        Ok(())
    }

    fn object(&mut self) -> io::Result<Found> {
        let (mut bytes, first) = (Vec::new(), self.text.line);
        self.text.value(&mut bytes)?;
        let (text, is_1252) = decoded(bytes);
        let fields = fields_of(&text).map_err(|fault| at_line(&fault, first))?;
        let condition = if is_1252 { Condition::Windows1252 } else { Condition::Whole };
        Ok(self.found(0, What::Object { fields, condition }))
    }
}

impl Iterator for Objects {
    type Item = io::Result<Found>;
    fn next(&mut self) -> Option<Self::Item> {
        if self.layout == Layout::Lines { self.on_line() } else { self.among_values() }.transpose()
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
