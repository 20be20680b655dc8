//! Trains on one Parquet file and scores another, printing one JSON line: the same work and the same line as common
//! Python boosters are asked for, so that they can be compared.
//!
//! `cargo run --release -p ltv-trees --example side_by_side -- --train F --test F --target target --rounds 200
//! --leaves 63 --bins 256 --objective squared|tweedie|hurdle|forest --threads 2 [--sample SHARE] [--seed N]`
//!
//! Every other numeric column is a feature; missing values stay missing. Seconds are those of binning and fitting. Each
//! tree of a booster is grown on a sample of the rows, drawn by their gradients; the line ends with its share of all
//! rows, and `--sample 1` grows every tree on all of them.
mod metrics;

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float32Type};
use linfa::ParamGuard;
use ltv_trees::{BinnedMatrix, GradientBoosting, Hurdle, Objective, RandomForest, Sampling};
use ndarray::{Array1, Array2, ShapeBuilder};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::HashMap;
use std::error::Error;
use std::fs::File;
use std::time::Instant;

type Columns = Vec<(String, Vec<f32>)>;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let options: HashMap<&str, &str> =
        words.chunks_exact(2).map(|pair| (pair[0].trim_start_matches('-'), pair[1].as_str())).collect();
    let option = |name: &str, default: &str| options.get(name).copied().unwrap_or(default).to_owned();
    let target = option("target", "target");
    let (rounds, leaves) = (option("rounds", "200").parse()?, option("leaves", "63").parse()?);
    let (bins, threads) = (option("bins", "256").parse()?, option("threads", "2").parse()?);
    let (name, rate) = (option("objective", "squared"), option("learning-rate", "0.1").parse()?);

    let (train, y) = read(&option("train", "train.parquet"), &target)?;
    let (test, actual) = read(&option("test", "test.parquet"), &target)?;
    let names: Vec<String> = train.iter().map(|(name, _)| name.clone()).collect();
    let (train, test) = (matrix(&train, &names)?, matrix(&test, &names)?);
    let y: Vec<f32> = if name == "squared" || name == "forest" { y } else { y.iter().map(|y| y.max(0.0)).collect() };
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;

    let share = if name == "forest" { 1.0 } else { option("sample", "auto").parse().unwrap_or(sample_share(y.len())) };
    let booster = GradientBoosting::params()
        .rounds(rounds)
        .leaves(leaves)
        .learning_rate(rate)
        .sampling(Sampling::Gradient)
        .row_fraction(share)
        .seed(option("seed", "0").parse()?);
    let rows: Vec<u32> = (0..y.len() as u32).collect();
    let started = Instant::now();
    let binned = BinnedMatrix::from_columns(train.view(), &vec![false; names.len()], bins)?;
    let (seconds, predicted): (f64, Array1<f32>) = match name.as_str() {
        "hurdle" => {
            let model = Hurdle::params().both(&booster).check()?.fit_binned(&binned, &rows, &y, None, None)?;
            (started.elapsed().as_secs_f64(), model.predict(test.view()))
        }
        "forest" => {
            let model = RandomForest::params().check()?.fit_binned(&binned, &rows, &y, None)?;
            (started.elapsed().as_secs_f64(), model.predict(test.view()))
        }
        name => {
            let objective = if name == "tweedie" { Objective::Tweedie { power: 1.5 } } else { Objective::Squared };
            let model = booster.objective(objective).check()?.fit_binned(&binned, &rows, &y, None, None)?;
            (started.elapsed().as_secs_f64(), model.predict(test.view()))
        }
    };
    let predicted = predicted.as_slice().unwrap_or(&[]);
    println!("{}", metrics::line(&format!("ltv-trees-{name}"), seconds, &actual, predicted, share)?);
    Ok(())
}

/// The share of rows that each tree is grown on: 60,000 of them, but no less than a tenth of all. On matrices of a few
/// 100,000 customers this is as accurate as all rows, or more so.
fn sample_share(rows: usize) -> f64 {
    (60_000.0 / rows.max(1) as f64).clamp(0.1, 1.0)
}

/// All numeric columns of a file but the target, and the target.
fn read(path: &str, target: &str) -> Result<(Columns, Vec<f32>), Box<dyn Error>> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?.with_batch_size(65_536).build()?;
    let mut columns: Columns = Vec::new();
    for batch in reader {
        let batch = batch?;
        let numeric = batch
            .schema_ref()
            .fields()
            .iter()
            .zip(batch.columns())
            .filter(|(field, _)| field.data_type().is_numeric() || *field.data_type() == DataType::Boolean);
        for (at, (field, values)) in numeric.enumerate() {
            if columns.len() == at {
                columns.push((field.name().clone(), Vec::new()));
            }
            let values = cast(values, &DataType::Float32)?;
            let values = values.as_primitive::<Float32Type>();
            columns[at].1.extend(values.iter().map(|value| value.unwrap_or(f32::NAN)));
        }
    }
    let at = columns.iter().position(|(name, _)| name == target).ok_or(format!("{path} has no column {target}"))?;
    let (_, target) = columns.remove(at);
    Ok((columns, target))
}

/// The columns called `names`, side by side.
fn matrix(columns: &Columns, names: &[String]) -> Result<Array2<f32>, Box<dyn Error>> {
    let rows = columns.first().map_or(0, |(_, values)| values.len());
    let mut all = Vec::with_capacity(rows * names.len());
    for name in names {
        let found = columns.iter().find(|(column, _)| column == name);
        all.extend_from_slice(&found.ok_or(format!("the test file has no column {name}"))?.1);
    }
    Ok(Array2::from_shape_vec((rows, names.len()).f(), all)?)
}
