//! The best split of a budget: in flow one value curve a channel, bounds, a step and a total; out flows the spend of
//! every channel, exactly the total in sum. It knows neither channels' names nor where the curves come from.
//!
//! Curves may be S-shaped, where equal marginals prove nothing, so the split is found globally first: dynamic
//! programming over a grid of the movable part of the budget (Bellman 1957, Dynamic Programming, chapter I). Then
//! pairs of channels exchange amounts until no exchange gains. All lengths are parts of the budget, so the currency's
//! unit does not matter.
use serde::{Deserialize, Serialize};

/// Parts that the movable budget is cut into.
const PARTS: usize = 400;
/// Units of a step that are told apart at most by the first search.
const MOST_UNITS: f64 = 4_000.0;
/// Exchanges of pairs at most.
const MOST_EXCHANGES: usize = 60;
/// Moving less than this part of the most that a place may have is not worth it.
const LEAST_MOVED: f64 = 1e-6;
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
        exchange(value, &bounds, &mut spend, unit);
        return Ok(exhaust(&bounds, spend, total));
    };
    let units = (movable / step).round();
    if (units * step - movable).abs() > slack.max(step * 1e-6) {
        return Err(Infeasible::Step { total, step, nearest: least + units * step });
    }
    let coarse = (units / MOST_UNITS).ceil().max(1.0);
    let mut spend = search(value, &bounds, step * coarse, (units / coarse).floor() as usize);
    fill_steps(value, &bounds, &mut spend, step, total);
    if coarse > 1.0 {
        exchange_steps(value, &bounds, &mut spend, step);
    }
    Ok(spend)
}

/// Bounds in whole steps; a locked channel keeps its spend.
///
/// # Errors
/// [`Infeasible::Bounds`] where no whole step lies between them.
pub(crate) fn in_steps(bounds: &[Bounds], step: f64) -> Result<Vec<Bounds>, Infeasible> {
    let narrowed = |(channel, bound): (usize, &Bounds)| {
        if bound.low == bound.high {
            return Ok(*bound);
        }
        let low = (bound.low / step - SAME).ceil() * step;
        let high = (bound.high / step + SAME).floor() * step;
        if high < low {
            Err(Infeasible::Bounds { channel, low: bound.low, high: bound.high })
        } else {
            Ok(Bounds { low, high })
        }
    };
    bounds.iter().enumerate().map(narrowed).collect()
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

/// Moves amounts between pairs of channels as long as that gains.
fn exchange(value: &dyn Fn(usize, f64) -> f64, bounds: &[Bounds], spend: &mut [f64], unit: f64) {
    let mut reach = unit;
    for _ in 0..MOST_EXCHANGES {
        let Some((from, to, most)) = best_pair(value, bounds, spend, reach) else {
            reach /= 8.0;
            if reach < unit * 1e-4 {
                return;
            }
            continue;
        };
        let gain = |amount: f64| value(from, spend[from] - amount) + value(to, spend[to] + amount);
        let amount = highest(&gain, most);
        if gain(amount) > gain(0.0) {
            spend[from] -= amount;
            spend[to] += amount;
        } else {
            reach /= 8.0;
        }
    }
}

/// The pair between which a small amount gains most, and how much may be moved; `None` where none gains.
fn best_pair(
    value: &dyn Fn(usize, f64) -> f64,
    bounds: &[Bounds],
    spend: &[f64],
    reach: f64,
) -> Option<(usize, usize, f64)> {
    let mut lost: Vec<(f64, usize, f64)> = Vec::new();
    let mut won: Vec<(f64, usize, f64)> = Vec::new();
    for (channel, bound) in bounds.iter().enumerate() {
        let here = value(channel, spend[channel]);
        let (down, up) = ((spend[channel] - bound.low).min(reach), (bound.high - spend[channel]).min(reach));
        let small = reach / 16.0;
        if down >= small {
            lost.push(((here - value(channel, spend[channel] - small)) / small, channel, down));
        }
        if up >= small {
            won.push(((value(channel, spend[channel] + small) - here) / small, channel, up));
        }
    }
    lost.sort_by(|a, b| a.0.total_cmp(&b.0));
    won.sort_by(|a, b| b.0.total_cmp(&a.0));
    let pair = |(loss, from, down): &(f64, usize, f64)| {
        let to = won.iter().find(|(gain, to, _)| to != from && gain > loss)?;
        Some((*from, to.1, down.min(to.2)))
    };
    lost.iter().take(2).find_map(pair)
}

/// The places between which an amount is best moved, where `slopes` says what a little more brings at each, and how
/// much may be moved within the bounds; `None` where nothing gains.
pub(crate) fn steepest(slopes: &[f64], spend: &[f64], bounds: &dyn Fn(usize) -> Bounds) -> Option<(usize, usize, f64)> {
    let room = |place: usize| (spend[place] - bounds(place).low, bounds(place).high - spend[place]);
    let enough = |place: usize, amount: f64| amount > bounds(place).high * LEAST_MOVED;
    let places = || 0..slopes.len();
    let from = places().filter(|p| enough(*p, room(*p).0)).min_by(|a, b| slopes[*a].total_cmp(&slopes[*b]))?;
    let to = places().filter(|p| enough(*p, room(*p).1)).max_by(|a, b| slopes[*a].total_cmp(&slopes[*b]))?;
    (slopes[to] > slopes[from]).then(|| (from, to, room(from).0.min(room(to).1)))
}

/// Where in `0..=most` a function with one peak is highest (golden section).
pub(crate) fn highest(function: &dyn Fn(f64) -> f64, most: f64) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let (mut low, mut high) = (0.0, most);
    for _ in 0..24 {
        let (left, right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        if function(left) > function(right) {
            high = right;
        } else {
            low = left;
        }
    }
    let middle = (low + high) / 2.0;
    if function(most) >= function(middle) { most } else { middle }
}

/// Hands out the steps that a coarser search left over, each where it earns most.
fn fill_steps(value: &dyn Fn(usize, f64) -> f64, bounds: &[Bounds], spend: &mut [f64], step: f64, total: f64) {
    let mut left = ((total - spend.iter().sum::<f64>()) / step).round() as usize;
    while left > 0 {
        let roomy = (0..spend.len()).filter(|&c| spend[c] + step <= bounds[c].high * (1.0 + SAME));
        let gain = |c: usize| value(c, spend[c] + step) - value(c, spend[c]);
        let Some(channel) = roomy.max_by(|a, b| gain(*a).total_cmp(&gain(*b))) else { return };
        spend[channel] += step;
        left -= 1;
    }
}

/// Moves single steps between channels as long as that gains.
fn exchange_steps(value: &dyn Fn(usize, f64) -> f64, bounds: &[Bounds], spend: &mut [f64], step: f64) {
    for _ in 0..MOST_UNITS as usize {
        let lowers = (0..spend.len()).filter(|&c| spend[c] - step >= bounds[c].low * (1.0 - SAME));
        let loss = |c: usize| value(c, spend[c]) - value(c, spend[c] - step);
        let Some(from) = lowers.min_by(|a, b| loss(*a).total_cmp(&loss(*b))) else { return };
        let roomy = (0..spend.len()).filter(|&c| c != from && spend[c] + step <= bounds[c].high * (1.0 + SAME));
        let gain = |c: usize| value(c, spend[c] + step) - value(c, spend[c]);
        let Some(to) = roomy.max_by(|a, b| gain(*a).total_cmp(&gain(*b))) else { return };
        if gain(to) <= loss(from) {
            return;
        }
        spend[from] -= step;
        spend[to] += step;
    }
}

#[cfg(test)]
#[path = "optimise_tests.rs"]
mod tests;
