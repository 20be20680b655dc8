//! Per bin, the sum of the packed gradients of a leaf's rows. Rows and gradients flow in, sums flow out; here nearly
//! all time of a training is spent. It never interprets a sum.
use crate::binned::layout::{BYTE, STRIPE};

/// Sums for the columns of one stripe, 256 apart.
pub(crate) type StripeSums = [u64; STRIPE * BYTE];

/// Rows gathered at a time: their bytes and gradients fit into the first-level cache beside the sums in use.
const BLOCK: usize = 256;

/// Room for the sums of so many stripes.
#[allow(clippy::large_stack_arrays, reason = "an array of zeros is asked of the allocator, never put on the stack")]
pub(crate) fn zeros(stripes: usize) -> Vec<StripeSums> {
    vec![[0; STRIPE * BYTE]; stripes]
}

/// Rows worth a task of their own where threads outnumber stripes.
const SHARE: usize = 32_768;

/// Sums of a stripe over `rows`; `None` stands for all rows in order. Up to `tasks` threads divide the rows.
pub(crate) fn accumulate(
    sums: &mut StripeSums,
    width: usize,
    bytes: &[[u8; STRIPE]],
    words: &[u64],
    rows: Option<&[u32]>,
    tasks: usize,
) {
    let count = rows.map_or(words.len(), <[u32]>::len);
    if tasks < 2 || count < 2 * SHARE {
        return accumulate_rows(sums, width, bytes, words, rows);
    }
    let half = count / 2;
    let mut other = zeros(1);
    let (first, second) = match rows {
        Some(rows) => ((bytes, words, Some(&rows[..half])), (bytes, words, Some(&rows[half..]))),
        None => ((&bytes[..half], &words[..half], None), (&bytes[half..], &words[half..], None)),
    };
    rayon::join(
        || accumulate(sums, width, first.0, first.1, first.2, tasks / 2),
        || accumulate(&mut other[0], width, second.0, second.1, second.2, tasks - tasks / 2),
    );
    for (sum, part) in sums.iter_mut().zip(&other[0]) {
        *sum = sum.wrapping_add(*part);
    }
}

fn accumulate_rows(sums: &mut StripeSums, width: usize, bytes: &[[u8; STRIPE]], words: &[u64], rows: Option<&[u32]>) {
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
        8 => add_columns::<8>(sums, bytes, words),
        9 => add_columns::<9>(sums, bytes, words),
        10 => add_columns::<10>(sums, bytes, words),
        11 => add_columns::<11>(sums, bytes, words),
        12 => add_columns::<12>(sums, bytes, words),
        13 => add_columns::<13>(sums, bytes, words),
        14 => add_columns::<14>(sums, bytes, words),
        15 => add_columns::<15>(sums, bytes, words),
        _ => add_columns::<16>(sums, bytes, words),
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_row_counts_once_in_every_column(
            rows in prop::collection::vec((any::<[u8; STRIPE]>(), any::<u64>()), 1..900),
            width in 1usize..=STRIPE,
            step in 1usize..5,
        ) {
            let (bytes, words): (Vec<[u8; STRIPE]>, Vec<u64>) = rows.into_iter().unzip();
            let some: Vec<u32> = (0..bytes.len() as u32).step_by(step).collect();
            let mut sums = zeros(1);
            sums[0].fill(1);
            accumulate(&mut sums[0], width, &bytes, &words, if step == 1 { None } else { Some(&some) }, 1);
            let mut expected = vec![0u64; STRIPE * BYTE];
            for &row in &some {
                for column in 0..width {
                    let sum = &mut expected[column * BYTE + usize::from(bytes[row as usize][column])];
                    *sum = sum.wrapping_add(words[row as usize]);
                }
            }
            prop_assert_eq!(&sums[0][..], &expected[..]);
        }
    }

    #[test]
    fn threads_that_divide_the_rows_give_the_same_sums() {
        let count = 5 * SHARE as u32;
        let bytes: Vec<[u8; STRIPE]> =
            (0..count).map(|row| std::array::from_fn(|c| (row * (c as u32 + 3)) as u8)).collect();
        let words: Vec<u64> = (0..count).map(|row| u64::from(row) << 7).collect();
        let some: Vec<u32> = (0..count).filter(|row| row % 5 != 1).collect();
        for rows in [None, Some(some.as_slice())] {
            let mut sums = zeros(2);
            for (sums, tasks) in sums.iter_mut().zip([1, 3]) {
                accumulate(sums, STRIPE, &bytes, &words, rows, tasks);
            }
            assert_eq!(sums[0], sums[1]);
        }
    }
}
