//! How long windows take: every cutoff of a protocol in one pass over 20,000 customers, and one customer's row alone,
//! as a request computes it.
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ltv_core::account::Account;
use ltv_core::feature::{Context, History, Protocol, window, windows};
use ltv_core::money::Money;
use ltv_core::table::row::{Kind, Transaction};
use std::hint::black_box;

const DAY: i64 = 86_400_000_000;
const CUSTOMERS: u32 = 20_000;
const DAYS: u32 = 730;

/// Six lines a customer on average, spread over two years by a multiplicative hash; the same on every run.
fn lines(customer: u32) -> impl Iterator<Item = Transaction> {
    let count = 1 + customer.wrapping_mul(2_654_435_761) % 11;
    (0..count).map(move |line| {
        let noise = (customer * 16 + line).wrapping_mul(2_246_822_519).rotate_left(13);
        Transaction {
            customer_id: format!("customer {customer}"),
            transaction_id: Some(format!("{customer}-{line}")),
            occurred_at: i64::from(noise % DAYS) * DAY,
            amount: Money::from_cents(100 + (noise % 20_000) as i32),
            currency: None,
            kind: Kind::Order,
            cancels: None,
            product_id: Some(format!("product {}", noise % 400)),
            quantity: Some(1.0),
            channel: Some(["search", "social", "mail"][noise as usize % 3].to_owned()),
            line: u64::from(line),
        }
    })
}

fn history(customers: std::ops::Range<u32>) -> History {
    let mut builder = History::builder(&Account::default()).expect("UTC is a zone");
    for line in customers.flat_map(lines) {
        builder.transaction(&line);
    }
    builder.finish()
}

fn all_cutoffs(criterion: &mut Criterion) {
    let history = history(0..CUSTOMERS);
    let (first, last) = history.span().expect("there are lines");
    let protocol = Protocol::new(first, last, None).expect("two years hold four times 180 days");
    let mut context = Context::learn(&history, protocol.horizon, &Account::default()).expect("there are lines");
    let cutoffs = protocol.cutoffs();
    // Models are fitted once and kept, so that the benchmark measures the pass.
    windows(&history, &mut context, &cutoffs).expect("summaries are sound");
    criterion.bench_function("windows/all cutoffs of 20,000 customers", |bencher| {
        bencher.iter(|| windows(black_box(&history), &mut context, &cutoffs));
    });

    let own: Vec<Transaction> = lines(17).collect();
    let cutoff = protocol.deployment();
    criterion.bench_function("window/one customer from raw transactions", |bencher| {
        bencher.iter_batched(
            || own.clone(),
            |own| {
                let mut builder = History::builder(&Account::default()).expect("UTC is a zone");
                for line in &own {
                    builder.transaction(line);
                }
                window(&builder.finish(), black_box(&context), cutoff)
            },
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, all_cutoffs);
criterion_main!(benches);
