//! Past advice about simulated businesses: what it knew, what judged it, and what is told of those that changed nothing.
use super::*;
use crate::channel::budget::UnitValue;
use crate::channel::curve::Curve;
use crate::channel::fit;
use crate::channel::media::{MediaError, Outcome, Step};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const FIRST: Day = Day(19_000);
const PERIODS: usize = 800;

/// Days of two channels: customers of `search` hardly grow with its spend, those of `social` do. Spend moves by the week.
fn business(noise: f64) -> Media {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let curve = |at_reference, half_saturation| Curve {
        reference: 1_000.0,
        at_reference,
        half_saturation,
        slope: 1.0,
        carry_over: 0.3,
    };
    let curves = [curve(60.0, 0.1), curve(60.0, 4.0)];
    let spend: Vec<Vec<f64>> = curves.iter().map(|_| moving(&mut rng)).collect();
    let outcome = curves.iter().zip(&spend).map(|(curve, spend)| {
        let carried: Vec<f64> = curve.adstocks(spend[0], spend).collect();
        let came = |left: &f64| ((10.0 + curve.response(*left)) * (1.0 + noise * (rng.random::<f64>() - 0.5))).round();
        carried.iter().map(came).collect()
    });
    let outcome = Outcome::Labelled(outcome.collect());
    let channels = vec!["search".to_owned(), "social".to_owned()];
    Media { first: FIRST, step: Step::Day, channels, outcome, spend, unit: 1.0 }
}

fn moving(rng: &mut ChaCha8Rng) -> Vec<f64> {
    let levels: Vec<f64> = (0..=PERIODS / 7).map(|_| 600.0 + 800.0 * rng.random::<f64>()).collect();
    (0..PERIODS).map(|day| levels[day / 7]).collect()
}

fn known(media: &Media) -> Result<Budgeting, NoBudget> {
    Ok(Budgeting {
        fitted: fit::fit_with(media, &[], 1, JUDGING_DRAWS)?,
        values: vec![UnitValue { revenue: 50.0, standard_error: 1.0, shared_error: 0.0 }; media.channels.len()],
        margin: None,
        currency: None,
        labelled: true,
        customers: true,
    })
}

fn looked_back(media: &Media, days: &[Day]) -> Backtest {
    let then = |day| known(&media.within(&(media.first..day)));
    let later = |day| known(&media.within(&(day..media.end())));
    backtest(days, &then, &later).unwrap()
}

#[test]
fn quarters_with_a_year_before_and_half_a_year_behind_them_are_looked_at_and_fewer_where_there_is_much_to_fit() {
    let media = |channels: usize, periods: usize, step: Step| Media {
        first: FIRST,
        step,
        channels: vec![String::new(); channels],
        spend: Vec::new(),
        outcome: Outcome::Total(vec![1.0; periods]),
        unit: 1.0,
    };
    let of = |media: &Media| days(media).iter().map(|day| day.since(FIRST)).collect::<Vec<i32>>();
    assert_eq!(of(&media(3, 546, Step::Day)), Vec::<i32>::new());
    assert_eq!(of(&media(3, 547, Step::Day)), [365]);
    assert_eq!(of(&media(3, 731, Step::Day)), [381, 465, 549]);
    // 53 weeks are the fewest that hold a year.
    assert_eq!(of(&media(3, 78, Step::Week)), Vec::<i32>::new());
    assert_eq!(of(&media(3, 104, Step::Week)), [54 * 7, 66 * 7, 78 * 7]);
    // Seven quarters, of which the work allows four: every second one.
    assert_eq!(of(&media(20, 1_095, Step::Day)), [409, 577, 745, 913]);
    assert_eq!(of(&media(1_000, 1_095, Step::Day)), [913]);
}

#[test]
fn advice_of_a_day_stays_the_same_whatever_comes_behind_it_and_is_judged_by_that() {
    let media = business(0.2);
    let day = FIRST + 500;
    let mut other = media.clone();
    let Outcome::Labelled(customers) = &mut other.outcome else { panic!("labelled") };
    // From the day on search brings what social did, and the other way round.
    let (search, social) = customers.split_at_mut(1);
    search[0][500..].swap_with_slice(&mut social[0][500..]);
    let (search, social) = other.spend.split_at_mut(1);
    search[0][500..].swap_with_slice(&mut social[0][500..]);
    let [was, would] = [&media, &other].map(|media| looked_back(media, &[day]).periods.remove(0));
    assert_eq!((was.day, was.decision), (day, Some(Decision::Change)));
    assert_eq!((&was.channels, was.decision, was.promised), (&would.channels, would.decision, would.promised));
    assert!(was.channels[1].recommended > was.channels[1].before, "{was:?}");
    assert!(was.earned.unwrap().low > 0.0 && would.earned.unwrap().high < 0.0, "{was:?} {would:?}");
    assert!(was.best_share >= was.earned_share && would.best_share > Some(0.0), "{was:?} {would:?}");
}

#[test]
fn changes_and_advice_to_go_on_and_refusals_are_counted_apart_with_what_they_missed() {
    let media = business(0.2);
    let days = [FIRST + 400, FIRST + 500, FIRST + 600];
    let later = |day| known(&media.within(&(day..media.end())));
    let then = |day: Day| {
        if day == days[0] {
            return Err(MediaError::NoOutcome.into());
        }
        let mut known = known(&media.within(&(media.first..day)))?;
        if day == days[1] {
            known.fitted.channels[0].identification.reason = Some(fit::Unidentified::Constant);
        }
        Ok(known)
    };
    let found = backtest(&days, &then, &later).unwrap();
    assert_eq!((found.changes, found.no_changes, found.refusals), (1, 0, 2));
    assert_eq!((found.changes_unjudged, found.others_unjudged), (0, 1));
    let [unknown, refused, changed] = &found.periods[..] else { panic!("{found:?}") };
    assert_eq!(unknown.refused.as_deref(), Some("nothing came of any spend: the outcome is zero throughout"));
    assert!(unknown.unjudged.is_some() && unknown.best_share.is_none());
    assert!(refused.refused.as_deref().is_some_and(|reason| reason.contains("the spend of search never moved")));
    assert!(refused.channels.iter().all(|channel| channel.before == channel.recommended));
    assert_eq!((refused.earned, refused.decision), (None, None));
    // Nothing was earned, and what could have been is what was missed.
    assert_eq!(found.mean_missed_share, refused.best_share);
    assert!(refused.best_share > Some(0.01), "{refused:?}");
    assert_eq!(found.mean_gain_share, changed.earned_share);
}

#[test]
fn where_chance_hides_the_curves_the_advice_is_to_go_on_and_earns_nothing() {
    let mut media = business(0.2);
    let Outcome::Labelled(customers) = &mut media.outcome else { panic!("labelled") };
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for day in customers.iter_mut().flatten() {
        *day = (40.0 * (-rng.random::<f64>().ln()).powi(3)).round();
    }
    let found = looked_back(&media, &[FIRST + 450]);
    let [past] = &found.periods[..] else { panic!("{found:?}") };
    assert_eq!((found.changes, found.mean_gain_share, past.earned), (0, None, None));
    assert_eq!(found.no_changes + found.refusals, 1);
}

#[test]
fn a_change_of_a_channel_that_has_had_no_spend_since_is_judged_by_nothing() {
    let mut media = business(0.2);
    media.spend[0][500..].fill(0.0);
    let found = looked_back(&media, &[FIRST + 500]);
    let [past] = &found.periods[..] else { panic!("{found:?}") };
    assert_eq!(past.unjudged.as_deref(), Some("of what came since: search had no spend"));
    assert_eq!((past.earned, past.best_share, found.mean_gain_share), (None, None, None));
    assert_eq!((found.changes, found.changes_unjudged), (1, 1));
}

#[test]
fn advice_is_not_judged_by_a_curve_that_later_data_do_not_identify() {
    let mut media = business(0.2);
    media.spend[0][500..].fill(1_000.0);
    let found = looked_back(&media, &[FIRST + 500]);
    let [past] = &found.periods[..] else { panic!("{found:?}") };
    assert_eq!(past.unjudged.as_deref(), Some("of what came since: the spend of search never moved"));
    assert_eq!((past.decision, past.earned, past.best_share), (Some(Decision::Change), None, None));
    assert_eq!((found.changes_unjudged, found.mean_gain_share), (1, None));

    // Nor is what was refused: with one curve there is no better split.
    let then = |day: Day| {
        let mut known = known(&media.within(&(media.first..day)))?;
        known.fitted.channels[1].identification.reason = Some(fit::Unidentified::Thin);
        Ok(known)
    };
    let later = |day| known(&media.within(&(day..media.end())));
    let found = backtest(&[FIRST + 500], &then, &later).unwrap();
    let unjudged = found.periods[0].unjudged.as_deref().unwrap();
    assert!(unjudged.starts_with("of what came since: 1 of 2 channels can be told"), "{unjudged}");
    assert_eq!((found.refusals, found.others_unjudged, found.mean_missed_share), (1, 1, None));
}

#[test]
fn advice_is_judged_by_the_curve_of_a_channel_that_was_paused_since() {
    let mut media = business(0.2);
    media.spend[1][760..].fill(0.0);
    let Outcome::Labelled(customers) = &mut media.outcome else { panic!("labelled") };
    customers[1][760..].fill(10.0);
    let later = known(&media.within(&(FIRST + 500..media.end()))).unwrap();
    assert_eq!(later.fitted.channels[1].identification.reason, Some(fit::Unidentified::Paused));
    let found = looked_back(&media, &[FIRST + 500]);
    assert_eq!((found.changes, found.changes_unjudged), (1, 0));
    assert!(found.mean_gain_share > Some(0.0), "{found:?}");
}

#[test]
fn a_backtest_that_an_earlier_version_wrote_is_read() {
    let written = r#"{"periods": [{"day": "2025-04-07", "channels": [], "decision": null, "promised": null,
        "earned": {"mean": 0.0, "low": 0.0, "high": 0.0}, "earned_share": 0.0}], "mean_gain_share": 0.0}"#;
    let read: Backtest = serde_json::from_str(written).unwrap();
    assert_eq!((read.periods.len(), read.mean_gain_share, read.mean_missed_share), (1, Some(0.0), None));
}
