//! One feature's bins: from a sample of its values to boundaries or categories, and from a value to its bin.
//! Bin 0 is the missing value of every feature. It never looks at a target.
use serde::{Deserialize, Serialize};

/// The largest category code that has a place of its own; above it a code counts as missing.
pub(crate) const MAX_CATEGORY: u32 = u16::MAX as u32;

/// How the values of one feature fall into bins 1, 2, …
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Cuts {
    /// Ascending upper bounds: bin `b` holds `bounds[b-2] < x <= bounds[b-1]`, the last bin everything above.
    Numeric(Vec<f32>),
    /// Bin `b` holds code `codes[b-1]`; with `other`, one more bin holds the codes too rare for one of their own.
    Categorical { codes: Vec<u32>, other: bool },
}

/// A category's code as an integer; `None` if the value is missing or no code.
pub(crate) fn code(value: f32) -> Option<u32> {
    (value >= 0.0 && value <= MAX_CATEGORY as f32 && value.fract() == 0.0).then_some(value as u32)
}

impl Cuts {
    /// Boundaries between at most `max_bins - 1` bins of equal weight. A value more frequent than such a share has a
    /// bin of its own; a boundary lies halfway between two values that occur.
    pub(crate) fn numeric(mut sample: Vec<f32>, max_bins: usize) -> Self {
        sample.retain(|value| !value.is_nan());
        // Boundaries are finite, so that any format can hold them; infinities fall into the outermost bins.
        for value in &mut sample {
            *value = value.clamp(f32::MIN, f32::MAX);
        }
        sample.sort_unstable_by(f32::total_cmp);
        let mut distinct: Vec<(f32, usize)> = Vec::new();
        for value in sample {
            match distinct.last_mut() {
                Some((last, count)) if *last >= value => *count += 1,
                _ => distinct.push((value, 1)),
            }
        }
        let budget = max_bins - 1;
        if distinct.len() <= budget {
            return Self::Numeric(distinct.windows(2).map(|pair| between(pair[0].0, pair[1].0)).collect());
        }
        // Frequent values first take their own bins; the rest share what is left evenly.
        let total: usize = distinct.iter().map(|(_, count)| count).sum();
        let share = total as f64 / budget as f64;
        let frequent: Vec<bool> = distinct.iter().map(|&(_, count)| count as f64 >= share).collect();
        let own = frequent.iter().filter(|&&f| f).count();
        let mut rest: usize = distinct.iter().zip(&frequent).filter(|(_, f)| !**f).map(|((_, count), _)| count).sum();
        let mut left = budget.saturating_sub(own).max(1);
        let mut bounds = Vec::with_capacity(budget);
        let mut filled = 0;
        for at in 0..distinct.len() - 1 {
            if !frequent[at] {
                filled += distinct[at].1;
                rest -= distinct[at].1;
            }
            let full = filled as f64 >= (filled + rest) as f64 / left as f64;
            // A bin also ends before a frequent value, so long as that leaves one for the values behind.
            if frequent[at] || full || (frequent[at + 1] && left > 1) {
                bounds.push(between(distinct[at].0, distinct[at + 1].0));
                left -= usize::from(!frequent[at] && left > 1);
                filled = 0;
            }
            if bounds.len() == budget - 1 {
                break;
            }
        }
        Self::Numeric(bounds)
    }

    /// Categories by frequency, ties by code; the rarest share one bin if there are more than `max_bins - 1`.
    pub(crate) fn categorical(sample: impl Iterator<Item = f32>, max_bins: usize) -> Self {
        let mut counts: Vec<usize> = Vec::new();
        for code in sample.filter_map(code) {
            if counts.len() <= code as usize {
                counts.resize(code as usize + 1, 0);
            }
            counts[code as usize] += 1;
        }
        let mut codes: Vec<u32> = (0..counts.len() as u32).filter(|&code| counts[code as usize] > 0).collect();
        codes.sort_by_key(|&code| (std::cmp::Reverse(counts[code as usize]), code));
        let other = codes.len() > max_bins - 1;
        if other {
            codes.truncate(max_bins - 2);
        }
        Self::Categorical { codes, other }
    }

    /// How many bins there are, the missing one included; at least 2, so that every feature has a value to hold.
    pub(crate) fn bins(&self) -> usize {
        match self {
            Self::Numeric(bounds) => bounds.len() + 2,
            Self::Categorical { codes, other } => (codes.len() + usize::from(*other) + 1).max(2),
        }
    }

    /// Whether the bins have no order.
    pub(crate) fn is_categorical(&self) -> bool {
        matches!(self, Self::Categorical { .. })
    }

    /// A function from values to bins. An unseen category falls where the rare ones are, or counts as missing.
    pub(crate) fn binner(&self) -> Binner<'_> {
        match self {
            Self::Numeric(bounds) => Binner::Numeric(bounds),
            Self::Categorical { codes, other } => {
                let unseen = if *other { codes.len() as u8 + 1 } else { 0 };
                let len = codes.iter().max().map_or(0, |&max| max as usize + 1);
                let mut table = vec![unseen; len];
                for (at, &code) in codes.iter().enumerate() {
                    table[code as usize] = at as u8 + 1;
                }
                Binner::Categorical { table, unseen }
            }
        }
    }
}

/// Maps values of one feature to their bins.
pub(crate) enum Binner<'a> {
    Numeric(&'a [f32]),
    Categorical { table: Vec<u8>, unseen: u8 },
}

impl Binner<'_> {
    pub(crate) fn bin(&self, value: f32) -> u8 {
        match self {
            Self::Numeric(_) if value.is_nan() => 0,
            Self::Numeric(bounds) => 1 + bounds.partition_point(|&bound| bound < value) as u8,
            Self::Categorical { table, unseen } => match code(value) {
                Some(code) => table.get(code as usize).copied().unwrap_or(*unseen),
                None => 0,
            },
        }
    }
}

/// A boundary `b` with `low <= b < high`: the middle, unless rounding puts it on `high`.
fn between(low: f32, high: f32) -> f32 {
    let middle = low / 2.0 + high / 2.0;
    if low <= middle && middle < high { middle } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_value() -> impl Strategy<Value = f32> {
        prop_oneof![
            4 => (-50i32..50).prop_map(|v| v as f32 / 4.0),
            2 => prop::num::f32::NORMAL,
            1 => Just(f32::NAN),
            1 => prop::sample::select(vec![0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN_POSITIVE]),
        ]
    }

    proptest! {
        #[test]
        fn bins_keep_the_order_of_values_and_separate_missing_ones(
            values in prop::collection::vec(any_value(), 0..400),
            max_bins in 3usize..=256,
        ) {
            let cuts = Cuts::numeric(values.clone(), max_bins);
            prop_assert!((2..=max_bins).contains(&cuts.bins()));
            let binner = cuts.binner();
            for &a in &values {
                prop_assert_eq!(binner.bin(a) == 0, a.is_nan());
                prop_assert!(usize::from(binner.bin(a)) < cuts.bins());
                for &b in values.iter().take(20) {
                    if a < b {
                        prop_assert!(binner.bin(a) <= binner.bin(b));
                    } else if !(a > b || a.is_nan() || b.is_nan()) {
                        prop_assert_eq!(binner.bin(a), binner.bin(b));
                    }
                }
            }
        }

        #[test]
        fn few_distinct_values_have_a_bin_each(
            values in prop::collection::vec((-100i32..100).prop_map(|v| v as f32), 1..500),
        ) {
            let mut distinct = values.clone();
            distinct.sort_by(f32::total_cmp);
            distinct.dedup();
            let cuts = Cuts::numeric(values, 256);
            let bins: Vec<u8> = distinct.iter().map(|&value| cuts.binner().bin(value)).collect();
            prop_assert_eq!(bins, (1..=distinct.len() as u8).collect::<Vec<_>>());
        }
    }

    #[test]
    fn boundaries_are_finite() {
        let values = vec![f32::NEG_INFINITY, -3.0, 2.0, f32::INFINITY];
        assert!(matches!(Cuts::numeric(values, 256), Cuts::Numeric(bounds) if bounds.iter().all(|b| b.is_finite())));
    }

    #[test]
    fn bins_of_continuous_values_hold_equal_shares() {
        let values: Vec<f32> = (0..100_000).map(|v| (v as f32 * 0.001).exp2()).collect();
        let cuts = Cuts::numeric(values.clone(), 101);
        let mut counts = [0; 101];
        for &value in &values {
            counts[usize::from(cuts.binner().bin(value))] += 1;
        }
        assert!(counts[1..].iter().all(|count| (900..=1_100).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_frequent_value_has_a_bin_of_its_own_and_the_rest_share_the_others() {
        let values: Vec<f32> = (0..10_000).map(|v| if v % 10 < 7 { 0.0 } else { v as f32 - 5_000.0 }).collect();
        let cuts = Cuts::numeric(values.clone(), 21);
        let zero = cuts.binner().bin(0.0);
        let mut counts = [0; 21];
        for &value in &values {
            counts[usize::from(cuts.binner().bin(value))] += 1;
        }
        assert_eq!(counts[usize::from(zero)], 7_000);
        assert!(counts.iter().filter(|&&count| count > 0).count() >= 18, "{counts:?}");
    }

    #[test]
    fn rare_and_unseen_categories_share_a_bin_and_what_is_no_code_is_missing() {
        let values = [3.0, 3.0, 3.0, 7.0, 7.0, 1.0, 2.0, 9.0];
        let cuts = Cuts::categorical(values.into_iter(), 4);
        assert_eq!(cuts.bins(), 4);
        let bin = |value| cuts.binner().bin(value);
        assert_eq!([3.0, 7.0, 1.0, 2.0, 9.0, 8.0, 1_000.0].map(bin), [1, 2, 3, 3, 3, 3, 3]);
        assert_eq!([f32::NAN, -1.0, 2.5, f32::INFINITY, 70_000.0].map(bin), [0; 5]);
        let all = Cuts::categorical(values.into_iter(), 256);
        assert_eq!([3.0, 7.0, 1.0, 2.0, 9.0, 8.0].map(|value| all.binner().bin(value)), [1, 2, 3, 4, 5, 0]);
    }
}
