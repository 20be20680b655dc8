//! How long an upload takes from bytes to a sorted part, by its container: 50,000 lines of orders, the same in each.
use arrow::array::{ArrayRef, Decimal128Array, RecordBatch, StringArray};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ltv_core::account::Account;
use ltv_core::upload::{Source, convert};
use std::error::Error;
use std::fmt::Write;
use std::hint::black_box;
use std::io::{Cursor, Write as _};
use std::sync::Arc;

const LINES: u32 = 50_000;
const COLUMNS: [&str; 4] = ["order_id", "customer_id", "order_date", "amount"];

type Written<T> = Result<T, Box<dyn Error>>;
type Bytes = Written<Vec<u8>>;

/// Order, customer, day and cents of a line by a multiplicative hash; the same on every run.
fn lines() -> impl Iterator<Item = (u32, u32, String, u32)> {
    (0..LINES).map(|number| {
        let noise = number.wrapping_mul(2_654_435_761).rotate_left(13);
        (number, noise % 5_000 + 1, format!("2025-01-{:02}", noise % 28 + 1), noise % 20_000)
    })
}

fn csv() -> Bytes {
    let mut text = format!("{},currency,product_id,quantity\n", COLUMNS.join(","));
    for (order, customer, day, cents) in lines() {
        writeln!(text, "{order},{customer}.0,{day} 08:26:00,{cents}.25,EUR,\"P {}\",1", cents % 400)?;
    }
    Ok(text.into_bytes())
}

fn utf16_tabs() -> Bytes {
    let text = format!("\u{feff}{}", String::from_utf8(csv()?)?.replace(',', "\t"));
    Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect())
}

/// Objects with what stands between them.
fn objects(between: &str) -> Written<String> {
    let mut text = String::new();
    for (order, customer, day, cents) in lines() {
        let between = if text.is_empty() { "" } else { between };
        write!(text, "{between}{{\"order_id\":{order},\"customer_id\":{customer},\"order_date\":\"{day}\",")?;
        write!(text, "\"amount\":{cents}.25}}")?;
    }
    Ok(text)
}

fn workbook() -> Bytes {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, name) in (0..).zip(COLUMNS) {
        sheet.write(0, column, name)?;
    }
    for (row, (order, customer, day, cents)) in (1..).zip(lines()) {
        sheet.write(row, 0, order)?.write(row, 1, customer)?.write(row, 2, day)?;
        sheet.write(row, 3, f64::from(cents) + 0.25)?;
    }
    Ok(book.save_to_buffer()?)
}

fn parquet() -> Bytes {
    let texts = |of: fn((u32, u32, String, u32)) -> String| -> ArrayRef {
        Arc::new(lines().map(|line| Some(of(line))).collect::<StringArray>())
    };
    let amounts: Decimal128Array = lines().map(|(.., cents)| Some(i128::from(cents) * 100 + 25)).collect();
    let columns: [ArrayRef; 4] = [
        texts(|line| line.0.to_string()),
        texts(|line| line.1.to_string()),
        texts(|line| line.2),
        Arc::new(amounts.with_precision_and_scale(18, 2)?),
    ];
    let batch = RecordBatch::try_from_iter(COLUMNS.into_iter().zip(columns))?;
    let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None)?;
    writer.write(&batch)?;
    Ok(writer.into_inner()?)
}

fn gzip(bytes: &[u8]) -> Bytes {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes)?;
    Ok(writer.finish()?)
}

fn zip(bytes: &[u8]) -> Bytes {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("orders.csv", zip::write::SimpleFileOptions::default())?;
    writer.write_all(bytes)?;
    Ok(writer.finish()?.into_inner())
}

/// The orders in every container that this can write: none of xls and ods.
fn containers() -> Written<Vec<(&'static str, Vec<u8>)>> {
    let csv = csv()?;
    Ok(vec![
        ("csv in gzip", gzip(&csv)?),
        ("csv in zstd", zstd::encode_all(&csv[..], 1)?),
        ("csv in zip", zip(&csv)?),
        ("csv", csv),
        ("tabs in utf-16", utf16_tabs()?),
        ("ndjson", objects("\n")?.into_bytes()),
        ("json array", format!("{{\"data\":[{}]}}", objects(",\n")?).into_bytes()),
        ("xlsx", workbook()?),
        ("parquet", parquet()?),
    ])
}

fn uploads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("uploads");
    group.sample_size(10);
    for (name, bytes) in containers().expect("the orders can be written") {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let file = folder.path().join("upload");
        std::fs::write(&file, &bytes).expect("the upload can be written");
        let source = Source {
            key: "orders/bench".to_owned(),
            source_id: "bench".to_owned(),
            uploaded_at: 1_782_820_800_000_000,
        };
        group.throughput(Throughput::Elements(u64::from(LINES)));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let scratch = tempfile::tempdir().expect("a scratch folder");
                let converted = convert(&file, &source, &Account::default(), scratch.path()).expect("it is converted");
                assert_eq!(converted.report.kept, u64::from(LINES), "{:?}", converted.report);
                black_box(converted)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, uploads);
criterion_main!(benches);
