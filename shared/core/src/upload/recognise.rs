//! Which source a file is from. In flows the start of a file; out flows the adapter, where its header stands, what
//! separates its columns and what each of them means. Reads no data but to tell a header from them.
use super::adapter::{Adapter, adapters};
use super::content::{Encoding, TextFile};
use super::date;
use super::field::{Columns, Field, key_of};
use super::number;
use super::record::{Delimiter, Record, Records};
use crate::table::Table;
use serde::{Deserialize, Serialize};
use std::io::{self, Cursor};

/// How many records are tried as the header: banners are shorter.
const HEADER_WITHIN: usize = 40;
/// How many records must look alike in a file without a header.
const HEADERLESS_ROWS: usize = 5;

/// How a file is to be read.
#[derive(Clone, Debug)]
pub(crate) struct Recognised {
    pub(crate) adapter: &'static Adapter,
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

/// The shape of a file, as its report states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Format {
    /// `text` or `workbook`.
    pub container: String,
    /// Was it behind gzip?
    pub gzip: bool,
    /// How text is encoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// What separates the columns of text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<Delimiter>,
    /// The sheet of a workbook that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// The line the header stands on, counted from 1; absent in a file without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_line: Option<u64>,
}

/// The table that a key's first segment asks for: `orders/2025.csv` is of transactions.
pub(crate) fn hint_of(key: &str) -> Option<Table> {
    let (segment, _) = key.split_once('/')?;
    match key_of(segment).as_str() {
        "transactions" | "transaction" | "orders" | "order" | "sales" | "purchases" | "payments" => {
            Some(Table::Transactions)
        }
        "customers" | "customer" | "contacts" | "users" => Some(Table::Customers),
        "spend" | "ads" | "adspend" | "costs" | "media" | "marketing" => Some(Table::Spend),
        "acquisition" | "acquisitions" => Some(Table::Acquisition),
        "indicators" | "indicator" | "economics" | "economy" => Some(Table::Indicators),
        _ => None,
    }
}

/// Recognises text by its first bytes; `Err` says, in a sentence, what was looked for.
pub(crate) fn text(file: &TextFile, hint: Option<Table>) -> io::Result<Result<(Delimiter, Recognised), String>> {
    let mut headers: Vec<Vec<String>> = Vec::new();
    for delimiter in Delimiter::ALL {
        let records = start_of(Records::of_reader(Box::new(Cursor::new(file.sample.clone())), delimiter))?;
        if let Some(found) = among(&records, hint) {
            return Ok(Ok((delimiter, found)));
        }
        headers.extend(records.first().map(|record| record.cells.iter().map(str::to_owned).collect()));
    }
    let widest = headers.into_iter().rev().max_by_key(Vec::len).unwrap_or_default();
    Ok(Err(nothing_fits(&widest, hint)))
}

/// Recognises the first records of a sheet.
pub(crate) fn sheet(records: Records, hint: Option<Table>) -> io::Result<Result<Recognised, String>> {
    let records = start_of(records)?;
    Ok(among(&records, hint).ok_or_else(|| {
        let first = records.first().map(|record| record.cells.iter().map(str::to_owned).collect::<Vec<_>>());
        nothing_fits(&first.unwrap_or_default(), hint)
    }))
}

fn start_of(mut records: Records) -> io::Result<Vec<Record>> {
    let mut start = Vec::new();
    let mut record = Record::default();
    while start.len() < HEADER_WITHIN && records.read(&mut record)? {
        start.push(record.clone());
    }
    Ok(start)
}

/// The first record that is a header some adapter knows, read by the adapter that knows most of it; one of the table
/// that the key asks for goes before all others.
fn among(records: &[Record], hint: Option<Table>) -> Option<Recognised> {
    for (place, record) in records.iter().enumerate() {
        let header: Vec<String> = record.cells.iter().map(|cell| cell.trim().to_owned()).collect();
        let keys: Vec<String> = header.iter().map(|cell| key_of(cell)).collect();
        let mut best: Option<(bool, usize, &'static Adapter, Columns)> = None;
        for adapter in adapters() {
            let Some(columns) = adapter.fit(&keys) else { continue };
            let rank = (hint == Some(adapter.table), columns.distinct());
            if best.as_ref().is_none_or(|(hinted, known, ..)| rank > (*hinted, *known)) {
                best = Some((rank.0, rank.1, adapter, columns));
            }
        }
        if let Some((hinted, known, adapter, columns)) = best {
            let by_key = if hinted { ", and its key asks for this table" } else { "" };
            let why = format!(
                "line {} has {known} of {} columns that {} knows{by_key}",
                record.line,
                header.len(),
                adapter.name
            );
            let preamble =
                records[..place].iter().map(|record| record.cells.iter().collect::<Vec<_>>().join(" ")).collect();
            return Some(Recognised { adapter, columns, header, header_line: Some(record.line), preamble, why });
        }
    }
    without_header(records)
}

/// Files without a header are known by what their first rows hold.
fn without_header(records: &[Record]) -> Option<Recognised> {
    for adapter in adapters().iter().filter(|adapter| !adapter.headerless.is_empty()) {
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
        return Some(Recognised { adapter, columns, header: Vec::new(), header_line: None, preamble: Vec::new(), why });
    }
    None
}

fn row_fits(row: &Record, fields: &[Option<Field>]) -> bool {
    let mut plain = String::new();
    row.cells.len() == fields.len()
        && row.cells.iter().zip(fields).all(|(cell, field)| match field {
            Some(field) if field.is_date() => date::parse(cell, None).is_ok(),
            Some(field) if field.is_number() => number::plain(cell, number::DecimalMark::Point, &mut plain),
            _ => cell.bytes().all(|byte| byte.is_ascii_digit()),
        })
}

/// Says what the file has, and what the table closest to it would need besides: the one that the key asks for, where it
/// has anything of that.
fn nothing_fits(header: &[String], hint: Option<Table>) -> String {
    let keys: Vec<String> = header.iter().map(|cell| key_of(cell)).collect();
    let shown: Vec<&str> = header.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).take(12).collect();
    let lacking = |adapter: &Adapter| -> (usize, Vec<String>) {
        let knows = |field: &Field| {
            adapter.constants.contains_key(field)
                || adapter.columns.get(field).is_some_and(|names| names.iter().any(|name| keys.contains(&key_of(name))))
        };
        let missing: Vec<String> = adapter
            .required
            .iter()
            .filter(|any| !any.iter().any(knows))
            .map(|any| any.iter().map(|field| field.name()).collect::<Vec<_>>().join(" or "))
            .collect();
        (adapter.required.len() - missing.len(), missing)
    };
    let closest = adapters()
        .iter()
        .map(|adapter| (adapter, lacking(adapter)))
        .filter(|(_, (found, _))| *found > 0)
        .min_by_key(|(adapter, (found, missing))| (hint != Some(adapter.table), missing.len(), usize::MAX - found));
    match closest {
        Some((adapter, (_, missing))) => format!(
            "No known source has the columns {}; as {} they lack {}.",
            shown.join(", "),
            adapter.table,
            missing.join(" and ")
        ),
        None => format!("No known source has the columns {}.", shown.join(", ")),
    }
}
