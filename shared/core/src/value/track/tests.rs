//! The track record on a small business made up here.
use super::*;
use crate::account::Account;
use crate::model::Prediction;
use crate::table::row::Transaction;
use crate::value::segment::Thresholds;
use crate::value::{CustomerValue, Known};

const DAY: i64 = 86_400_000_000;
const LAST: Day = Day(200);

fn history(orders: &[(&str, i32, i32)]) -> History {
    let mut builder = History::builder(&Account::default()).unwrap();
    for (customer, day, cents) in orders {
        let time = i64::from(*day) * DAY;
        builder.transaction(&Transaction::order(customer, time, Money::from_cents(*cents)));
    }
    builder.finish()
}

fn scoring(run: &str, cutoff: i32) -> Scoring {
    let horizon = Horizon::try_from(50).unwrap();
    Scoring { run: run.to_owned(), model_id: "m".to_owned(), cutoff: Cutoff(Day(cutoff)), horizon }
}

fn stored(scoring: &Scoring, predictions: &[(&str, f64, f64, f64)]) -> RecordBatch {
    let value = |(customer, predicted_spend, low, high): &(&str, f64, f64, f64)| {
        let known =
            Known { customer_id: (*customer).to_owned(), spend_to_date: 1.0, cold: false, last_order: None, orders: 1 };
        let prediction = Prediction { predicted_spend: *predicted_spend, low: *low, high: *high };
        CustomerValue::of(known, prediction, &Thresholds::default(), &Account::default(), scoring.horizon)
    };
    let values: Vec<CustomerValue> = predictions.iter().map(value).collect();
    let (cutoff, horizon) = (scoring.cutoff, scoring.horizon);
    table::batch(&values, &table::Provenance { model_id: scoring.model_id.clone(), cutoff, horizon }).unwrap()
}

#[test]
fn what_was_predicted_is_held_against_what_was_booked_in_the_window_and_nothing_else() {
    let orders = [
        ("a", 10, 500),
        ("a", 99, 700),
        ("a", 100, 1_000),
        ("a", 149, 2_000),
        ("a", 150, 9_900),
        ("b", 20, 100),
        ("b", 120, -300),
        ("late", 130, 5_000),
        ("b", 200, 1),
    ];
    let (history, scoring) = (history(&orders), scoring("r", 100));
    let batch = stored(&scoring, &[("a", 20.0, 10.0, 40.0), ("b", 5.0, 0.0, 8.0), ("gone", 99.0, 0.0, 1.0)]);
    assert_eq!(Scoring::of("r", &batch), Some(scoring.clone()));
    let booked = Ledger::of(&history).booked(&scoring);
    assert_eq!(booked, Booked { lines: 4, net: Money::from_cents(7_700) });
    let line = Realised::of(scoring, &[batch.slice(0, 1), batch.slice(1, 2)], &history, booked).unwrap();
    assert_eq!((line.customers, line.unknown, line.predicted, line.realised), (2, 1, 25.0, 27.0));
    // a's 30 lie inside of 10 to 40, b's −3 below 0
    assert_eq!((line.inside, line.above, line.metrics.mae), (Some(0.5), Some(0.0), Some(9.0)));
    assert_eq!(line.metrics.sum_ratio, Some(25.0 / 27.0));
    // of customers who are all gone nothing is known, and nothing is said
    let gone = Realised::of(line.scoring.clone(), &[batch.slice(2, 1)], &history, booked).unwrap();
    assert_eq!((gone.customers, gone.unknown, gone.inside, gone.above, gone.metrics.mae), (0, 1, None, None, None));
    assert!(TrackRecord { scorings: vec![gone], runs: Vec::new() }.sentences().is_empty());
}

#[test]
fn a_scoring_counts_once_its_last_day_lies_before_the_last_day_of_the_history() {
    assert!(scoring("r", 150).is_over(LAST) && !scoring("r", 151).is_over(LAST));
    let mut record = TrackRecord::default();
    for (run, cutoff) in [("2", 120), ("1", 100), ("4", 151), ("3", 120), ("3", 120)] {
        record.add(scoring(run, cutoff));
    }
    assert_eq!(record.runs.iter().map(|run| run.run.as_str()).collect::<Vec<_>>(), ["1", "2", "3", "4"]);
    // of the two from day 120 the later run counts
    assert_eq!(record.over(LAST), [scoring("3", 120), scoring("1", 100)]);
}

#[test]
fn a_latest_scoring_that_was_off_is_said_so_and_one_that_held_is_not() {
    let line = |ratio: f64, inside: f64| Realised {
        scoring: scoring("r", 100),
        customers: 100,
        unknown: 0,
        predicted: ratio,
        realised: 1.0,
        metrics: Metrics { sum_ratio: Some(ratio), ..Metrics::default() },
        inside: Some(inside),
        above: Some(0.1),
        booked: Booked::default(),
    };
    let said = |line: Realised| TrackRecord { scorings: vec![line], runs: Vec::new() }.sentences().join("; ");
    assert_eq!(said(line(1.1, 0.85)), "");
    let off = said(line(2.0, 0.5));
    assert!(off.contains("2.00 times") && off.contains("only 50 %"), "{off}");
}

#[test]
fn rows_of_another_table_are_no_scoring() {
    let batch = stored(&scoring("r", 100), &[("a", 1.0, 0.0, 2.0)]);
    assert_eq!(Scoring::of("r", &batch.slice(0, 0)), None);
    let other = batch.project(&[0, 1]).unwrap();
    assert_eq!(Scoring::of("r", &other), None);
    assert!(Realised::of(scoring("r", 100), &[other], &history(&[("a", 1, 100)]), Booked::default()).is_err());
}
