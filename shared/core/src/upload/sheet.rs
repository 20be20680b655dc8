//! Workbooks: in flows a spreadsheet file, out flow its sheets as rows of text. Formats are left behind: whole numbers
//! lose their point, dates become ISO 8601. A workbook is read whole, so its unpacked size is bounded first.
mod filled;

use super::chunk::{Row, Rows};
use super::content::RowsFile;
use super::identity::float_text;
use super::unpack;
use calamine::{Data, Reader};
use filled::Filled;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Is an archive with these entries a workbook?
pub(crate) fn is_workbook(entries: &[String]) -> bool {
    entries.iter().any(|name| matches!(name.as_str(), "[Content_Types].xml" | "content.xml" | "xl/workbook.xml"))
}

/// The sheets that have cells; `Err` says, in a sentence, why there are none.
pub(crate) fn open(path: &Path, most: u64) -> io::Result<Result<Vec<RowsFile>, String>> {
    let bytes = std::fs::read(path)?;
    if bytes.starts_with(b"PK")
        && let Err(reason) = unpack::check_document(path, most, is_workbook)?
    {
        return Ok(Err(reason));
    }
    let damaged = |fault: &dyn std::fmt::Display| Ok(Err(format!("The workbook cannot be read: {fault}.")));
    let mut workbook = match calamine::open_workbook_auto_from_rs(io::Cursor::new(bytes)) {
        Ok(workbook) => workbook,
        Err(fault) => return damaged(&fault),
    };
    let mut sheets = Vec::new();
    for sheet in workbook.sheet_names() {
        let filled = match Filled::of(&mut workbook, &sheet) {
            Ok(Some(filled)) => Arc::new(filled),
            Ok(None) => continue,
            Err(reason) => return Ok(Err(reason)),
        };
        sheets.push(RowsFile {
            container: "workbook",
            sheet: Some(sheet),
            open: Box::new(move || Ok(rows_of(filled.clone()))),
        });
    }
    if sheets.is_empty() {
        return Ok(Err("The workbook has no sheet with cells.".to_owned()));
    }
    Ok(Ok(sheets))
}

fn rows_of(filled: Arc<Filled>) -> Rows {
    Box::new((0..filled.rows()).map(move |place| {
        let (number, row) = filled.row(place);
        let mut cells = vec![String::new(); filled.width_of(row)];
        for (column, cell) in filled.places(row) {
            cells[column] = text_of(cell);
        }
        Ok(Row::whole(number, cells))
    }))
}

/// A cell as text: whole numbers without a point (beyond 2^53 they are no longer those that were written), dates as ISO 8601, errors such as `#N/A` as nothing.
fn text_of(cell: &Data) -> String {
    match cell {
        Data::Int(value) => value.to_string(),
        Data::Float(value) => float_text(*value),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Bool(value) => value.to_string(),
        Data::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{milli:03}")
        }
        Data::DateTime(duration) => duration.as_f64().to_string(),
        Data::Error(_) | Data::Empty => String::new(),
    }
}
