//! Every source and variant that this reads, in one table: fixtures of those shapes in, what became of their rows and
//! their money out. The page `docs/uploads.md` is written from it.
use super::adapter::Adapters;
use super::tests::{Done, upload_as};
use crate::account::Account;
use crate::money::Money;
use proptest::prelude::*;
use serde::Deserialize;
use std::fmt::Write;
use std::io::Write as _;
use std::path::PathBuf;

/// A fixture and what becomes of it: a line of `fixtures/uploads.csv`.
#[derive(Deserialize)]
struct Golden {
    title: String,
    key: String,
    fixture: String,
    /// What the fixture is made into before it is read.
    form: String,
    adapter: String,
    rows: u64,
    kept: u64,
    rejected: u64,
    merged: u64,
    money_in: String,
    money_kept: String,
}

impl Golden {
    fn bytes(&self) -> Vec<u8> {
        let name = &self.fixture;
        match self.form.as_str() {
            "csv" | "json" => fixture(name),
            "utf16" => utf16_tabbed(name),
            "xlsx" => workbook(name),
            "ndjson" => ndjson(name),
            "parquet" => parquet(name),
            "gzip" => gzip(&fixture(name)),
            "zip" => zip("x.csv", &fixture(name)),
            "zstd" => zstd::encode_all(&ndjson(name)[..], 1).unwrap(),
            form => panic!("{form} is no form"),
        }
    }
}

fn all() -> Vec<Golden> {
    let text = include_str!("../../fixtures/uploads.csv");
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|golden| golden.unwrap()).collect()
}

fn fixture(name: &str) -> Vec<u8> {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "fixtures", "uploads", name].iter().collect();
    std::fs::read(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

fn utf16_tabbed(name: &str) -> Vec<u8> {
    let mut text = String::new();
    for row in rows_of(name) {
        writeln!(text, "{}\r", row.join("\t")).unwrap();
    }
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn zip(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    writer.start_file(name, options).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap().into_inner()
}

fn rows_of(name: &str) -> Vec<Vec<String>> {
    let bytes = fixture(name);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&bytes[..]);
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn workbook(name: &str) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in (0..).zip(rows_of(name)) {
        for (column, cell) in (0..).zip(cells) {
            match cell.parse::<f64>() {
                Ok(number) => sheet.write(row, column, number).unwrap(),
                Err(_) => sheet.write(row, column, cell).unwrap(),
            };
        }
    }
    book.save_to_buffer().unwrap()
}

fn ndjson(name: &str) -> Vec<u8> {
    let rows = rows_of(name);
    let object = |row: &Vec<String>| {
        let members: serde_json::Map<String, serde_json::Value> =
            rows[0].iter().cloned().zip(row.iter().cloned().map(serde_json::Value::from)).collect();
        format!("{}\n", serde_json::Value::from(members))
    };
    rows[1..].iter().map(object).collect::<String>().into_bytes()
}

fn parquet(name: &str) -> Vec<u8> {
    use arrow::array::{ArrayRef, RecordBatch, StringArray};
    let rows = rows_of(name);
    let column = |place: usize| -> ArrayRef {
        std::sync::Arc::new(rows[1..].iter().map(|row| Some(row[place].as_str())).collect::<StringArray>())
    };
    let columns: Vec<(String, ArrayRef)> =
        rows[0].iter().enumerate().map(|(place, name)| (name.clone(), column(place))).collect();
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

/// The sum of amounts in the parts.
fn money_in_parts(done: &Done) -> Money {
    use crate::table::Table;
    use crate::table::columns::{AcquisitionColumns, SpendColumns, TransactionColumns, money_at};
    let mut sum = Money::ZERO;
    for part in &done.parts {
        for batch in done.batches(part) {
            let amounts = match part.table {
                Table::Transactions => TransactionColumns::of(&batch).unwrap().amount,
                Table::Spend => SpendColumns::of(&batch).unwrap().spend,
                Table::Acquisition => AcquisitionColumns::of(&batch).unwrap().revenue,
                Table::Customers | Table::Indicators | Table::LiftTests => continue,
            };
            sum += (0..batch.num_rows()).map(|row| money_at(amounts, row).unwrap()).sum::<Money>();
        }
    }
    sum
}

#[test]
fn every_source_and_variant_becomes_what_the_table_says() {
    let mut differing = Vec::new();
    for golden in all() {
        let done = upload_as(&golden.key, &golden.bytes(), &Account::default());
        let report = &done.report;
        let counts = [report.rows, report.kept, report.rejected, report.merged];
        let found = (done.adapter(), counts, report.money_in.to_string(), report.money_kept.to_string());
        let Golden { title, adapter, rows, kept, rejected, merged, money_in, money_kept, .. } = golden;
        let expected = (adapter.as_str(), [rows, kept, rejected, merged], money_in, money_kept);
        // Money in the tables is what the report says.
        if found != expected || report.money_kept != money_in_parts(&done) {
            differing.push(format!("{title}: {found:?}\n{}", report.text()));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

fn page() -> String {
    let mut page = "# Uploads\n\nWhat is read, and what became of a fixture of each shape. Written by a test from \
        `shared/core/fixtures/uploads.csv` and the adapters in `shared/core/src/upload/adapter/`; the test fails when \
        they differ.\n\nText (comma, semicolon, tab, pipe or space separated; UTF-8, UTF-16 or Windows-1252), workbooks, \
        JSON, NDJSON and Parquet, each as it is or in gzip, zstd or a zip of one file (besides what tells of it, such as a \
        readme).\n\nA header that several tables could have is taken for what the innermost folder of the key says \
        (`orders/`, `customers/`, `spend/`, …), else for what the file's name says, else for the adapter that knows most of \
        it; the report says which, and where it was close. A line of NDJSON that is no JSON object costs no other, \
        nor does an object that is torn within an array, where its brackets or the lines tell where the next begins. An \
        array of objects may have any size, by itself or in objects (`{\"data\": {\"orders\": […]}}`, also \
        `{\"edges\": [{\"node\": {…}}]}`); one in a row that is known by itself, such as a customer's `orders`, is passed \
        over. JSON by columns, by labels of rows or of arrays, as pandas writes it, is read up to 32 MiB. Dates in a column of dates may \
        be a spreadsheet's count of days. Where several sheets are read, rejects name the sheet beside its line, and rows \
        of tables count the lines of the second sheet from 10,000,001 on.\n\n\
        | source and variant | adapter | rows in | kept | rejected | merged | money in | money kept |\n\
        | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        .to_owned();
    for golden in all() {
        let Golden { title, adapter, rows, kept, rejected, merged, money_in, money_kept, .. } = golden;
        writeln!(
            page,
            "| {title} | `{adapter}` | {rows} | {kept} | {rejected} | {merged} | {money_in} | {money_kept} |"
        )
        .unwrap();
    }
    page.push_str("\n## Adapters\n\n| adapter | version | table | reads |\n| --- | ---: | --- | --- |\n");
    for adapter in Adapters::built_in().iter() {
        writeln!(page, "| `{}` | {} | {} | {} |", adapter.name, adapter.version, adapter.table, adapter.title).unwrap();
    }
    page.push_str(
        "\nWide weekly tables (Robyn, Meridian) become `spend`, spread evenly over the days of each period, and \
        `indicators` of the headers' own names at each period's first day (`revenue`, `conversions`, …; by region \
        `revenue:north`), known from the day behind its last.\n\n**Which series enter the model**: only daily ones, \
        and those of which every row has the day of its publication (`published_at`); others are shown beside the \
        predictions. One column takes 14 horizons of history, so 14 months with a horizon of 30 days and 14 years with \
        365; default horizons, of which history need hold only four, are too long for any in less than 14 years. Give a \
        shorter one where a series shall count ([features.md](features.md#outside-series)).\n\n## Personal data\n\nA customer named by \
        an email address or phone number is kept as a SHA-256: of the address in lower case (of `Ada <ada@example.org>` the \
        address), or of the number's digits, country code first, without `+`, zeros in front and extension; of any other \
        text in a column of addresses or numbers in lower case. In a column of ids a number without `+`, brackets or groups \
        is an id. `ada%40example.org`, `ada(at)example.org` and full-width at signs are addresses; a tag behind a plus sign \
        is part of one. Marks of direction, narrow spaces, long dashes and digits of other scripts make no difference. A channel, campaign, product, \
        series, country or order's id that is or holds an address, or what is surely a phone number, is hashed as a whole; \
        a header or sheet's name that does is masked in reports. An order with both an id and an address or number also \
        becomes a row of customers with their hashes, by which an erasure finds the id. \
        Rejects show dates, amounts and short ids (`K42`) and mask all else that could be personal, and the words of rows \
        that could be notes.\n\n## How large a file may be\n\nText has any size; one of its records 32 MiB and, beyond \
        1 MiB, two million cells. What is packed, Parquet among it, may unpack to 250 times its size, 64 MiB in any case and \
        64 GiB at most; workbooks to 512 MiB, with 16 million filled cells a sheet. A larger file is refused with a \
        sentence that says so.\n\n## Adapters of your own\n\nAn adapter of your own is a JSON object of the same form \
        under `adapters/` in the lake, such as `adapters/till.json`:\n\n```json\n{\n  \"name\": \"till\",\n  \"version\": 1,\n  \
        \"title\": \"Receipts of our till\",\n  \"table\": \"transactions\",\n  \"columns\": {\n    \"customer_id\": [\"Card\"],\n    \
        \"occurred_at\": [\"Time\"],\n    \"amount\": [\"Sum ({currency})\"]\n  },\n  \"required\": [[\"customer_id\"], \
        [\"occurred_at\"], [\"amount\"]]\n}\n```\n\nThe reconcile behind an edit of it reads again what it may read. `\"zone\": \"UTC\"` says in which zone times are that name none, `\"fallbacks\": \
        [\"occurred_at\"]` that a row which leaves the first of these columns blank has the next, `\"address_first\": true` \
        that customers are known by address or phone number and only without them by an id, `\"signs\": [\"Till\"]` that one of these headers must be there, too, `\"order_totals\": [\"Total\"]` that amounts under it are of whole orders, on each of their rows, `\"words\": [\"totals\", \
        \"never_paid\"]` that totals and orders that were never paid are called as everywhere.\n",
    );
    page
}

#[test]
fn the_page_of_uploads_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/uploads.md");
    if std::env::var_os("LTV_WRITE_DOCS").is_some() {
        std::fs::write(path, page()).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(written, page(), "docs/uploads.md is stale: run this test with LTV_WRITE_DOCS=1");
}

/// `fixtures/crashes` holds every input that fuzzing broke this with.
#[test]
fn what_once_crashed_is_read_or_refused() {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "fixtures", "crashes"].iter().collect();
    let files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        let key = format!("orders/{}", file.file_name().unwrap().to_string_lossy());
        let report = upload_as(&key, &std::fs::read(&file).unwrap(), &Account::default()).report;
        assert_eq!(report.rows, report.kept + report.rejected + report.merged, "{key}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 96 } else { 512 }))]

    /// What fuzzing does, on every fixture: nothing that is done to its bytes makes reading panic or lose a row.
    #[test]
    fn damaged_files_of_every_kind_are_read_or_refused_and_no_row_is_lost(
        which in any::<prop::sample::Index>(),
        damages in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..4), 1..12),
    ) {
        let all = all();
        let golden = which.get(&all);
        let mut bytes = golden.bytes();
        for (place, byte, damage) in damages {
            let place = place.index(bytes.len().max(1));
            match damage {
                0 if !bytes.is_empty() => bytes[place] = byte,
                1 => bytes.truncate(place),
                2 => bytes.insert(place.min(bytes.len()), byte),
                _ => bytes.extend_from_within(place.min(bytes.len())..),
            }
        }
        let report = upload_as(&golden.key, &bytes, &Account::default()).report;
        prop_assert_eq!(report.rows, report.kept + report.rejected + report.merged);
    }
}
