//! Figures of histories small enough to be summed by hand.
use super::*;
use crate::account::Account;
use crate::money::Money;
use crate::table::row::{Customer, Spend, Transaction};
use crate::time::Horizon;

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
    let row = Spend::of(channel, Day(day), Money::from_cents(cents));
    Spend { impressions: Some(100.0), clicks: Some(10.0), ..row }
}

/// Figures of a period, seen from its end.
fn of_period(
    history: &History,
    period: (Day, Day),
    horizon: Horizon,
    margin: Option<f64>,
    predicted: impl Fn(u32) -> Option<f64> + Sync,
) -> Economics {
    let development = Development::of(history, Cutoff(period.1), horizon);
    economics(history, period, &development, margin, predicted)
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
    of_period(&builder.finish(), (Day(100), Day(200)), horizon, margin, |_| Some(80.0))
}

fn of<'a>(economics: &'a Economics, channel: &str) -> &'a ChannelFigures {
    economics.channels.iter().find(|figures| figures.channel == channel).unwrap()
}

#[test]
fn every_new_customer_counts_over_the_same_age() {
    let economics = figures(None);
    let search = of(&economics, "search");
    assert_eq!((search.spend, search.new_customers, search.cac), (Some(40.0), Some(2), Some(20.0)));
    // The first has passed the age of 40 days, with 30; its later 99 do not count. The second has brought 10 in
    // 10 days, and 30 of the 40 predicted days are left to it.
    assert_eq!((search.observed_revenue, search.predicted_revenue), (Some(40.0), Some(100.0)));
    assert_eq!((search.observed_roas, search.predicted_roas), (Some(1.0), Some(2.5)));
    assert_eq!(search.contribution_roas, None);
}

#[test]
fn without_a_new_customer_or_without_spend_cac_is_undefined() {
    let economics = figures(Some(0.5));
    let display = of(&economics, "display");
    assert_eq!((display.cac, display.ltv_to_cac, display.predicted_roas), (None, None, Some(0.0)));
    let unknown = of(&economics, UNKNOWN);
    assert_eq!((unknown.new_customers, unknown.cac, unknown.predicted_roas), (Some(1), None, None));
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
    let economics = of_period(&builder.finish(), (Day(0), Day(50)), horizon, None, |_| None);
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
    let economics = of_period(&history, (Day(0), Day(100)), Horizon::try_from(30).unwrap(), None, |_| None);
    assert_eq!((economics.total.new_customers, economics.left_censored), (Some(2), 2));
    assert_eq!(default_period(&history, Cutoff(Day(100))), Some((Day(90), Day(100))));
}

/// Customers of two channels who state their campaigns; the spend of search is told by campaign, that of email by channel.
fn campaigns() -> Economics {
    let mut builder = History::builder(&Account::default()).unwrap();
    for (name, channel, campaign, day) in [
        ("a", "search", "brand", 31),
        ("b", "search", "brand", 62),
        ("c", "search", "other", 40),
        ("d", "email", "news", 35),
    ] {
        builder.customer(&Customer {
            acquisition_campaign: Some(campaign.to_owned()),
            ..customer(name, channel, Some(day))
        });
        builder.transaction(&order(name, day, 6_000));
    }
    let named = |campaign: &str, row: Spend| Spend { campaign_name: Some(campaign.to_owned()), ..row };
    for row in [
        named("brand", spend("search", 33, 1_000)),
        named("generic", spend("search", 63, 500)),
        named("video", spend("display", 34, 700)),
        spend("email", 36, 300),
    ] {
        builder.spend(&row);
    }
    let horizon = Horizon::try_from(20).unwrap();
    of_period(&builder.finish(), (Day(31), Day(90)), horizon, None, |_| None)
}

fn campaign<'a>(figures: &'a [ChannelFigures], name: &str) -> &'a ChannelFigures {
    figures.iter().find(|figures| figures.campaign.as_deref() == Some(name)).unwrap()
}

#[test]
fn the_spend_and_the_customers_of_a_campaign_are_absent_where_nobody_tells_them() {
    let economics = campaigns();
    let of = |name| campaign(&economics.campaigns, name);
    let (brand, generic, news) = (of("brand"), of("generic"), of("news"));
    assert_eq!((brand.spend, brand.new_customers, brand.cac), (Some(10.0), Some(2), Some(5.0)));
    // Customers of search state their campaigns, and none states this one: its spend brought nothing.
    assert_eq!((generic.spend, generic.new_customers, generic.predicted_roas), (Some(5.0), Some(0), Some(0.0)));
    // What the newsletter cost is told of email alone, and what "other" cost of no campaign.
    assert_eq!((news.spend, news.new_customers, news.cac, news.predicted_roas), (None, Some(1), None, None));
    assert_eq!((of("other").spend, of("other").new_customers), (None, Some(1)));
    // No customer of display says by which campaign they came.
    let video = of("video");
    assert_eq!((video.spend, video.new_customers, video.observed_revenue), (Some(7.0), None, None));
    assert_eq!((video.observed_roas, video.predicted_roas, video.conversion_rate), (None, None, None));
}

#[test]
fn campaigns_have_cohorts_that_add_up_to_the_period() {
    let economics = campaigns();
    // 1970-02-01 is day 31, 1970-03-01 day 59.
    let [february, march] = &economics.cohorts[..] else { panic!("{:?}", economics.cohorts) };
    let brand = |cohort: &Cohort| {
        let figures = campaign(&cohort.campaigns, "brand");
        (figures.spend, figures.new_customers, figures.cac)
    };
    assert_eq!(brand(february), (Some(10.0), Some(1), Some(10.0)));
    // Named with spend in another month: here it has none.
    assert_eq!(brand(march), (Some(0.0), Some(1), None));
    let won = |figures: &[ChannelFigures]| figures.iter().filter_map(|figures| figures.new_customers).sum::<u64>();
    assert_eq!(won(&february.campaigns) + won(&march.campaigns), won(&economics.campaigns));
}

#[test]
fn a_campaigns_spend_is_absent_of_months_before_any_source_names_it_and_nothing_of_later_ones_without() {
    let mut builder = History::builder(&Account::default()).unwrap();
    for (name, day) in [("a", 31), ("b", 62), ("c", 95)] {
        let row = customer(name, "search", Some(day));
        builder.customer(&Customer { acquisition_campaign: Some("brand".to_owned()), ..row });
        builder.transaction(&order(name, day, 6_000));
    }
    // Told by channel at first, by campaign from March on, and of April no more.
    builder.spend(&spend("search", 33, 1_000));
    builder.spend(&Spend { campaign_name: Some("brand".to_owned()), ..spend("search", 63, 500) });
    let period = (Day(31), Day(120));
    let economics = of_period(&builder.finish(), period, Horizon::try_from(20).unwrap(), None, |_| None);
    let spent = |figures: &[ChannelFigures]| campaign(figures, "brand").spend;
    let by_month: Vec<Option<f64>> = economics.cohorts.iter().map(|cohort| spent(&cohort.campaigns)).collect();
    assert_eq!(by_month, [None, Some(5.0), Some(0.0)]);
    assert_eq!(spent(&economics.campaigns), Some(5.0));
}

#[test]
fn customers_who_state_a_campaign_and_no_channel_are_customers_of_that_campaign() {
    let mut builder = History::builder(&Account::default()).unwrap();
    for name in ["a", "b"] {
        let row = Customer { acquisition_channel: None, ..customer(name, "", Some(10)) };
        builder.customer(&Customer { acquisition_campaign: Some("spring".to_owned()), ..row });
        builder.transaction(&order(name, 10, 500));
    }
    let horizon = Horizon::try_from(30).unwrap();
    let economics = of_period(&builder.finish(), (Day(0), Day(50)), horizon, None, |_| None);
    let spring = campaign(&economics.campaigns, "spring");
    assert_eq!(
        (spring.channel.as_str(), spring.new_customers, spring.observed_revenue),
        (UNKNOWN, Some(2), Some(10.0))
    );
    assert_eq!((spring.spend, of(&economics, UNKNOWN).new_customers), (None, Some(2)));
}

#[test]
fn where_no_customer_names_a_channel_what_channels_brought_is_absent() {
    let mut builder = History::builder(&Account::default()).unwrap();
    builder.customer(&Customer { acquisition_channel: None, ..customer("a", "", Some(10)) });
    builder.transaction(&order("a", 10, 500));
    builder.spend(&spend("search", 11, 500));
    let horizon = Horizon::try_from(30).unwrap();
    let economics = of_period(&builder.finish(), (Day(0), Day(50)), horizon, None, |_| None);
    let search = of(&economics, "search");
    assert_eq!((search.spend, search.new_customers, search.predicted_roas), (Some(5.0), None, None));
    assert_eq!((of(&economics, UNKNOWN).new_customers, economics.total.cac), (Some(1), Some(5.0)));
}

#[test]
fn the_period_begins_no_earlier_than_spend_does() {
    let mut builder = History::builder(&Account::default()).unwrap();
    builder.customer(&customer("a", "search", Some(5)));
    builder.transaction(&order("a", 5, 100));
    let cutoff = Cutoff(Day(200));
    let without = default_period(&builder.clone().finish(), cutoff).unwrap();
    assert!(without.0 < Day(120));
    builder.spend(&spend("search", 120, 100));
    assert_eq!(default_period(&builder.finish(), cutoff), Some((Day(120), Day(200))));
}
