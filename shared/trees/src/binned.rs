//! From a matrix of numbers to bytes: every feature cut into at most 256 quantile bins, stored once, and then shared
//! by every fit on any of its rows and any target. It never keeps the numbers, and never sees a target.
pub(crate) mod cuts;
pub(crate) mod layout;

use crate::error::TreesError;
use crate::gradient::CHUNK;
use cuts::Cuts;
use layout::{Layout, STRIPE};
use ndarray::{ArrayView1, ArrayView2};
use rayon::prelude::*;
use std::sync::Arc;

/// Rows whose values decide about the boundaries, at most; their quantiles differ from those of all rows by less than
/// a tenth of a bin.
const SAMPLE: usize = 100_000;

/// Rows gathered at a time: they stay in the first-level cache while one stripe after another is copied.
const BLOCK: usize = 256;

/// Feature values as bins, one byte each or less, in a column-wise and a row-wise copy.
///
/// Shape (rows, features). Bin 0 is the missing value (`NaN`); numeric features have up to `max_bins - 1` bins of
/// about equal weight, categorical ones a bin per category.
#[derive(Clone, Debug)]
pub struct BinnedMatrix {
    pub(crate) layout: Arc<Layout>,
    pub(crate) rows: usize,
    /// Byte columns, for following a split.
    pub(crate) columns: Vec<Vec<u8>>,
    /// The same bytes row by row, 16 columns (a stripe) after another, for gathering some of the rows.
    pub(crate) bytes: Vec<[u8; STRIPE]>,
}

impl BinnedMatrix {
    /// Cuts every column of `values`, shape (rows, features), at its quantiles.
    ///
    /// `categorical` says which columns hold category codes (whole numbers 0 ≤ code ≤ 65,535; anything else there is
    /// missing). `max_bins` counts the bin for missing values. Boundaries come from at most 100,000 evenly spaced rows.
    ///
    /// # Errors
    /// [`TreesError::Length`] unless `categorical` has one entry a column and there are at most 65,535 of them, [`TreesError::Parameter`] unless
    /// 3 ≤ `max_bins` ≤ 256, [`TreesError::NoRows`] for a matrix without rows or columns.
    pub fn from_columns(
        values: ArrayView2<'_, f32>,
        categorical: &[bool],
        max_bins: usize,
    ) -> Result<Self, TreesError> {
        let (rows, features) = values.dim();
        if rows == 0 || features == 0 || u32::try_from(rows).is_err() {
            return Err(TreesError::NoRows);
        }
        if features > usize::from(u16::MAX) {
            let what = "columns of the matrix, of which nodes can name 65,535";
            return Err(TreesError::Length { what, found: features, expected: usize::from(u16::MAX) });
        }
        if categorical.len() != features {
            let what = "flags of categorical columns";
            return Err(TreesError::Length { what, found: categorical.len(), expected: features });
        }
        if !(3..=256).contains(&max_bins) {
            let allowed = "between 3 and 256";
            return Err(TreesError::Parameter { name: "max_bins", value: max_bins as f64, allowed });
        }
        let step = rows.div_ceil(SAMPLE);
        let cuts = (0..features)
            .into_par_iter()
            .map(|feature| {
                let column = values.column(feature);
                if categorical[feature] {
                    Cuts::categorical(column.iter().copied(), max_bins)
                } else {
                    Cuts::numeric(column.iter().copied().step_by(step).collect(), max_bins)
                }
            })
            .collect();
        Ok(Self::fill(Arc::new(Layout::new(cuts)), values))
    }

    /// Puts other rows of the same features into this matrix' bins, as validation rows must be.
    ///
    /// # Errors
    /// [`TreesError::Length`] unless `values` has as many columns as this matrix.
    pub fn bin_like(&self, values: ArrayView2<'_, f32>) -> Result<Self, TreesError> {
        if values.ncols() != self.features() {
            let (found, expected) = (values.ncols(), self.features());
            return Err(TreesError::Length { what: "columns of the matrix", found, expected });
        }
        Ok(Self::fill(Arc::clone(&self.layout), values))
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many features.
    pub fn features(&self) -> usize {
        self.layout.cuts.len()
    }

    /// How many bins the feature has, the one for missing values included.
    pub fn bins(&self, feature: usize) -> usize {
        self.layout.places[feature].bins
    }

    /// Bytes of memory held by the bins.
    pub fn size_bytes(&self) -> usize {
        self.columns.len() * self.rows + self.bytes.len() * STRIPE
    }

    /// A matrix of these rows only, in this order.
    pub(crate) fn select(&self, rows: &[u32]) -> Self {
        let columns = self.columns.par_iter().map(|bytes| rows.iter().map(|&r| bytes[r as usize]).collect()).collect();
        let width = self.layout.widths.len();
        let mut bytes = vec![[0; STRIPE]; rows.len() * width];
        bytes.par_chunks_exact_mut(width).with_min_len(CHUNK).zip(rows).for_each(|(bytes, &row)| {
            bytes.copy_from_slice(&self.bytes[row as usize * width..][..width]);
        });
        Self { layout: Arc::clone(&self.layout), rows: rows.len(), columns, bytes }
    }

    /// The bytes of these rows (`None`: all of them), stripe by stripe, into `stripes`.
    pub(crate) fn gather(&self, rows: Option<&[u32]>, stripes: &mut Vec<Vec<[u8; STRIPE]>>) {
        let (width, count) = (self.layout.widths.len(), rows.map_or(self.rows, <[u32]>::len));
        stripes.resize(width, Vec::new());
        let mut parts: Vec<Vec<&mut [[u8; STRIPE]]>> = (0..count.div_ceil(CHUNK)).map(|_| Vec::new()).collect();
        for stripe in stripes {
            stripe.resize(count, [0; STRIPE]);
            parts.iter_mut().zip(stripe.chunks_mut(CHUNK)).for_each(|(part, chunk)| part.push(chunk));
        }
        parts.par_iter_mut().enumerate().for_each(|(chunk, part)| {
            let first = chunk * CHUNK;
            let row = |place: usize| rows.map_or(place, |rows| rows[place] as usize);
            for start in (first..count.min(first + CHUNK)).step_by(BLOCK) {
                let places = start..count.min(start + BLOCK).min(first + CHUNK);
                // Touching every row's first and last bytes before any is copied keeps many cache misses in flight.
                let touch = |place| self.bytes[row(place) * width][0] ^ self.bytes[row(place) * width + width - 1][0];
                std::hint::black_box(places.clone().fold(0, |all, place| all ^ touch(place)));
                for (stripe, part) in part.iter_mut().enumerate() {
                    for (copy, place) in part[start - first..].iter_mut().zip(places.clone()) {
                        *copy = self.bytes[row(place) * width + stripe];
                    }
                }
            }
        });
    }

    /// Checks that `rows` exist and are distinct, and puts them into ascending order.
    pub(crate) fn checked_rows(&self, rows: &[u32]) -> Result<Vec<u32>, TreesError> {
        let mut sorted = rows.to_vec();
        sorted.sort_unstable();
        match sorted.last() {
            None => return Err(TreesError::NoRows),
            Some(&row) if row as usize >= self.rows => return Err(TreesError::NoSuchRow { row, rows: self.rows }),
            Some(_) => {}
        }
        match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(TreesError::RepeatedRow { row: pair[0] }),
            None => Ok(sorted),
        }
    }

    fn fill(layout: Arc<Layout>, values: ArrayView2<'_, f32>) -> Self {
        let rows = values.nrows();
        let columns: Vec<Vec<u8>> = (0..layout.columns.len())
            .into_par_iter()
            .map(|column| {
                let mut bytes = vec![0; rows];
                for (feature, place) in layout.places.iter().enumerate().filter(|(_, p)| p.column == column) {
                    add_bins(&mut bytes, &layout.cuts[feature], place.stride, values.column(feature));
                }
                bytes
            })
            .collect();
        let width = layout.widths.len();
        let mut bytes = vec![[0; STRIPE]; rows * width];
        bytes.par_chunks_mut(CHUNK * width).enumerate().for_each(|(chunk, bytes)| {
            for (column, &(stripe, at)) in columns.iter().zip(&layout.slots) {
                let places = bytes.iter_mut().skip(stripe).step_by(width);
                places.zip(&column[chunk * CHUNK..]).for_each(|(bytes, &byte)| bytes[at] = byte);
            }
        });
        Self { layout, rows, columns, bytes }
    }
}

/// Adds one feature's bins, `stride` times each, to the bytes of its column.
fn add_bins(bytes: &mut [u8], cuts: &Cuts, stride: usize, values: ArrayView1<'_, f32>) {
    let binner = cuts.binner();
    for (byte, &value) in bytes.iter_mut().zip(values) {
        *byte += binner.bin(value) * stride as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn what_cannot_be_binned_is_refused_by_name() {
        let refuse = |rows, columns, flags: usize, bins| {
            let values = Array2::zeros((rows, columns));
            BinnedMatrix::from_columns(values.view(), &vec![false; flags], bins).unwrap_err().to_string()
        };
        assert_eq!(refuse(0, 3, 3, 256), "no rows to fit");
        assert_eq!(refuse(2, 3, 2, 256), "flags of categorical columns: 2 given, 3 expected");
        assert_eq!(refuse(2, 3, 3, 257), "parameter max_bins is 257, it must be between 3 and 256");
        assert!(refuse(1, 70_000, 70_000, 256).starts_with("columns of the matrix"));
    }

    #[test]
    fn rows_that_do_not_exist_or_repeat_are_refused() {
        let matrix = BinnedMatrix::from_columns(Array2::zeros((4, 2)).view(), &[false; 2], 256).unwrap();
        assert_eq!(matrix.checked_rows(&[3, 0]).unwrap(), [0, 3]);
        assert_eq!(matrix.checked_rows(&[4]).unwrap_err().to_string(), "row 4 does not exist in a matrix of 4 rows");
        assert_eq!(matrix.checked_rows(&[1, 2, 1]).unwrap_err().to_string(), "row 1 is given more than once");
    }
}
