//! How long an upload takes from bytes to a sorted part, by its container: 50,000 lines of orders.
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ltv_core::account::Account;
use ltv_core::upload::{Source, convert};
use std::fmt::Write;
use std::hint::black_box;
use std::io::Write as _;

const LINES: u32 = 50_000;

/// Customer, day and amount of a line by a multiplicative hash; the same on every run.
fn line(number: u32) -> (u32, u32, u32) {
    let noise = number.wrapping_mul(2_654_435_761).rotate_left(13);
    (noise % 5_000 + 1, noise % 28 + 1, noise % 20_000)
}

fn csv() -> Vec<u8> {
    let mut text = "order_id,customer_id,order_date,amount,currency,product_id,quantity\n".to_owned();
    for number in 0..LINES {
        let (customer, day, cents) = line(number);
        let _ =
            writeln!(text, "{number},{customer}.0,2025-01-{day:02} 08:26:00,{cents}.25,EUR,\"P {}\",1", cents % 400);
    }
    text.into_bytes()
}

fn ndjson() -> Vec<u8> {
    let mut text = String::new();
    for number in 0..LINES {
        let (customer, day, cents) = line(number);
        let _ = writeln!(
            text,
            "{{\"order_id\":{number},\"customer_id\":{customer},\"order_date\":\"2025-01-{day:02}\",\"amount\":{cents}.25}}"
        );
    }
    text.into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).expect("memory can be written");
    writer.finish().expect("memory can be written")
}

fn uploads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("uploads");
    group.sample_size(10);
    let csv = csv();
    for (name, bytes) in [("csv", csv.clone()), ("csv in gzip", gzip(&csv)), ("ndjson", ndjson())] {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let file = folder.path().join("upload");
        std::fs::write(&file, &bytes).expect("the upload can be written");
        let source = Source {
            key: "orders/bench.csv".to_owned(),
            source_id: "bench".to_owned(),
            uploaded_at: 1_782_820_800_000_000,
        };
        group.throughput(Throughput::Elements(u64::from(LINES)));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let scratch = tempfile::tempdir().expect("a scratch folder");
                let converted = convert(&file, &source, &Account::default(), scratch.path()).expect("it is converted");
                assert_eq!(converted.report.kept, u64::from(LINES));
                black_box(converted)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, uploads);
criterion_main!(benches);
