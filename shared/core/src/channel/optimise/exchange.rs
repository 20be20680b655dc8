//! Exchanges between two places of a split: in flow value curves or slopes and bounds, out flows what is better moved from
//! one to the other. The sum stays what it is.
use super::Bounds;

/// Exchanges of pairs at most.
const MOST_EXCHANGES: usize = 60;
/// Moving less than this part of the most that a place may have is not worth it.
const LEAST_MOVED: f64 = 1e-6;

/// Moves amounts between pairs of channels as long as that gains.
pub(super) fn exchange(value: &dyn Fn(usize, f64) -> f64, bounds: &[Bounds], spend: &mut [f64], unit: f64) {
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
