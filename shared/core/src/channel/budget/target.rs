//! The least total that reaches a ratio: in flow curves, bounds and a target, out flow totals. Ratios need not fall
//! with spend (S-shaped curves rise first), so all totals are looked at, not only where a ratio would cross.
use super::advice::THIN;
use super::request::{Measure, Refusal, Request, Target};
use super::worth::Worth;
use super::{Budgeting, UnitValue};
use crate::channel::optimise::{Bounds, split};

/// Totals that are looked at between the least and the most that the bounds allow.
const TOTALS: usize = 40;
/// Halvings between two of them.
const HALVINGS: usize = 12;

/// Where a target is reached.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reached {
    /// The least total that reaches it.
    pub(super) total: f64,
    /// The ratio there.
    pub(super) ratio: f64,
    /// The largest total that reaches it.
    pub(super) largest: f64,
}

/// Looks for the target within the bounds.
pub(super) fn reach(
    budgeting: &Budgeting,
    request: &Request,
    target: Target,
    bounds: &[Bounds],
) -> Result<Reached, Refusal> {
    let mut measured = budgeting.clone();
    match target.measure {
        Measure::LtvToCac if budgeting.margin.is_none() => return Err(Refusal::NoMargin),
        Measure::LtvToCac => {}
        Measure::Roas => measured.margin = None,
    }
    for value in &mut measured.values {
        *value = UnitValue { standard_error: 0.0, ..*value };
    }
    let worth = Worth::of(&measured, THIN * 2, request.marginal_decline);
    let value = |channel: usize, spend: f64| worth.mean(channel, spend);
    let sum = |of: fn(&Bounds) -> f64| bounds.iter().map(of).sum::<f64>();
    let (least, most) = (sum(|bound| bound.low), sum(|bound| bound.high));
    let ratio = |total: f64| -> Result<f64, Refusal> {
        let best = split(&value, bounds, total, None)?;
        let earned: f64 = best.iter().enumerate().map(|(channel, spend)| value(channel, *spend)).sum();
        Ok(if total > 0.0 { earned / total } else { 0.0 })
    };
    let totals: Vec<f64> = (0..=TOTALS).map(|n| least + (most - least) * n as f64 / TOTALS as f64).collect();
    let ratios: Vec<f64> = totals.iter().map(|total| ratio(*total)).collect::<Result<_, _>>()?;
    let holds = |ratio: f64| ratio >= target.at_least;
    let (Some(first), Some(last)) = (ratios.iter().position(|r| holds(*r)), ratios.iter().rposition(|r| holds(*r)))
    else {
        let best = ratios.iter().copied().fold(0.0, f64::max);
        return Err(Refusal::OutOfReach { measure: target.measure.name(), best, asked: target.at_least });
    };
    // Between a total that misses and its neighbour that holds.
    let border = |mut misses: f64, mut keeps: f64| -> Result<f64, Refusal> {
        for _ in 0..HALVINGS {
            let middle = (misses + keeps) / 2.0;
            if holds(ratio(middle)?) {
                keeps = middle;
            } else {
                misses = middle;
            }
        }
        Ok(keeps)
    };
    let total = if first == 0 { totals[0] } else { border(totals[first - 1], totals[first])? };
    let largest = if last == TOTALS { totals[TOTALS] } else { border(totals[last + 1], totals[last])? };
    let total = request.step.map_or(total, |step| whole_steps(total, bounds, step));
    Ok(Reached { total, ratio: ratio(total.min(most))?, largest })
}

/// The next total that whole steps reach beside the locked channels.
fn whole_steps(total: f64, bounds: &[Bounds], step: f64) -> f64 {
    let locked: f64 = bounds.iter().filter(|bound| bound.low == bound.high).map(|bound| bound.low).sum();
    locked + ((total - locked) / step - 1e-9).ceil() * step
}
