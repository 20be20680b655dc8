//! Which cells of a refused row are shown. In flow the columns of a file, then records; out flow a header, and each cell as
//! it was or a mask in its place.
use super::{LEADING_COLUMNS, MASK};
use crate::upload::field::{Columns, Field};
use crate::upload::identity;
use crate::upload::record::{Record, trim};
use crate::upload::signs::{AT, QUOTED, signs_in};
use memchr::memchr2;

/// How refused rows of one file are shown.
pub(crate) struct Shown {
    /// The sheets that the rows are of, where there are several.
    pub(super) sheets: Vec<String>,
    pub(super) header: Vec<String>,
    /// By column.
    showing: Vec<Showing>,
    pub(super) id_separator: Option<char>,
}

/// Which cells of a column are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Showing {
    Never,
    /// Ids of customers that could not say who it is.
    Ids,
    /// Texts that hold no address and no phone number.
    Texts,
    /// Dates and numbers, and what was taken for them.
    Figures,
}

impl Shown {
    /// Rows under `header`; `sheets` are those of a workbook that are read, by their names as they may be kept.
    pub(crate) fn new(header: &[String], columns: &Columns, id_separator: Option<char>, sheets: &[String]) -> Shown {
        let width = header.len().max(columns.found().iter().map(|(_, place)| place + 1).max().unwrap_or(0));
        let mut showing = vec![Showing::Never; width];
        for place in columns.known().filter(|place| columns.wide.is_some() && *place < width) {
            showing[place] = Showing::Figures;
        }
        for (field, place) in columns.found() {
            showing[*place] = match field {
                Field::CustomerId => Showing::Ids,
                field if field.is_date() || field.is_number() => Showing::Figures,
                _ => Showing::Texts,
            };
        }
        // A column may have several meanings, one of them personal.
        for (_, place) in columns.found().iter().filter(|(field, _)| field.is_personal()) {
            showing[*place] = Showing::Never;
        }
        let named = |header: &String| identity::kept_name(header).to_owned();
        let header = (0..width).map(|place| header.get(place).map_or_else(|| format!("column {}", place + 1), named));
        let sheets = if sheets.len() > 1 { sheets.to_vec() } else { Vec::new() };
        Shown { sheets, header: header.collect(), showing, id_separator }
    }

    /// The columns before the upload's own: a line of a workbook is one of a sheet.
    pub(super) fn leading(&self) -> impl Iterator<Item = &str> {
        LEADING_COLUMNS.into_iter().chain((!self.sheets.is_empty()).then_some("sheet"))
    }

    /// Might the cells of the record stand under headers that are not theirs?
    pub(super) fn is_shifted(&self, record: &Record<'_>) -> bool {
        let width = self.header.len();
        record.unbalanced
            || record.cells.len() < width
            || record.cells.iter().skip(width).any(|cell| !trim(cell).is_empty())
            || record.quoted && record.cells.iter().any(|cell| memchr2(b'\n', b'\r', cell.as_bytes()).is_some())
    }

    /// Writes the record's cell at `place`, or what stands for it.
    pub(super) fn write_cell(&self, record: &Record<'_>, place: usize, shifted: bool, bytes: &mut Vec<u8>) {
        let cell = record.cell(place);
        let text = trim(cell);
        let showing = self.showing.get(place).copied().filter(|_| !shifted).unwrap_or(Showing::Never);
        // Most cells are masked: those are not searched.
        let signs = if showing == Showing::Never && !text.is_empty() { 0 } else { signs_in(cell) };
        if !text.is_empty() && !showing.shows(text, signs) {
            bytes.extend_from_slice(MASK.as_bytes());
        } else if signs & QUOTED != 0 {
            write_quoted(cell, bytes);
        } else {
            bytes.extend_from_slice(cell.as_bytes());
        }
    }
}

impl Showing {
    /// May a cell be shown, whose text is not empty and has these `signs`?
    fn shows(self, text: &str, signs: u8) -> bool {
        match self {
            Showing::Never => false,
            Showing::Ids => !identity::may_be_personal(text),
            _ if signs & AT != 0 => false,
            Showing::Texts => !identity::mentions_contact(text),
            Showing::Figures => !(text.starts_with(['+', '(']) && identity::holds_contact(text)),
        }
    }
}

/// Writes a text, in quotes where it needs them (RFC 4180).
pub(super) fn write_text(cell: &str, bytes: &mut Vec<u8>) {
    if signs_in(cell) & QUOTED != 0 {
        write_quoted(cell, bytes);
    } else {
        bytes.extend_from_slice(cell.as_bytes());
    }
}

fn write_quoted(cell: &str, bytes: &mut Vec<u8>) {
    bytes.push(b'"');
    for (place, piece) in cell.split('"').enumerate() {
        if place > 0 {
            bytes.extend_from_slice(b"\"\"");
        }
        bytes.extend_from_slice(piece.as_bytes());
    }
    bytes.push(b'"');
}
