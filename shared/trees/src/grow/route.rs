//! Grown trees on binned rows: from rows to the leaves they fall into. It never looks at a value, only at bytes.
use super::Grown;
use super::partition::partition;
use crate::binned::BinnedMatrix;
use crate::binned::layout::Place;
use crate::split::Test;

/// Rows that go down a tree together: their numbers, and the bytes that they look at, stay in the first-level cache.
pub(crate) const BLOCK: usize = 2_048;

/// Which bytes of a column go left.
#[derive(Clone, Debug)]
pub(super) struct Route {
    column: usize,
    pub(super) left: [bool; 256],
}

impl Default for Route {
    fn default() -> Self {
        Self { column: 0, left: [false; 256] }
    }
}

impl Route {
    /// How the split `test` of the feature at `place` divides bytes.
    pub(super) fn new(place: Place, test: Test) -> Self {
        Self { column: place.column, left: std::array::from_fn(|byte| test.goes_left(place.bin(byte))) }
    }
}

/// Sends rows of `matrix` down the tree and hands every leaf its own, in their order: [`BLOCK`] rows at most, each by a
/// number of which `row` makes the matrix' row. `numbers` are in another order afterwards.
pub(crate) fn follow(
    grown: &Grown,
    matrix: &BinnedMatrix,
    numbers: &mut [u32],
    row: impl Fn(u32) -> u32 + Sync,
    mut leaf: impl FnMut(usize, &[u32]),
) {
    let mut scratch = [0; BLOCK];
    let mut open = vec![(0, 0, numbers.len())];
    while let Some((at, first, end)) = open.pop() {
        let Some((_, left)) = &grown.nodes[at].split else {
            leaf(at, &numbers[first..end]);
            continue;
        };
        let route = &grown.routes[at];
        let bytes = &matrix.columns[route.column];
        let byte = |number| bytes[row(number) as usize];
        let middle = first + partition(&mut numbers[first..end], &mut scratch[..end - first], byte, &route.left);
        open.extend([(*left, first, middle), (left + 1, middle, end)].into_iter().filter(|(_, a, b)| a < b));
    }
}
