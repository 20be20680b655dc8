//! Where every feature's bins are stored: from bin counts to byte columns. Features of few bins share a byte (the
//! bins `a` of 8 and `b` of 20 are one byte `a + 8·b`), because a histogram costs one addition per byte and row,
//! whatever the byte says. It never looks at values.
use super::cuts::Cuts;
use serde::{Deserialize, Serialize};

/// Possible values of a byte, and so the longest histogram of a column.
pub(crate) const BYTE: usize = 256;
/// Most columns whose histograms fit into the first-level cache together (8 × 256 sums × 8 bytes = 16 KiB).
pub(crate) const STRIPE: usize = 8;

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
        let stripes = columns.len().div_ceil(STRIPE).max(1);
        let slots: Vec<(usize, usize)> = (0..columns.len()).map(|c| (c % stripes, c / stripes)).collect();
        let mut widths = vec![0; stripes];
        for &(stripe, _) in &slots {
            widths[stripe] += 1;
        }
        Self { cuts, places, columns, slots, widths }
    }
}
