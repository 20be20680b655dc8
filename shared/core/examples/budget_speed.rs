//! How long curves and advice take for a large account: 20 channels, three years of days, once with customers labelled
//! by channel and once knowing only their total. In flows nothing; out flow seconds and milliseconds, one line a mode.
//!
//! `cargo run --release -p ltv-core --example budget_speed`
use ltv_core::channel::budget::{Budgeting, Measure, Pace, Request, Target, UnitValue};
use ltv_core::channel::fit;
use ltv_core::channel::media::{Media, MediaError, Outcome, Step};
use ltv_core::time::Day;
use std::error::Error;
use std::time::Instant;

const CHANNELS: usize = 20;
const DAYS: usize = 1_095;
/// Requests of each kind that a mean is taken of.
const REQUESTS: u32 = 20;

/// A number in 0..1 by a multiplicative hash; the same on every run.
fn chance(a: usize, b: usize) -> f64 {
    let mixed = (a as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (b as u64 + 1).wrapping_mul(0xD1B5_4A32_D192_ED03);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

/// Spend that is set anew every week, with daily noise.
fn spend(channel: usize) -> Vec<f64> {
    let level = 200.0 * (1.0 + channel as f64);
    (0..DAYS).map(|day| level * (0.5 + chance(channel, day / 7)) * (0.9 + 0.2 * chance(channel + 99, day))).collect()
}

/// Customers whom `spend` brings, and nearly half as many who come anyway.
fn customers(channel: usize, spend: &[f64]) -> Vec<f64> {
    let (mut adstock, reference) = (spend[0], spend.iter().sum::<f64>() / DAYS as f64);
    let of_day = |(day, spend): (usize, &f64)| {
        adstock = 0.5 * adstock + 0.5 * spend;
        let ratio = adstock / reference;
        let mean = 10.0 * (1.0 + channel as f64) * (0.4 + ratio / (ratio + 0.7));
        (mean * (0.7 + 0.6 * chance(day, channel + 777))).round()
    };
    spend.iter().enumerate().map(of_day).collect()
}

fn media(labelled: bool) -> Media {
    let spend: Vec<Vec<f64>> = (0..CHANNELS).map(spend).collect();
    let series: Vec<Vec<f64>> = spend.iter().enumerate().map(|(channel, spend)| customers(channel, spend)).collect();
    let total = || (0..DAYS).map(|day| series.iter().map(|series| series[day]).sum()).collect();
    Media {
        first: Day(19_000),
        step: Step::Day,
        channels: (1..=CHANNELS).map(|number| format!("channel {number}")).collect(),
        outcome: if labelled { Outcome::Labelled(series.clone()) } else { Outcome::Total(total()) },
        spend,
        unit: 1.0,
    }
}

fn fitted(labelled: bool) -> Result<Budgeting, MediaError> {
    Ok(Budgeting {
        fitted: fit::fit(&media(labelled), &[], 1)?,
        values: vec![UnitValue { revenue: 80.0, standard_error: 4.0, shared_error: 0.0 }; CHANNELS],
        margin: Some(0.5),
        currency: None,
        labelled,
        customers: true,
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    for (name, labelled) in [("labelled", true), ("totals", false)] {
        let begun = Instant::now();
        let budgeting = fitted(labelled)?;
        let fit = begun.elapsed().as_secs_f64();
        let advice = budgeting.advise(&Request::default());
        let all = begun.elapsed().as_secs_f64();
        let decision = advice.map_or_else(|refusal| refusal.to_string(), |advice| format!("{:?}", advice.decision));
        println!("{name}: curves {fit:.2} s, with advice {all:.2} s ({decision})");
        let target = Some(Target { measure: Measure::Roas, at_least: 0.5 });
        for (what, request) in [
            ("present budget", Request::default()),
            ("a target", Request { target, ..Request::default() }),
            ("12 weeks", Request { pace: Pace::Week, periods: Some(12), ..Request::default() }),
            ("26 months", Request { periods: Some(26), ..Request::default() }),
        ] {
            let begun = Instant::now();
            let answered = (0..REQUESTS).filter(|_| budgeting.advise(&request).is_ok()).count();
            println!(
                "  {what}: {:.1} ms, {answered} answered",
                begun.elapsed().as_secs_f64() * 1e3 / f64::from(REQUESTS)
            );
        }
    }
    Ok(())
}
