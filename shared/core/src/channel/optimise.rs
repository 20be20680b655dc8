//! The best split of a budget: in flow one value curve a channel, bounds, a step and a total; out flows the spend of
//! every channel, exactly the total in sum. It knows neither channels' names nor where the curves come from.
//!
//! Curves may be S-shaped, where equal marginals prove nothing, so the split is found globally first: dynamic
//! programming over a grid of the movable part of the budget (Bellman 1957, Dynamic Programming, chapter I). Then
//! pairs of channels exchange amounts until no exchange gains. All lengths are parts of the budget, so the currency's
//! unit does not matter.
mod exchange;
mod steps;
#[cfg(test)]
mod tests;

pub(crate) use exchange::{highest, steepest};
pub(crate) use steps::in_steps;

use serde::{Deserialize, Serialize};

/// Parts that the movable budget is cut into.
const PARTS: usize = 400;
/// Units of a step that are told apart at most by the first search.
const MOST_UNITS: f64 = 4_000.0;
/// Totals that differ by less than this part of them are equal.
pub(crate) const SAME: f64 = 1e-9;

/// Least and most spend of one channel; equal where it is locked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// The least.
    pub low: f64,
    /// The most.
    pub high: f64,
}

/// Why no split can be found.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Infeasible {
    /// A bound that is no amount, or a minimum above its maximum.
    #[error("bounds of {low} to {high} for channel number {channel} are no range of spend")]
    Bounds {
        /// The channel's place.
        channel: usize,
        /// Its minimum.
        low: f64,
        /// Its maximum.
        high: f64,
    },
    /// The total is below what the channels must spend.
    #[error("a total of {total:.2} is less than the {least:.2} that minima and locks demand")]
    TooLittle {
        /// The total.
        total: f64,
        /// The sum of the minima.
        least: f64,
    },
    /// The total is above what the channels may spend.
    #[error("a total of {total:.2} is more than the {most:.2} that maxima and locks allow")]
    TooMuch {
        /// The total.
        total: f64,
        /// The sum of the maxima.
        most: f64,
    },
    /// The total cannot be reached in whole steps.
    #[error("a total of {total} cannot be reached in steps of {step}: {nearest} can")]
    Step {
        /// The total.
        total: f64,
        /// The step.
        step: f64,
        /// The nearest total that can.
        nearest: f64,
    },
}

/// The split of `total` over channels within `bounds` that earns the most. `value` is what a channel earns at a spend:
/// any function that does not fall. With a `step`, every spend between its bounds is a whole number of steps; bounds
/// are narrowed to whole steps, locked channels keep what they are locked at.
///
/// # Errors
/// Constraints that cannot be met together.
pub fn split(
    value: &dyn Fn(usize, f64) -> f64,
    bounds: &[Bounds],
    total: f64,
    step: Option<f64>,
) -> Result<Vec<f64>, Infeasible> {
    for (channel, bound) in bounds.iter().enumerate() {
        if !(bound.low >= 0.0 && bound.high >= bound.low && bound.high.is_finite()) {
            return Err(Infeasible::Bounds { channel, low: bound.low, high: bound.high });
        }
    }
    let bounds = match step {
        Some(step) => in_steps(bounds, step)?,
        None => bounds.to_vec(),
    };
    let least: f64 = bounds.iter().map(|bound| bound.low).sum();
    let most: f64 = bounds.iter().map(|bound| bound.high).sum();
    let slack = total.abs() * SAME;
    if !total.is_finite() || total < least - slack {
        return Err(Infeasible::TooLittle { total, least });
    }
    if total > most + slack {
        return Err(Infeasible::TooMuch { total, most });
    }
    let movable = total - least;
    let lows = || bounds.iter().map(|bound| bound.low).collect::<Vec<f64>>();
    if movable <= slack {
        return Ok(lows());
    }
    let Some(step) = step else {
        let unit = movable / PARTS as f64;
        let mut spend = exhaust(&bounds, search(value, &bounds, unit, PARTS), total);
        exchange::exchange(value, &bounds, &mut spend, unit);
        return Ok(exhaust(&bounds, spend, total));
    };
    let units = (movable / step).round();
    if (units * step - movable).abs() > slack.max(step * 1e-6) {
        return Err(Infeasible::Step { total, step, nearest: least + units * step });
    }
    let coarse = (units / MOST_UNITS).ceil().max(1.0);
    let mut spend = search(value, &bounds, step * coarse, (units / coarse).floor() as usize);
    steps::fill_steps(value, &bounds, &mut spend, step, total);
    if coarse > 1.0 {
        steps::exchange_steps(value, &bounds, &mut spend, step);
    }
    Ok(spend)
}

/// The best split among those in which every channel spends its minimum and whole units: at most `parts` in all, and
/// that many where the maxima allow.
fn search(value: &dyn Fn(usize, f64) -> f64, bounds: &[Bounds], unit: f64, parts: usize) -> Vec<f64> {
    // best[k]: the most that the channels so far earn from k units; taken[c][k]: how many of them channel c has then.
    let mut best = vec![f64::NEG_INFINITY; parts + 1];
    best[0] = 0.0;
    let mut taken: Vec<Vec<u32>> = Vec::with_capacity(bounds.len());
    for (channel, bound) in bounds.iter().enumerate() {
        let room = (((bound.high - bound.low) / unit) * (1.0 + SAME)).floor().min(parts as f64) as usize;
        let earned: Vec<f64> = (0..=room).map(|k| value(channel, bound.low + k as f64 * unit)).collect();
        let mut next = vec![f64::NEG_INFINITY; parts + 1];
        let mut mine = vec![0; parts + 1];
        for (k, slot) in next.iter_mut().enumerate() {
            for own in 0..=room.min(k) {
                let sum = best[k - own] + earned[own];
                if sum > *slot {
                    *slot = sum;
                    mine[k] = own as u32;
                }
            }
        }
        best = next;
        taken.push(mine);
    }
    // Where maxima are no whole units, less than a unit a channel may be left over.
    let mut left = (0..=parts).rev().find(|k| best[*k] > f64::NEG_INFINITY).unwrap_or(0);
    let mut spend: Vec<f64> = bounds.iter().map(|bound| bound.low).collect();
    for (channel, mine) in taken.iter().enumerate().rev() {
        let own = mine[left] as usize;
        spend[channel] += own as f64 * unit;
        left -= own;
    }
    spend
}

/// Gives what is left to channels with room, or takes what is too much, so that the sum is the total.
fn exhaust(bounds: &[Bounds], mut spend: Vec<f64>, total: f64) -> Vec<f64> {
    for _ in 0..2 {
        for (channel, bound) in bounds.iter().enumerate() {
            let left = total - spend.iter().sum::<f64>();
            if bound.high > bound.low {
                spend[channel] = (spend[channel] + left).clamp(bound.low, bound.high);
            }
        }
    }
    spend
}
