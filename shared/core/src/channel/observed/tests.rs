//! What a day knew: histories with everything behind the day, and without it.
use super::*;
use crate::channel::media::Step;
use crate::money::Money;
use crate::table::row::{self, Customer, Indicator, Measure, Spend, Transaction};
use crate::time::{Cutoff, Horizon};
use proptest::prelude::*;

const DAY: i64 = 86_400_000_000;
const CHANNELS: [&str; 3] = ["search", "social", "mail"];

fn spend(channel: &str, day: i32, cents: i32) -> Spend {
    Spend::of(channel, Day(day), Money::from_cents(cents))
}

fn lift_test(channel: &str, start: i32) -> row::LiftTest {
    row::LiftTest {
        start: Day(start),
        end: Day(start + 20),
        channel: channel.to_owned(),
        spend_change: Money::from_cents(9_000),
        currency: None,
        measure: Measure::Revenue,
        incremental: 500.0,
        standard_error: 90.0,
        line: 1,
    }
}

/// Orders by customer and day, refunds of some, customers with stated dates and channels, spend and experiments.
#[derive(Clone, Debug)]
struct Rows {
    orders: Vec<(u8, i32, i32, usize)>,
    refunds: Vec<(usize, i32)>,
    customers: Vec<(u8, Option<i32>, Option<usize>)>,
    spend: Vec<(usize, i32, i32)>,
    tests: Vec<(usize, i32)>,
}

fn rows() -> impl Strategy<Value = Rows> {
    let day = 0..500_i32;
    (
        prop::collection::vec((0..40_u8, day.clone(), 100..9_000_i32, 0..4_usize), 30..120),
        prop::collection::vec((0..30_usize, 0..200_i32), 0..20),
        prop::collection::vec((0..40_u8, prop::option::of(day.clone()), prop::option::of(0..3_usize)), 0..30),
        prop::collection::vec((0..3_usize, day.clone(), 1..9_000_i32), 20..80),
        prop::collection::vec((0..3_usize, day), 0..4),
    )
        .prop_map(|(orders, refunds, customers, spend, tests)| Rows { orders, refunds, customers, spend, tests })
}

fn history(rows: &Rows) -> History {
    let mut builder = History::builder(&Account::default()).unwrap();
    // The first day of all is the same whatever else there is.
    builder.transaction(&Transaction::order("first", 0, Money::from_cents(100)));
    for (number, (customer, day, cents, channel)) in rows.orders.iter().enumerate() {
        builder.transaction(&Transaction {
            transaction_id: Some(number.to_string()),
            channel: CHANNELS.get(*channel).map(|channel| (*channel).to_owned()),
            ..Transaction::order(&customer.to_string(), i64::from(*day) * DAY, Money::from_cents(*cents))
        });
    }
    for (order, after) in &rows.refunds {
        let (customer, day, cents, _) = rows.orders[*order];
        builder.transaction(&Transaction {
            kind: row::Kind::Refund,
            cancels: Some(order.to_string()),
            ..Transaction::order(&customer.to_string(), i64::from(day + after) * DAY, Money::from_cents(-cents))
        });
    }
    for (customer, day, channel) in &rows.customers {
        builder.customer(&Customer {
            customer_id: customer.to_string(),
            acquired_at: day.map(|day| i64::from(day) * DAY),
            acquisition_channel: channel.map(|channel| CHANNELS[channel].to_owned()),
            ..Customer::default()
        });
    }
    for (channel, day, cents) in &rows.spend {
        builder.spend(&spend(CHANNELS[*channel], *day, *cents));
    }
    for (channel, start) in &rows.tests {
        builder.lift_test(&lift_test(CHANNELS[*channel], *start));
    }
    builder.finish()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_a_day_knew_of_customers_does_not_change_with_what_is_dated_behind_it(rows in rows(), day in 120..500_i32) {
        let (all, horizon) = (history(&rows), Horizon::try_from(60).unwrap());
        let until = all.known_before(Cutoff(Day(day)), all.len() as u32);
        let [with, without] = [&all, &until].map(|history| customers::known_on(history, Day(day), horizon));
        prop_assume!(with.is_ok());
        prop_assert_eq!(with, without);
    }
}

fn table(weeks: i32, tests: &[i32]) -> History {
    let mut builder = History::builder(&Account::default()).unwrap();
    for week in 0..weeks {
        for day in 0..7 {
            builder.spend(&spend("tv", 7 * week + day, 1_000 + 10 * (week % 9)));
            if week > 60 {
                builder.spend(&spend("radio", 7 * week + day, 700));
            }
        }
        let value = 900.0 + f64::from(week % 5);
        let date = Day(7 * week);
        let published_at = Some(date + 7);
        builder.indicator(&Indicator { date, name: "revenue".to_owned(), value, published_at, line: 1 });
    }
    for start in tests {
        builder.lift_test(&lift_test("tv", *start));
    }
    builder.finish()
}

#[test]
fn what_a_day_knew_of_revenue_does_not_change_with_what_is_dated_behind_it() {
    let day = Day(7 * 53);
    let known = revenue::observed(&table(120, &[7, 365, 700]), &(ALWAYS.start..day)).unwrap();
    assert_eq!(known, revenue::observed(&table(53, &[7]), &(ALWAYS.start..day)).unwrap());
    // The last week's revenue was published on the day itself: a day too late.
    assert_eq!((known.media.periods(), &known.media.channels[..]), (52, &["tv".to_owned()][..]));
    assert_eq!(known.tests.len(), 1);
    let since = revenue::observed(&table(120, &[7, 365, 700]), &(day..ALWAYS.end)).unwrap();
    assert_eq!((since.media.first, since.media.periods(), since.tests.len()), (day, 67, 1));
}

#[test]
fn revenue_that_went_over_from_weeks_to_days_is_one_of_whole_weeks() {
    let outcome = |dates: &[(i32, f64)]| {
        let mut builder = History::builder(&Account::default()).unwrap();
        for (date, value) in dates {
            let (name, published_at) = ("revenue".to_owned(), Some(Day(*date + 7)));
            builder.indicator(&Indicator { date: Day(*date), name, value: *value, published_at, line: 1 });
        }
        for day in 0..100 {
            builder.spend(&spend("tv", day, 1_000));
        }
        let observed = revenue::observed(&builder.finish(), &ALWAYS).unwrap();
        (observed.media.first, observed.media.step, observed.media.outcome)
    };
    let weeks = [(2, 70.0), (9, 77.0), (16, 84.0)];
    let days = |range: Range<i32>| range.map(|day| (day, 1.0)).collect::<Vec<_>>();
    // The last week lacks its last day.
    let dates = [&weeks[..], &days(23..36)].concat();
    let expected = Outcome::Total(vec![70.0, 77.0, 84.0, 7.0]);
    assert_eq!(outcome(&dates), (Day(2), Step::Week, expected.clone()));
    let dates = [&weeks[..], &days(23..37)].concat();
    assert_eq!(outcome(&dates).2, Outcome::Total(vec![70.0, 77.0, 84.0, 7.0, 7.0]));
    assert_eq!(outcome(&weeks), (Day(2), Step::Week, Outcome::Total(vec![70.0, 77.0, 84.0])));
    // The other way round, the first week lacks its first day.
    let later = weeks.map(|(day, value)| (day + 21, value));
    let dates = [&days(3..23)[..], &later].concat();
    assert_eq!(outcome(&dates), (Day(9), Step::Week, Outcome::Total(vec![7.0, 7.0, 70.0, 77.0, 84.0])));
    // Days of which some are missing stay days.
    assert_eq!(outcome(&[(2, 1.0), (9, 1.0), (10, 1.0)]).1, Step::Day);
}

#[test]
fn revenue_that_is_published_anew_takes_the_place_of_what_was_known() {
    let mut builder = History::builder(&Account::default()).unwrap();
    let publish = |value: f64, published_at: i32| {
        let published_at = Some(Day(published_at));
        move |day: i32| Indicator { date: Day(day), name: "revenue".to_owned(), value, published_at, line: 1 }
    };
    for day in 0..30 {
        builder.spend(&spend("tv", day, 1_000 + day));
        builder.indicator(&publish(100.0, 40)(day));
        builder.indicator(&publish(105.0, 60)(day));
    }
    let history = builder.finish();
    let outcome = |until: i32| {
        let observed = revenue::observed(&history, &(ALWAYS.start..Day(until))).unwrap();
        observed.media.outcome
    };
    assert_eq!(outcome(50), Outcome::Total(vec![100.0; 30]));
    assert_eq!(outcome(70), Outcome::Total(vec![105.0; 30]));
}
