//! Tables that JSON writes otherwise than as objects in a row. In flows the text of one value; out flow its fields and
//! rows. Such a table is held as a whole, so that its text and its cells are bounded, also those that are blank.
//!
//! The shapes are those of pandas' `to_json` (`columns`, `split`, `index`, `values`) and what interfaces make of them:
//! - `{"id": {"0": "a", "1": "b"}, …}` and `{"id": ["a", "b"], …}`: a member a column;
//! - `{"columns": ["id", …], "data": [["a", …], …]}`, whatever the two are called;
//! - `{"x1": {"id": "a", …}, "x2": …}`: a member a row;
//! - `[["id", …], ["a", …], …]`: an array a row, the first of names.
use super::FIELDS;
use super::flat::{Pairs, cell_of, fields_of, without_no_numbers};
use serde_json::value::RawValue;
use std::collections::HashMap;

/// How many bytes the text may have.
pub(super) const BYTES: u64 = 32 << 20;
/// How many cells the rows may have.
const CELLS: usize = 1 << 22;

/// A table as a whole.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) names: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

/// The table in `text`, read in the way that makes fields of it that are known.
pub(super) fn of(text: &str, knows: &dyn Fn(&[String]) -> bool) -> Option<Table> {
    let numbered = without_no_numbers(text);
    let text = numbered.as_deref().unwrap_or(text);
    let ways = [by_label, by_place, apart, members, arrays];
    let is_known = |table: &Table| !table.rows.is_empty() && table.names.len() <= FIELDS && knows(&table.names);
    ways.iter().filter_map(|read| read(text)).find(is_known)
}

/// May there be so many rows of so many cells?
fn fit(rows: usize, cells: usize) -> bool {
    rows.saturating_mul(cells) <= CELLS
}

/// A member a column, in which rows have labels.
fn by_label(text: &str) -> Option<Table> {
    let Pairs(columns) = serde_json::from_str(text).ok()?;
    let mut labels: HashMap<String, usize> = HashMap::new();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (place, (_, column)) in columns.iter().enumerate() {
        let Pairs(cells) = serde_json::from_str(column.get()).ok()?;
        for (label, cell) in cells {
            let row = *labels.entry(label).or_insert(rows.len());
            if row == rows.len() {
                if !fit(rows.len() + 1, columns.len()) {
                    return None;
                }
                rows.push(vec![String::new(); columns.len()]);
            }
            rows[row][place] = single(cell)?;
        }
    }
    Some(Table { names: columns.into_iter().map(|(name, _)| name).collect(), rows })
}

/// A member a column, of which each has as many cells.
fn by_place(text: &str) -> Option<Table> {
    let Pairs(columns) = serde_json::from_str(text).ok()?;
    let mut rows: Option<Vec<Vec<String>>> = None;
    for (place, (_, column)) in columns.iter().enumerate() {
        let cells = singles(column)?;
        if !fit(cells.len(), columns.len()) {
            return None;
        }
        let rows = rows.get_or_insert_with(|| vec![vec![String::new(); columns.len()]; cells.len()]);
        if rows.len() != cells.len() {
            return None;
        }
        for (row, cell) in rows.iter_mut().zip(cells) {
            row[place] = cell;
        }
    }
    Some(Table { names: columns.into_iter().map(|(name, _)| name).collect(), rows: rows? })
}

/// Names in one member, rows in another.
fn apart(text: &str) -> Option<Table> {
    let Pairs(members) = serde_json::from_str(text).ok()?;
    let rows = members.iter().find_map(|(_, member)| rows_in(member.get()).filter(|rows| !rows.is_empty()))?;
    let names = members
        .iter()
        .filter(|(_, member)| member.get().starts_with("[\""))
        .find_map(|(_, member)| singles(member).filter(|names| rows.iter().all(|row| row.len() == names.len())))?;
    Some(Table { names, rows })
}

/// A member a row.
fn members(text: &str) -> Option<Table> {
    let Pairs(members) = serde_json::from_str(text).ok()?;
    let (mut names, mut places) = (Vec::new(), HashMap::new());
    let mut rows = Vec::new();
    for (_, member) in members {
        let mut row = vec![String::new(); names.len()];
        for (name, cell) in fields_of(member.get()).ok()? {
            let place = *places.entry(name.clone()).or_insert(names.len());
            if place == names.len() {
                names.push(name);
                row.push(String::new());
            }
            row[place] = cell;
        }
        rows.push(row);
        if !fit(rows.len(), names.len()) {
            return None;
        }
    }
    for row in &mut rows {
        row.resize(names.len(), String::new());
    }
    Some(Table { names, rows })
}

/// An array a row, the first of names.
fn arrays(text: &str) -> Option<Table> {
    let mut rows = rows_in(text)?.into_iter();
    let names = rows.next()?;
    let rows: Vec<Vec<String>> = rows.collect();
    rows.iter().all(|row| row.len() == names.len()).then_some(Table { names, rows })
}

fn rows_in(text: &str) -> Option<Vec<Vec<String>>> {
    let rows: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    rows.into_iter().map(singles).collect()
}

fn singles(array: &RawValue) -> Option<Vec<String>> {
    let cells: Vec<&RawValue> = serde_json::from_str(array.get()).ok()?;
    cells.into_iter().map(single).collect()
}

/// A value that makes one cell.
fn single(value: &RawValue) -> Option<String> {
    if value.get().starts_with(['{', '[']) { None } else { cell_of(value).ok() }
}
