//! Binning, training, prediction and explanation on 50,000 × 30 rows: `cargo bench -p ltv-trees`.
use criterion::{Criterion, Throughput};
use linfa::ParamGuard;
use ltv_trees::{BinnedMatrix, GradientBoosting, Objective, RandomForest, Sampling};
use ndarray::{Array2, Axis, ShapeBuilder, Slice};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::hint::black_box;

const ROWS: usize = 50_000;
const FEATURES: usize = 30;

/// Half of the columns continuous, half of them counts, and a target that is mostly zero.
fn sample() -> (Array2<f32>, Vec<f32>) {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut values = Array2::zeros((ROWS, FEATURES).f());
    for (feature, mut column) in values.columns_mut().into_iter().enumerate() {
        for value in &mut column {
            let drawn = random.random::<f32>();
            *value = if feature % 2 == 0 { drawn } else { (drawn.powi(4) * 30.0).floor() };
        }
    }
    let spend = values.rows().into_iter().map(|x| (x[0] * x[1] + x[2] - 1.5).max(0.0) * (1.0 + x[3])).collect();
    (values, spend)
}

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let (values, spend) = sample();
    let matrix = BinnedMatrix::from_columns(values.view(), &[false; FEATURES], 256).expect("the sample has rows");
    let rows: Vec<u32> = (0..ROWS as u32).collect();
    let booster = GradientBoosting::params().rounds(200).leaves(63);

    let mut group = criterion.benchmark_group("train");
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("bin", |b| {
        b.iter(|| BinnedMatrix::from_columns(black_box(values.view()), &[false; FEATURES], 256));
    });
    for (objective, share) in
        [(Objective::Squared, 1.0), (Objective::Squared, 0.1), (Objective::Tweedie { power: 1.5 }, 1.0)]
    {
        let params = booster.clone().objective(objective).sampling(Sampling::Gradient).row_fraction(share);
        let params = params.check().expect("the parameters are in range");
        group.bench_function(format!("{objective:?}, 200 rounds of 63 leaves, {share} of the rows a tree"), |b| {
            b.iter(|| params.fit_binned(&matrix, &rows, black_box(&spend), None, None));
        });
    }
    let forest = RandomForest::params().trees(10).check().expect("the parameters are in range");
    group.bench_function("forest, 10 trees", |b| b.iter(|| forest.fit_binned(&matrix, &rows, black_box(&spend), None)));
    group.finish();

    let params = booster.check().expect("the parameters are in range");
    let model = params.fit_binned(&matrix, &rows, &spend, None, None).expect("the sample can be fitted");
    let mut group = criterion.benchmark_group("predict");
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("all rows", |b| b.iter(|| model.predict(black_box(values.view()))));
    group.throughput(Throughput::Elements(1));
    let mut row = 0;
    group.bench_function("one row after another", |b| {
        b.iter_batched(
            || {
                row = (row + 1) % ROWS;
                values.row(row).to_vec()
            },
            |row| model.predict_row(black_box(&row)),
            criterion::BatchSize::SmallInput,
        );
    });
    group.finish();

    let mut group = criterion.benchmark_group("explain");
    group.throughput(Throughput::Elements(200));
    let some = values.slice_axis(Axis(0), Slice::from(..200));
    group.bench_function("Shapley values of 200 rows", |b| b.iter(|| model.explain(black_box(some))));
    group.finish();
    criterion.final_summary();
}
