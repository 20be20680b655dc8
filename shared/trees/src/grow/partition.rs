//! A leaf's rows, divided in two by one byte of each. Both sides keep their order. It never knows what the byte means,
//! nor where it is stored.
use crate::gradient::CHUNK;
use rayon::prelude::*;

/// Puts the rows whose byte is marked in `left` first, the others behind, and returns how many are first.
/// `scratch` is as long as `rows`.
pub(crate) fn partition(
    rows: &mut [u32],
    scratch: &mut [u32],
    byte: impl Fn(u32) -> u8 + Sync,
    left: &[bool; 256],
) -> usize {
    if rows.len() >= 2 * CHUNK {
        return partition_in_chunks(rows, scratch, byte, left);
    }
    let (mut first, mut second) = (0, 0);
    for at in 0..rows.len() {
        let row = rows[at];
        // Both writes always happen, one of them counts: there is no branch to mispredict. `first <= at` throughout.
        let is_left = left[usize::from(byte(row))];
        rows[first] = row;
        scratch[second] = row;
        first += usize::from(is_left);
        second += usize::from(!is_left);
    }
    rows[first..].copy_from_slice(&scratch[..second]);
    first
}

/// The same by several threads: every chunk is divided for itself, then all are put together.
fn partition_in_chunks(
    rows: &mut [u32],
    scratch: &mut [u32],
    byte: impl Fn(u32) -> u8 + Sync,
    left: &[bool; 256],
) -> usize {
    let divided = rows.par_chunks(CHUNK).zip(scratch.par_chunks_mut(CHUNK)).map(|(rows, out)| {
        // From the front those that go left, from the back the others. Both places are free until the last row.
        let (mut first, mut second) = (0, out.len());
        for &row in rows {
            let is_left = left[usize::from(byte(row))];
            out[first] = row;
            out[second - 1] = row;
            first += usize::from(is_left);
            second -= usize::from(!is_left);
        }
        first
    });
    let counts: Vec<usize> = divided.collect();
    let middle = counts.iter().sum();
    let (mut lefts, mut rights) = rows.split_at_mut(middle);
    let mut places = Vec::with_capacity(counts.len());
    for (&count, part) in counts.iter().zip(scratch.chunks(CHUNK)) {
        let (to_left, rest) = std::mem::take(&mut lefts).split_at_mut(count);
        lefts = rest;
        let (to_right, rest) = std::mem::take(&mut rights).split_at_mut(part.len() - count);
        rights = rest;
        places.push((to_left, to_right, part));
    }
    places.into_par_iter().for_each(|(to_left, to_right, part)| {
        let (from_left, from_right) = part.split_at(to_left.len());
        to_left.copy_from_slice(from_left);
        to_right.iter_mut().zip(from_right.iter().rev()).for_each(|(to, &from)| *to = from);
    });
    middle
}

#[cfg(test)]
mod tests {
    use super::partition;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn chunks_divided_apart_come_together_in_order(marks in prop::collection::vec(any::<bool>(), 256), step in 1u32..4) {
            let left: [bool; 256] = std::array::from_fn(|byte| marks[byte]);
            let bytes: Vec<u8> = (0..200_000u32).map(|row| (row.wrapping_mul(0x9e37_79b9) >> 24) as u8).collect();
            let rows: Vec<u32> = (0..200_000).step_by(step as usize).collect();
            let (mut moved, mut scratch) = (rows.clone(), vec![0; rows.len()]);
            let middle = partition(&mut moved, &mut scratch, |row| bytes[row as usize], &left);
            let expected: (Vec<u32>, Vec<u32>) = rows.iter().partition(|row| left[usize::from(bytes[**row as usize])]);
            prop_assert_eq!(&moved[..middle], expected.0);
            prop_assert_eq!(&moved[middle..], expected.1);
        }

        #[test]
        fn it_divides_rows_and_keeps_their_order(
            bytes in prop::collection::vec(any::<u8>(), 1..300),
            marks in prop::collection::vec(any::<bool>(), 256),
        ) {
            let left: [bool; 256] = std::array::from_fn(|byte| marks[byte]);
            let rows: Vec<u32> = (0..bytes.len() as u32).step_by(2).collect();
            let (mut moved, mut scratch) = (rows.clone(), vec![0; rows.len()]);
            let middle = partition(&mut moved, &mut scratch, |row| bytes[row as usize], &left);
            let goes_left = |row: &u32| left[usize::from(bytes[*row as usize])];
            let expected: (Vec<u32>, Vec<u32>) = rows.iter().partition(|row| goes_left(row));
            prop_assert_eq!(&moved[..middle], expected.0);
            prop_assert_eq!(&moved[middle..], expected.1);
        }
    }
}
