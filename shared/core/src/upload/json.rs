//! JSON: in flow objects, one after the other, in one array, or in the one array of an enclosing object; out flow rows, a
//! field a column. Objects inside of objects become `outer.inner`. Numbers stay as they are written, to the last digit.
//! Reads one object at a time.
use super::chunk::{NumberedRow, Rows};
use super::content::RowsFile;
use super::identity::float_text;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

/// How many fields the objects of a file may have among them: a row has a cell for each.
const FIELDS: usize = 4_096;
/// How many bytes one object may have: the first may enclose all others.
const OBJECT_BYTES: u64 = 64 << 20;
/// What interfaces call the array that holds their answer.
const ENCLOSING: [&str; 9] = ["data", "results", "result", "records", "rows", "value", "values", "elements", "orders"];
/// How deep objects may stand inside of objects to become columns.
const DEPTH: usize = 6;

type OpenBytes = Arc<dyn Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync>;
type Fields = Vec<(String, String)>;

/// The rows of JSON text.
pub(crate) fn open(
    bytes: impl Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync + 'static,
) -> io::Result<RowsFile> {
    let bytes: OpenBytes = Arc::new(bytes);
    let mut names: Vec<String> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    // All of them: what the last object alone says may turn it from an order into a refund.
    for fields in objects(&bytes)? {
        for (name, _) in fields? {
            if !known.contains_key(&name) {
                if names.len() == FIELDS {
                    let reason = format!("its objects have more than {FIELDS} different fields");
                    return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
                }
                known.insert(name.clone(), names.len());
                names.push(name);
            }
        }
    }
    let (names, known) = (Arc::new(names), Arc::new(known));
    Ok(RowsFile {
        container: "json",
        sheet: None,
        open: Box::new(move || {
            let header = std::iter::once(Ok((0, names.to_vec())));
            let known = known.clone();
            let rows = objects(&bytes)?.zip(1..).map(move |(fields, number)| Ok(row_of(fields?, number, &known)));
            Ok(Box::new(header.chain(rows)) as Rows)
        }),
    })
}

fn row_of(fields: Fields, number: u64, known: &HashMap<String, usize>) -> NumberedRow {
    let mut cells = vec![String::new(); known.len()];
    for (name, cell) in fields {
        if let Some(place) = known.get(&name) {
            cells[*place] = cell;
        }
    }
    (number, cells)
}

/// The objects' fields.
fn objects(bytes: &OpenBytes) -> io::Result<Box<dyn Iterator<Item = io::Result<Fields>> + Send>> {
    let mut values =
        Values { input: BufReader::with_capacity(1 << 16, bytes()?), in_array: false, begun: false, lines: 1 };
    let first = values.next().transpose()?;
    let Some(first) = first else { return Ok(Box::new(std::iter::empty())) };
    if !values.in_array
        && let Some(enclosed) = enclosed(&first)?
    {
        return Ok(Box::new(enclosed.into_iter().map(|object| fields_of(&object))));
    }
    Ok(Box::new(std::iter::once(Ok(first)).chain(values).map(|object| fields_of(&object?))))
}

/// The array of objects among an object's values, where all else is but about them: `{"data": […]}`. It is called as such
/// arrays are, or makes up most of the text: an order may have an array of its lines, too.
fn enclosed(object: &RawValue) -> io::Result<Option<Vec<Box<RawValue>>>> {
    let Pairs(pairs) = serde_json::from_str(object.get())?;
    let is_most = |(name, value): &&(String, &RawValue)| {
        ENCLOSING.contains(&name.to_lowercase().as_str()) || value.get().len() * 2 > object.get().len()
    };
    let arrays = pairs.iter().filter(|(_, value)| {
        let inner = value.get().strip_prefix('[').map(str::trim_start);
        inner.is_some_and(|inner| inner.starts_with('{'))
    });
    arrays.filter(is_most).map(|(_, value)| Ok(serde_json::from_str(value.get())?)).next().transpose()
}

/// Values one after the other.
struct Values {
    input: BufReader<Box<dyn Read + Send>>,
    in_array: bool,
    begun: bool,
    /// The line that is read, counted from 1.
    lines: usize,
}

impl Values {
    /// The next byte that says something.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            let skipped = buffer.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b',').count();
            let byte = buffer.get(skipped).copied();
            self.lines += memchr::memchr_iter(b'\n', &buffer[..skipped]).count();
            self.input.consume(skipped);
            if byte.is_some() {
                return Ok(byte);
            }
        }
    }

    fn value(&mut self) -> io::Result<Option<Box<RawValue>>> {
        if !self.begun {
            self.begun = true;
            if self.peek()? == Some(b'[') {
                self.in_array = true;
                self.input.consume(1);
            }
        }
        match self.peek()? {
            None if self.in_array => Err(io::ErrorKind::UnexpectedEof.into()),
            None => Ok(None),
            Some(b']') if self.in_array => Ok(None),
            Some(b'{') => {
                let mut bounded = self.input.by_ref().take(OBJECT_BYTES);
                let value = Box::<RawValue>::deserialize(&mut serde_json::Deserializer::from_reader(&mut bounded));
                if value.is_err() && bounded.limit() == 0 {
                    let most = OBJECT_BYTES >> 20;
                    let reason =
                        format!("one JSON object is larger than {most} MiB; write one object a line, or an array");
                    return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
                }
                let value = value.map_err(|fault| at_line(fault, self.lines))?;
                self.lines += memchr::memchr_iter(b'\n', value.get().as_bytes()).count();
                Ok(Some(value))
            }
            Some(_) => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "JSON of something other than objects holds no rows"))
            }
        }
    }
}

/// A fault of a value that begins on this line of the file.
fn at_line(fault: serde_json::Error, first: usize) -> io::Error {
    if fault.line() == 0 || fault.is_io() {
        return fault.into();
    }
    let (line, column, told) = (first + fault.line() - 1, fault.column(), fault.to_string());
    let what = told.rsplit_once(" at line ").map_or(told.as_str(), |(what, _)| what);
    let reason = format!("{what} at line {line} column {column}");
    io::Error::new(io::Error::from(fault).kind(), reason)
}

impl Iterator for Values {
    type Item = io::Result<Box<RawValue>>;
    fn next(&mut self) -> Option<Self::Item> {
        self.value().transpose()
    }
}

/// An object's members in the order they stand in.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Vec<(String, &'de RawValue)>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(pairs)
            }
        }
        deserializer.deserialize_map(Members).map(Pairs)
    }
}

fn fields_of(object: &RawValue) -> io::Result<Fields> {
    let mut fields = Vec::new();
    flatten(object, "", 0, &mut fields)?;
    Ok(fields)
}

fn flatten(object: &RawValue, outer: &str, depth: usize, fields: &mut Fields) -> io::Result<()> {
    let Pairs(pairs) = serde_json::from_str(object.get())?;
    for (name, value) in pairs {
        let name = if outer.is_empty() { name } else { format!("{outer}.{name}") };
        match value.get().as_bytes().first() {
            Some(b'{') if depth < DEPTH => flatten(value, &name, depth + 1, fields)?,
            Some(b'[') => flatten_array(value, name, fields)?,
            _ => fields.push((name, cell_of(value)?)),
        }
    }
    Ok(())
}

/// Single values are joined by `;`. Objects that name an `action_type` and a `value`, as advertising platforms list what
/// an ad led to, become `name[action type]`; other objects are a table of their own, which no column can hold.
fn flatten_array(array: &RawValue, name: String, fields: &mut Fields) -> io::Result<()> {
    let values: Vec<&RawValue> = serde_json::from_str(array.get())?;
    let mut joined = Vec::new();
    for value in values {
        if !value.get().starts_with('{') {
            joined.push(cell_of(value)?);
            continue;
        }
        let Pairs(pairs) = serde_json::from_str(value.get())?;
        let member = |wanted: &str| pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| *value);
        if let (Some(action), Some(value)) = (member("action_type"), member("value")) {
            fields.push((format!("{name}[{}]", cell_of(action)?), cell_of(value)?));
        }
    }
    if !joined.is_empty() {
        fields.push((name, joined.join(";")));
    }
    Ok(())
}

/// A single value as text. A number with an exponent is written out, where it is not beyond what a float holds.
fn cell_of(value: &RawValue) -> io::Result<String> {
    let text = value.get();
    Ok(match text.as_bytes().first() {
        Some(b'"') => serde_json::from_str(text)?,
        Some(b'n') => String::new(),
        Some(b'0'..=b'9' | b'-') if text.contains(['e', 'E']) => {
            text.parse().map_or_else(|_| text.to_owned(), float_text)
        }
        _ => text.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &'static str) -> Vec<Vec<String>> {
        let file = open(move || Ok(Box::new(text.as_bytes()) as Box<dyn Read + Send>)).unwrap();
        (file.open)().unwrap().map(|row| row.unwrap().1).collect()
    }

    #[test]
    fn lines_arrays_and_enclosed_arrays_are_the_same_rows() {
        let expected = vec![vec!["id", "a.b"], vec!["1", "x"], vec!["2", ""]];
        for text in [
            "{\"id\":1,\"a\":{\"b\":\"x\"}}\n{\"id\":2}\n",
            "[{\"id\":1,\"a\":{\"b\":\"x\"}}, {\"id\":2}]",
            "{\"object\":\"list\",\"data\":[{\"id\":1,\"a\":{\"b\":\"x\"}},{\"id\":2}]}",
            "{\"meta\":{\"page\":1,\"of\":1,\"about\":\"what nobody asked for at all\"},\
             \"data\":[{\"id\":1,\"a\":{\"b\":\"x\"}},{\"id\":2}]}",
        ] {
            assert_eq!(rows(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_keep_their_digits_and_actions_become_columns() {
        let found = rows(
            "{\"spend\":123456789012.123456,\"big\":1.5e3,\"none\":null,\"ids\":[1,2],\
             \"actions\":[{\"action_type\":\"purchase\",\"value\":\"3\"}]}",
        );
        assert_eq!(found[0], ["spend", "big", "none", "ids", "actions[purchase]"]);
        assert_eq!(found[1], ["123456789012.123456", "1500", "", "1;2", "3"]);
    }

    #[test]
    fn a_field_that_only_the_last_of_many_objects_has_is_a_column() {
        let text = format!("{}{{\"id\":2,\"kind\":\"refund\"}}", "{\"id\":1}\n".repeat(5_000));
        let found = rows(Box::leak(text.into_boxed_str()));
        assert_eq!(
            (&found[0], &found[5_001]),
            (&vec!["id".to_owned(), "kind".to_owned()], &vec!["2".to_owned(), "refund".to_owned()])
        );
    }

    #[test]
    fn what_is_torn_or_holds_no_objects_is_an_error_of_the_content() {
        for text in ["[1,2]", "[{\"a\":1}", "{\"a\":", "[{]"] {
            let opened = open(move || Ok(Box::new(text.as_bytes()) as Box<dyn Read + Send>));
            let fault = opened.map(|_| ()).unwrap_err();
            assert!(super::super::content::is_of_the_content(&fault), "{text}: {fault:?}");
        }
    }

    #[test]
    fn a_torn_object_is_told_by_its_line_of_the_file() {
        for text in ["{\"a\":1}\n\n{\"a\":\n2}\n{\"a\" 3}\n", "[{\"a\":1},\n\n{\"a\":2},\n\n{\"a\" 3}]"] {
            let opened = open(move || Ok(Box::new(text.as_bytes()) as Box<dyn Read + Send>));
            let reason = opened.map(|_| ()).unwrap_err().to_string();
            assert!(reason.contains("at line 5 column"), "{reason}");
        }
    }
}
