//! A leaf's rows, divided in two by one byte of each. Both sides keep their order. It never knows what the byte means.

/// Puts the rows whose byte is marked in `left` first, the others behind, and returns how many are first.
/// `scratch` is as long as `rows`.
pub(crate) fn partition(rows: &mut [u32], scratch: &mut [u32], bytes: &[u8], left: &[bool; 256]) -> usize {
    let (mut first, mut second) = (0, 0);
    for at in 0..rows.len() {
        let row = rows[at];
        // Both writes always happen, one of them counts: there is no branch to mispredict. `first <= at` throughout.
        let is_left = left[usize::from(bytes[row as usize])];
        rows[first] = row;
        scratch[second] = row;
        first += usize::from(is_left);
        second += usize::from(!is_left);
    }
    rows[first..].copy_from_slice(&scratch[..second]);
    first
}
