//! How an upload was read: which adapter, why that one, which columns, and what the cells proved of dates and numbers. A
//! record that is kept with the upload's report; nothing is decided here.
use crate::table::Table;
use crate::upload::adapter::DateOrder;
use crate::upload::field::Field;
use crate::upload::identity::kept_name;
use crate::upload::number::DecimalMark;
use crate::upload::recognise::{Format, Recognised};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the file's cells proved about how it writes dates and numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conventions {
    /// Which number of an ambiguous date is the day; absent where the file does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_order: Option<DateOrder>,
    /// Which sign stands before the decimals.
    pub decimal_mark: DecimalMark,
    /// The same of columns whose own numbers prove another.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub decimal_marks: BTreeMap<Field, DecimalMark>,
    /// Are customers counted from 0, so that 0 is one of them and not nobody?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_zero: bool,
    /// Were there dates that are a spreadsheet's count of days since the end of 1899?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub counted_days: bool,
}

/// Which adapter read an upload, and why that one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadBy {
    /// The adapter's name.
    pub adapter: String,
    /// Its version.
    pub version: u32,
    /// Why it was chosen.
    pub why: String,
    /// The table that the rows went to.
    pub table: Table,
    /// Which header was taken for which field.
    pub columns: BTreeMap<Field, String>,
    /// Headers that mean nothing to the adapter; their cells did not enter the lake.
    pub ignored: Vec<String>,
    /// The shape of the file.
    pub format: Format,
    /// How it writes dates and numbers.
    pub conventions: Conventions,
}

impl ReadBy {
    /// A file of this shape that was recognised so, its headers without whom they name.
    pub(crate) fn of(recognised: &Recognised, format: Format, conventions: Conventions) -> ReadBy {
        let header = |place: usize| match recognised.header.get(place) {
            Some(header) => kept_name(header).to_owned(),
            None => format!("column {}", place + 1),
        };
        let columns = &recognised.columns;
        let is_known = |place: usize| columns.known().any(|known| known == place);
        ReadBy {
            adapter: recognised.adapter.name.clone(),
            version: recognised.adapter.version,
            why: recognised.why.clone(),
            table: recognised.adapter.table,
            columns: Field::ALL.iter().filter_map(|field| Some((*field, header(columns.place(*field)?)))).collect(),
            ignored: (0..recognised.header.len()).filter(|place| !is_known(*place)).map(header).collect(),
            format,
            conventions,
        }
    }
}
