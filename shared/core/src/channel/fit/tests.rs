//! Fits of series whose truth is known.
use super::density::Density;
use super::*;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(rng)
}

/// Spend that wanders slowly around `level`, a month at a time, with daily noise.
fn wandering(level: f64, periods: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let mut log = 0.0;
    let mut step = || {
        log = 0.95 * log + 0.14 * normal(rng);
        level * (log + 0.1 * normal(rng)).exp()
    };
    (0..periods).map(|_| step()).collect()
}

/// Customers of two channels whose curves are `curves`, 30 % of whom would have come anyway.
fn business(curves: &[Curve], periods: usize, noise: f64, seed: u64) -> Media {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let spend: Vec<Vec<f64>> = curves.iter().map(|curve| wandering(curve.reference, periods, &mut rng)).collect();
    let outcome = curves.iter().zip(&spend).map(|(curve, spend)| {
        let carried: Vec<f64> = curve.adstocks(spend[0], spend).collect();
        let came = |left: &f64| {
            let mean = 0.43 * curve.at_reference + curve.response(*left);
            (mean * (noise * normal(&mut rng)).exp()).round()
        };
        carried.iter().map(came).collect()
    });
    let outcome = Outcome::Labelled(outcome.collect());
    let channels = (0..curves.len()).map(|number| format!("channel {number}")).collect();
    Media { first: Day(19_000), step: Step::Day, channels, outcome, spend, unit: 1.0 }
}

fn curve(reference: f64, at_reference: f64, half_saturation: f64, slope: f64) -> Curve {
    Curve { reference, at_reference, half_saturation, slope, carry_over: 0.5 }
}

#[test]
fn marginal_returns_are_recovered() {
    let truth = [curve(1_000.0, 60.0, 0.5, 1.0), curve(600.0, 40.0, 2.0, 1.2)];
    let fitted = fit(&business(&truth, 730, 0.2, 1), &[], 1).unwrap();
    for (channel, truth) in fitted.channels.iter().zip(truth) {
        assert!(channel.is_identified(), "{:?}", channel.identification);
        let interval = crate::channel::quantile::Interval::of(channel.marginals());
        let marginal = truth.marginal(channel.current);
        // A posterior's 80 % misses one time in five; twice its width never.
        let width = interval.high - interval.low;
        assert!((interval.mean - marginal).abs() < width, "{marginal} against {interval:?}");
        assert!(width < marginal, "{interval:?}");
    }
}

#[test]
fn the_currency_unit_changes_no_draw() {
    let truth = [curve(1_000.0, 60.0, 0.5, 1.0)];
    let media = business(&truth, 120, 0.2, 2);
    let mut yen = media.clone();
    for spend in yen.spend.iter_mut().flatten() {
        *spend *= 151.37;
    }
    let (a, b) = (fit(&media, &[], 1).unwrap(), fit(&yen, &[], 1).unwrap());
    for (a, b) in a.channels[0].draws.iter().zip(&b.channels[0].draws) {
        assert_eq!((a.half_saturation, a.slope, a.at_reference), (b.half_saturation, b.slope, b.at_reference));
        assert!((b.reference / a.reference / 151.37 - 1.0).abs() < 1e-12);
    }
}

#[test]
fn an_experiment_narrows_the_curve_and_draws_it_to_what_was_found() {
    let truth = [curve(1_000.0, 60.0, 0.8, 1.0)];
    let media = business(&truth, 200, 0.5, 3);
    let plain = fit(&media, &[], 1).unwrap();
    let (with, before) = (1_500.0, 1_000.0);
    let tested = |start: i32| LiftTest {
        channel: "channel 0".to_owned(),
        start: Day(19_000 + start),
        end: Day(19_000 + start + 27),
        spend_change: (with - before) * 28.0,
        incremental: 28.0 * (truth[0].response(with) - truth[0].response(before)),
        standard_error: 15.0,
    };
    let mut known = media;
    known.spend[0][100..128].fill(with);
    let calibrated = fit(&known, &[tested(100)], 1).unwrap();
    let width = |fitted: &Fitted| {
        let interval = crate::channel::quantile::Interval::of(fitted.channels[0].marginals());
        (interval.high - interval.low) / interval.mean
    };
    assert!(width(&calibrated) < 0.8 * width(&plain), "{} and {}", width(&calibrated), width(&plain));
    assert_eq!((plain.channels[0].lift_tests, calibrated.channels[0].lift_tests), (0, 1));
}

fn reason(fitted: &Fitted, channel: usize) -> Option<&Unidentified> {
    fitted.channels[channel].identification.reason.as_ref()
}

#[test]
fn constant_thin_new_paused_and_unspent_channels_are_named_and_left_alone() {
    let truth = vec![curve(1_000.0, 60.0, 0.8, 1.0); 6];
    let mut media = business(&truth, 200, 0.2, 4);
    media.spend[1].fill(1_000.0);
    media.spend[2][..180].fill(0.0);
    media.spend[3][150..].fill(0.0);
    media.spend[4].fill(0.0);
    let Outcome::Labelled(outcome) = &mut media.outcome else { panic!("labelled") };
    outcome[5].fill(0.0);
    outcome[5][7] = 12.0;
    let fitted = fit(&media, &[], 1).unwrap();
    assert_eq!(reason(&fitted, 0), None);
    assert_eq!(reason(&fitted, 1), Some(&Unidentified::Constant));
    assert_eq!(reason(&fitted, 2), Some(&Unidentified::New));
    assert_eq!(reason(&fitted, 3), Some(&Unidentified::Paused));
    assert_eq!(reason(&fitted, 4), Some(&Unidentified::NoSpend));
    assert_eq!(reason(&fitted, 5), Some(&Unidentified::Thin));
    assert!(fitted.channels[1].draws.iter().all(|curve| curve.marginal(1_000.0).is_finite()));
}

#[test]
fn a_channel_whose_uncertainty_cannot_be_computed_has_no_number_and_leaves_the_others_theirs() {
    let mut media = business(&[curve(1_000.0, 60.0, 0.8, 1.0); 3], 200, 0.2, 8);
    let sound = fit(&media, &[], 1).unwrap();
    let Outcome::Labelled(outcome) = &mut media.outcome else { panic!("labelled") };
    // The sum of these customers is more than a number holds.
    for customers in &mut outcome[2] {
        *customers *= 1e306;
    }
    let total = Outcome::Total(outcome[2].clone());
    let fitted = fit(&media, &[], 1).unwrap();
    let channel = &fitted.channels[2];
    assert_eq!(channel.identification, Identification { width_ratio: None, reason: Some(Unidentified::Uncomputed) });
    assert!(channel.draws.is_empty() && channel.marginals().is_empty());
    assert_eq!(fitted.channels[0].draws, sound.channels[0].draws);
    assert!(fitted.baseline.is_finite() && fitted.season.iter().all(|weight| weight.is_finite()));
    let none = fit(&Media { outcome: total, ..media }, &[], 1).unwrap();
    assert!((0..3).all(|channel| reason(&none, channel) == Some(&Unidentified::Uncomputed)));
    assert!(none.season_of(Day(19_300)) == 1.0);
}

#[test]
fn channels_that_move_together_cannot_be_told_apart_in_a_total() {
    let truth = vec![curve(1_000.0, 60.0, 0.8, 1.0); 3];
    let mut media = business(&truth, 200, 0.2, 5);
    media.spend[1] = media.spend[0].iter().map(|spend| 0.4 * spend).collect();
    let Outcome::Labelled(outcome) = &media.outcome else { panic!("labelled") };
    let total = (0..200).map(|day| outcome.iter().map(|series| series[day]).sum()).collect();
    media.outcome = Outcome::Total(total);
    let fitted = fit(&media, &[], 1).unwrap();
    assert_eq!(reason(&fitted, 0), Some(&Unidentified::Collinear { with: "channel 1".to_owned() }));
    assert_eq!(reason(&fitted, 1), Some(&Unidentified::Collinear { with: "channel 0".to_owned() }));
}

#[test]
fn a_channel_whose_customers_come_by_chance_alone_is_not_identified() {
    let fitted = fit(&business(&[curve(1_000.0, 60.0, 0.8, 1.0)], 30, 2.5, 7), &[], 1).unwrap();
    assert_eq!(reason(&fitted, 0), Some(&Unidentified::PriorOnly), "{:?}", fitted.channels[0].identification);
}

#[test]
fn series_that_say_nothing_are_refused() {
    let media = business(&[curve(1_000.0, 60.0, 0.8, 1.0)], 100, 0.2, 6);
    let with = |outcome: Vec<f64>| Media { outcome: Outcome::Total(outcome), ..media.clone() };
    assert_eq!(fit(&with(vec![0.0; 100]), &[], 1), Err(MediaError::NoOutcome));
    assert_eq!(fit(&with(vec![-1.0; 100]), &[], 1), Err(MediaError::NegativeOutcome { periods: 100 }));
    assert_eq!(fit(&with(vec![1.0; 99]), &[], 1), Err(MediaError::Ragged));
    assert_eq!(fit(&media.within(&(media.first..media.first + 20)), &[], 1), Err(MediaError::Short { found: 20 }));
    let mut none = media.clone();
    none.spend[0].fill(0.0);
    assert_eq!(fit(&none, &[], 1), Err(MediaError::NoSpend));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_gradient_agrees_with_differences(seed in 0..1_000_u64) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let media = business(&[curve(1_000.0, 30.0, 0.8, 1.0), curve(50.0, 9.0, 2.0, 1.4)], 60, 0.2, seed);
        let tests = [LiftTest {
            channel: "channel 1".to_owned(),
            start: Day(19_010),
            end: Day(19_030),
            spend_change: 200.0,
            incremental: 30.0,
            standard_error: 10.0,
        }];
        outcome::with_density(&media, &tests, |density: &Density<'_>| {
            let at: Vec<f64> = density.beliefs.iter().map(|b| b.mean + 0.3 * normal(&mut rng)).collect();
            let mut gradient = vec![0.0; at.len()];
            density.gradient(&at, &mut gradient);
            let coordinate = rng.random_range(0..at.len());
            let shifted = |by: f64| {
                let mut there = at.clone();
                there[coordinate] += by;
                density.gradient(&there, &mut vec![0.0; at.len()])
            };
            let difference = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
            let off = (gradient[coordinate] - difference).abs();
            assert!(off < 1e-3 * difference.abs().max(1.0), "{coordinate}: {} {difference}", gradient[coordinate]);
        });
    }
}
