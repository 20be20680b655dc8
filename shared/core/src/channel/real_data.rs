//! The public sets of wide weekly media tables, read from the folder that `LTV_DATA_DIR` names; without it these tests
//! say that they were skipped.
use super::budget::{BudgetDocument, Decision};
use super::media::Step;
use super::observed::{of_revenue, revenue_media};
use crate::account::Account;
use crate::feature::History;
use crate::money::Money;
use crate::table::row::{Indicator, Spend};
use crate::time::Day;
use jiff::civil::Date;
use std::fs::File;
use std::path::PathBuf;

fn file(name: &str, test: &str) -> Option<csv::Reader<File>> {
    let Some(folder) = std::env::var_os("LTV_DATA_DIR") else {
        eprintln!("{test} was skipped: LTV_DATA_DIR is not set");
        return None;
    };
    Some(csv::Reader::from_path(PathBuf::from(folder).join(name)).unwrap())
}

/// Pivots a table: spend columns are spread over the seven days of their week, as uploads of such tables are.
fn history(mut table: csv::Reader<File>, date: &str, suffix: &str, revenue: &[&str]) -> History {
    let headers = table.headers().unwrap().clone();
    let place = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let channels = headers.iter().enumerate().filter_map(|(at, header)| Some((at, header.strip_suffix(suffix)?)));
    let channels: Vec<(usize, &str)> = channels.collect();
    let region = headers.iter().position(|header| header == "geo");
    let mut builder = History::builder(&Account::default()).unwrap();
    for row in table.records() {
        let row = row.unwrap();
        let number = |at: usize| row[at].parse::<f64>().unwrap();
        let week = Day::from(row[place(date)].parse::<Date>().unwrap());
        for (at, channel) in &channels {
            for day in 0..7 {
                let spend = Money::from_f64(number(*at) / 7.0).unwrap();
                builder.spend(&Spend::of(channel, week + day, spend));
            }
        }
        let name = region.map_or_else(|| "revenue".to_owned(), |region| format!("revenue:{}", &row[region]));
        let value = revenue.iter().map(|column| number(place(column))).product();
        builder.indicator(&Indicator { date: week, name, value, published_at: Some(week + 7), line: 1 });
    }
    builder.finish()
}

fn fits(history: &History, channels: usize, periods: usize) {
    let media = revenue_media(history).unwrap();
    assert_eq!((media.step, media.channels.len(), media.periods()), (Step::Week, channels, periods));
    let document = BudgetDocument::of(of_revenue(history, &Account::default()));
    let budgeting = document.budgeting.as_ref().unwrap();
    for channel in &budgeting.fitted.channels {
        assert!(channel.marginals().iter().all(|marginal| marginal.is_finite()), "{}", channel.channel);
    }
    assert!(document.advice.is_some() || document.refused.is_some());
    if let Some(advice) = &document.advice {
        let now: f64 = advice.channels.iter().map(|channel| channel.current).sum();
        assert!((advice.total - now).abs() <= 1e-6 * now);
        assert!(advice.decision == Decision::NoChange || advice.gain.low > 0.0);
    }
}

#[test]
fn the_robyn_set_is_fitted_on_revenue() {
    let Some(table) = file("robyn_dt_simulated_weekly.csv", "the_robyn_set_is_fitted_on_revenue") else { return };
    fits(&history(table, "DATE", "_S", &["revenue"]), 5, 208);
}

#[test]
fn the_national_meridian_set_is_fitted_on_revenue() {
    let Some(table) = file("meridian_national_media.csv", "the_national_meridian_set_is_fitted_on_revenue") else {
        return;
    };
    fits(&history(table, "time", "_spend", &["conversions", "revenue_per_conversion"]), 4, 156);
}

#[test]
fn the_meridian_set_by_region_is_summed_and_fitted_on_revenue() {
    let test = "the_meridian_set_by_region_is_summed_and_fitted_on_revenue";
    let Some(table) = file("meridian_geo_media.csv", test) else { return };
    fits(&history(table, "time", "_spend", &["conversions", "revenue_per_conversion"]), 4, 156);
}
