//! Surer moves: in flow value curves and a split whose gain may as well be a loss; out flows a split that gives up
//! expected gain for certainty. The draws are joint, so of two channels that a total hardly tells apart it moves
//! neither against the other. Nothing is decided here.
use super::worth::Worth;
use crate::channel::optimise::{Bounds, highest};

/// Exchanges between two channels at most.
const MOST_EXCHANGES: usize = 80;
/// An exchange that raises the objective by less than this part of what spend brings is the last one.
const LEAST_RISE: f64 = 1e-7;

/// Exchanges amounts between pairs of channels, from `spend` on, as long as that raises the mean gain over `before`
/// less `caution` standard deviations of it (mean and deviation over the joint draws). The sum stays what it is. The
/// objective is concave where the curves are: what is found there is its maximum.
pub(super) fn exchange(worth: &Worth, bounds: &[Bounds], before: &[f64], spend: &mut [f64], caution: f64) {
    let of_before = worth.totals(before);
    let brought = of_before.iter().sum::<f64>() / of_before.len().max(1) as f64;
    let mut gains = of_before;
    for (gain, there) in gains.iter_mut().zip(worth.totals(spend)) {
        *gain = there - *gain;
    }
    for _ in 0..MOST_EXCHANGES {
        let Some((from, to, most)) = steepest(worth, bounds, spend, &gains, caution) else { return };
        let (kept, won) = (worth.values(from, spend[from]), worth.values(to, spend[to]));
        let after = |amount: f64| -> Vec<f64> {
            let (less, more) = (worth.values(from, spend[from] - amount), worth.values(to, spend[to] + amount));
            let change = |draw: usize| less[draw] - kept[draw] + more[draw] - won[draw];
            gains.iter().enumerate().map(|(draw, gain)| gain + change(draw)).collect()
        };
        let objective = |amount: f64| Moments::of(&after(amount)).less(caution);
        let amount = highest(&objective, most);
        if objective(amount) - Moments::of(&gains).less(caution) <= LEAST_RISE * brought {
            return;
        }
        gains = after(amount);
        spend[from] -= amount;
        spend[to] += amount;
    }
}

/// The pair between which a little raises the objective most, and how much may be moved.
fn steepest(
    worth: &Worth,
    bounds: &[Bounds],
    spend: &[f64],
    gains: &[f64],
    caution: f64,
) -> Option<(usize, usize, f64)> {
    let moments = Moments::of(gains);
    let slope = |channel: usize| {
        let marginals = worth.marginals(channel, spend[channel]);
        let mean = marginals.iter().sum::<f64>() / marginals.len() as f64;
        let together: f64 = marginals.iter().zip(gains).map(|(m, gain)| m * (gain - moments.mean)).sum();
        let falls = if moments.deviation > 0.0 { together / gains.len() as f64 / moments.deviation } else { 0.0 };
        (channel, mean - caution * falls)
    };
    let movable = bounds.iter().enumerate().filter(|(_, bound)| bound.high > bound.low);
    let slopes: Vec<(usize, f64)> = movable.map(|(channel, _)| slope(channel)).collect();
    let room = |channel: usize| (spend[channel] - bounds[channel].low, bounds[channel].high - spend[channel]);
    let worth_moving = |channel: usize, amount: f64| amount > spend[channel].max(1e-9) * 1e-6;
    let down = slopes.iter().filter(|(c, _)| worth_moving(*c, room(*c).0)).min_by(|a, b| a.1.total_cmp(&b.1))?;
    let up = slopes.iter().filter(|(c, _)| worth_moving(*c, room(*c).1)).max_by(|a, b| a.1.total_cmp(&b.1))?;
    (up.1 > down.1).then(|| (down.0, up.0, room(down.0).0.min(room(up.0).1)))
}

struct Moments {
    mean: f64,
    deviation: f64,
}

impl Moments {
    fn of(draws: &[f64]) -> Moments {
        let n = draws.len().max(1) as f64;
        let mean = draws.iter().sum::<f64>() / n;
        let variance = draws.iter().map(|draw| (draw - mean) * (draw - mean)).sum::<f64>() / n;
        Moments { mean, deviation: variance.sqrt() }
    }

    fn less(&self, caution: f64) -> f64 {
        self.mean - caution * self.deviation
    }
}
