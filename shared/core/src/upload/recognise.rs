//! Which source a file is from. In flows the start of a file; out flows the adapter, where its header stands, what
//! separates its columns and what each of them means. Reads no data but to tell a header from them.
use super::adapter::{Adapter, Adapters};
use super::content::Encoding;
use super::date;
use super::field::{Columns, Field, key_of};
use super::hint::Hint;
use super::identity;
use super::number;
use super::record::{Delimiter, Record, Splitter};
use super::unpack::Packing;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::sync::Arc;

/// How many records are tried as the header: banners are shorter.
pub(crate) const HEADER_WITHIN: usize = 40;
/// How many records must look alike in a file without a header.
const HEADERLESS_ROWS: usize = 5;

/// How a file is to be read.
#[derive(Clone, Debug)]
pub(crate) struct Recognised {
    pub(crate) adapter: Arc<Adapter>,
    pub(crate) columns: Columns,
    /// The header's cells as written; empty in a file without one.
    pub(crate) header: Vec<String>,
    /// The line the header stands on, counted from 1; `None` in a file without one.
    pub(crate) header_line: Option<u64>,
    /// What stands before the header, a text a record.
    pub(crate) preamble: Vec<String>,
    /// Why this adapter, in a sentence.
    pub(crate) why: String,
}

impl Recognised {
    /// Is a table with this header read as `other` is?
    pub(crate) fn is_read_as(&self, other: &Recognised) -> bool {
        self.header == other.header && self.adapter.name == other.adapter.name && self.columns == other.columns
    }

    /// How many records stand before the first row: banner and header.
    pub(crate) fn before_the_first(&self) -> usize {
        if self.header_line.is_some() { self.preamble.len() + 1 } else { 0 }
    }
}

/// The shape of a file, as its report states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Format {
    /// `text`, `workbook`, `json` or `parquet`.
    pub container: String,
    /// What it was packed in, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packing: Vec<Packing>,
    /// How text is encoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// What separates the columns of text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<Delimiter>,
    /// The sheet of a workbook that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Further sheets with the same header, which were read behind it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sheets_alike: Vec<String>,
    /// Sheets that were not read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sheets_left: Vec<String>,
    /// The line the header stands on, counted from 1; absent in a file without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_line: Option<u64>,
}

/// Recognises text by its start; `Err` says, in a sentence, what was looked for.
pub(crate) fn text(sample: &str, adapters: &Adapters, hint: Option<Hint>) -> Result<(Delimiter, Recognised), String> {
    let mut headers: Vec<Vec<String>> = Vec::new();
    for delimiter in Delimiter::ALL {
        let records = start_of(sample, delimiter);
        let found = among(&records, adapters, hint);
        // Spaces separate nothing where another sign does, though nobody knows its columns.
        let is_padded = |header: &[String]| !header.iter().any(|cell| cell.contains([',', ';', '|', '"']));
        if let Some(found) = found.filter(|found| delimiter != Delimiter::Spaces || is_padded(&found.header)) {
            return Ok((delimiter, found));
        }
        let is_told = headers.iter().any(|header| header.len() > 1);
        headers.extend(likely_header(&records).filter(|_| delimiter != Delimiter::Spaces || !is_told));
    }
    let widest = headers.into_iter().rev().max_by_key(Vec::len).unwrap_or_default();
    Err(nothing_fits(&widest, adapters, hint))
}

/// Recognises the first records of what is no text.
pub(crate) fn rows(records: &[Record<'_>], adapters: &Adapters, hint: Option<Hint>) -> Result<Recognised, String> {
    among(records, adapters, hint)
        .ok_or_else(|| nothing_fits(&likely_header(records).unwrap_or_default(), adapters, hint))
}

/// Are these a header that some adapter knows?
pub(crate) fn knows(names: &[String], adapters: &Adapters, hint: Option<Hint>) -> bool {
    let cells = names.iter().map(|name| name.as_str().into()).collect();
    among(&[Record { cells, ..Record::default() }], adapters, hint).is_some_and(|found| found.header_line.is_some())
}

/// The first of the records with more than half as many cells as any has: banners have fewer, and rows come behind.
fn likely_header(records: &[Record<'_>]) -> Option<Vec<String>> {
    let filled = |record: &Record<'_>| record.cells.iter().filter(|cell| !cell.trim().is_empty()).count();
    let most = records.iter().map(filled).max()?;
    records.iter().find(|record| filled(record) * 2 > most).map(header_of)
}

fn start_of(sample: &str, delimiter: Delimiter) -> Vec<Record<'_>> {
    let mut splitter = Splitter::new(sample, 1, delimiter);
    let (mut start, mut record) = (Vec::new(), Record::default());
    while start.len() < HEADER_WITHIN && splitter.read(&mut record) {
        start.push(record.clone());
    }
    start
}

fn header_of(record: &Record<'_>) -> Vec<String> {
    record.cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

/// Is an adapter the user's, is its table the one asked for, how many columns does it know, and which is it?
type Rank = (bool, bool, usize, Reverse<usize>);

/// The first record that is a header some adapter knows, read by the adapter that knows most of it; one of the table
/// that the key asks for goes before all others, and a user's before one that is built in.
fn among(records: &[Record<'_>], adapters: &Adapters, hint: Option<Hint>) -> Option<Recognised> {
    for (place, record) in records.iter().enumerate() {
        let header = header_of(record);
        let keys: Vec<String> = header.iter().map(|cell| key_of(cell)).collect();
        let mut fitting: Vec<(Rank, &Arc<Adapter>, Columns)> = Vec::new();
        for (place, adapter) in adapters.iter().enumerate() {
            let is_hinted = hint.is_some_and(|hint| hint.table == adapter.table);
            if adapter.stands_back(&keys) && !(is_hinted && hint.is_some_and(|hint| hint.by_folder)) {
                continue;
            }
            let Some(columns) = adapter.fit(&header, &keys) else { continue };
            fitting.push((
                (place < adapters.own().len(), is_hinted, columns.distinct(), Reverse(place)),
                adapter,
                columns,
            ));
        }
        fitting.sort_by_key(|(rank, ..)| Reverse(*rank));
        let mut fitting = fitting.into_iter();
        if let Some(((_, is_hinted, known, _), adapter, columns)) = fitting.next() {
            let header_place = match record.line {
                0 => "the list of fields".to_owned(),
                line => format!("line {line}"),
            };
            let mut why = format!("{header_place} has {known} of {} columns that {} knows", header.len(), adapter.name);
            if is_hinted {
                why.push_str(", and its key asks for this table");
            } else if fitting.any(|(_, _, others)| is_as_well_of_customers(&columns, &others)) {
                why.push_str("; it could be of customers as well: put it into a folder customers/ if it is");
            }
            let preamble = records[..place].iter().map(|record| record.cells.join(" ")).collect();
            let adapter = adapter.clone();
            return Some(Recognised { adapter, columns, header, header_line: Some(record.line), preamble, why });
        }
    }
    without_header(records, adapters)
}

/// Is the day of an order, by these columns, by the others the day on which a customer came?
fn is_as_well_of_customers(orders: &Columns, customers: &Columns) -> bool {
    let day = orders.place(Field::OccurredAt);
    day.is_some() && day == customers.place(Field::AcquiredAt)
}

/// Files without a header are known by what their first rows hold.
fn without_header(records: &[Record<'_>], adapters: &Adapters) -> Option<Recognised> {
    for adapter in adapters.iter().filter(|adapter| !adapter.headerless.is_empty()) {
        let rows = &records[..records.len().min(HEADERLESS_ROWS)];
        if rows.is_empty() || !rows.iter().all(|row| row_fits(row, &adapter.headerless)) {
            continue;
        }
        let mut columns = Columns::default();
        for (place, field) in adapter.headerless.iter().enumerate() {
            if let Some(field) = field {
                columns.set(*field, place);
            }
        }
        let why = format!("there is no header, and the first rows hold what {} files hold", adapter.name);
        let adapter = adapter.clone();
        return Some(Recognised { adapter, columns, header: Vec::new(), header_line: None, preamble: Vec::new(), why });
    }
    None
}

fn row_fits(row: &Record<'_>, fields: &[Option<Field>]) -> bool {
    let mut plain = String::new();
    row.cells.len() == fields.len()
        && row.cells.iter().zip(fields).all(|(cell, field)| match field {
            Some(field) if field.is_date() => date::parse(cell, None).is_ok(),
            Some(field) if field.is_number() => number::plain(cell, number::DecimalMark::Point, &mut plain),
            _ => number::are_digits(cell),
        })
}

/// Says what the file has, and what the table closest to it would need besides: the one that the key asks for, where it
/// has anything of that. The sentence is kept, so cells of what may be a row of data are counted and not named.
fn nothing_fits(header: &[String], adapters: &Adapters, hint: Option<Hint>) -> String {
    let keys: Vec<String> = header.iter().map(|cell| key_of(cell)).collect();
    let filled: Vec<&str> = header.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect();
    let knows_any = |adapter: &Arc<Adapter>| adapter.columns.keys().any(|field| adapter.finds(*field, &keys));
    let is_header = filled.iter().all(|cell| is_name(cell)) && adapters.iter().any(knows_any);
    let unknown = match filled.len() {
        0 => "The file holds nothing that could be a row".to_owned(),
        count if is_header => format!("No known source has the columns {}", filled[..count.min(12)].join(", ")),
        count => {
            let cells = if count == 1 { "cell that is" } else { "cells that are" };
            format!("No known source has the columns of this file: it begins with {count} {cells} no known header")
        }
    };
    let lacking = |adapter: &Adapter| -> (usize, Vec<String>) {
        let knows = |field: &Field| adapter.constants.contains_key(field) || adapter.finds(*field, &keys);
        let missing: Vec<String> = adapter
            .required
            .iter()
            .filter(|any| !any.iter().any(knows))
            .map(|any| any.iter().map(|field| field.name()).collect::<Vec<_>>().join(" or "))
            .chain(adapter.wide.iter().map(|_| "a column of each channel's spend".to_owned()))
            .collect();
        (adapter.required.iter().filter(|any| any.iter().any(knows)).count(), missing)
    };
    let closest = adapters
        .iter()
        .filter(|adapter| !adapter.stands_back(&keys))
        .map(|adapter| (adapter, lacking(adapter)))
        .filter(|(_, (found, missing))| *found > 0 && !missing.is_empty())
        .min_by_key(|(adapter, (found, missing))| {
            let known = adapter.columns.keys().filter(|field| adapter.finds(**field, &keys)).count();
            (hint.is_none_or(|hint| hint.table != adapter.table), missing.len(), Reverse((known, *found)))
        });
    match closest {
        Some((adapter, (_, missing))) => {
            format!("{unknown}; as {} they lack {}.", adapter.table, missing.join(" and "))
        }
        None => format!("{unknown}."),
    }
}

/// Could the cell be a column's name? Numbers, dates, addresses and sentences are none.
fn is_name(cell: &str) -> bool {
    const LONGEST: usize = 60;
    cell.len() <= LONGEST
        && cell.contains(char::is_alphabetic)
        && !cell.contains('@')
        && !identity::holds_contact(cell)
        && date::parse(cell, None).is_err()
}
