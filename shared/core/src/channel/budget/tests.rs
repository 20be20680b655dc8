//! Advice over curves that are known exactly.
mod plan;

use super::*;
use crate::channel::curve::Curve;
use crate::channel::fit::{DRAWS, Identification, Unidentified};
use crate::channel::media::Step;
use crate::channel::optimise::Infeasible;
use crate::time::Day;
use proptest::prelude::*;

/// A channel of which `height·s ÷ (s + half)` is known within `error` (the spread of draws of its height), at `spend`
/// a day.
fn channel(name: &str, height: f64, half: f64, spend: f64, error: f64) -> FittedChannel {
    let draw = |number: usize| {
        // Draws at the quantiles of a uniform distribution, in an order that no other channel has.
        let place = (number * (7 + name.len() * 6)) % DRAWS;
        let factor = 1.0 + error * (2.0 * (place as f64 + 0.5) / DRAWS as f64 - 1.0);
        let at_reference = factor * height * spend / (spend + half);
        Curve { reference: spend, at_reference, half_saturation: half / spend, slope: 1.0, carry_over: 0.5 }
    };
    FittedChannel {
        channel: name.to_owned(),
        current: spend,
        carried: vec![spend; DRAWS],
        highest: 1.2 * spend,
        lowest: 0.5 * spend,
        draws: (0..DRAWS).map(draw).collect(),
        identification: Identification { width_ratio: Some(0.3), reason: None },
        lift_tests: 0,
    }
}

fn budgeting(channels: Vec<FittedChannel>) -> Budgeting {
    let values = vec![UnitValue { revenue: 1.0, standard_error: 0.0, shared_error: 0.0 }; channels.len()];
    let season = vec![0.0; crate::channel::fit::season::Season::of(Step::Day).columns()];
    let fitted = Fitted { step: Step::Day, end: Day(20_000), channels, season, mean_season: 1.0, baseline: 0.0 };
    Budgeting { fitted, values, margin: Some(1.0), currency: None, labelled: true, customers: true }
}

/// The unit check of the field, of 60 and 40 a day.
fn unit_check(error: f64) -> Budgeting {
    budgeting(vec![channel("search", 100.0, 20.0, 60.0, error), channel("social", 300.0, 200.0, 40.0, error)])
}

fn recommended(advice: &Advice) -> Vec<f64> {
    advice.channels.iter().map(|channel| channel.recommended).collect()
}

#[test]
fn the_unit_check_is_answered_with_marginal_returns_and_moved_to_the_caps() {
    let advice = unit_check(0.0).advise(&Request::default()).unwrap();
    assert_eq!(advice.decision, Decision::Change);
    let days = f64::from(PERIOD_DAYS);
    let [search, social] = &advice.channels[..] else { panic!("{advice:?}") };
    assert!((search.recommended / days - 48.0).abs() < 0.01, "{advice:?}");
    assert!((social.recommended / days - 52.0).abs() < 0.01);
    let marginals = [search, social].map(|channel| channel.marginal_return.unwrap().mean);
    assert!((marginals[0] - 0.3125).abs() < 1e-6 && (marginals[1] - 1.041_667).abs() < 1e-6, "{marginals:?}");
    assert!((advice.gain.mean / days - 7.493).abs() < 0.01, "{:?}", advice.gain);
    assert!(advice.notes.contains(&Note::AttributedNotCausal) && advice.notes.contains(&Note::Extrapolates));
    assert!(social.extrapolates && !search.extrapolates);
}

#[test]
fn advice_whose_gain_may_be_a_loss_is_to_go_on_as_before() {
    // Twins earn the same by any split: what is gained is chance.
    let twins = budgeting(vec![channel("a", 100.0, 50.0, 50.0, 0.8), channel("bbbb", 100.0, 50.0, 50.0, 0.8)]);
    let advice = twins.advise(&Request::default()).unwrap();
    assert_eq!(advice.decision, Decision::NoChange);
    assert_eq!(recommended(&advice), [50.0 * 28.0, 50.0 * 28.0]);
    assert!(advice.reason.ends_with("so go on as before"), "{}", advice.reason);
}

#[test]
fn a_change_that_is_sure_enough_to_gain_but_may_lose_much_is_made_in_part() {
    let moved = |error: f64| {
        // Names of different lengths: what is drawn of one channel says nothing of the other.
        let channels = vec![channel("search", 100.0, 20.0, 60.0, error), channel("tv", 300.0, 200.0, 40.0, error)];
        let advice = budgeting(channels).advise(&Request::default()).unwrap();
        assert_eq!(advice.decision, Decision::Change, "{advice:?}");
        assert!(advice.gain.low > 0.0);
        let spend = recommended(&advice);
        assert!((spend.iter().sum::<f64>() - 100.0 * 28.0).abs() < 1e-6);
        60.0 - spend[0] / 28.0
    };
    // Of the 125 that are earned a hundredth may be lost. All 12 that the caps allow gain 7.5, with a standard deviation
    // of 7.3 for an error of 1.
    assert!((moved(0.4) - 12.0).abs() < 0.01);
    let part = moved(0.7);
    assert!((3.0..9.0).contains(&part), "{part}");
}

#[test]
fn locked_and_unidentified_channels_keep_their_spend_and_the_budget_is_exhausted() {
    let mut known = unit_check(0.05);
    known.fitted.channels.push(channel("mail", 50.0, 10.0, 20.0, 0.05));
    known.fitted.channels.push(channel("tv", 50.0, 10.0, 30.0, 0.05));
    known.fitted.channels[3].identification.reason = Some(Unidentified::Constant);
    known.values = vec![known.values[0]; 4];
    let request = Request { locked: vec!["mail".to_owned()], ..Request::default() };
    let advice = known.advise(&request).unwrap();
    assert_eq!((advice.channels[2].recommended, advice.channels[3].recommended), (560.0, 840.0));
    assert_eq!(advice.channels[2].held.as_deref(), Some("locked"));
    assert_eq!(advice.channels[3].held.as_deref(), Some("the spend of tv never moved"));
    assert!((recommended(&advice).iter().sum::<f64>() - 150.0 * 28.0).abs() < 1e-6);
}

#[test]
fn fewer_than_two_identified_channels_are_refused_with_the_reason() {
    let mut known = unit_check(0.05);
    known.fitted.channels[1].identification.reason = Some(Unidentified::New);
    let refused = known.advise(&Request::default()).unwrap_err();
    assert!(matches!(refused, Refusal::TooFewIdentified { identified: 1, of: 2, .. }));
    assert!(refused.to_string().contains("social has had spend on 28 days or fewer"), "{refused}");
    let one = budgeting(vec![channel("search", 100.0, 20.0, 60.0, 0.1)]);
    assert!(matches!(one.advise(&Request::default()), Err(Refusal::TooFewIdentified { identified: 1, of: 1, .. })));
}

#[test]
fn requests_that_cannot_be_met_are_refused_with_the_reason() {
    let known = unit_check(0.05);
    let ask = |request: Request| known.advise(&request).unwrap_err();
    let target = |at_least| Some(Target { measure: Measure::Roas, at_least });
    let total = |total| Request { total: Some(total), ..Request::default() };
    assert!(matches!(ask(total(10.0)), Refusal::Infeasible(Infeasible::TooLittle { .. })));
    assert!(matches!(ask(total(1e9)), Refusal::Infeasible(Infeasible::TooMuch { .. })));
    assert!(matches!(ask(total(-1.0)), Refusal::Value { field: "total", .. }));
    assert_eq!(ask(Request { target: target(2.0), ..total(2800.0) }), Refusal::TotalAndTarget);
    assert!(matches!(ask(Request { target: target(9.0), ..Request::default() }), Refusal::OutOfReach { .. }));
    let locked = vec!["radio".to_owned()];
    assert_eq!(ask(Request { locked, ..Request::default() }), Refusal::UnknownChannel("radio".to_owned()));
    let ltv = Some(Target { measure: Measure::LtvToCac, at_least: 1.0 });
    let revenue = Budgeting { margin: None, ..unit_check(0.05) };
    assert_eq!(revenue.advise(&Request { target: ltv, ..Request::default() }), Err(Refusal::NoMargin));
}

#[test]
fn one_stated_bound_moves_the_other_and_bounds_that_contradict_are_refused_by_name() {
    let known = unit_check(0.05);
    let bounded = |limit: Limit, locked: &[&str]| Request {
        bounds: [("search".to_owned(), limit)].into(),
        locked: locked.iter().map(|name| (*name).to_owned()).collect(),
        ..Request::default()
    };
    let limit = |min, max| Limit { min, max };
    // The present spend of search is 1,680.
    let total = Some(2_000.0);
    let low = known.advise(&Request { total, ..bounded(limit(None, Some(700.0)), &[]) }).unwrap();
    assert!(low.channels[0].recommended <= 700.0 + 1e-6 && (low.total - 2_000.0).abs() < 1e-6, "{low:?}");
    let total = Some(3_600.0);
    let high = known.advise(&Request { total, ..bounded(limit(Some(2_500.0), None), &[]) }).unwrap();
    assert!((high.channels[0].recommended - 2_500.0).abs() < 1e-6, "{high:?}");
    let ask = |request: Request| known.advise(&request).unwrap_err();
    assert!(
        matches!(ask(bounded(limit(Some(9.0), Some(5.0)), &[])), Refusal::Bounds { channel, .. } if channel == "search")
    );
    assert!(matches!(ask(bounded(limit(Some(-1.0), None), &[])), Refusal::Value { field: "bounds", .. }));
    let held = ask(bounded(limit(Some(1_700.0), None), &["search"]));
    assert!(held.to_string().ends_with("its bounds exclude: it is locked"), "{held}");
    assert!(known.advise(&bounded(limit(None, Some(1_680.0)), &["search"])).is_ok());
    assert!(matches!(ask(bounded(limit(Some(0.0), Some(5.0)), &[])), Refusal::Infeasible(Infeasible::TooMuch { .. })));
}

#[test]
fn steps_are_met_by_every_spend_that_moves_and_never_by_a_move_that_may_lose() {
    let known = unit_check(0.02);
    // 2,800 are no whole number of steps of 300: the nearest total is.
    let advice = known.advise(&Request { step: Some(300.0), ..Request::default() }).unwrap();
    assert_eq!((advice.decision, recommended(&advice)), (Decision::NoChange, vec![1_500.0, 1_200.0]));
    let advice = known.advise(&Request { step: Some(100.0), ..Request::default() }).unwrap();
    assert_eq!((advice.decision, recommended(&advice)), (Decision::Change, vec![1_400.0, 1_400.0]));
    let twins = budgeting(vec![channel("a", 100.0, 50.0, 50.0, 0.8), channel("bbbb", 100.0, 50.0, 50.0, 0.8)]);
    let same = twins.advise(&Request { step: Some(100.0), ..Request::default() }).unwrap();
    assert_eq!((same.decision, recommended(&same)), (Decision::NoChange, vec![1_400.0, 1_400.0]));
    let other = Request { step: Some(100.0), total: Some(3_100.0), ..Request::default() };
    let mut other = recommended(&twins.advise(&other).unwrap());
    other.sort_by(f64::total_cmp);
    assert_eq!(other, [1_500.0, 1_600.0]);
    let no_step = known.advise(&Request { step: Some(2_000.0), ..Request::default() }).unwrap_err();
    assert!(matches!(&no_step, Refusal::NoStep { channel, .. } if channel == "social"), "{no_step}");
}

#[test]
fn what_a_target_reaches_is_what_its_split_brings_also_in_steps_and_beside_a_lock() {
    for (error, step) in [(0.0, None), (0.3, None), (0.3, Some(50.0)), (0.3, Some(10.0))] {
        let known = Budgeting { margin: Some(0.5), ..unit_check(error) };
        for locked in [vec![], vec!["search".to_owned()]] {
            for (measure, at_least, margin) in [(Measure::Roas, 1.25, 0.5), (Measure::LtvToCac, 0.625, 1.0)] {
                let target = Some(Target { measure, at_least });
                let request = Request { target, step, locked: locked.clone(), ..Request::default() };
                let advice = known.advise(&request).unwrap();
                let reached = advice.reached.unwrap();
                assert!((reached - advice.value.mean / margin / advice.total).abs() < 1e-9, "{advice:?}");
                assert!(reached >= at_least && advice.decision == Decision::Change, "{advice:?}");
                assert!(advice.largest_total.unwrap() >= advice.total);
            }
        }
    }
}

#[test]
fn a_target_is_reached_with_the_least_spend_and_the_largest_total_that_holds_it_is_told() {
    let known = unit_check(0.0);
    let target = Some(Target { measure: Measure::Roas, at_least: 1.3 });
    let advice = known.advise(&Request { target, ..Request::default() }).unwrap();
    assert!(advice.reached.unwrap() >= 1.3 - 1e-6);
    // At the least spend that the caps allow the ratio is higher still.
    assert!((advice.total - 70.0 * 28.0).abs() < 1e-3, "{advice:?}");
    let largest = advice.largest_total.unwrap();
    let at = |total: f64| {
        let advice = known.advise(&Request { total: Some(total), ..Request::default() }).unwrap();
        advice.value.mean / total
    };
    assert!(at(largest * 0.999) >= 1.3 - 1e-3 && at(largest * 1.01) < 1.3, "{largest}");
}

#[test]
fn another_total_is_compared_with_scaling_every_channel_alike() {
    let known = unit_check(0.02);
    let advice = known.advise(&Request { total: Some(110.0 * 28.0), ..Request::default() }).unwrap();
    assert!((recommended(&advice).iter().sum::<f64>() - 110.0 * 28.0).abs() < 1e-6);
    assert!(advice.gain.low > 0.0 && advice.gain.mean < advice.value.mean / 5.0);
}

#[test]
fn of_two_channels_that_a_total_does_not_tell_apart_neither_is_moved_for_the_other() {
    // Draws of `a` and `b` err against each other; that `c` returns more than both is certain.
    let mut known = budgeting(vec![
        channel("a", 100.0, 50.0, 50.0, 0.0),
        channel("b", 104.0, 50.0, 50.0, 0.0),
        channel("c", 180.0, 50.0, 50.0, 0.0),
    ]);
    for draw in 0..DRAWS {
        let error = 1.2 * (2.0 * (draw as f64 + 0.5) / DRAWS as f64 - 1.0);
        known.fitted.channels[0].draws[draw].at_reference *= 1.0 + 0.8 * error;
        known.fitted.channels[1].draws[draw].at_reference *= 1.0 - 0.8 * error;
    }
    let advice = known.advise(&Request::default()).unwrap();
    assert_eq!(advice.decision, Decision::Change, "{}", advice.reason);
    let [a, b, c] = &recommended(&advice)[..] else { panic!("{advice:?}") };
    assert!(*c > 51.0 * 28.0, "{advice:?}");
    assert!((a - b).abs() < 0.3 * (c - 50.0 * 28.0), "{advice:?}");
}

#[test]
fn a_decline_of_marginal_customers_shrinks_the_gain_by_as_much() {
    let known = unit_check(0.0);
    let plain = known.advise(&Request::default()).unwrap();
    let declined = known.advise(&Request { marginal_decline: 0.5, ..Request::default() }).unwrap();
    assert!((declined.gain.mean / plain.gain.mean - 0.5).abs() < 1e-3);
    assert!(plain.notes.contains(&Note::NoMarginalDecline) && !declined.notes.contains(&Note::NoMarginalDecline));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_currency_unit_changes_no_decision(unit in 1e-3..1e4_f64) {
        let plain = unit_check(0.1).advise(&Request::default()).unwrap();
        let mut other = unit_check(0.1);
        for channel in &mut other.fitted.channels {
            for of in [&mut channel.current, &mut channel.highest, &mut channel.lowest] {
                *of *= unit;
            }
            for carried in &mut channel.carried {
                *carried *= unit;
            }
            for draw in &mut channel.draws {
                draw.reference *= unit;
            }
        }
        for value in &mut other.values {
            value.revenue *= unit;
        }
        let other = other.advise(&Request::default()).unwrap();
        prop_assert_eq!(plain.decision, other.decision);
        for (a, b) in recommended(&plain).iter().zip(recommended(&other)) {
            prop_assert!((a * unit - b).abs() <= 1e-6 * b);
        }
    }
}
