//! Where every feature's bins are stored: from bin counts to byte columns. Features of few bins share a byte (the
//! bins `a` of 8 and `b` of 20 are one byte `a + 8·b`), because a histogram costs one addition per byte and row,
//! whatever the byte says. It never looks at values.
use super::cuts::Cuts;
use serde::{Deserialize, Serialize};

/// Possible values of a byte, and so the longest histogram of a column.
pub(crate) const BYTE: usize = 256;
/// Most columns stored side by side. Their histograms (16 × 256 sums × 8 bytes = 32 KiB) just fit into a first-level
/// cache; fewer would mean more cache misses per row of a small leaf, one for each stripe.
pub(crate) const STRIPE: usize = 16;

/// The part of a byte column that belongs to one feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Which byte column.
    pub(crate) column: usize,
    /// The feature's bin is `byte / stride % bins`.
    pub(crate) stride: usize,
    /// How many bins it has.
    pub(crate) bins: usize,
}

impl Place {
    /// The feature's bin in a byte of its column.
    pub(crate) fn bin(self, byte: usize) -> usize {
        byte / self.stride % self.bins
    }
}

/// Bins of all features and where they are stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Layout {
    pub(crate) cuts: Vec<Cuts>,
    pub(crate) places: Vec<Place>,
    /// How many byte values every column uses.
    pub(crate) columns: Vec<usize>,
    /// Stripe and byte within it of every column; columns are dealt out so that stripes are equally wide.
    pub(crate) slots: Vec<(usize, usize)>,
    /// How many columns every stripe holds.
    pub(crate) widths: Vec<usize>,
}

impl Layout {
    pub(crate) fn new(cuts: Vec<Cuts>) -> Self {
        let mut order: Vec<usize> = (0..cuts.len()).collect();
        order.sort_by_key(|&feature| std::cmp::Reverse(cuts[feature].bins()));
        let mut places = vec![Place { column: 0, stride: 1, bins: 1 }; cuts.len()];
        let mut columns: Vec<usize> = Vec::new();
        for feature in order {
            let bins = cuts[feature].bins();
            // The fullest column that still has room, so that wide gaps stay for wide features.
            let shared = (0..columns.len()).filter(|&c| columns[c] * bins <= BYTE).max_by_key(|&c| columns[c]);
            let column = shared.unwrap_or_else(|| {
                columns.push(1);
                columns.len() - 1
            });
            places[feature] = Place { column, stride: columns[column], bins };
            columns[column] *= bins;
        }
        // Two at least, unless there is little to do: stripes are the unit of work for threads.
        let stripes = columns.len().div_ceil(STRIPE).max(columns.len().div_ceil(4).min(2));
        let slots: Vec<(usize, usize)> = (0..columns.len()).map(|c| (c % stripes, c / stripes)).collect();
        let mut widths = vec![0; stripes];
        for &(stripe, _) in &slots {
            widths[stripe] += 1;
        }
        Self { cuts, places, columns, slots, widths }
    }

    /// Per feature, from a byte of its column to its bin.
    pub(crate) fn tables(&self) -> Vec<[u8; BYTE]> {
        self.places.iter().map(|place| std::array::from_fn(|byte| place.bin(byte) as u8)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_feature_is_read_back_from_the_byte_it_shares(
            bins in prop::collection::vec(2usize..=256, 1..60),
            seed in any::<u64>(),
        ) {
            let cuts = bins.iter().map(|&bins| Cuts::Numeric((2..bins).map(|bound| bound as f32).collect())).collect();
            let layout = Layout::new(cuts);
            let values: Vec<usize> = bins.iter().enumerate().map(|(f, bins)| (seed as usize >> (f % 50)) % bins).collect();
            let mut bytes = vec![0usize; layout.columns.len()];
            for (place, value) in layout.places.iter().zip(&values) {
                bytes[place.column] += value * place.stride;
            }
            for ((place, &value), &bins) in layout.places.iter().zip(&values).zip(&bins) {
                prop_assert_eq!(place.bins, bins);
                prop_assert_eq!(place.bin(bytes[place.column]), value);
            }
            prop_assert!(bytes.iter().zip(&layout.columns).all(|(byte, used)| byte < used && *used <= BYTE));
            prop_assert!(layout.widths.iter().all(|&width| (1..=STRIPE).contains(&width)));
            prop_assert_eq!(layout.widths.iter().sum::<usize>(), layout.columns.len());
        }
    }
}
