//! A training on a business whose demand follows an outside series, from the matrix to the stored model.
use super::tests::{Business, quartiles, searched};
use super::*;
use crate::account::Account;
use crate::feature::signal::published::Published;
use crate::feature::{History, Protocol, window};
use crate::model::fitted::Model;
use crate::model::gate::Decision;
use crate::model::recipe::{Baseline, Family};
use crate::money::Money;
use crate::table::row::{Indicator, Transaction};
use crate::time::Day;

const LAST: i32 = 1_000;
const LAG: i32 = 5;

fn demand(month: i32) -> f64 {
    1.0 + 0.9 * (f64::from(month) * 0.8).sin()
}

/// Customers who order every twelve days or so, for amounts that follow the value published last.
fn history(with_series: bool) -> History {
    let mut builder = History::builder(&Account::default()).unwrap();
    for customer in 0..200 {
        let mut day = customer % 60;
        while day <= LAST {
            let known = demand(((day - LAG - 1) / 30).max(0));
            let amount = Money::from_f64((2.0 + f64::from(customer % 9)) * known).unwrap();
            builder.transaction(&Transaction::order(&customer.to_string(), i64::from(day) * 86_400_000_000, amount));
            day += 9 + (customer * 7 + day) % 7;
        }
    }
    builder.transaction(&Transaction::order("0", i64::from(LAST) * 86_400_000_000, Money::from_cents(100)));
    for month in (0..LAST / 30).filter(|_| with_series) {
        let date = Day(month * 30);
        let name = "demand".to_owned();
        builder.indicator(&Indicator {
            date,
            name,
            value: demand(month),
            published_at: Some(date + LAG),
            line: month as u64,
        });
    }
    builder.finish()
}

#[test]
fn a_model_learns_from_a_series_and_is_stored_and_served_with_it() {
    let history = history(true);
    let business = Business::of(&history, 30, 6, None);
    let mut training = Training::new(&business.plan, &business.windows);
    let results = searched(&business.plan, &mut training);
    let (mut evaluation, _) = training.evaluate(&results).unwrap();
    evaluation.decision = Decision::Promote;
    let trees = results.iter().filter(|result| result.recipe.name().starts_with("boosting"));
    evaluation.subject = search::best(trees).unwrap().recipe.clone();
    assert_eq!(evaluation.subject.family(), Family::Tree);
    let deployment = training.deploy(&evaluation, &business.context, quartiles).unwrap();
    let learned = deployment.importance.iter().find(|one| one.feature == "indicator:demand").unwrap();
    assert!(learned.share > 0.02, "{learned:?}");

    let bytes = deployment.model.unwrap().to_bytes().unwrap();
    let model = Model::from_bytes(&bytes).unwrap();
    let everyone = window(&history, &model.context, model.cutoff);
    let column = everyone.features.column_of("indicator:demand").unwrap();
    let known = Published::of(&history, "demand").as_of(model.cutoff).unwrap().value;
    assert!(everyone.features.values.column(column).iter().all(|value| *value == known as f32));
    assert_eq!(model.predict(&everyone.features, &everyone.summaries), deployment.predictions);

    // One customer's own orders, without the series, in the context that was stored.
    let mut alone = History::builder(&Account::default()).unwrap();
    let number = history.position(&crate::customer::CustomerHash::of("17")).unwrap();
    for event in history.events(number) {
        let time = i64::from(event.day.0) * 86_400_000_000;
        alone.transaction(&Transaction::order("17", time, event.amount));
    }
    let served = window(&alone.finish(), &model.context, model.cutoff);
    let row = everyone.customers.iter().position(|customer| *customer == number).unwrap();
    assert_eq!(served.features.values[[0, column]], known as f32);
    let one = model.predict(&served.features, &served.summaries)[0];
    assert_eq!(one, deployment.predictions[row]);

    // With another value published meanwhile, the same customers are expected to spend otherwise.
    let mut moved = everyone.features.clone();
    moved.values.column_mut(column).fill(if known > 1.0 { 0.2 } else { 1.8 });
    assert_ne!(model.predict(&moved, &everyone.summaries), deployment.predictions);
}

#[test]
fn the_baselines_are_of_the_usual_windows_with_a_series_too() {
    let business = Business::of(&history(true), 30, 1, None);
    let longer = &business.plan.protocol;
    let usual = Protocol { older: 0, ..longer.clone() };
    assert!(longer.older > 0);
    let fold = |protocol: &Protocol| Fold::new(&business.windows, protocol, protocol.test(), usize::MAX, 1).unwrap();
    let (longer, usual) = (fold(longer), fold(&usual));
    assert!(longer.seen().rows > usual.seen().rows);
    for baseline in [Baseline::PastSpend, Baseline::Mean] {
        let recipe = Recipe::Baseline(baseline);
        assert_eq!(longer.fit(&recipe).unwrap(), usual.fit(&recipe).unwrap());
    }
}

#[test]
fn without_the_series_there_is_neither_the_column_nor_an_older_window() {
    let business = Business::of(&history(false), 30, 1, None);
    assert_eq!(business.plan.protocol.older, 0);
    assert!(business.windows.iter().all(|window| window.features.features == crate::feature::FEATURES));
}
