//! From gradients to packed integers: each row's first derivative (upper bits, signed) and second derivative (lower
//! bits) in one 64-bit word, so that a histogram adds both at once. Sums of integers do not depend on their order,
//! which makes training the same at any number of threads. It never decides about splits.
use rayon::prelude::*;

/// Rows handled by one task; fixed, so that no result depends on the number of threads.
pub(crate) const CHUNK: usize = 16_384;
/// More bits than a 32-bit float has are of no use.
const MAX_BITS: u32 = 24;

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
    gradient: f64,
    hessian: f64,
}

/// Sums of gradients and hessians over some rows, in their units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sums {
    pub(crate) gradient: f64,
    pub(crate) hessian: f64,
}

impl Units {
    /// What a sum of words stands for.
    #[inline]
    pub(crate) fn sums(self, word: u64) -> Sums {
        Sums {
            gradient: ((word as i64) >> self.shift) as f64 * self.gradient,
            hessian: (word & ((1 << self.shift) - 1)) as f64 * self.hessian,
        }
    }
}

impl Packed {
    /// Quantises `pairs` of (gradient, hessian ≥ 0) of all rows.
    ///
    /// Values become multiples of a power of two, rounded up or down at random with the chances that keep them right
    /// on average (stochastic rounding; Shi et al. 2022, "Quantized training of gradient boosting decision trees").
    /// For n rows the two share 61 − 2·log₂ n bits; with `constant` hessians of 1 the gradient gets them all.
    pub(crate) fn fill(&mut self, pairs: &[(f32, f32)], constant: bool, seed: u32) {
        let count = usize::BITS - pairs.len().leading_zeros();
        let bits = 61 - 2 * count;
        let hessian_bits = if constant { 0 } else { (bits / 2).min(MAX_BITS) };
        let gradient_bits = (bits - hessian_bits).min(MAX_BITS);
        let (gradient, hessian) = pairs
            .par_chunks(CHUNK)
            .map(|chunk| chunk.iter().fold((0.0f32, 0.0f32), |max, pair| (max.0.max(pair.0.abs()), max.1.max(pair.1))))
            .reduce(|| (0.0, 0.0), |a, b| (a.0.max(b.0), a.1.max(b.1)));
        let (gradient, hessian) = (unit(gradient, gradient_bits), unit(hessian, hessian_bits));
        let shift = count + hessian_bits + 1;
        self.units = Units { shift, gradient: f64::from(gradient), hessian: f64::from(hessian) };
        self.words.resize(pairs.len(), 0);
        let (per_gradient, per_hessian) = (1.0 / gradient, 1.0 / hessian);
        self.words.par_chunks_mut(CHUNK).zip(pairs.par_chunks(CHUNK)).enumerate().for_each(
            |(chunk, (words, pairs))| {
                let first = (chunk * CHUNK) as u32;
                for (at, (word, &(g, h))) in words.iter_mut().zip(pairs).enumerate() {
                    let random = hash(seed, first + at as u32);
                    let g = round(g * per_gradient, (random >> 16) as f32 / 65_536.0);
                    let h = round(h * per_hessian, (random & 0xffff) as f32 / 65_536.0);
                    *word = ((i64::from(g) << shift) + i64::from(h)) as u64;
                }
            },
        );
    }
}

/// The power of two of which `max` is at most 2^`bits`.
fn unit(max: f32, bits: u32) -> f32 {
    if max <= 0.0 {
        return 1.0;
    }
    let exponent = f64::from(max).log2().ceil() as i32 - bits as i32;
    2.0f64.powi(exponent.max(-126)) as f32
}

/// The largest integer not above `x + random`.
#[inline]
fn round(x: f32, random: f32) -> i32 {
    let moved = x + random;
    let toward_zero = moved as i32;
    toward_zero - i32::from(toward_zero as f32 > moved)
}

/// A row's random bits: two rounds of multiply and shift spread every input bit over the word.
#[inline]
pub(crate) fn hash(seed: u32, row: u32) -> u32 {
    let mut x = row.wrapping_mul(0x9e37_79b9) ^ seed;
    x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}
