//! Nothing in the lake says who somebody is. In flow the fixtures of all sources, with a person in each of their personal
//! columns, in each that no table has, and in rows that are refused; then every byte of the lake is searched for that
//! person, and once the person is erased for the hashes, too.
use crate::ingest::Removal;
use crate::layout::{ERASED, SourceId};
use crate::memory::{LAKE, Memory, UPLOADS};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use jiff::Timestamp;
use ltv_core::account::Account;
use ltv_core::customer::CustomerHash;
use ltv_core::upload::UploadReport;
use ltv_core::upload::identity::ids_of;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use std::path::{Path, PathBuf};

const ADDRESS: &str = "Ada.Lovelace@example.org";
const PHONE: &str = "+44 20 7946 0958";
/// What columns that no table has are filled with, one after the other.
const UNKNOWN: [&str; 5] =
    ["Ada Lovelace", "12 Analytical Lane, Marylebone", ADDRESS, PHONE, "please ring Ada Lovelace, 020 7946 0958"];
/// What of it must stand nowhere, in lower case.
const TRACES: [&str; 5] = ["lovelace", "analytical", "marylebone", "79460958", "7946 0958"];
/// Columns beside those of the fixtures.
const MORE: [&str; 4] = ["Billing Name 2", "Shipping Address 2", "Note to the seller", "Second phone"];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/fixtures")
}

/// Keys and names of the fixtures that are delimited text.
fn texts() -> Vec<(String, String)> {
    let mut listed = csv::Reader::from_path(fixtures().join("uploads.csv")).unwrap();
    let rows = listed.deserialize::<std::collections::HashMap<String, String>>().map(Result::unwrap);
    rows.filter(|row| row["form"] == "csv").map(|row| (row["key"].clone(), row["fixture"].clone())).collect()
}

/// The fixture with the person in it: every row as it was read, and once more with a date that is none.
fn with_person(text: &[u8], report: &Value) -> Option<Vec<u8>> {
    let read_by = &report["read_by"];
    let header_line = read_by["format"]["header_line"].as_u64()?;
    let delimiter = match read_by["format"]["delimiter"].as_str()? {
        "comma" => b',',
        "semicolon" => b';',
        "tab" => b'\t',
        _ => return None,
    };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text);
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(Vec::new());
    let mut header: Option<Vec<String>> = None;
    for (number, record) in reader.records().enumerate() {
        let record = record.unwrap();
        let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
        match &header {
            None => {
                if record.position().unwrap().line() == header_line {
                    header = Some(cells.clone());
                    cells.extend(MORE.map(str::to_owned));
                }
            }
            Some(names) if names.len() == cells.len() => {
                let is = |field: &str, name: &String| read_by["columns"][field] == **name;
                for (place, name) in names.iter().enumerate() {
                    let is_unknown = read_by["ignored"].as_array().unwrap().iter().any(|ignored| *ignored == **name);
                    match () {
                        () if is("email", name) => cells[place] = ADDRESS.to_owned(),
                        () if is("phone", name) => cells[place] = PHONE.to_owned(),
                        () if is("customer_id", name) && number % 2 == 0 => {
                            cells[place] = format!("Ada Lovelace <{ADDRESS}>");
                        }
                        () if is_unknown => cells[place] = UNKNOWN[(place + number) % UNKNOWN.len()].to_owned(),
                        () => {}
                    }
                }
                cells.extend((0..MORE.len()).map(|place| UNKNOWN[(place + number) % UNKNOWN.len()].to_owned()));
                writer.write_record(&cells).unwrap();
                for (place, name) in names.iter().enumerate() {
                    if ["occurred_at", "date", "acquired_at"].iter().any(|date| is(date, name)) {
                        cells[place] = "soon".to_owned();
                    }
                }
            }
            Some(_) => {}
        }
        writer.write_record(&cells).unwrap();
    }
    header.and(writer.into_inner().ok())
}

/// Every text in an object, in lower case.
fn all_text(key: &str, bytes: bytes::Bytes) -> String {
    let is_parquet = Path::new(key).extension().is_some_and(|end| end == "parquet");
    if !is_parquet {
        return String::from_utf8_lossy(&bytes).to_lowercase();
    }
    let mut text = String::from_utf8_lossy(&bytes).to_lowercase();
    for batch in ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().build().unwrap() {
        let batch = batch.unwrap();
        for column in batch.columns().iter().filter(|column| !column.data_type().is_temporal()) {
            let texts = cast(column, &DataType::Utf8).unwrap();
            let texts = texts.as_any().downcast_ref::<arrow::array::StringArray>().unwrap();
            texts.iter().flatten().for_each(|cell| text.extend([&cell.to_lowercase(), "\n"]));
        }
    }
    text
}

/// The objects of the lake, but for tombstones, in which one of `traces` stands.
fn holding(memory: &Memory, traces: &[String]) -> Vec<String> {
    let keys = memory.keys(LAKE, "").into_iter().filter(|key| !key.starts_with(ERASED));
    let found = keys.flat_map(|key| {
        let text = all_text(&key, memory.get(LAKE, &key).unwrap());
        let found: Vec<String> = traces.iter().filter(|trace| text.contains(*trace)).cloned().collect();
        found.into_iter().map(move |trace| format!("{trace} in {key}"))
    });
    found.collect()
}

#[tokio::test]
async fn whoever_stands_in_personal_and_unknown_columns_of_any_source_is_nowhere_in_the_lake() {
    let memory = Memory::new(0);
    let lake = memory.lake(Account::default());
    let (mut planted, mut refused) = (0, 0);
    for (number, (key, fixture)) in texts().into_iter().enumerate() {
        let text = std::fs::read(fixtures().join("uploads").join(&fixture)).unwrap();
        let key = key.replace('/', &format!("/{number}-"));
        let report = |record: crate::record::Record| record.report;
        let read = async |bytes: Vec<u8>| -> UploadReport {
            memory.put(UPLOADS, &key, bytes);
            lake.ingest(&key, &Removal::default()).await.unwrap();
            report(lake.record(&SourceId::of(&key)).await.unwrap().unwrap().value)
        };
        let before = read(text.clone()).await;
        let Some(text) = with_person(&text, &serde_json::to_value(&before).unwrap()) else { continue };
        let after = read(text).await;
        let adapter = |report: &UploadReport| report.read_by.as_ref().map(|by| by.adapter.clone());
        assert_eq!(adapter(&before), adapter(&after), "{fixture}");
        assert!(after.rows > before.rows, "{fixture}: {}", after.text());
        planted += 1;
        refused += after.rejected;
    }
    assert!(planted > 25 && refused > 50, "{planted} files, {refused} refused rows");
    // What the fixtures themselves left behind is replaced.
    lake.sweep(Timestamp::now() + crate::sweep::GRACE + crate::sweep::GRACE).await.unwrap();
    assert_eq!(holding(&memory, &TRACES.map(str::to_owned)), Vec::<String>::new());

    let ids: Vec<String> = [ADDRESS, PHONE].into_iter().flat_map(ids_of).collect();
    let hashes: Vec<CustomerHash> = ids.iter().map(|id| CustomerHash::of(id)).collect();
    let mut traces: Vec<String> = hashes.iter().map(CustomerHash::to_hex).collect();
    traces.extend(ids.into_iter().filter(|id| id.len() == 64));
    assert!(!holding(&memory, &traces).is_empty());
    lake.erase_all(&hashes, Timestamp::now()).await.unwrap();
    assert_eq!(holding(&memory, &traces), Vec::<String>::new());
}
