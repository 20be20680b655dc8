//! Figures of histories small enough to be summed by hand.
use super::*;
use crate::account::Account;
use crate::money::Money;
use crate::table::row::{Customer, Spend, Transaction};

const DAY: i64 = 86_400_000_000;

fn order(customer: &str, day: i32, cents: i32) -> Transaction {
    Transaction::order(customer, i64::from(day) * DAY, Money::from_cents(cents))
}

fn customer(customer: &str, channel: &str, day: Option<i32>) -> Customer {
    Customer {
        customer_id: customer.to_owned(),
        acquired_at: day.map(|day| i64::from(day) * DAY),
        acquisition_channel: Some(channel.to_owned()),
        ..Customer::default()
    }
}

fn spend(channel: &str, day: i32, cents: i32) -> Spend {
    Spend {
        date: Day(day),
        account: None,
        channel: channel.to_owned(),
        campaign_id: None,
        campaign_name: None,
        spend: Money::from_cents(cents),
        currency: None,
        impressions: Some(100.0),
        clicks: Some(10.0),
        conversions: None,
        conversion_value: None,
        line: 1,
    }
}

/// Two customers of search, one of them only ten days old at day 200; display brought nobody; one came by itself.
fn figures(margin: Option<f64>) -> Economics {
    let mut builder = History::builder(&Account::default()).unwrap();
    for row in [order("old", 0, 500), order("a", 110, 3000), order("a", 150, 9900), order("b", 190, 1000)] {
        builder.transaction(&row);
    }
    builder.transaction(&order("c", 120, 700));
    builder.customer(&customer("a", "Search", Some(105)));
    builder.customer(&customer("b", "search", None));
    for row in [spend("SEARCH", 110, 2000), spend("search", 150, 2000), spend("display", 111, 500)] {
        builder.spend(&row);
    }
    builder.spend(&spend("search", 99, 77_700));
    let horizon = Horizon::try_from(40).unwrap();
    economics(&builder.finish(), (Day(100), Day(200)), Cutoff(Day(200)), horizon, margin, |_| Some(80.0))
}

fn of<'a>(economics: &'a Economics, channel: &str) -> &'a ChannelFigures {
    economics.channels.iter().find(|figures| figures.channel == channel).unwrap()
}

#[test]
fn every_new_customer_counts_over_the_same_age() {
    let economics = figures(None);
    let search = of(&economics, "search");
    assert_eq!((search.spend, search.new_customers, search.cac), (40.0, 2, Some(20.0)));
    // The first has passed the age of 40 days, with 30; its later 99 do not count. The second has brought 10 in
    // 10 days, and 30 of the 40 predicted days are left to it.
    assert!((search.observed_revenue - 40.0).abs() < 1e-9 && (search.predicted_revenue - 100.0).abs() < 1e-9);
    assert_eq!((search.observed_roas, search.predicted_roas), (Some(1.0), Some(2.5)));
    assert_eq!(search.contribution_roas, None);
}

#[test]
fn without_a_new_customer_or_without_spend_cac_is_undefined() {
    let economics = figures(Some(0.5));
    let display = of(&economics, "display");
    assert_eq!((display.cac, display.ltv_to_cac, display.predicted_roas), (None, None, Some(0.0)));
    let unknown = of(&economics, UNKNOWN);
    assert_eq!((unknown.new_customers, unknown.cac, unknown.predicted_roas), (1, None, None));
    assert_eq!(of(&economics, "search").contribution_roas, Some(1.25));
}

#[test]
fn the_blended_cac_is_all_spend_over_all_new_customers_and_the_paid_one_over_those_of_channels_with_spend() {
    let total = figures(None).total;
    assert_eq!((total.cac, total.paid_cac), (Some(15.0), Some(22.5)));
    // Nobody clicks on what comes by itself.
    assert_eq!((total.clicks, total.conversion_rate), (Some(30.0), Some(2.0 / 30.0)));
}

#[test]
fn acquisition_ltv_is_contribution_and_absent_without_a_margin() {
    let (revenue, half) = (figures(None), figures(Some(0.5)));
    let (revenue, half) = (of(&revenue, "search"), of(&half, "search"));
    assert_eq!((revenue.acquisition_ltv, revenue.ltv_to_cac), (None, None));
    let brought = revenue.acquisition_revenue.unwrap();
    assert!((half.acquisition_ltv.unwrap() - 0.5 * brought).abs() < 1e-9, "{half:?}");
    assert!((half.ltv_to_cac.unwrap() - 0.5 * brought / 20.0).abs() < 1e-9, "{half:?}");
}

#[test]
fn what_no_source_says_of_spend_is_absent() {
    let mut builder = History::builder(&Account::default()).unwrap();
    builder.transaction(&order("a", 0, 500));
    builder.spend(&Spend { impressions: None, clicks: None, ..spend("search", 10, 500) });
    builder.spend(&Spend { impressions: None, ..spend("search", 11, 500) });
    let horizon = Horizon::try_from(30).unwrap();
    let economics = economics(&builder.finish(), (Day(0), Day(50)), Cutoff(Day(50)), horizon, None, |_| None);
    let search = of(&economics, "search");
    assert_eq!((search.impressions, search.clicks), (None, Some(10.0)));
}

#[test]
fn customers_of_the_files_first_days_are_nobodys_new_ones() {
    let mut builder = History::builder(&Account::default()).unwrap();
    for row in [order("early", 10, 500), order("stated", 20, 500), order("late", 95, 500)] {
        builder.transaction(&row);
    }
    builder.transaction(&order("first", 0, 100));
    builder.customer(&customer("stated", "search", Some(15)));
    let history = builder.finish();
    let economics =
        economics(&history, (Day(0), Day(100)), Cutoff(Day(100)), Horizon::try_from(30).unwrap(), None, |_| None);
    assert_eq!((economics.total.new_customers, economics.left_censored), (2, 2));
    assert_eq!(default_period(&history, Cutoff(Day(100))), Some((Day(90), Day(100))));
}
