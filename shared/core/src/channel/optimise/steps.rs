//! Splits in whole steps: in flow bounds and a step, out flow bounds that steps reach, and the steps that a coarser search
//! left over where they earn most.
use super::{Bounds, Infeasible, MOST_UNITS, SAME};

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

/// Hands out the steps that a coarser search left over, each where it earns most.
pub(super) fn fill_steps(
    value: &dyn Fn(usize, f64) -> f64,
    bounds: &[Bounds],
    spend: &mut [f64],
    step: f64,
    total: f64,
) {
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
pub(super) fn exchange_steps(value: &dyn Fn(usize, f64) -> f64, bounds: &[Bounds], spend: &mut [f64], step: f64) {
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
