//! Time of whole fits and of single predictions, on customers drawn once from a known Pareto/NBD.
#![allow(missing_docs, reason = "criterion's macros generate the entry points")]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ltv_btyd::{GammaGamma, PurchaseKind, PurchaseModel, Summary};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::hint::black_box;

/// Whole days like those of a shop, so that many customers are alike.
fn customers(count: usize) -> Vec<Summary> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    (0..count)
        .map(|_| {
            let age = f64::from(rng.random_range(180..273_u32)) / 7.0;
            let rate = -0.08 * rng.random::<f64>().ln() * rng.random::<f64>();
            // An exponential life at an exponential rate: Pareto, as the model has it with s = 1.
            let life = (20.0 * rng.random::<f64>().ln() / rng.random::<f64>().ln()).min(age);
            let mut customer = Summary { frequency: 0, recency: 0.0, age, monetary: 0.0 };
            let mut at = -rng.random::<f64>().ln() / rate;
            while at < life {
                customer.frequency += 1;
                customer.recency = (at * 7.0).floor() / 7.0;
                customer.monetary = 5.0 + 60.0 * rng.random::<f64>();
                at += -rng.random::<f64>().ln() / rate;
            }
            customer
        })
        .collect()
}

fn fits(c: &mut Criterion) {
    let mut group = c.benchmark_group("fit");
    group.sample_size(10);
    for count in [2_357, 100_000] {
        let customers = customers(count);
        for kind in [PurchaseKind::BgNbd, PurchaseKind::MbgNbd, PurchaseKind::ParetoNbd] {
            let params = PurchaseModel::params(kind);
            group.bench_function(format!("{} {count}", kind.name()), |b| {
                b.iter_batched(|| (), |()| black_box(params.fit_summaries(&customers)), BatchSize::PerIteration);
            });
        }
        group.bench_function(format!("gamma-gamma {count}"), |b| {
            b.iter(|| black_box(GammaGamma::params().fit_summaries(&customers)));
        });
    }
}

fn predictions(c: &mut Criterion) {
    let customers = customers(10_000);
    let mut group = c.benchmark_group("expected purchases of 10000");
    for kind in [PurchaseKind::BgNbd, PurchaseKind::MbgNbd, PurchaseKind::ParetoNbd] {
        let Ok(fitted) = PurchaseModel::params(kind).fit_summaries(&customers) else { continue };
        group.bench_function(kind.name(), |b| {
            b.iter(|| customers.iter().map(|c| fitted.model.expected_purchases(black_box(c), 13.0)).sum::<f64>());
        });
    }
}

criterion_group!(benches, fits, predictions);
criterion_main!(benches);
