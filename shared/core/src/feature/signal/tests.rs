//! Outside signals as of cutoffs, and which of them may be used.
use super::identified::{fits, identified, reaching_back};
use super::*;
use crate::account::Account;
use crate::feature::history::HistoryBuilder;
use crate::feature::{Context, availability, window, windows};
use crate::money::Money;
use crate::table::row::{Indicator, Transaction};
use crate::time::{Cutoff, Horizon};
use ndarray::{ArrayView2, Axis, Slice};

const MICROSECONDS: i64 = 86_400_000_000;

/// Adds a value of `name` for every thirty days, published `lag` days after the day it is of.
fn monthly(builder: &mut HistoryBuilder, name: &str, lag: Option<i32>, months: i32, value: impl Fn(i32) -> f64) {
    for month in 0..months {
        let date = Day(month * 30);
        let published_at = lag.map(|days| date + days);
        let line = month as u64;
        builder.indicator(&Indicator { date, name: name.to_owned(), value: value(month), published_at, line });
    }
}

/// Thirty customers who order now and then from day 0 to `last`.
fn business(last: i32) -> HistoryBuilder {
    let mut builder = History::builder(&Account::default()).unwrap();
    for customer in 0..30 {
        for day in (customer..=last).step_by(15 + customer as usize % 7).chain([last]) {
            let time = i64::from(day) * MICROSECONDS;
            builder.transaction(&Transaction::order(&customer.to_string(), time, Money::from_cents(500 + customer)));
        }
    }
    builder
}

fn protocol(history: &History) -> Protocol {
    let (first, last) = history.span().unwrap();
    reaching_back(history, Protocol::new(first, last, Some(Horizon::try_from(30).unwrap())).unwrap())
}

fn columns(signals: &[joined::Signal]) -> Vec<String> {
    signals.iter().flat_map(joined::Signal::columns).collect()
}

#[test]
fn a_cutoff_sees_what_was_published_before_it_and_not_what_it_is_of() {
    let of = |lag: Option<i32>| {
        let mut builder = business(400);
        monthly(&mut builder, "inflation", lag, 20, f64::from);
        Published::of(&builder.finish(), "inflation")
    };
    let value = |lag: Option<i32>, day: i32| of(lag).as_of(Cutoff(Day(day))).map(|value| (value.value, value.of));
    // the value of day 390 is of month 13
    assert_eq!(value(None, 400), Some((13.0, Day(390))));
    // that of day 330 was published on day 375, that of day 360 will be on day 405
    assert_eq!(value(Some(45), 400), Some((11.0, Day(330))));
    assert_eq!(value(Some(45), 405), Some((11.0, Day(330))), "what is published on the day of the cutoff is not seen");
    assert_eq!(value(Some(45), 406), Some((12.0, Day(360))));
    assert_eq!(value(Some(150), 100), None);
    assert_eq!(of(Some(45)).lag_days(), 45);
}

#[test]
fn a_change_over_a_year_is_of_values_known_at_the_cutoff() {
    let mut builder = business(800);
    monthly(&mut builder, "inflation", Some(10), 27, |month| f64::from(month * month));
    let inflation = Published::of(&builder.finish(), "inflation");
    // month 13, of day 390, less month 0: a year before day 390 is day 25, and nothing is of the days from 1 to 25
    assert_eq!(inflation.year_change(Cutoff(Day(401))), Some(169.0));
    assert_eq!(inflation.year_change(Cutoff(Day(390))), None, "no value is of a year before month 12");
    // a revision of month 0 that is published later counts from then on
    let mut builder = business(800);
    monthly(&mut builder, "inflation", Some(10), 27, |month| f64::from(month * month));
    let (date, name) = (Day(0), "inflation".to_owned());
    builder.indicator(&Indicator { date, name, value: 9.0, published_at: Some(Day(402)), line: 99 });
    let revised = Published::of(&builder.finish(), "inflation");
    assert_eq!(revised.year_change(Cutoff(Day(402))), Some(169.0));
    assert_eq!(revised.year_change(Cutoff(Day(403))), Some(160.0));
}

#[test]
fn too_short_a_history_uses_no_series_and_says_which_and_of_how_many_cutoffs() {
    let mut builder = business(400);
    monthly(&mut builder, "inflation", Some(10), 13, f64::from);
    let outcomes = ["revenue", "revenue:shop", "sales", "orders", "conversions", "conversions:north"];
    for name in outcomes.into_iter().chain(["rate:EUR/USD", "revenue_per_conversion", "revenue_per_conversion:north"]) {
        monthly(&mut builder, name, Some(1), 13, f64::from);
    }
    let history = builder.finish();
    let protocol = protocol(&history);
    assert_eq!(protocol.older, 0, "the usual cutoffs stay what they are");
    assert!(identified(&history, &protocol).is_empty());
    let signals = Signals::of(&history, &protocol);
    assert_eq!((signals.cutoffs, signals.windows, signals.season_identified), (7, 3, false));
    assert_eq!(signals.series.iter().map(|series| series.name.as_str()).collect::<Vec<_>>(), ["inflation"]);
    let said = signals.sentences().join(" ");
    assert!(said.contains("not used: inflation; of 7 training cutoffs, the windows of 3"), "{said}");
    assert!(Signals::default().sentences().is_empty());
}

#[test]
fn a_long_history_uses_as_many_columns_as_it_has_observations_for() {
    let history = |last: i32, names: &[&str]| {
        let mut builder = business(last);
        for name in names {
            monthly(&mut builder, name, Some(5), last / 30, f64::from);
        }
        builder.finish()
    };
    let used = |last: i32, names: &[&str]| {
        let history = history(last, names);
        columns(&identified(&history, &protocol(&history)))
    };
    // 14 months: one to look back on, ten windows to learn from, one before each of the test and two validations
    assert_eq!(used(14 * 30 - 1, &["inflation"]), [""; 0]);
    assert_eq!(used(14 * 30, &["inflation"]), ["indicator:inflation"]);
    assert_eq!(used(14 * 30, &["inflation", "growth"]), ["indicator:growth"]);
    assert_eq!(used(38 * 30, &["inflation"]), ["indicator:inflation"], "its change is always the same");
    assert_eq!(used(38 * 30, &["inflation", "growth", "rain"]), ["indicator:growth", "indicator:inflation"]);
    let long = history(14 * 30, &["inflation"]);
    let signals = Signals::of(&long, &protocol(&long));
    assert_eq!((signals.windows, signals.season_identified), (10, false));
    assert!(signals.sentences().is_empty() && signals.series[0].columns == ["indicator:inflation"]);
    // without a series the cutoffs are the usual ones, however long the history
    assert_eq!(protocol(&business(38 * 30).finish()).older, 0);
}

#[test]
fn a_series_without_days_of_publication_is_used_where_it_is_daily_and_named_where_not() {
    let used = |build: &dyn Fn(&mut HistoryBuilder)| {
        let mut builder = business(14 * 30);
        build(&mut builder);
        let history = builder.finish();
        let protocol = protocol(&history);
        (columns(&identified(&history, &protocol)), Signals::of(&history, &protocol).sentences().join(" "))
    };
    // a month's value stands under its first day: a cutoff of the second day must not see the month
    let (monthly_columns, said) = used(&|builder| monthly(builder, "inflation", None, 14, f64::from));
    assert_eq!(monthly_columns, [""; 0]);
    assert!(said.contains("publication unknown and therefore not used: inflation;"), "{said}");
    assert!(!said.contains("not identified"), "{said}");
    // one row that does not say when it became known is enough
    let (mixed, said) = used(&|builder| {
        monthly(builder, "inflation", Some(5), 14, f64::from);
        let (date, name) = (Day(45), "inflation".to_owned());
        builder.indicator(&Indicator { date, name, value: 7.0, published_at: None, line: 99 });
    });
    assert_eq!(mixed, [""; 0], "{said}");
    // a day's value is known when the day is over, on working days too
    let (daily, said) = used(&|builder| {
        for day in (0..14 * 30).filter(|day| day % 7 < 5) {
            let (date, name, value) = (Day(day), "rain".to_owned(), f64::from(day * 37 % 101));
            builder.indicator(&Indicator { date, name, value, published_at: None, line: day as u64 });
        }
    });
    assert_eq!((daily, said.as_str()), (vec!["indicator:rain".to_owned()], ""));
}

#[test]
fn a_history_of_too_many_rows_keeps_its_usual_windows_and_names_what_it_leaves_out() {
    let mut builder = business(38 * 30);
    monthly(&mut builder, "inflation", Some(5), 38, f64::from);
    let history = builder.finish();
    let longer = protocol(&history);
    let windows = longer.cutoffs().len();
    assert!(windows > Protocol { older: 0, ..longer.clone() }.cutoffs().len());
    assert!(fits(8_000_000 / windows, &longer) && !fits(8_000_000 / windows + 1, &longer));
    assert!(!fits(usize::MAX, &longer));

    let mut signals = Signals::of(&history, &longer);
    assert!(signals.held_back.is_empty() && signals.sentences().is_empty());
    signals.held_back = vec!["inflation".to_owned()];
    signals.series[0].columns.clear();
    let said = signals.sentences();
    assert!(said.len() == 1 && said[0].ends_with("too many rows for memory: inflation"), "{said:?}");
}

#[test]
fn no_name_of_a_series_makes_two_columns_of_one_name() {
    let mut builder = business(48 * 30);
    monthly(&mut builder, "rain", Some(5), 48, |month| f64::from(month * month % 47));
    monthly(&mut builder, "rain:year_change", Some(5), 48, |month| f64::from(month % 3));
    let history = builder.finish();
    let used = columns(&identified(&history, &protocol(&history)));
    assert_eq!(used, ["indicator:rain", "indicator_year_change:rain"]);
    let named = |measure: Measure, series: &str| measure.column(series);
    assert_ne!(named(Measure::YearChange, "rain"), named(Measure::Value, "rain:year_change"));
}

#[test]
fn a_series_that_never_moves_is_not_used() {
    let mut builder = business(900);
    monthly(&mut builder, "inflation", Some(5), 30, |_| 2.0);
    let history = builder.finish();
    assert!(identified(&history, &protocol(&history)).is_empty());
}

#[test]
fn a_signal_stands_behind_the_other_features_as_of_each_cutoff_and_passes_the_audit() {
    let with_series = {
        let mut builder = business(1_200);
        monthly(&mut builder, "inflation", Some(45), 40, |month| f64::from(month * 7 % 41));
        builder.finish()
    };
    let protocol = protocol(&with_series);
    let context = Context::learn(&with_series, protocol.horizon, &Account::default()).unwrap();
    let mut context = context.with_signals(identified(&with_series, &protocol));
    let inflation = Published::of(&with_series, "inflation");
    let matrices = windows(&with_series, &mut context, &protocol.cutoffs()).unwrap();
    for of_cutoff in &matrices {
        let column = of_cutoff.features.column_of("indicator:inflation").unwrap();
        let expected = inflation.as_of(of_cutoff.cutoff).map_or(f32::NAN, |value| value.value as f32);
        let found = of_cutoff.features.values.column(column);
        assert!(!found.is_empty() && found.iter().all(|value| value.to_bits() == expected.to_bits()));
    }
    let audited = availability::audit(&with_series, &context, &matrices).unwrap();
    assert_eq!(audited.features, context.features.len());

    // a column that looks one publication ahead is caught
    let mut ahead = matrices.clone();
    let (last, column) = (ahead.len() - 1, ahead[0].features.column_of("indicator:inflation").unwrap());
    let later = inflation.as_of(Cutoff(ahead[last].cutoff.0 + 30)).unwrap().value as f32;
    ahead[last].features.values.column_mut(column).fill(later);
    let error = availability::audit(&with_series, &context, &ahead).unwrap_err();
    assert!(error.to_string().contains("feature indicator:inflation"), "{error}");

    // all other columns are what they are without the series
    let without = business(1_200).finish();
    let mut plain = Context::learn(&without, protocol.horizon, &Account::default()).unwrap();
    for (plain, with) in windows(&without, &mut plain, &protocol.cutoffs()).unwrap().iter().zip(&matrices) {
        let own = plain.features.values.ncols();
        let bits = |values: ArrayView2<'_, f32>| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        let shared = with.features.values.slice_axis(Axis(1), Slice::from(..own));
        assert_eq!(bits(plain.features.values.view()), bits(shared));
        assert_eq!(plain.features.features, &with.features.features[..own]);
    }

    // one request's transactions know no series: they see what the model knows
    let mut alone = History::builder(&Account::default()).unwrap();
    alone.transaction(&Transaction::order("x", 1_100 * MICROSECONDS, Money::from_cents(100)));
    let served = window(&alone.finish(), &context, protocol.deployment());
    assert_eq!(served.features.values[[0, column]], matrices[last].features.values[[0, column]]);
}

#[test]
fn a_later_scoring_sees_what_was_published_since_the_training() {
    let history = |months: i32| {
        let mut builder = business(months * 30);
        monthly(&mut builder, "inflation", Some(5), months, f64::from);
        builder.finish()
    };
    let (trained, later) = (history(20), history(24));
    let protocol = protocol(&trained);
    let context = Context::learn(&trained, protocol.horizon, &Account::default()).unwrap();
    let context = context.with_signals(identified(&trained, &protocol));
    let seen = |history: &History, day: i32| {
        let window = window(history, &context, Cutoff(Day(day)));
        window.features.values[[0, window.features.column_of("indicator:inflation").unwrap()]]
    };
    assert_eq!([seen(&trained, 600), seen(&later, 600)], [19.0, 19.0]);
    assert_eq!(seen(&later, 720), 23.0);
    assert_eq!(seen(&trained, 720), 19.0, "the training knew no later value");

    // one request's transactions, which hold no series, see what that scoring saw
    let mut alone = History::builder(&Account::default()).unwrap();
    alone.transaction(&Transaction::order("x", 650 * MICROSECONDS, Money::from_cents(100)));
    let alone = alone.finish();
    assert_eq!(seen(&alone, 720), 19.0);
    let served = serde_json::to_vec(&context.signals_in(&later)).unwrap();
    let context = context.seeing(&serde_json::from_slice::<Vec<joined::Signal>>(&served).unwrap());
    let window = window(&alone, &context, Cutoff(Day(720)));
    assert_eq!(window.features.values[[0, window.features.column_of("indicator:inflation").unwrap()]], 23.0);
}
