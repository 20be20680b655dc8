//! Businesses that leave a training next to nothing to learn from: whatever they are, a training ends with something to go
//! live, and every figure that is stored is a number.
use super::tests::Business;
use super::{Deployment, Evaluation};
use crate::account::Account;
use crate::feature::History;
use crate::money::Money;
use crate::table::row::{Kind, Transaction};

const DAY: i64 = 86_400_000_000;
const LAST: i32 = 200;
const HORIZON: u16 = 40;

/// Orders of `customers`, whose lines are `(day, cents)`; somebody else's free one ends the history.
fn history(customers: u32, lines: impl Fn(u32) -> Vec<(i32, i32)>) -> History {
    let mut builder = History::builder(&Account::default()).unwrap();
    for customer in 0..customers {
        for (day, cents) in lines(customer) {
            let line = Transaction::order(&customer.to_string(), i64::from(day) * DAY, Money::from_cents(cents));
            let kind = if cents < 0 { Kind::Refund } else { Kind::Order };
            builder.transaction(&Transaction { kind, ..line });
        }
    }
    for day in [0, LAST] {
        builder.transaction(&Transaction::order("0", i64::from(day) * DAY, Money::from_cents(0)));
    }
    builder.finish()
}

fn trained(history: &History, trials: usize) -> (Evaluation, Deployment) {
    let (results, evaluation, _, deployment) = Business::of(history, HORIZON, trials, None).train();
    for result in &results {
        assert!(result.score.is_none_or(f64::is_finite), "{result:?}");
    }
    let stored = serde_json::to_string(&evaluation).unwrap();
    assert_eq!(serde_json::from_str::<Evaluation>(&stored).unwrap(), evaluation, "an infinity or what is no number");
    assert!(deployment.model.is_some(), "{}", evaluation.reason);
    for one in &deployment.predictions {
        let finite = one.predicted_spend.is_finite() && one.low.is_finite() && one.high.is_finite();
        assert!(finite && one.predicted_spend >= 0.0 && one.low <= one.high, "{one:?}");
    }
    (evaluation, deployment)
}

#[test]
fn a_business_of_one_customer_is_trained() {
    let (evaluation, deployment) = trained(&history(1, |_| (0..LAST).step_by(9).map(|day| (day, 1_250)).collect()), 40);
    assert_eq!(deployment.predictions.len(), 1);
    assert_eq!(evaluation.metrics.r2, None, "one customer has no spread");
}

#[test]
fn a_business_that_nobody_ever_comes_back_to_is_trained_and_predicts_next_to_nothing() {
    let (evaluation, deployment) = trained(&history(120, |customer| vec![((customer % 30) as i32, 4_000)]), 40);
    assert_eq!((evaluation.metrics.gini, evaluation.metrics.sum_ratio), (None, None));
    let expected: f64 = deployment.predictions.iter().map(|one| one.predicted_spend).sum();
    assert!(expected < 120.0, "{expected}");
}

#[test]
fn a_business_whose_customers_are_all_alike_is_trained() {
    let (_, deployment) = trained(&history(80, |_| (0..LAST).step_by(10).map(|day| (day, 2_000)).collect()), 40);
    let first = deployment.predictions[0].predicted_spend;
    assert!((first - 80.0).abs() < 10.0, "four orders of 20 in forty days, not {first}");
}

#[test]
fn a_business_that_gives_back_more_than_it_takes_is_trained() {
    let lines = |customer: u32| vec![((customer % 40) as i32, 1_000), (60 + (customer % 130) as i32, -5_000)];
    trained(&history(150, lines), 40);
}
