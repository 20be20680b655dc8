//! Per bin, the sum of the packed gradients of a leaf's rows. Rows and gradients flow in, sums flow out; here nearly
//! all time of a training is spent. It never interprets a sum.
use crate::binned::layout::{BYTE, STRIPE};

/// Sums for the columns of one stripe, 256 apart.
pub(crate) type StripeSums = [u64; STRIPE * BYTE];

/// Rows gathered at a time: their bytes and gradients fit into the first-level cache beside the sums in use.
const BLOCK: usize = 256;

/// Sums of a stripe over `rows`; `None` stands for all rows in order.
pub(crate) fn accumulate(
    sums: &mut StripeSums,
    width: usize,
    bytes: &[[u8; STRIPE]],
    words: &[u64],
    rows: Option<&[u32]>,
) {
    sums.fill(0);
    let Some(rows) = rows else {
        return add(sums, width, bytes, words);
    };
    // Gathering first keeps many cache misses in flight; adding right away would wait for each in turn.
    let mut block_bytes = [[0; STRIPE]; BLOCK];
    let mut block_words = [0; BLOCK];
    for block in rows.chunks(BLOCK) {
        for ((byte, word), &row) in block_bytes.iter_mut().zip(&mut block_words).zip(block) {
            *byte = bytes[row as usize];
            *word = words[row as usize];
        }
        add(sums, width, &block_bytes[..block.len()], &block_words[..block.len()]);
    }
}

/// What is left of `parent` without `child`.
pub(crate) fn subtract(parent: &mut StripeSums, child: &StripeSums) {
    for (sum, part) in parent.iter_mut().zip(child) {
        *sum = sum.wrapping_sub(*part);
    }
}

fn add(sums: &mut StripeSums, width: usize, bytes: &[[u8; STRIPE]], words: &[u64]) {
    match width {
        1 => add_columns::<1>(sums, bytes, words),
        2 => add_columns::<2>(sums, bytes, words),
        3 => add_columns::<3>(sums, bytes, words),
        4 => add_columns::<4>(sums, bytes, words),
        5 => add_columns::<5>(sums, bytes, words),
        6 => add_columns::<6>(sums, bytes, words),
        7 => add_columns::<7>(sums, bytes, words),
        _ => add_columns::<8>(sums, bytes, words),
    }
}

/// A number of columns known to the compiler lets it unroll the inner loop and drop every bounds check.
fn add_columns<const WIDTH: usize>(sums: &mut StripeSums, bytes: &[[u8; STRIPE]], words: &[u64]) {
    for (row, &word) in bytes.iter().zip(words) {
        for column in 0..WIDTH {
            let sum = &mut sums[column * BYTE + usize::from(row[column])];
            *sum = sum.wrapping_add(word);
        }
    }
}
