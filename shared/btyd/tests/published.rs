//! The published fits, reproduced on the very data: CDNOW and UCI Online Retail.
//!
//! The data are read from `LTV_DATA_DIR`; without it each test says so and checks nothing.
use jiff::civil::Date;
use ltv_btyd::{BgNbd, Boundary, Fitted, GammaGamma, MbgNbd, ParetoNbd, PurchaseKind, PurchaseModel, Summary};
use std::collections::BTreeMap;
use std::path::PathBuf;

type Days = BTreeMap<Date, f64>;

/// The papers' calibration period ends here; the holdout lasts another 39 weeks.
const CALIBRATION_END: Date = Date::constant(1997, 9, 30);
const HOLDOUT_END: Date = Date::constant(1998, 6, 30);

fn data(test: &str, file: &str) -> Option<PathBuf> {
    let path = std::env::var_os("LTV_DATA_DIR").map(|dir| PathBuf::from(dir).join(file)).filter(|path| path.exists());
    if path.is_none() {
        eprintln!("skipped: {test} needs {file} in LTV_DATA_DIR");
    }
    path
}

/// Spend by customer and day of a CDNOW file: the date is third from the end, the amount last.
fn cdnow(path: &PathBuf) -> BTreeMap<String, Days> {
    let text = std::fs::read_to_string(path).expect("readable");
    let mut customers: BTreeMap<String, Days> = BTreeMap::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let Some(n) = fields.len().checked_sub(3) else { continue };
        let (Ok(day), Ok(amount)) = (Date::strptime("%Y%m%d", fields[n]), fields[n + 2].parse::<f64>()) else {
            continue;
        };
        *customers.entry(fields[0].to_owned()).or_default().entry(day).or_default() += amount;
    }
    customers
}

fn weeks(from: Date, to: Date) -> f64 {
    (to.duration_since(from).as_hours() / 24) as f64 / 7.0
}

/// One summary a customer whose first purchase is not after `end`, one purchase a day, in weeks.
fn summary(days: &Days, end: Date) -> Option<Summary> {
    let seen: Vec<(Date, f64)> = days.range(..=end).map(|(day, amount)| (*day, *amount)).collect();
    let (first, last) = (seen.first()?.0, seen.last()?.0);
    let paid: Vec<f64> = seen[1..].iter().map(|(_, amount)| *amount).filter(|amount| *amount > 0.0).collect();
    let monetary = if paid.is_empty() { 0.0 } else { paid.iter().sum::<f64>() / paid.len() as f64 };
    Some(Summary { frequency: seen.len() as u32 - 1, recency: weeks(first, last), age: weeks(first, end), monetary })
}

fn summaries(customers: &BTreeMap<String, Days>, end: Date) -> Vec<Summary> {
    customers.values().filter_map(|days| summary(days, end)).collect()
}

/// Each parameter to .1 %, or to the last digit printed where that is coarser.
fn assert_published(found: &[(&str, f64)], published: &[(f64, f64)]) {
    assert_eq!(found.len(), published.len());
    for ((name, value), (expected, digit)) in found.iter().zip(published) {
        let tolerance = (expected * 1e-3).max(digit / 2.0);
        assert!((value - expected).abs() <= tolerance, "{name}: {value}, published {expected}");
    }
}

/// Published with two decimals, so that 10⁻³ beyond their rounding is what can be told.
fn assert_log_likelihood(found: f64, published: f64) {
    assert!((found - published).abs() <= 0.005 + 1e-3, "log-likelihood {found}, published {published}");
}

fn assert_inner<M: std::fmt::Debug>(fitted: &Fitted<M>) {
    assert!(fitted.converged && fitted.boundary.is_none(), "{fitted:?}");
    let errors = fitted.standard_errors.as_ref().expect("curvature at an inner maximum");
    assert!(errors.iter().all(|error| error.is_finite() && *error > 0.0), "{fitted:?}");
}

#[test]
fn cdnow_sample_gives_the_published_fits() {
    let Some(path) = data("cdnow_sample_gives_the_published_fits", "CDNOW_sample.txt") else { return };
    let customers = summaries(&cdnow(&path), CALIBRATION_END);
    assert_eq!(customers.len(), 2_357);
    let fit = |params: ltv_btyd::PurchaseParams| {
        let fitted = params.fit_summaries(&customers).expect("possible customers");
        assert_inner(&fitted);
        fitted
    };
    let bg = fit(BgNbd::params());
    assert_published(&bg.model.parameters(), &[(0.2426, 1e-4), (4.414, 1e-3), (0.793, 1e-3), (2.426, 1e-3)]);
    assert_log_likelihood(bg.log_likelihood, -9582.43);
    let pareto = fit(ParetoNbd::params());
    assert_published(&pareto.model.parameters(), &[(0.5533, 1e-4), (10.578, 1e-3), (0.6062, 1e-4), (11.669, 1e-3)]);
    assert_log_likelihood(pareto.log_likelihood, -9594.98);
    let mbg = fit(MbgNbd::params());
    assert_published(&mbg.model.parameters(), &[(0.525, 1e-3), (6.183, 1e-3), (0.891, 1e-3), (1.614, 1e-3)]);

    let spend = GammaGamma::params().fit_summaries(&customers).expect("possible customers");
    assert_inner(&spend);
    assert_eq!(spend.customers, 946);
    assert_published(&spend.model.parameters(), &[(6.25, 1e-2), (3.74, 1e-2), (15.44, 1e-2)]);
    assert_log_likelihood(spend.log_likelihood, -4055.92);
}

#[test]
fn cdnow_master_gives_the_published_bg_nbd() {
    let Some(path) = data("cdnow_master_gives_the_published_bg_nbd", "CDNOW_master.txt") else { return };
    let customers = summaries(&cdnow(&path), CALIBRATION_END);
    assert_eq!(customers.len(), 23_570);
    let fitted = BgNbd::params().fit_summaries(&customers).expect("possible customers");
    assert_inner(&fitted);
    assert_published(&fitted.model.parameters(), &[(0.2516, 1e-4), (4.789, 1e-3), (0.7234, 1e-4), (2.161, 1e-3)]);
}

#[test]
fn cdnow_holdout_is_forecast_as_published() {
    let Some(path) = data("cdnow_holdout_is_forecast_as_published", "CDNOW_sample.txt") else { return };
    let history = cdnow(&path);
    let customers = summaries(&history, CALIBRATION_END);
    let actual: Vec<f64> = history
        .values()
        .map(|days| {
            days.range(CALIBRATION_END..=HOLDOUT_END).skip_while(|(day, _)| **day == CALIBRATION_END).count() as f64
        })
        .collect();
    assert!((actual.iter().sum::<f64>() - 1_882.0).abs() < 0.5, "{}", actual.iter().sum::<f64>());
    for (kind, correlation, total) in [(PurchaseKind::BgNbd, 0.626, 1_653.0), (PurchaseKind::ParetoNbd, 0.630, 1_666.0)]
    {
        let fitted = PurchaseModel::params(kind).fit_summaries(&customers).expect("possible customers");
        let expected: Vec<f64> = customers.iter().map(|c| fitted.model.expected_purchases(c, 39.0)).collect();
        let sum: f64 = expected.iter().sum();
        assert!((sum - total).abs() < 0.75, "{kind:?}: {sum}, published {total}");
        let found = pearson(&expected, &actual);
        assert!((found - correlation).abs() < 6e-4, "{kind:?}: {found}, published {correlation}");
    }
    let example = Summary { frequency: 2, recency: 30.43, age: 38.86, monetary: 0.0 };
    let bg = BgNbd::params().fit_summaries(&customers).expect("possible customers");
    let expected = bg.model.expected_purchases(&example, 39.0);
    assert!((expected - 1.226).abs() < 6e-4, "{expected}");
}

fn pearson(u: &[f64], v: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_u, mean_v) = (mean(u), mean(v));
    let covariance = |a: &[f64], mean_a: f64, b: &[f64], mean_b: f64| {
        a.iter().zip(b).map(|(x, y)| (x - mean_a) * (y - mean_b)).sum::<f64>()
    };
    covariance(u, mean_u, v, mean_v) / (covariance(u, mean_u, u, mean_u) * covariance(v, mean_v, v, mean_v)).sqrt()
}

#[test]
fn online_retail_has_no_dropout_and_falls_back_to_the_nbd() {
    let Some(path) = data("online_retail_has_no_dropout_and_falls_back_to_the_nbd", "online_retail.csv.gz") else {
        return;
    };
    // Gross rows: customer known, quantity and price positive.
    let file = std::fs::File::open(path).expect("readable");
    let mut customers: BTreeMap<String, Days> = BTreeMap::new();
    for row in csv::Reader::from_reader(flate2::read::MultiGzDecoder::new(file)).records() {
        let row = row.expect("a line of eight fields");
        let (quantity, price): (f64, f64) = (row[3].parse().expect("a number"), row[5].parse().expect("a number"));
        if row[6].is_empty() || quantity <= 0.0 || price <= 0.0 {
            continue;
        }
        let day: Date = row[4][..10].parse().expect("a date");
        *customers.entry(row[6].to_owned()).or_default().entry(day).or_default() += quantity * price;
    }
    let customers = summaries(&customers, Date::constant(2011, 9, 9));
    for kind in [PurchaseKind::BgNbd, PurchaseKind::MbgNbd, PurchaseKind::ParetoNbd] {
        let fitted = PurchaseModel::params(kind).fit_summaries(&customers).expect("possible customers");
        assert_eq!(fitted.boundary, Some(Boundary::NoDropout), "{fitted:?}");
        assert_eq!(fitted.model.kind(), PurchaseKind::Nbd);
        assert!(fitted.converged, "{fitted:?}");
        assert_log_likelihood(fitted.log_likelihood, -22_887.03);
        assert!(customers.iter().all(|c| fitted.model.expected_purchases(c, 13.0) > 0.0));
    }
}
