//! From gradients to packed integers: each row's first derivative (upper bits, signed) and second derivative (lower
//! bits) in one 64-bit word, so that a histogram adds both at once. Sums of integers do not depend on their order,
//! which makes training the same at any number of threads. It never decides about splits.
use rayon::prelude::*;

/// Rows handled by one task; fixed, so that no result depends on the number of threads.
pub(crate) const CHUNK: usize = 16_384;
/// Bits of a sum of hessians, where these are not whole numbers.
const HESSIAN_BITS: u32 = 30;

/// Gradients of all rows as integers, with the units they are multiples of.
#[derive(Debug, Default)]
pub(crate) struct Packed {
    pub(crate) words: Vec<u64>,
    pub(crate) units: Units,
}

/// How a word is divided, and what its integers mean.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Units {
    shift: u32,
    pub(crate) gradient: f64,
    pub(crate) hessian: f64,
}

/// Sums of gradients and hessians over some rows, in their units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sums {
    pub(crate) gradient: f64,
    pub(crate) hessian: f64,
}

impl std::ops::AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.gradient += other.gradient;
        self.hessian += other.hessian;
    }
}

impl Units {
    /// What a sum of words stands for.
    #[inline]
    pub(crate) fn sums(self, word: u64) -> Sums {
        let Sums { gradient, hessian } = self.whole(word);
        Sums { gradient: gradient * self.gradient, hessian: hessian * self.hessian }
    }

    /// The same in these units: whole numbers.
    #[inline]
    pub(crate) fn whole(self, word: u64) -> Sums {
        // Both fit into 63 bits, and signed integers are converted far faster than unsigned ones.
        Sums { gradient: ((word as i64) >> self.shift) as f64, hessian: (word & ((1 << self.shift) - 1)) as i64 as f64 }
    }
}

impl Packed {
    /// Quantises `pairs` of (gradient, hessian ≥ 0) of all rows.
    ///
    /// Values become multiples of a power of two, rounded up or down at random with the chances that keep them right
    /// on average (stochastic rounding; Shi et al. 2022, "Quantized training of gradient boosting decision trees").
    /// The unit is as fine as the sum of all absolute values allows, whatever the largest one: among a million rows
    /// it is about a ten-thousandth of the mean, so that one huge gradient does not drown the small ones.
    /// Hessians that are `whole` numbers are kept as they are, and the gradients get the bits that leaves.
    pub(crate) fn fill(&mut self, pairs: &[(f32, f32)], whole: bool, seed: u32) {
        // Chunk by chunk and then in order: sums of floats that no schedule can change.
        let parts: Vec<(f64, f64)> = pairs
            .par_chunks(CHUNK)
            .map(|chunk| chunk.iter().fold((0.0, 0.0), |s, p| (s.0 + f64::from(p.0.abs()), s.1 + f64::from(p.1))))
            .collect();
        let (gradients, hessians) = parts.iter().fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
        let rows = pairs.len() as f64;
        let (shift, hessian) = if whole {
            ((hessians + 1.0).log2().ceil() as u32, 1.0)
        } else {
            (HESSIAN_BITS, unit(hessians, rows, HESSIAN_BITS))
        };
        let gradient = unit(gradients, rows, 63 - shift);
        self.units = Units { shift, gradient, hessian };
        self.words.resize(pairs.len(), 0);
        let (per_gradient, per_hessian) = ((1.0 / gradient) as f32, (1.0 / hessian) as f32);
        self.words.par_chunks_mut(CHUNK).zip(pairs.par_chunks(CHUNK)).enumerate().for_each(
            |(chunk, (words, pairs))| {
                let first = (chunk * CHUNK) as u32;
                for (at, (word, &(g, h))) in words.iter_mut().zip(pairs).enumerate() {
                    let random = hash(seed, first + at as u32);
                    let g = round(g * per_gradient, (random >> 16) as f32 / 65_536.0);
                    let h = round(h * per_hessian, (random & 0xffff) as f32 / 65_536.0);
                    *word = ((g << shift) + h) as u64;
                }
            },
        );
    }
}

/// The smallest power of two, in multiples of which `rows` rounded values with this sum of magnitudes stay below
/// 2^`bits` in sum. Not below 2⁻¹⁰⁰, so that its inverse is a number too.
fn unit(sum: f64, rows: f64, bits: u32) -> f64 {
    let room = 2.0f64.powi(bits as i32) - rows - 1.0;
    let exponent = (sum.max(f64::MIN_POSITIVE) / room).log2().ceil();
    2.0f64.powi((exponent as i32).clamp(-100, 100))
}

/// The largest integer not above `x + random`.
#[inline]
fn round(x: f32, random: f32) -> i64 {
    let moved = x + random;
    let toward_zero = moved as i64;
    toward_zero - i64::from(toward_zero as f32 > moved)
}

/// A row's random bits: two rounds of multiply and shift spread every input bit over the word.
#[inline]
pub(crate) fn hash(seed: u32, row: u32) -> u32 {
    let mut x = row.wrapping_mul(0x9e37_79b9) ^ seed;
    x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn totals(packed: &Packed) -> Sums {
        packed.units.sums(packed.words.iter().fold(0u64, |sum, &word| sum.wrapping_add(word)))
    }

    proptest! {
        #[test]
        fn sums_of_words_are_sums_of_pairs(
            pairs in prop::collection::vec((-1e6f32..1e6, 0.0f32..1e3), 1..2_000),
            seed in any::<u32>(),
        ) {
            let mut packed = Packed::default();
            packed.fill(&pairs, false, seed);
            let (sums, rows) = (totals(&packed), pairs.len() as f64);
            let exact = pairs.iter().fold((0.0, 0.0), |s, p| (s.0 + f64::from(p.0), s.1 + f64::from(p.1)));
            let size = pairs.iter().fold((0.0, 0.0), |s, p| (s.0 + f64::from(p.0.abs()), s.1 + f64::from(p.1)));
            // A unit is at most 2⁻²⁸ of all, each row is off by less than one and by its float's rounding.
            prop_assert!((sums.gradient - exact.0).abs() <= (rows / 2e8 + 1e-6) * size.0);
            prop_assert!((sums.hessian - exact.1).abs() <= (rows / 2e8 + 1e-6) * size.1);
        }

        #[test]
        fn whole_hessians_are_kept(counts in prop::collection::vec(0u8..20, 1..500)) {
            let pairs: Vec<(f32, f32)> = counts.iter().map(|&count| (-3.5, f32::from(count))).collect();
            let mut packed = Packed::default();
            packed.fill(&pairs, true, 7);
            for (&word, &(_, count)) in packed.words.iter().zip(&pairs) {
                prop_assert_eq!(packed.units.sums(word).hessian.to_bits(), f64::from(count).to_bits());
            }
        }
    }

    #[test]
    fn rounding_is_right_on_average_however_small_the_value() {
        // One huge gradient sets no scale: small ones keep their mean.
        let mut pairs = vec![(0.01f32, 0.002f32); 200_000];
        pairs[0] = (1e6, 1e6);
        let mut packed = Packed::default();
        packed.fill(&pairs, false, 3);
        let rest = packed.words[1..].iter().fold(0u64, |sum, &word| sum.wrapping_add(word));
        let sums = packed.units.sums(rest);
        assert!((sums.gradient / 1_999.99 - 1.0).abs() < 0.01, "{sums:?}");
        assert!((sums.hessian / 399.998 - 1.0).abs() < 0.05, "{sums:?}");
    }
}
