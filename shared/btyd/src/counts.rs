//! Customers as a likelihood sees them: grouped by frequency, identical ones counted once.
//!
//! In flow rows of one customer each; out flow sums of log-likelihood and gradient over all of them, the same to the
//! last bit at any number of threads. It knows no model.
use rayon::prelude::*;

/// Rows of one chunk of work; also the size above which threads are used at all.
const CHUNK: usize = 2_048;

/// What a model computes once for all customers of one frequency, and then for each.
pub(crate) trait Density<const N: usize>: Sync {
    /// What is known of a customer beside the frequency.
    type Row: Copy + Send + Sync;
    /// What customers of one frequency share.
    type Shared;

    /// The part that depends on the frequency `x` alone.
    fn shared(&self, x: f64) -> Self::Shared;

    /// Log-likelihood of one customer, and its gradient by the model's parameters.
    fn customer(&self, shared: &Self::Shared, row: &Self::Row) -> (f64, [f64; N]);
}

/// Customers of one frequency: what they did, and how many did the same.
#[derive(Debug)]
struct Chunk<R> {
    frequency: u32,
    rows: Vec<(R, f64)>,
}

/// All customers of a fit.
#[derive(Debug)]
pub(crate) struct Counts<R> {
    chunks: Vec<Chunk<R>>,
    distinct: usize,
    customers: u64,
    frequency_sum: f64,
}

impl<R: Copy + Send + Sync> Counts<R> {
    /// Groups rows, counting those whose `key`s are equal to the bit. Order of the input does not matter.
    pub(crate) fn new<const K: usize>(rows: impl Iterator<Item = (u32, R)>, key: impl Fn(&R) -> [f64; K]) -> Self {
        // Keys are not negative, so that the order of their bits is their order.
        let bits = |row: &R| key(row).map(f64::to_bits);
        let mut rows: Vec<(u32, R)> = rows.collect();
        rows.sort_unstable_by_key(|(frequency, row)| (*frequency, bits(row)));
        let mut counts = Self { chunks: Vec::new(), distinct: 0, customers: rows.len() as u64, frequency_sum: 0.0 };
        let mut last = None;
        for (frequency, row) in rows {
            counts.frequency_sum += f64::from(frequency);
            let this = Some((frequency, bits(&row)));
            counts.push(frequency, row, this == last);
            last = this;
        }
        counts
    }

    fn push(&mut self, frequency: u32, row: R, repeated: bool) {
        if let Some(chunk) = self.chunks.last_mut().filter(|chunk| chunk.frequency == frequency) {
            if let Some(same) = chunk.rows.last_mut().filter(|_| repeated) {
                same.1 += 1.0;
                return;
            }
            if chunk.rows.len() < CHUNK {
                chunk.rows.push((row, 1.0));
                self.distinct += 1;
                return;
            }
        }
        self.chunks.push(Chunk { frequency, rows: vec![(row, 1.0)] });
        self.distinct += 1;
    }

    /// How many customers.
    pub(crate) fn customers(&self) -> u64 {
        self.customers
    }

    /// Σx.
    pub(crate) fn frequency_sum(&self) -> f64 {
        self.frequency_sum
    }

    /// Σ over customers of `value(x, row)`.
    pub(crate) fn sum(&self, value: impl Fn(f64, &R) -> f64) -> f64 {
        let mut sum = 0.0;
        for chunk in &self.chunks {
            for (row, count) in &chunk.rows {
                sum += count * value(f64::from(chunk.frequency), row);
            }
        }
        sum
    }

    /// Log-likelihood of all customers, and its gradient.
    pub(crate) fn log_likelihood<const N: usize, D: Density<N, Row = R>>(&self, model: &D) -> (f64, [f64; N]) {
        let one = |chunk: &Chunk<R>| {
            let shared = model.shared(f64::from(chunk.frequency));
            let mut total = (0.0, [0.0; N]);
            for (row, count) in &chunk.rows {
                add(&mut total, model.customer(&shared, row), *count);
            }
            total
        };
        // Partial sums are added in the order of the chunks in both cases: threads do not change the result.
        let mut total = (0.0, [0.0; N]);
        if self.distinct <= 2 * CHUNK {
            self.chunks.iter().for_each(|chunk| add(&mut total, one(chunk), 1.0));
        } else {
            let parts: Vec<_> = self.chunks.par_iter().map(one).collect();
            for part in parts {
                add(&mut total, part, 1.0);
            }
        }
        total
    }
}

fn add<const N: usize>(total: &mut (f64, [f64; N]), part: (f64, [f64; N]), count: f64) {
    total.0 += count * part.0;
    for (sum, value) in total.1.iter_mut().zip(part.1) {
        *sum += count * value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::purchase::Times;
    use crate::{BgNbd, purchase};

    fn customers() -> Vec<crate::Summary> {
        (0..9_000_u32)
            .map(|i| {
                let age = f64::from(i % 997) / 7.0 + 1.0;
                let frequency = i % 5;
                let recency = if frequency == 0 { 0.0 } else { age * f64::from(i % 13) / 13.0 };
                crate::Summary { frequency, recency, age, monetary: 0.0 }
            })
            .collect()
    }

    const MODEL: BgNbd = BgNbd { r: 0.3, alpha: 4.0, a: 0.8, b: 2.4 };

    #[test]
    fn identical_customers_count_as_often_as_they_occur() {
        let once = purchase::times(&customers()[..500], 1.0);
        let thrice = purchase::times(&[&customers()[..500]; 3].concat(), 1.0);
        assert_eq!((thrice.customers(), thrice.distinct), (3 * once.customers(), once.distinct));
        let (single, triple) = (once.log_likelihood(&MODEL), thrice.log_likelihood(&MODEL));
        assert!((3.0 * single.0 - triple.0).abs() < 1e-9 * triple.0.abs());
    }

    #[test]
    fn neither_order_nor_threads_change_the_last_bit() {
        let mut reversed = customers();
        reversed.reverse();
        let (counts, backwards) = (purchase::times(&customers(), 1.0), purchase::times(&reversed, 1.0));
        assert!(counts.distinct > 2 * CHUNK, "large enough for threads");
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread can be had");
        assert_eq!(counts.log_likelihood(&MODEL), alone.install(|| backwards.log_likelihood(&MODEL)));
    }

    #[test]
    fn sums_over_counts_are_sums_over_customers() {
        let counts = purchase::times(&customers(), 1.0);
        let direct: f64 = customers().iter().map(|c| c.age).sum();
        assert!((counts.sum(|_, row: &Times| row.age) - direct).abs() < 1e-6);
    }
}
