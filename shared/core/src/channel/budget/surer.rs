//! Surer moves: in flow value curves and a split whose gain may as well be a loss, or be one that hurts; out flows a
//! split that gives up expected gain for certainty. The draws are joint, so of two channels that a total hardly tells
//! apart it moves neither against the other. What is sure enough is not decided here.
use super::worth::Worth;
use crate::channel::optimise::{Bounds, highest, steepest};

/// Exchanges between two channels at most.
const MOST_EXCHANGES: usize = 80;
/// An exchange that raises the objective by less than this part of what spend brings is the last one.
const LEAST_RISE: f64 = 1e-7;
/// Standard deviations of the gain that are taken off its mean to find the surest of moves: a tenth of a normal
/// distribution lies 1.28 below its mean.
const CAUTIONS: [f64; 3] = [1.2, 1.4, 1.7];
/// Halvings between a caution too small and one that is enough.
const HALVINGS: usize = 4;
/// Halvings of the way to a split.
const HALVINGS_OF_WAY: usize = 12;
/// What a change may lose, as a part of what spend brings, with a chance of one in a hundred: as many standard
/// deviations below the mean as that is in a normal distribution.
const MOST_LOST: f64 = 0.01;
const BELOW_MEAN: f64 = 2.33;

/// The split of most expected gain over `before` among those that are `sure`: `best`, which has the most of all, or one
/// on the efficient frontier of mean and deviation (Markowitz 1952, J. Finance 7, 77). `None` where none is sure.
pub(super) fn most_of_the_sure(
    worth: &Worth,
    bounds: &[Bounds],
    before: &[f64],
    best: &[f64],
    sure: &dyn Fn(&[f64]) -> bool,
) -> Option<Vec<f64>> {
    if sure(best) {
        return Some(best.to_vec());
    }
    let careful = |from: &[f64], caution: f64| {
        let mut spend = from.to_vec();
        exchange(worth, bounds, before, &mut spend, caution);
        spend
    };
    let found = CAUTIONS.into_iter().map(|caution| (caution, careful(best, caution))).find(|(_, spend)| sure(spend));
    let (mut enough, mut spend) = found?;
    let mut too_little = 0.0;
    for _ in 0..HALVINGS {
        let middle = (too_little + enough) / 2.0;
        let there = careful(&spend, middle);
        if sure(&there) {
            (enough, spend) = (middle, there);
        } else {
            too_little = middle;
        }
    }
    Some(spend)
}

/// As much of the way from `before` to `spend` as loses more than [`MOST_LOST`] in one of a hundred cases at most.
pub(super) fn bounded(worth: &Worth, before: &[f64], spend: &[f64]) -> Vec<f64> {
    let of_before = worth.totals(before);
    let brought = Moments::of(&of_before).mean;
    let there = |part: f64| -> Vec<f64> {
        before.iter().zip(spend).map(|(before, spend)| before + part * (spend - before)).collect()
    };
    let bearable =
        |part: f64| Moments::of(&worth.gains(&there(part), &of_before)).less(BELOW_MEAN) >= -MOST_LOST * brought;
    if bearable(1.0) {
        return spend.to_vec();
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS_OF_WAY {
        let middle = (low + high) / 2.0;
        if bearable(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    there(low)
}

/// Exchanges amounts between pairs of channels, from `spend` on, as long as that raises the mean gain over `before`
/// less `caution` standard deviations of it (mean and deviation over the joint draws). The sum stays what it is. The
/// objective is concave where the curves are: what is found there is its maximum.
fn exchange(worth: &Worth, bounds: &[Bounds], before: &[f64], spend: &mut [f64], caution: f64) {
    let of_before = worth.totals(before);
    let brought = Moments::of(&of_before).mean;
    let mut gains = worth.gains(spend, &of_before);
    for _ in 0..MOST_EXCHANGES {
        let slopes = slopes(worth, bounds, spend, &gains, caution);
        let Some((from, to, most)) = steepest(&slopes, spend, &|channel| bounds[channel]) else { return };
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

/// By how much a little more spend raises the objective, by channel.
fn slopes(worth: &Worth, bounds: &[Bounds], spend: &[f64], gains: &[f64], caution: f64) -> Vec<f64> {
    let moments = Moments::of(gains);
    let slope = |(channel, bound): (usize, &Bounds)| {
        if bound.high <= bound.low {
            return 0.0;
        }
        let marginals = worth.marginals(channel, spend[channel]);
        let mean = marginals.iter().sum::<f64>() / marginals.len() as f64;
        let together: f64 = marginals.iter().zip(gains).map(|(m, gain)| m * (gain - moments.mean)).sum();
        let falls = if moments.deviation > 0.0 { together / gains.len() as f64 / moments.deviation } else { 0.0 };
        mean - caution * falls
    };
    bounds.iter().enumerate().map(slope).collect()
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
