//! `GET /uploads` and `GET /uploads/{id}`: commit records without the lake's own bookkeeping.
use ltv_core::upload::report::{self, Tally};
use ltv_lake::record::{Record, State};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Some uploads, the latest processed first.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct UploadPage {
    /// The uploads.
    pub uploads: Vec<UploadLine>,
    /// How many there are in all.
    pub total: usize,
    /// To be given as `after` for the next page; null on the last.
    pub next: Option<String>,
}

/// An upload in short.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct UploadLine {
    /// Id of the upload, which follows from its key.
    pub source_id: String,
    /// Its key in the uploads bucket.
    #[schema(example = "transactions/2026-06.csv")]
    pub key: String,
    /// `live`, `archived` (expired by a rule, its rows stay) or `deleted` (its rows went with it).
    #[schema(pattern = "^(live|archived|deleted)$")]
    pub state: &'static str,
    /// When the file was written, as RFC 3339.
    #[schema(format = "date-time")]
    pub uploaded_at: String,
    /// When it was read.
    #[schema(format = "date-time")]
    pub processed_at: String,
    /// The table its rows went to; null for a file that could not be read.
    pub table: Option<String>,
    /// Rows behind the header.
    pub rows: u64,
    /// Rows that are in the table.
    pub kept: u64,
    /// Rows that were refused, with a reason.
    pub rejected: u64,
    /// Why nothing of it could be read, in a sentence.
    pub unreadable: Option<String>,
}

/// What happened to one file.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct UploadAnswer {
    /// The upload in short.
    #[serde(flatten)]
    pub line: UploadLine,
    /// Counts how often the upload was read, replaced or removed.
    pub generation: u64,
    /// Bytes of the file.
    pub size: u64,
    /// Seconds that reading it took.
    pub seconds: f64,
    /// What was made of it.
    pub parts: Vec<UploadPart>,
    /// Key, in the lake's bucket, of the refused rows with line and reason; null where there are none.
    pub rejected_rows: Option<String>,
    /// How it was read and what was found in it.
    pub report: UploadReport,
    /// The report for people, as plain text.
    pub text: String,
}

/// Rows of one table.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct UploadPart {
    /// The table.
    pub table: String,
    /// Rows in it.
    pub rows: u64,
}

/// How a file was read and what was found in it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct UploadReport {
    /// How it was read; null for a file that could not be.
    pub read_by: Option<UploadReading>,
    /// Rows that were folded into another row of the same order.
    pub merged: u64,
    /// Rows that are not kept because their customer was erased.
    pub erased: Rows,
    /// The money of all rows whose amount can be read.
    pub money_in: f64,
    /// The money of the rows in the table.
    pub money_kept: f64,
    /// Rows of the table: more than were kept where a row covers several days, fewer where customers are repeated.
    pub table_rows: u64,
    /// What was noticed, by rule; a row may be under several.
    pub rules: BTreeMap<String, Rows>,
    /// What was rejected, by reason.
    pub rejects: BTreeMap<String, Rows>,
    /// The first event's day, of kept rows.
    #[schema(format = "date")]
    pub first_day: Option<String>,
    /// The last event's day.
    #[schema(format = "date")]
    pub last_day: Option<String>,
    /// Kept rows and their money by currency; the empty name is that of amounts without one.
    pub currencies: BTreeMap<String, Rows>,
}

/// Rows that something applies to, and their money.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Rows {
    /// How many.
    pub rows: u64,
    /// Their amounts summed, with signs.
    pub money: f64,
}

/// Which adapter read a file, and why that one.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct UploadReading {
    /// The adapter.
    pub adapter: String,
    /// Its version.
    pub version: u32,
    /// Why it was chosen.
    pub why: String,
    /// Which header was taken for which field.
    pub columns: BTreeMap<String, String>,
    /// Headers that mean nothing to the adapter; their cells did not enter the lake.
    pub ignored: Vec<String>,
    /// The shape of the file: container, compression, encoding, delimiter, sheet, line of the header.
    #[schema(value_type = Object)]
    pub format: Value,
    /// How it writes dates and numbers.
    #[schema(value_type = Object)]
    pub conventions: Value,
}

impl UploadLine {
    pub(crate) fn of(record: &Record) -> UploadLine {
        let report = &record.report;
        UploadLine {
            source_id: record.source_id.to_string(),
            key: record.key.clone(),
            state: match record.state {
                State::Live => "live",
                State::Archived => "archived",
                State::Deleted => "deleted",
            },
            uploaded_at: record.uploaded_at.to_string(),
            processed_at: record.processed_at.to_string(),
            table: report.read_by.as_ref().map(|by| by.table.to_string()),
            rows: report.rows,
            kept: report.kept,
            rejected: report.rejected,
            unreadable: report.unreadable.clone(),
        }
    }
}

impl UploadAnswer {
    pub(crate) fn of(record: &Record) -> UploadAnswer {
        let parts = record.parts.iter().map(|part| UploadPart { table: part.table.to_string(), rows: part.rows });
        UploadAnswer {
            line: UploadLine::of(record),
            generation: record.generation,
            size: record.size,
            seconds: record.seconds,
            parts: parts.collect(),
            rejected_rows: record.rejected.clone(),
            report: UploadReport::of(&record.report),
            text: record.report.text(),
        }
    }
}

impl UploadReport {
    fn of(report: &report::UploadReport) -> UploadReport {
        let reading = |by: &report::ReadBy| UploadReading {
            adapter: by.adapter.clone(),
            version: by.version,
            why: by.why.clone(),
            columns: by.columns.iter().map(|(field, header)| (field.name().to_owned(), header.clone())).collect(),
            ignored: by.ignored.clone(),
            format: json_of(&by.format),
            conventions: json_of(&by.conventions),
        };
        UploadReport {
            read_by: report.read_by.as_ref().map(reading),
            merged: report.merged,
            erased: Rows::of(&report.erased),
            money_in: report.money_in.to_f64(),
            money_kept: report.money_kept.to_f64(),
            table_rows: report.table_rows,
            rules: tallies(&report.rules),
            rejects: tallies(&report.rejects),
            first_day: report.first_day.map(|day| day.to_string()),
            last_day: report.last_day.map(|day| day.to_string()),
            currencies: report.currencies.iter().map(|(code, tally)| (code.clone(), Rows::of(tally))).collect(),
        }
    }
}

impl Rows {
    fn of(tally: &Tally) -> Rows {
        Rows { rows: tally.rows, money: tally.money.to_f64() }
    }
}

/// Tallies under the names that reports use.
fn tallies<K: Serialize>(tallies: &BTreeMap<K, Tally>) -> BTreeMap<String, Rows> {
    let named = tallies.iter().map(|(key, tally)| (json_of(key), Rows::of(tally)));
    named.filter_map(|(key, rows)| Some((key.as_str()?.to_owned(), rows))).collect()
}

fn json_of(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
