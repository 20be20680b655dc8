//! The unit check of the field, its mirror cases, and dynamic programming of another kind as the judge.
use super::*;
use proptest::prelude::*;

fn free(channels: usize, total: f64) -> Vec<Bounds> {
    vec![Bounds { low: 0.0, high: total }; channels]
}

fn within(spend: &[f64], share: f64) -> Vec<Bounds> {
    spend.iter().map(|spend| Bounds { low: spend * (1.0 - share), high: spend * (1.0 + share) }).collect()
}

/// The two curves of the unit check.
fn two(channel: usize, spend: f64) -> f64 {
    if channel == 0 { 100.0 * spend / (spend + 20.0) } else { 300.0 * spend / (spend + 200.0) }
}

fn earned(value: &dyn Fn(usize, f64) -> f64, spend: &[f64]) -> f64 {
    spend.iter().enumerate().map(|(channel, spend)| value(channel, *spend)).sum()
}

#[test]
fn the_unit_check_of_equal_averages_moves_budget_on_marginals() {
    assert!((earned(&two, &[60.0, 40.0]) - 125.0).abs() < 1e-9);
    let best = split(&two, &free(2, 100.0), 100.0, None).unwrap();
    assert!((best[0] - 29.4).abs() < 0.05 && (best[1] - 70.6).abs() < 0.05, "{best:?}");
    assert!((earned(&two, &best) - 137.8).abs() < 0.05);
    assert!((earned(&two, &[80.0, 20.0]) - 107.3).abs() < 0.05);
    let capped = split(&two, &within(&[60.0, 40.0], 0.3), 100.0, None).unwrap();
    assert!((capped[0] - 48.0).abs() < 1e-6 && (capped[1] - 52.0).abs() < 1e-6, "{capped:?}");
    assert!((earned(&two, &capped) - 132.5).abs() < 0.05);
}

#[test]
fn the_mirror_of_the_unit_check_has_the_mirrored_answer() {
    let mirrored = |channel: usize, spend: f64| two(1 - channel, spend);
    let best = split(&mirrored, &free(2, 100.0), 100.0, None).unwrap();
    assert!((best[1] - 29.4).abs() < 0.05 && (best[0] - 70.6).abs() < 0.05, "{best:?}");
    let capped = split(&mirrored, &within(&[40.0, 60.0], 0.3), 100.0, None).unwrap();
    assert!((capped[0] - 52.0).abs() < 1e-6 && (capped[1] - 48.0).abs() < 1e-6, "{capped:?}");
}

#[test]
fn equal_channels_share_equally_and_a_locked_one_keeps_its_spend() {
    let same = |_: usize, spend: f64| spend.sqrt();
    let best = split(&same, &free(4, 100.0), 100.0, None).unwrap();
    assert!(best.iter().all(|spend| (spend - 25.0).abs() < 0.01), "{best:?}");
    let mut bounds = free(3, 90.0);
    bounds[1] = Bounds { low: 50.0, high: 50.0 };
    let best = split(&same, &bounds, 90.0, None).unwrap();
    assert_eq!(best[1], 50.0);
    assert!((best[0] - 20.0).abs() < 0.01 && (best[0] + best[1] + best[2] - 90.0).abs() < 1e-9);
}

#[test]
fn s_shaped_curves_are_not_split_equally_where_one_of_them_alone_earns_more() {
    // Below its threshold a channel earns next to nothing: 10 and 10 earn 2, 20 and 0 earn 16 of 17.
    let s_shaped = |_: usize, spend: f64| 17.0 * spend.powi(4) / (spend.powi(4) + 10.0_f64.powi(4) * 16.0);
    let best = split(&s_shaped, &free(2, 24.0), 24.0, None).unwrap();
    assert!(best.iter().any(|spend| *spend > 23.0), "{best:?}");
}

#[test]
fn what_cannot_be_met_is_refused_with_its_reason() {
    let bounds = within(&[60.0, 40.0], 0.3);
    assert_eq!(split(&two, &bounds, 60.0, None), Err(Infeasible::TooLittle { total: 60.0, least: 70.0 }));
    assert_eq!(split(&two, &bounds, 131.0, None), Err(Infeasible::TooMuch { total: 131.0, most: 130.0 }));
    assert!(matches!(split(&two, &bounds, f64::NAN, None), Err(Infeasible::TooLittle { .. })));
    let crossed = [Bounds { low: 2.0, high: 1.0 }];
    assert!(matches!(split(&two, &crossed, 2.0, None), Err(Infeasible::Bounds { channel: 0, .. })));
    let refused = split(&two, &free(2, 100.0), 98.0, Some(5.0));
    assert_eq!(refused, Err(Infeasible::Step { total: 98.0, step: 5.0, nearest: 100.0 }));
}

#[test]
fn steps_are_kept_however_many_there_are() {
    let best = split(&two, &free(2, 100.0), 100.0, Some(5.0)).unwrap();
    assert_eq!(best, [30.0, 70.0]);
    let fine = split(&two, &free(2, 100_000.0), 100_000.0, Some(1.0)).unwrap();
    assert_eq!(fine.iter().sum::<f64>(), 100_000.0);
    assert!(fine.iter().all(|spend| spend.fract() == 0.0));
}

/// A Hill curve, concave or S-shaped.
#[derive(Clone, Copy, Debug)]
struct Hill {
    height: f64,
    half: f64,
    slope: f64,
}

fn hill() -> impl Strategy<Value = Hill> {
    (1.0..100.0_f64, 5.0..120.0_f64, prop_oneof![0.5..1.0_f64, 1.0..4.0_f64]).prop_map(|(height, half, slope)| Hill {
        height,
        half,
        slope,
    })
}

/// Dynamic programming, top down over whole percents: slow, and right for any curve.
fn judge(value: &dyn Fn(usize, f64) -> f64, bounds: &[Bounds], units: i32, unit: f64) -> f64 {
    let Some((last, rest)) = bounds.split_last() else { return if units == 0 { 0.0 } else { f64::NEG_INFINITY } };
    let mut best = vec![f64::NEG_INFINITY; units as usize + 1];
    best[0] = 0.0;
    for (channel, bound) in rest.iter().chain([last]).enumerate() {
        let mut next = vec![f64::NEG_INFINITY; units as usize + 1];
        for all in 0..=units {
            for own in 0..=all {
                let spend = f64::from(own) * unit;
                if spend >= bound.low - 1e-9 && spend <= bound.high + 1e-9 {
                    let sum = best[(all - own) as usize] + value(channel, spend);
                    next[all as usize] = next[all as usize].max(sum);
                }
            }
        }
        best = next;
    }
    best[units as usize]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_split_on_a_grid_earns_more(
        hills in prop::collection::vec(hill(), 2..6),
        parts in prop::collection::vec(1..40_i32, 6),
        cap in prop_oneof![Just(1.0), 0.1..0.9_f64],
    ) {
        let now: Vec<f64> = hills.iter().zip(&parts).map(|(_, part)| f64::from(*part)).collect();
        let total: f64 = now.iter().sum();
        let value = |channel: usize, spend: f64| {
            let Hill { height, half, slope } = hills[channel];
            if spend <= 0.0 { 0.0 } else { height / (1.0 + (half / spend).powf(slope)) }
        };
        let bounds = if cap == 1.0 { free(now.len(), total) } else { within(&now, cap) };
        let best = split(&value, &bounds, total, None).unwrap();
        prop_assert!((best.iter().sum::<f64>() - total).abs() <= 1e-9 * total);
        for (spend, bound) in best.iter().zip(&bounds) {
            prop_assert!(*spend >= bound.low - 1e-9 && *spend <= bound.high + 1e-9);
        }
        let on_grid = judge(&value, &bounds, total as i32 * 2, 0.5);
        let earned = earned(&value, &best);
        prop_assert!(earned >= on_grid - 1e-4 * on_grid.abs(), "{} is less than {}: {:?}", earned, on_grid, best);
    }

    #[test]
    fn the_currency_unit_does_not_matter(hills in prop::collection::vec(hill(), 3), unit in 1e-3..1e6_f64) {
        let value = |channel: usize, spend: f64| {
            let Hill { height, half, slope } = hills[channel];
            if spend <= 0.0 { 0.0 } else { height / (1.0 + (half / spend).powf(slope)) }
        };
        let scaled = |channel: usize, spend: f64| unit * value(channel, spend / unit);
        let plain = split(&value, &within(&[30.0, 50.0, 20.0], 0.4), 100.0, None).unwrap();
        let now = [30.0 * unit, 50.0 * unit, 20.0 * unit];
        let other = split(&scaled, &within(&now, 0.4), 100.0 * unit, None).unwrap();
        let (a, b) = (earned(&value, &plain), earned(&scaled, &other) / unit);
        prop_assert!((a - b).abs() <= 1e-6 * a);
    }
}
