//! Splits found on histograms against all splits, tried one by one.
use super::*;
use crate::gradient::Packed;
use proptest::prelude::*;

const RULES: Rules = Rules {
    l1: 0.5,
    l2: 1.0,
    min_child_weight: 0.0,
    min_leaf_rows: 3.0,
    min_gain: 0.0,
    category_smoothing: 0.0,
    category_l2: 0.0,
};

/// Packed gradients of rows, and their sums by bin.
fn pack(rows: &[(u8, i8)], bins: usize) -> (Packed, Vec<u64>) {
    let pairs: Vec<(f32, f32)> = rows.iter().map(|&(_, gradient)| (f32::from(gradient), 1.0)).collect();
    let mut packed = Packed::default();
    packed.fill(&pairs, true, 1);
    let mut sums = vec![0u64; bins];
    for (&(bin, _), &word) in rows.iter().zip(&packed.words) {
        sums[usize::from(bin)] = sums[usize::from(bin)].wrapping_add(word);
    }
    (packed, sums)
}

/// The gain of sending the rows of the marked bins left, if it is allowed.
fn gain(rows: &[(u8, i8)], left: impl Fn(u8) -> bool) -> Option<f64> {
    let sum = |side: bool| {
        rows.iter().filter(|row| left(row.0) == side).fold(Sums::default(), |sums, row| Sums {
            gradient: sums.gradient + f64::from(row.1),
            hessian: sums.hessian + 1.0,
        })
    };
    let (low, high) = (sum(true), sum(false));
    let parent = Sums { gradient: low.gradient + high.gradient, hessian: low.hessian + high.hessian };
    let allowed = low.hessian.min(high.hessian) >= RULES.min_leaf_rows;
    allowed.then(|| RULES.score(low, RULES.l2) + RULES.score(high, RULES.l2) - RULES.score(parent, RULES.l2))
}

fn largest(gains: impl Iterator<Item = Option<f64>>) -> f64 {
    gains.flatten().fold(0.0, f64::max)
}

proptest! {
    #[test]
    fn the_best_threshold_is_the_best_of_all(rows in prop::collection::vec((0u8..9, any::<i8>()), 2..80)) {
        let (packed, sums) = pack(&rows, 9);
        let total = sums.iter().fold(0u64, |all, &sum| all.wrapping_add(sum));
        let leaf = Leaf::new(&RULES, packed.units, total, rows.len() as f64);
        let filled = sums.iter().copied().enumerate().skip(1).filter(|&(_, sum)| sum != 0);
        let found = leaf.best_threshold(0, sums[0], filled);
        let all = (0..9).flat_map(|last| [false, true].map(|missing| {
            gain(&rows, |bin| if bin == 0 { missing } else { bin <= last })
        }));
        let best = largest(all);
        prop_assert!((found.map_or(0.0, |split| split.gain) - best).abs() < 1e-6 * (1.0 + best));
        if let Some(split) = found {
            let achieved = gain(&rows, |bin| split.test.goes_left(usize::from(bin)));
            prop_assert!((achieved.unwrap_or(f64::NAN) - split.gain).abs() < 1e-6 * (1.0 + best));
        }
    }

    #[test]
    fn the_best_set_is_the_best_of_all_sets(rows in prop::collection::vec((0u8..6, any::<i8>()), 2..60)) {
        // Without L1, L2 and a least size, Fisher's theorem says that a prefix of the ordered categories is best.
        let rules = Rules { l1: 0.0, l2: 0.0, min_leaf_rows: 1.0, ..RULES };
        let (packed, sums) = pack(&rows, 6);
        let total = sums.iter().fold(0u64, |all, &sum| all.wrapping_add(sum));
        let leaf = Leaf::new(&rules, packed.units, total, rows.len() as f64);
        let variance = |left: &dyn Fn(u8) -> bool| {
            [true, false].map(|side| {
                let part: Vec<f64> = rows.iter().filter(|r| left(r.0) == side).map(|r| f64::from(r.1)).collect();
                if part.is_empty() { 0.0 } else { part.iter().sum::<f64>().powi(2) / part.len() as f64 }
            }).iter().sum::<f64>()
        };
        let whole = variance(&|_| true);
        let best = (0u8..64).map(|set| variance(&|bin| set >> bin & 1 == 1) - whole).fold(0.0, f64::max);
        let found = leaf.best_set(0, &sums);
        prop_assert!((found.map_or(0.0, |split| split.gain) - best).abs() < 1e-6 * (1.0 + best));
        if let Some(split) = found {
            let achieved = variance(&|bin| split.test.goes_left(usize::from(bin))) - whole;
            prop_assert!((achieved - split.gain).abs() < 1e-6 * (1.0 + best));
        }
    }
}

#[test]
fn a_leafs_value_is_a_newton_step_shrunk_by_both_penalties() {
    let sums = Sums { gradient: -10.0, hessian: 4.0 };
    assert!((RULES.value(sums) - 9.5 / 5.0).abs() < 1e-12);
    assert!(RULES.value(Sums { gradient: 0.4, hessian: 4.0 }).abs() < 1e-12);
    let free = Rules { l1: 0.0, l2: 0.0, ..RULES };
    assert!(free.value(Sums { gradient: 0.0, hessian: 0.0 }).abs() < 1e-12);
}
