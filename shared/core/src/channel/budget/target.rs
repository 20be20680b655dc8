//! The least total that reaches a ratio: in flow curves, bounds and a target, out flow totals. Ratios need not fall
//! with spend (S-shaped curves rise first), so all totals are looked at, not only where a ratio would cross.
use super::Budgeting;
use super::request::{Measure, Refusal, Request, Target};
use super::worth::Worth;
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
    /// The largest total that reaches it.
    pub(super) largest: f64,
}

impl Target {
    /// The ratio of what spend brings in `value` to `total`.
    pub(super) fn ratio(self, budgeting: &Budgeting, value: f64, total: f64) -> f64 {
        let margin = match self.measure {
            Measure::LtvToCac => 1.0,
            Measure::Roas => budgeting.margin.unwrap_or(1.0),
        };
        if total > 0.0 { value / margin / total } else { 0.0 }
    }
}

/// Looks for the target within the bounds, among splits by `thinned` draws judged by all draws, `worth`.
pub(super) fn reach(
    budgeting: &Budgeting,
    request: &Request,
    target: Target,
    bounds: &[Bounds],
    (thinned, worth): (&Worth, &Worth),
) -> Result<Reached, Refusal> {
    if target.measure == Measure::LtvToCac && budgeting.margin.is_none() {
        return Err(Refusal::NoMargin);
    }
    let value = |channel: usize, spend: f64| thinned.mean(channel, spend);
    let sum = |of: fn(&Bounds) -> f64| bounds.iter().map(of).sum::<f64>();
    let (least, most) = (sum(|bound| bound.low), sum(|bound| bound.high));
    // The next total that whole steps reach.
    let reachable = |total: f64| match request.step {
        Some(step) => (least + ((total - least) / step - 1e-9).ceil() * step).min(most),
        None => total,
    };
    let ratio = |total: f64| -> Result<f64, Refusal> {
        let best = split(&value, bounds, total, request.step)?;
        let earned = worth.totals(&best);
        Ok(target.ratio(budgeting, earned.iter().sum::<f64>() / earned.len().max(1) as f64, total))
    };
    let totals: Vec<f64> = (0..=TOTALS).map(|n| reachable(least + (most - least) * n as f64 / TOTALS as f64)).collect();
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
            let middle = reachable((misses + keeps) / 2.0);
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
    Ok(Reached { total, largest })
}
