//! CDNOW, out of time: the bars of the chosen recipe. Needs `LTV_DATA_DIR`.
use super::tests::{Business, quartiles};
use super::{Settings, Training};
use crate::account::Account;
use crate::feature::History;
use crate::model::gate::Decision;
use crate::money::Money;
use crate::table::row::Transaction;
use std::path::PathBuf;

fn cdnow() -> Option<History> {
    let path = std::env::var_os("LTV_DATA_DIR").map(|folder| PathBuf::from(folder).join("CDNOW_master.txt"));
    let Some(text) = path.and_then(|path| std::fs::read_to_string(path).ok()) else {
        eprintln!("skipped: CDNOW_master.txt is not in LTV_DATA_DIR");
        return None;
    };
    let mut builder = History::builder(&Account::default()).unwrap();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let date = format!("{}-{}-{}T00:00:00Z", &fields[1][..4], &fields[1][4..6], &fields[1][6..]);
        let time = date.parse::<jiff::Timestamp>().unwrap().as_microsecond();
        builder.transaction(&Transaction::order(fields[0], time, Money::parse(fields[3]).unwrap()));
    }
    Some(builder.finish())
}

#[test]
fn cdnow_is_predicted_out_of_time_at_least_as_well_as_the_bars_ask() {
    let Some(history) = cdnow() else { return };
    let started = std::time::Instant::now();
    let business = Business::of(&history, 90, Settings::default().trials, None);
    eprintln!("windows {:.1} s", started.elapsed().as_secs_f64());
    let mut training = Training::new(&business.plan, &business.windows);
    let mut trials = Vec::new();
    while let Some(next) = business.plan.pending(&trials).first() {
        let trial = training.run_trial(next).unwrap();
        eprintln!(
            "{} {:<18} {:?} {:.1} s {:?} {}",
            trial.rung,
            trial.recipe.name(),
            trial.score,
            trial.seconds,
            trial.fault,
            trial.recipe.params()
        );
        trials.push(trial);
    }
    let (evaluation, _) = training.evaluate(&trials).unwrap();
    for one in &evaluation.candidates {
        let m = one.metrics;
        eprintln!(
            "{:<20} {:?} gini {:?} r2 {:?} rmse {:.3?} level {:?} {:.1} s",
            one.recipe.name(),
            one.role,
            m.gini,
            m.r2,
            m.rmse,
            m.sum_ratio,
            one.seconds
        );
    }
    eprintln!("{} {:?} {:?}", evaluation.subject.title(), evaluation.metrics, evaluation.level);
    eprintln!("{:#?}", evaluation.verdict.reasons);
    eprintln!(
        "inside {:.3} above {:.3} pinball {:.3} / {:.3}",
        evaluation.coverage.inside,
        evaluation.coverage.above,
        evaluation.coverage.pinball,
        evaluation.coverage.pinball_unconditional
    );
    for band in &evaluation.coverage.bands {
        eprintln!("  {band:?}");
    }
    eprintln!("before deploy {:.1} s", started.elapsed().as_secs_f64());
    let deployment = training.deploy(&evaluation, &business.context, quartiles).unwrap();
    let bytes = deployment.model.as_ref().unwrap().to_bytes().unwrap().len();
    eprintln!("model {bytes} bytes; {:.1} s", started.elapsed().as_secs_f64());
    assert_eq!(evaluation.decision, Decision::Promote);
    assert!(evaluation.metrics.gini.unwrap() >= 0.77 && evaluation.metrics.r2.unwrap() >= 0.45);
    assert!(
        evaluation.coverage.inside >= 0.78 && evaluation.coverage.pinball < evaluation.coverage.pinball_unconditional
    );
}
