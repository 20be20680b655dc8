//! One JSON object as cells: in flows its text, out flow names and cells. Objects inside of objects become `outer.inner`.
//! Numbers stay as they are written, to the last digit.
use crate::upload::identity::float_text;
use memchr::memmem;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// How deep objects may stand inside of objects to become columns.
const DEPTH: usize = 6;

/// Names and cells, in the order they stand in.
pub(super) type Fields = Vec<(String, String)>;

/// The object's fields.
pub(super) fn fields_of(object: &str) -> serde_json::Result<Fields> {
    let read = |object: &str| {
        let mut fields = Vec::new();
        flatten(object, "", 0, &mut fields)?;
        Ok(fields)
    };
    read(object).or_else(|fault| without_no_numbers(object).map_or(Err(fault), |object| read(&object)))
}

/// The text with `null` for `NaN` and the infinities, which some programs write where they have no number; `None` where
/// there are none outside of strings.
pub(super) fn without_no_numbers(object: &str) -> Option<String> {
    const NO_NUMBERS: [&str; 3] = ["NaN", "-Infinity", "Infinity"];
    if NO_NUMBERS.iter().all(|word| memmem::find(object.as_bytes(), word.as_bytes()).is_none()) {
        return None;
    }
    let (mut found, mut rest) = (String::with_capacity(object.len()), object);
    while let Some(c) = rest.chars().next() {
        let word = NO_NUMBERS.iter().find(|word| rest.starts_with(**word));
        let length = match c {
            '"' => super::text::extent_of(rest)?,
            _ => word.map_or(c.len_utf8(), |word| word.len()),
        };
        found.push_str(if word.is_some() { "null" } else { &rest[..length] });
        rest = &rest[length..];
    }
    Some(found)
}

/// An object's members in the order they stand in.
pub(super) struct Pairs<'a>(pub(super) Vec<(String, &'a RawValue)>);

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

fn flatten(object: &str, outer: &str, depth: usize, fields: &mut Fields) -> serde_json::Result<()> {
    let Pairs(pairs) = serde_json::from_str(object)?;
    for (name, value) in pairs {
        let name = match outer {
            // What an edge of a graph leads to: `{"node": {…}, "cursor": "x"}`.
            "" if name == "node" && value.get().starts_with('{') => String::new(),
            "" => name,
            // What type a value has, as databases write it: `{"$date": "2025-01-01T00:00:00Z"}`.
            _ if name.starts_with('$') => outer.to_owned(),
            _ => format!("{outer}.{name}"),
        };
        match value.get().as_bytes().first() {
            Some(b'{') if depth < DEPTH => flatten(value.get(), &name, depth + 1, fields)?,
            Some(b'[') => flatten_array(value, name, fields)?,
            _ => fields.push((name, cell_of(value)?)),
        }
    }
    Ok(())
}

/// Single values are joined by `;`. Objects that name an `action_type` and a `value`, as advertising platforms list what
/// an ad led to, become `name[action type]`; other objects are a table of their own, which no column can hold.
fn flatten_array(array: &RawValue, name: String, fields: &mut Fields) -> serde_json::Result<()> {
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
pub(super) fn cell_of(value: &RawValue) -> serde_json::Result<String> {
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
