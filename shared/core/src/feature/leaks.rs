//! Leaks made impossible, as properties: whatever happens at or behind a cutoff, no feature of that cutoff moves; a
//! customer looked at alone is the customer looked at among others.
mod rows;

use super::availability::{self, AvailabilityError};
use super::signal::joined::{Measure, Signal};
use super::signal::published::Published;
use super::{Context, FEATURES, History, Window, window, windows};
use crate::account::Account;
use crate::money::Money;
use crate::table::row::{Indicator, Transaction};
use crate::time::{Cutoff, Day, Horizon};
use proptest::prelude::*;
use rows::{DAY, LAST_DAY, Rows, SERIES, rows, spend, transaction, value};

const CUTOFFS: [i32; 3] = [120, 150, 200];

fn horizon() -> Horizon {
    Horizon::try_from(30).unwrap()
}

fn account() -> Account {
    Account { currency: Some("EUR".to_owned()), ..Account::default() }
}

fn history(rows: &Rows) -> History {
    let mut builder = History::builder(&account()).unwrap();
    rows.transactions.iter().for_each(|row| builder.transaction(row));
    rows.customers.iter().for_each(|row| builder.customer(row));
    rows.spend.iter().for_each(|row| builder.spend(row));
    rows.series.iter().for_each(|row| builder.indicator(row));
    builder.finish()
}

fn cutoffs() -> Vec<Cutoff> {
    CUTOFFS.into_iter().map(|day| Cutoff(Day(day))).collect()
}

fn learned(rows: &Rows) -> (History, Context, Vec<Window>) {
    let history = history(rows);
    let signals = SERIES.map(|name| Signal {
        name: name.to_owned(),
        measures: Measure::ALL.to_vec(),
        values: Published::of(&history, name),
    });
    let mut context = Context::learn(&history, horizon(), &account()).unwrap().with_signals(signals.to_vec());
    let windows = windows(&history, &mut context, &cutoffs()).unwrap();
    (history, context, windows)
}

/// Everything known of a window's customers: id, features, and what stands beside them.
fn known(history: &History, window: &Window) -> Vec<(String, Vec<f32>, String)> {
    let row = |(place, customer): (usize, &u32)| {
        let (to_date, last) = (window.spend_to_date[place], window.last_horizon_spend[place]);
        let beside = format!("{:?} {to_date} {last} {}", window.summaries[place], window.cold[place]);
        (history.id(*customer).to_owned(), window.features.values.row(place).to_vec(), beside)
    };
    window.customers.iter().enumerate().map(row).collect()
}

/// The first thing that differs, in words.
fn difference(some: &[(String, Vec<f32>, String)], other: &[(String, Vec<f32>, String)]) -> Option<String> {
    if some.len() != other.len() {
        return Some(format!("{} and {} customers", some.len(), other.len()));
    }
    for ((id, features, beside), (other_id, other_features, other_beside)) in some.iter().zip(other) {
        if (id, beside) != (other_id, other_beside) {
            return Some(format!("{id} {beside} and {other_id} {other_beside}"));
        }
        if features.len() != other_features.len() {
            return Some(format!("{} and {} features", features.len(), other_features.len()));
        }
        for (place, (a, b)) in features.iter().zip(other_features).enumerate() {
            if a.to_bits() != b.to_bits() {
                let name = FEATURES.get(place).map_or("a series", |feature| feature.name);
                return Some(format!("{name} of {id}: {a} and {b}"));
            }
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_happens_at_or_behind_a_cutoff_changes_no_feature_of_it(
        rows in rows(),
        cutoff in prop::sample::select(&CUTOFFS[..]),
        later in prop::collection::vec(transaction(CUTOFFS[0]..LAST_DAY), 0..80),
        later_spend in prop::collection::vec(spend(CUTOFFS[0]..LAST_DAY), 0..20),
        later_values in prop::collection::vec(value(CUTOFFS[0]..LAST_DAY), 0..20),
    ) {
        let before = |day: i32| day < cutoff;
        let mut past = rows.clone();
        past.transactions.retain(|row| before((row.occurred_at / DAY) as i32));
        past.spend.retain(|row| before(row.date.0));
        past.series.retain(|row| before(row.known_on().0));
        // Rows of the customers table that state no day say nothing of when they became known: both have them.
        past.customers.retain(|row| row.acquired_at.is_none_or(|day| before((day / DAY) as i32)));
        prop_assume!(!past.transactions.is_empty());
        let mut other = past.clone();
        other.transactions.extend(later.into_iter().filter(|row| !before((row.occurred_at / DAY) as i32)));
        other.spend.extend(later_spend.into_iter().filter(|row| !before(row.date.0)));
        other.series.extend(later_values.into_iter().filter(|row| !before(row.known_on().0)));

        let place = CUTOFFS.iter().position(|c| *c == cutoff).unwrap();
        let (past_history, _, past_windows) = learned(&past);
        let (other_history, _, other_windows) = learned(&other);
        let (past, other) = (known(&past_history, &past_windows[place]), known(&other_history, &other_windows[place]));
        prop_assert_eq!(difference(&past, &other), None);
    }

    #[test]
    fn honest_windows_pass_the_audit_of_availability(rows in rows()) {
        let (history, context, windows) = learned(&rows);
        let audited = availability::audit(&history, &context, &windows);
        prop_assert!(audited.is_ok(), "{:?}", audited);
        prop_assert_eq!(audited.unwrap().rows, windows.iter().map(Window::len).sum::<usize>());
    }

    #[test]
    fn a_customer_alone_has_the_row_it_has_among_all_others(rows in rows()) {
        let (history_of_all, context, all) = learned(&rows);
        let stored: Context = postcard::from_bytes(&postcard::to_allocvec(&context).unwrap()).unwrap();
        for customer in ["customer 3", "customer 17", "customer 39"] {
            let mut own = rows.clone();
            own.transactions.retain(|row| row.customer_id == customer);
            own.customers.retain(|row| row.customer_id == customer);
            own.spend.clear();
            own.series.clear();
            let alone = history(&own);
            for among in &all {
                let alone_window = window(&alone, &stored, among.cutoff);
                let mut expected = known(&history_of_all, among);
                expected.retain(|(id, _, _)| id == customer);
                prop_assert_eq!(difference(&known(&alone, &alone_window), &expected), None);
            }
        }
    }

    #[test]
    fn a_window_holds_who_came_before_its_cutoff_and_all_money_booked_in_it(rows in rows()) {
        let (history, _, windows) = learned(&rows);
        for window in windows {
            let inside = |row: &&Transaction| window.cutoff.window_holds(horizon(), Day((row.occurred_at / DAY) as i32));
            let booked: Money = rows.transactions.iter().filter(inside).map(|row| row.amount).sum();
            let over = window.cutoff.end(horizon()) <= history.span().unwrap().1 + 1;
            prop_assert_eq!(window.target.len(), if over { window.len() } else { 0 });
            if over {
                let told = window.target.iter().sum::<f64>() + window.later_arrivals;
                prop_assert!((told - booked.to_f64()).abs() < 1e-6, "{} booked, {} told", booked, told);
            }
            for customer in 0..history.len() as u32 {
                let id = history.id(customer);
                let seen = rows.transactions.iter().any(|row| row.customer_id == id && row.occurred_at < i64::from(window.cutoff.0.0) * DAY);
                let stated = rows.customers.iter().any(|row| {
                    row.customer_id == id && row.acquired_at.is_some_and(|day| day < i64::from(window.cutoff.0.0) * DAY)
                });
                prop_assert_eq!(window.customers.contains(&customer), seen || stated, "{}", id);
            }
        }
    }

    #[test]
    fn the_order_in_which_rows_arrive_changes_nothing(rows in rows(), seed in any::<u64>()) {
        let mut shuffled = rows.clone();
        let key = |text: &str| crate::customer::CustomerHash::of(&format!("{seed}{text}"));
        shuffled.transactions.sort_by_key(|row| key(&format!("{row:?}")));
        shuffled.spend.reverse();
        shuffled.series.reverse();
        let ((first, _, expected), (second, _, found)) = (learned(&rows), learned(&shuffled));
        for (expected, found) in expected.iter().zip(&found) {
            prop_assert_eq!(difference(&known(&first, expected), &known(&second, found)), None);
            prop_assert_eq!(&expected.target, &found.target);
        }
    }
}

/// Customers who buy every eleven days or so, and twice as much from day 150 on.
fn steady() -> Rows {
    let line = |customer: u32, day: i32| {
        let cents = if day < 150 { 1_000 } else { 2_000 };
        let time = i64::from(day) * DAY;
        Transaction::order(&format!("customer {customer}"), time, Money::from_cents(cents))
    };
    let days = |customer: u32| (0..25).map(move |n| line(customer, (customer % 10) as i32 + n * 11));
    Rows {
        transactions: (0..60).flat_map(days).collect(),
        customers: Vec::new(),
        spend: Vec::new(),
        series: Vec::new(),
    }
}

#[test]
fn a_feature_that_saw_a_later_day_fails_the_audit_by_name() {
    let (history, context, mut windows) = learned(&steady());
    assert!(availability::audit(&history, &context, &windows).is_ok());
    // Spend up to day 200 in the place of spend up to day 150.
    let column = windows[1].features.column_of("spend_90d").unwrap();
    let later = windows[2].features.values.column(column).to_owned();
    windows[1].features.values.column_mut(column).assign(&later);
    let error = availability::audit(&history, &context, &windows).unwrap_err();
    let cutoff = windows[1].cutoff;
    assert!(
        matches!(error, AvailabilityError::Feature { feature: "spend_90d", cutoff: at, .. } if at == cutoff),
        "{error}"
    );
}

#[test]
fn a_series_value_that_was_published_later_fails_the_audit_by_name() {
    let mut rows = steady();
    let published = |day: i32, value: f64| Indicator {
        date: Day(day - 20),
        name: SERIES[1].to_owned(),
        value,
        published_at: Some(Day(day)),
        line: 1,
    };
    rows.series = vec![published(100, 1.0), published(150, 2.0)];
    let (history, context, mut windows) = learned(&rows);
    let column = windows[1].features.column_of("indicator:rain").unwrap();
    let seen: Vec<f32> = windows.iter().map(|window| window.features.values[[0, column]]).collect();
    assert_eq!(seen, [1.0, 1.0, 2.0], "what is published on the day of the cutoff is not seen");
    windows[1].features.values.column_mut(column).fill(2.0);
    let error = availability::audit(&history, &context, &windows).unwrap_err();
    assert!(matches!(error, AvailabilityError::Feature { feature: "indicator:rain", .. }), "{error}");
}

#[test]
fn customers_who_were_not_there_yet_fail_the_audit() {
    let mut rows = steady();
    rows.transactions.push(Transaction::order("late", 160 * DAY, Money::from_cents(100)));
    let (history, context, mut windows) = learned(&rows);
    windows[1] = Window { cutoff: windows[1].cutoff, ..windows[2].clone() };
    let error = availability::audit(&history, &context, &windows).unwrap_err();
    assert!(matches!(error, AvailabilityError::Population { found: 61, expected: 60, .. }), "{error}");
}
