//! When a channel's share of a plan is best spent: in flow its curve's draws, what is still carried over, the season of
//! each coming period and what is to be spent in all; out flows the spend of every period, exactly that in sum. How much
//! a channel gets is not decided here.
use crate::channel::curve::Curve;
use crate::channel::fit::FittedChannel;
use crate::channel::optimise::{Bounds, highest, steepest};

/// Draws that are enough for a mean.
const DRAWS: usize = 30;
/// Exchanges between two periods at most, for each period.
const EXCHANGES: usize = 4;
/// A change of this part of the spend shows which way is up.
const SMALL: f64 = 1e-3;
/// An exchange that brings less than this part more is the last one.
const LEAST_RISE: f64 = 1e-6;

/// The periods of a plan.
pub(super) struct Calendar {
    /// Steps of the series in a period.
    pub(super) steps: f64,
    /// Mean factor of the season by period.
    pub(super) seasons: Vec<f64>,
}

/// Divides `total` among the periods within `bounds` of each, so that most comes of it: more where the season raises
/// what spend brings, less where carry-over still works. Behind the plan, spend goes on at the plan's mean in the mean
/// season, so that nothing is gained by leaving no carry-over. A total that the bounds do not allow is divided evenly.
pub(super) fn divide(channel: &FittedChannel, calendar: &Calendar, bounds: Bounds, total: f64) -> Vec<f64> {
    let periods = calendar.seasons.len();
    let even = total / periods as f64;
    let mut spend = vec![even; periods];
    if channel.draws.is_empty() || even <= bounds.low || even >= bounds.high {
        return spend;
    }
    let every = channel.draws.len().div_ceil(DRAWS);
    let states: Vec<(&Curve, f64)> = channel.draws.iter().zip(channel.carried.iter().copied()).step_by(every).collect();
    let brought =
        |spend: &[f64]| states.iter().map(|(curve, from)| brought(curve, *from, calendar, spend)).sum::<f64>();
    for _ in 0..EXCHANGES * periods {
        let before = brought(&spend);
        let slopes = slopes(&brought, &spend, bounds, before);
        let Some((from, to, most)) = steepest(&slopes, &spend, &|_| bounds) else { break };
        let after = |amount: f64| {
            let mut there = spend.clone();
            there[from] -= amount;
            there[to] += amount;
            there
        };
        let amount = highest(&|amount| brought(&after(amount)), most);
        let there = after(amount);
        if brought(&there) - before <= LEAST_RISE * before {
            break;
        }
        spend = there;
    }
    // What adding and taking lost in the last digits.
    let lost = total - spend.iter().sum::<f64>();
    if let Some(roomy) = spend.iter_mut().find(|spend| (bounds.low..=bounds.high).contains(&(**spend + lost))) {
        *roomy += lost;
    }
    spend
}

/// What a little more spend in each period brings.
fn slopes(brought: &dyn Fn(&[f64]) -> f64, spend: &[f64], bounds: Bounds, before: f64) -> Vec<f64> {
    let slope = |period: usize| {
        let mut there = spend.to_vec();
        let small = SMALL * there[period].max(bounds.high * SMALL);
        there[period] += small;
        (brought(&there) - before) / small
    };
    (0..spend.len()).map(slope).collect()
}

/// What a plan brings under one draw: in every period the response to its mean adstock. Of adstock `a` before a period
/// of `n` steps with spend `x` each, `x + (a − x)·θⁿ` is left behind it, and its mean is
/// `x + (a − x)·θ·(1 − θⁿ) ÷ (n·(1 − θ))`.
fn brought(curve: &Curve, carried: f64, calendar: &Calendar, spend: &[f64]) -> f64 {
    let (n, kept) = (calendar.steps, curve.carry_over);
    let left = kept.powf(n);
    let share = kept * (1.0 - left) / (n * (1.0 - kept));
    let mean = spend.iter().sum::<f64>() / spend.len() as f64 / n;
    let mut adstock = carried;
    let mut sum = 0.0;
    let mut period = |spend: f64, season: f64| {
        sum += season * curve.response(spend + (adstock - spend) * share);
        adstock = spend + (adstock - spend) * left;
    };
    for (spend, season) in spend.iter().zip(&calendar.seasons) {
        period(spend / n, *season);
    }
    period(mean, 1.0);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::fit::Identification;
    use proptest::prelude::*;

    fn channel(carry_over: f64, carried: f64) -> FittedChannel {
        let curve = Curve { reference: 10.0, at_reference: 5.0, half_saturation: 1.0, slope: 1.0, carry_over };
        FittedChannel {
            channel: "search".to_owned(),
            current: 10.0,
            carried: vec![carried; 3],
            highest: 13.0,
            lowest: 7.0,
            draws: vec![curve; 3],
            identification: Identification { width_ratio: Some(0.3), reason: None },
            lift_tests: 0,
        }
    }

    const BOUNDS: Bounds = Bounds { low: 196.0, high: 364.0 };

    #[test]
    fn more_is_spent_in_season_and_less_while_carry_over_still_works() {
        let calendar = Calendar { steps: 28.0, seasons: vec![1.0, 1.4, 1.0] };
        let spend = divide(&channel(0.3, 10.0), &calendar, BOUNDS, 840.0);
        assert!(spend[1] > 300.0 && spend[0] < 270.0 && spend[2] < 270.0, "{spend:?}");
        let calendar = Calendar { steps: 7.0, seasons: vec![1.0; 4] };
        let bounds = Bounds { low: 49.0, high: 91.0 };
        let spend = divide(&channel(0.9, 20.0), &calendar, bounds, 280.0);
        assert!(spend[0] < spend[1] - 1.0, "{spend:?}");
    }

    #[test]
    fn a_plan_in_even_seasons_is_even() {
        let calendar = Calendar { steps: 28.0, seasons: vec![1.0; 5] };
        let spend = divide(&channel(0.5, 10.0), &calendar, BOUNDS, 1_400.0);
        assert!(spend.iter().all(|spend| (spend - 280.0).abs() < 3.0), "{spend:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn the_total_is_spent_within_the_bounds_and_never_brings_less_than_an_even_plan(
            seasons in prop::collection::vec(0.3..3.0_f64, 1..14),
            carry_over in 0.0..0.95_f64,
            carried in 0.0..40.0_f64,
            share in 0.0..1.0_f64,
        ) {
            let channel = channel(carry_over, carried);
            let even = BOUNDS.low + share * (BOUNDS.high - BOUNDS.low);
            let periods = seasons.len();
            let calendar = Calendar { steps: 28.0, seasons };
            let total = even * periods as f64;
            let spend = divide(&channel, &calendar, BOUNDS, total);
            prop_assert!((spend.iter().sum::<f64>() - total).abs() < 1e-9 * total);
            let within = |spend: &f64| (BOUNDS.low - 1e-6..=BOUNDS.high + 1e-6).contains(spend);
            prop_assert!(spend.iter().all(within), "{:?}", spend);
            let of = |spend: &[f64]| brought(&channel.draws[0], carried, &calendar, spend);
            prop_assert!(of(&spend) >= of(&vec![even; periods]) * (1.0 - 1e-12));
        }
    }
}
