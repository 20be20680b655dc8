//! Exported models against the real XGBoost: Python reads them and predicts the same rows.
//!
//! Where `python3` has no `xgboost` the test says so and passes, unless `LTV_REQUIRE_TOOLS` is set: whoever sets that has
//! installed everything.
use ltv_trees::{BinnedMatrix, GradientBoosting, Growth, Hurdle, Objective, ParamGuard, RandomForest};
use ndarray::{Array2, ArrayView1};
use std::error::Error;
use std::io::Write as _;
use std::process::{Command, Stdio};

const ROWS: usize = 1_500;
const CATEGORICAL: [bool; 4] = [false, true, false, true];

/// Reads a line with the rows, then one with a model after the other; prints a line of predictions and one of shares of
/// features for each. Ends with 77 where there is no XGBoost.
const PREDICT: &str = "
import json, sys
try:
    import numpy as np, xgboost
except ImportError:
    sys.exit(77)
rows = np.array([[np.nan if x is None else x for x in row] for row in json.loads(sys.stdin.readline())], np.float32)
rows = xgboost.DMatrix(rows, feature_types=['q', 'c', 'q', 'c'], enable_categorical=True)
for model in sys.stdin:
    booster = xgboost.Booster(model_file=bytearray(model.encode()))
    print(json.dumps([booster.predict(rows).tolist(), booster.predict(rows, pred_contribs=True).tolist()]))
";

/// Numbers, codes, and both with gaps; the last column says by its absence what the target is, and has rare codes.
fn rows() -> Array2<f32> {
    Array2::from_shape_fn((ROWS, 4), |(row, column)| {
        let noise = (row * 2_654_435_761 + column * 40_503) % 10_007;
        match column {
            0 if row % 11 == 3 => f32::NAN,
            0 => noise as f32 / 1_000.0 - 5.0,
            1 if row % 17 == 5 => f32::NAN,
            1 => (noise % 9) as f32,
            2 if row % 3 == 0 => f32::NAN,
            2 => 1.0,
            _ => ((noise % 400) * (noise % 3)) as f32,
        }
    })
}

fn target(x: &Array2<f32>) -> Vec<f32> {
    let of = |x: ArrayView1<'_, f32>| {
        let group = [0.5, 3.0, 1.0, 0.0][(x[1].max(0.0) as usize) % 4];
        let known = if x[0].is_nan() { 2.0 } else { x[0].abs() };
        (known * group + if x[2].is_nan() { 4.0 } else { 0.0 } + (x[3] as usize % 7) as f32 - 3.0).max(0.0)
    };
    x.rows().into_iter().map(of).collect()
}

/// What XGBoost predicts of one model, and every feature's share in it.
type Predicted = (Vec<f64>, Vec<Vec<f64>>);

/// What XGBoost predicts from every one of `models`; `None` if it is not installed.
fn predicted(models: &[String], rows: &Array2<f32>) -> Result<Option<Vec<Predicted>>, Box<dyn Error>> {
    let row = |row: ArrayView1<'_, f32>| row.iter().map(|x| x.is_finite().then_some(*x)).collect();
    let rows: Vec<Vec<Option<f32>>> = rows.rows().into_iter().map(row).collect();
    let text = format!("{}\n{}\n", serde_json::to_string(&rows)?, models.join("\n"));
    let python = Command::new("python3").args(["-c", PREDICT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = python else { return Ok(None) };
    let mut input = child.stdin.take().ok_or("no standard input")?;
    // What it reads may be more than a pipe holds, and so may be what it writes meanwhile.
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output()?;
    if output.status.code() == Some(77) {
        return Ok(None);
    }
    writer.join().map_err(|_| "the writer panicked")??;
    assert!(output.status.success(), "XGBoost refused a model");
    let lines = output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    Ok(Some(lines.map(serde_json::from_slice).collect::<Result<_, _>>()?))
}

/// All pairs agree to this share of their size, or of 1.
fn assert_same(what: &str, ours: impl ExactSizeIterator<Item = f64>, theirs: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (at, (ours, theirs)) in ours.zip(theirs).enumerate() {
        let close = (ours - theirs).abs() <= tolerance * theirs.abs().max(1.0);
        assert!(close, "{what}, number {at}: {ours}, XGBoost {theirs}");
    }
}

#[test]
fn exported_models_predict_and_explain_the_same_in_xgboost() {
    let values = rows();
    let matrix = BinnedMatrix::from_columns(values.view(), &CATEGORICAL, 64).unwrap();
    let (all, spend): (Vec<u32>, Vec<f32>) = ((0..ROWS as u32).collect(), target(&values));
    let (amounts, occurs): (Vec<f32>, Vec<f32>) =
        spend.iter().map(|y| (y + 0.5, f32::from(u8::from(*y > 2.0)))).unzip();
    let objectives = [
        (Objective::Squared, &spend),
        (Objective::Tweedie { power: 1.5 }, &spend),
        (Objective::Tweedie { power: 2.0 }, &amounts),
        (Objective::Logistic, &occurs),
        (Objective::Quantile { level: 0.8 }, &spend),
    ];
    let (mut names, mut models, mut ours) = (Vec::new(), Vec::new(), Vec::new());
    for (objective, y) in objectives {
        for growth in [Growth::LeafWise, Growth::DepthWise] {
            let params = GradientBoosting::params().objective(objective).growth(growth).rounds(30).category_l2(0.0);
            let model = params.check().unwrap().fit_binned(&matrix, &all, y, None, None).unwrap();
            names.push(format!("{objective:?}, {growth:?}"));
            models.push(model.to_xgboost_json().unwrap());
            ours.push((model.predict(values.view()), model.explain(values.view()).unwrap()));
        }
    }
    let forest = RandomForest::params().trees(20).check().unwrap();
    let forest = forest.fit_binned(&matrix, &all, &spend, None).unwrap();
    names.push("forest".into());
    models.push(forest.to_xgboost_json().unwrap());
    ours.push((forest.predict(values.view()), forest.explain(values.view()).unwrap()));

    let params = GradientBoosting::params().rounds(30).category_l2(0.0);
    let hurdle = Hurdle::params().both(&params).check().unwrap();
    let hurdle = hurdle.fit_binned(&matrix, &all, &spend, None, None).unwrap();
    let (exported, explained) = (hurdle.to_xgboost_json().unwrap(), hurdle.explain(values.view()).unwrap());
    let amount = hurdle.amount().unwrap();
    names.extend(["hurdle, probability".into(), "hurdle, amount".into()]);
    models.extend([exported.occurrence, exported.amount.unwrap()]);
    ours.push((hurdle.occurrence().predict(values.view()), explained.occurrence));
    ours.push((amount.predict(values.view()), explained.amount.unwrap()));

    let Some(theirs) = predicted(&models, &values).unwrap() else {
        assert!(std::env::var_os("LTV_REQUIRE_TOOLS").is_none(), "xgboost is not installed for python3");
        eprintln!("skipped: exported_models_predict_and_explain_the_same_in_xgboost needs xgboost for python3");
        return;
    };
    assert_eq!(theirs.len(), models.len());
    // the last two are the parts of the hurdle: their answers multiply to its own
    let [.., (occurrence, _), (amounts, _)] = theirs.as_slice() else { panic!("two parts") };
    let product: Vec<f64> = occurrence.iter().zip(amounts).map(|(p, amount)| p * amount).collect();
    let predicted = hurdle.predict(values.view());
    assert_same("hurdle", predicted.iter().map(|&p| f64::from(p)), &product, 1e-5);
    for ((name, (predictions, explained)), (their_predictions, their_shares)) in names.iter().zip(ours).zip(theirs) {
        assert_same(name, predictions.iter().map(|&p| f64::from(p)), &their_predictions, 1e-5);
        for (row, (ours, theirs)) in explained.shares.rows().into_iter().zip(&their_shares).enumerate() {
            // Its shares are sums of single precision over thirty trees.
            assert_same(&format!("{name}, shares of row {row}"), ours.iter().copied(), &theirs[..4], 1e-4);
        }
    }
}
