//! JSON: in flow objects, a line or one after the other, in arrays, or in the array of an enclosing object; out flow rows,
//! a field a column. Holds one object at a time, however long the array that it stands in; only tables of other shapes
//! (`columns`) are held as a whole.
mod columns;
mod flat;
mod layout;
mod objects;
mod text;
mod torn;

pub(crate) use layout::are_lines;

use super::chunk::{Condition, Row, Rows};
use super::content::RowsFile;
use flat::Fields;
use layout::Layout;
use objects::{Found, Objects, What};
use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::Arc;

/// How many fields the objects of a file may have among them: a row has a cell for each.
const FIELDS: usize = 4_096;

type OpenBytes = Arc<dyn Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync>;

/// The rows of JSON text. `knows` tells whether rows with some fields are of a table: it decides between what encloses an
/// array, and what is in it.
pub(crate) fn open(
    bytes: impl Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync + 'static,
    knows: &dyn Fn(&[String]) -> bool,
) -> io::Result<RowsFile> {
    let bytes: OpenBytes = Arc::new(bytes);
    let layout = layout::of(&bytes, knows)?;
    if let Layout::Table(table) = layout {
        return Ok(rows_file(move || {
            let table = table.clone();
            let rows = (0..=table.rows.len()).map(move |number| {
                let cells = if number == 0 { &table.names } else { &table.rows[number - 1] };
                Ok(Row::whole(number as u64, cells.clone()))
            });
            Ok(Box::new(rows) as Rows)
        }));
    }
    let mut names: Vec<String> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let (mut whole, mut torn) = (0_u64, None);
    // All of them: what the last object alone says may turn it from an order into a refund.
    for found in Objects::new(bytes()?, layout.clone()) {
        let Found { number, what } = found?;
        let What::Object { fields, .. } = what else {
            torn = torn.or(Some(number));
            continue;
        };
        whole += 1;
        for (name, _) in fields {
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
    if let (0, Some(first)) = (whole, torn) {
        let reason = match layout {
            Layout::Lines => format!("no line of it is a JSON object, the first being line {first}"),
            _ => format!("none of its JSON objects is whole, the first being object {first}"),
        };
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    let (names, known) = (Arc::new(names), Arc::new(known));
    Ok(rows_file(move || {
        let header = std::iter::once(Ok(Row::whole(0, names.to_vec())));
        let known = known.clone();
        let rows = Objects::new(bytes()?, layout.clone()).map(move |found| Ok(row_of(found?, &known)));
        Ok(Box::new(header.chain(rows)) as Rows)
    }))
}

fn rows_file(open: impl Fn() -> io::Result<Rows> + Send + Sync + 'static) -> RowsFile {
    RowsFile { container: "json", sheet: None, open: Box::new(open) }
}

fn row_of(found: Found, known: &HashMap<String, usize>) -> Row {
    let number = found.number;
    match found.what {
        What::Object { fields, condition } => Row { number, cells: cells_of(fields, known), condition },
        What::Torn(text) => Row { number, cells: vec![text], condition: Condition::Torn },
    }
}

fn cells_of(fields: Fields, known: &HashMap<String, usize>) -> Vec<String> {
    let mut cells = vec![String::new(); known.len()];
    for (name, cell) in fields {
        if let Some(place) = known.get(&name) {
            cells[*place] = cell;
        }
    }
    cells
}

#[cfg(test)]
mod tests;
