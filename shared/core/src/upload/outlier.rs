//! Which orders lie far above the others. In flow the amounts of orders, in any number; out flows how many, and how much
//! money, lie above the threshold. Memory does not grow: amounts are counted in bins of a 32nd of an octave.
use crate::money::{Money, Total};
use std::collections::BTreeMap;

const BINS_PER_OCTAVE: f64 = 32.0;
/// A normal distribution's standard deviation is this many times its median absolute deviation.
pub(crate) const DEVIATIONS_PER_MAD: f64 = 1.4826;
/// How many robust standard deviations above the median of the logarithms an outlier lies.
pub(crate) const DEVIATIONS: f64 = 5.0;
/// Equal prices have no spread: half an octave is taken for the least deviation.
pub(crate) const LEAST_MAD_OCTAVES: f64 = 0.5;
/// Of fewer orders nothing is said.
pub(crate) const LEAST_ORDERS: u64 = 30;

/// The bin of a millionth, the least amount, and how many bins there are up to the largest: 60 octaves of them.
const FIRST_BIN: i32 = -638;
const BINS: usize = 60 * 32;

/// Positive amounts by the logarithm of their size.
#[derive(Debug, Default)]
pub(crate) struct Outliers {
    /// Orders and their money by bin, from [`FIRST_BIN`] on; empty before the first.
    bins: Vec<(u64, Total)>,
}

impl Outliers {
    pub(crate) fn take(&mut self, amount: Money) {
        if amount.is_positive() {
            self.bins.resize(BINS, (0, Total::ZERO));
            let (orders, money) = &mut self.bins[((bin_of(amount) - FIRST_BIN).max(0) as usize).min(BINS - 1)];
            *orders += 1;
            *money += amount;
        }
    }

    /// Takes what others have taken.
    pub(crate) fn add(&mut self, others: &Outliers) {
        self.bins.resize(self.bins.len().max(others.bins.len()), (0, Total::ZERO));
        for ((orders, money), (more, sum)) in self.bins.iter_mut().zip(&others.bins) {
            *orders += more;
            *money += *sum;
        }
    }

    /// Bins in which there are orders.
    fn filled(&self) -> impl Iterator<Item = (i32, u64, Total)> {
        let bins = self.bins.iter().enumerate().filter(|(_, (orders, _))| *orders > 0);
        bins.map(|(place, (orders, money))| (place as i32 + FIRST_BIN, *orders, *money))
    }

    /// How many amounts are outliers, and their sum: those whose logarithm lies more than five robust standard deviations
    /// (1.4826 times the median absolute deviation; Hampel 1974) above the median.
    pub(crate) fn above(&self) -> (u64, Total) {
        let total: u64 = self.filled().map(|(_, orders, _)| orders).sum();
        if total < LEAST_ORDERS {
            return (0, Total::ZERO);
        }
        let median = weighted_median(self.filled().map(|(bin, orders, _)| (bin, orders)), total);
        let mut deviations: BTreeMap<i32, u64> = BTreeMap::new();
        for (bin, orders, _) in self.filled() {
            *deviations.entry((bin - median).abs()).or_default() += orders;
        }
        let mad = f64::from(weighted_median(deviations.into_iter(), total)).max(LEAST_MAD_OCTAVES * BINS_PER_OCTAVE);
        let limit = f64::from(median) + DEVIATIONS * DEVIATIONS_PER_MAD * mad;
        let beyond = self.filled().filter(|(bin, ..)| f64::from(*bin) > limit);
        let (mut outliers, mut money) = (0, Total::ZERO);
        for (_, orders, sum) in beyond {
            outliers += orders;
            money += sum;
        }
        (outliers, money)
    }
}

/// The amount's logarithm in 32nds of an octave: exactly where octaves begin, and straight in between, which is never more
/// than a tenth of an octave off.
fn bin_of(amount: Money) -> i32 {
    // The exponent and the five highest bits of the fraction.
    (amount.to_f64().to_bits() >> (52 - 5)) as i32 - (1023 << 5)
}

/// The value at which half of the weight is reached; `values` ascend.
fn weighted_median(values: impl Iterator<Item = (i32, u64)>, total: u64) -> i32 {
    let mut seen = 0;
    for (value, weight) in values {
        seen += weight;
        if seen * 2 >= total {
            return value;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_logarithms_to_a_tenth_of_an_octave() {
        for micros in (0..62).map(|power| 1_i64 << power).flat_map(|power| [power, power / 3 * 4, power / 2 * 3]) {
            let Some(amount) = Money::from_micros(micros.max(1)) else { continue };
            let octaves = amount.to_f64().log2() - f64::from(bin_of(amount)) / BINS_PER_OCTAVE;
            assert!((0.0..0.1 + 1.0 / BINS_PER_OCTAVE).contains(&octaves), "{amount}: {octaves}");
        }
    }

    #[test]
    fn one_order_a_thousand_times_the_usual_is_an_outlier_and_usual_ones_are_not() {
        let mut outliers = Outliers::default();
        for cents in 1000..2000 {
            outliers.take(Money::from_cents(cents));
        }
        assert_eq!(outliers.above(), (0, Total::ZERO));
        outliers.take(Money::from_cents(1_500_000));
        assert_eq!(outliers.above(), (1, Money::from_cents(1_500_000).into()));
    }

    #[test]
    fn equal_prices_do_not_make_every_other_price_an_outlier() {
        let mut outliers = Outliers::default();
        for _ in 0..100 {
            outliers.take(Money::from_cents(1000));
        }
        outliers.take(Money::from_cents(2000));
        assert_eq!(outliers.above(), (0, Total::ZERO));
    }
}
