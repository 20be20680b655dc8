//! Random numbers by entity: in flow the run's seed, a purpose and an entity's number; out flows a generator of its
//! own. No two entities share one, so that neither the order of work nor the number of threads changes any draw.
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp1, Gamma, StandardNormal};

/// What an entity's numbers are drawn for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// A customer's parameters, orders and their amounts, in time order: entity is the customer.
    Customer = 1,
    /// Lines and fate of an order: entity is (customer, order).
    Basket = 2,
    /// What goes wrong with the rows of an order, refund or cancellation: entity is (customer, order, event).
    Dirt = 3,
    /// A channel's daily spend and demand noise: entity is the channel.
    Demand = 4,
    /// What moves all channels' spend together.
    CommonDemand = 5,
    /// How many customers each day and channel gets.
    Arrivals = 6,
    /// The look of a file: entity is (shop, month).
    File = 7,
    /// The economic series: entity is the series.
    Indicator = 8,
    /// What goes wrong with a customer's row: entity is the customer.
    CustomerRow = 9,
    /// What the ad platforms report besides spend: entity is (day, channel).
    Platform = 10,
    /// A business whose budget advice is evaluated: entity is the business.
    Business = 11,
}

/// The generators of one run.
#[derive(Clone)]
pub(crate) struct Streams {
    root: ChaCha8Rng,
}

impl Streams {
    /// The generators of the run with this seed.
    pub(crate) fn new(seed: u64) -> Streams {
        Streams { root: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// The generator of one entity, whose number is below 2⁵⁶.
    pub(crate) fn of(&self, purpose: Purpose, entity: u64) -> ChaCha8Rng {
        let mut rng = self.root.clone();
        rng.set_stream(((purpose as u64) << 56) | entity);
        rng
    }
}

/// A number in `[0, 1)`.
pub(crate) fn uniform(rng: &mut ChaCha8Rng) -> f64 {
    rng.random()
}

/// Does something of this probability happen?
pub(crate) fn happens(rng: &mut ChaCha8Rng, probability: f64) -> bool {
    uniform(rng) < probability
}

/// A standard normal number.
pub(crate) fn normal(rng: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(rng)
}

/// An exponential waiting time of this rate.
pub(crate) fn waiting(rng: &mut ChaCha8Rng, rate: f64) -> f64 {
    let unit: f64 = Exp1.sample(rng);
    unit / rate
}

/// A gamma-distributed number of this shape and rate; never zero, so that it can divide.
pub(crate) fn gamma(rng: &mut ChaCha8Rng, shape: f64, rate: f64) -> f64 {
    let gamma = Gamma::new(shape, 1.0 / rate).expect("the constants' shapes and rates are positive");
    gamma.sample(rng).max(1e-12)
}

/// The number of the share that `u` in `[0, 1)` falls into.
pub(crate) fn pick(u: f64, shares: impl IntoIterator<Item = f64>) -> usize {
    let (mut sum, mut last) = (0.0, 0);
    for (number, share) in shares.into_iter().enumerate() {
        sum += share;
        last = number;
        if u < sum {
            break;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_draws_the_same_whoever_drew_before_it() {
        let streams = Streams::new(7);
        let alone = uniform(&mut streams.of(Purpose::Customer, 5));
        let mut other = streams.of(Purpose::Customer, 4);
        let drawn: f64 = (0..100).map(|_| uniform(&mut other)).sum();
        assert!(drawn > 0.0);
        assert_eq!(alone.to_bits(), uniform(&mut streams.of(Purpose::Customer, 5)).to_bits());
        assert_ne!(alone.to_bits(), uniform(&mut streams.of(Purpose::Basket, 5)).to_bits());
        assert_ne!(alone.to_bits(), uniform(&mut Streams::new(8).of(Purpose::Customer, 5)).to_bits());
    }

    #[test]
    fn a_pick_never_leaves_the_shares() {
        assert_eq!(pick(0.0, [0.5, 0.5]), 0);
        assert_eq!(pick(0.5, [0.5, 0.5]), 1);
        assert_eq!(pick(1.0 - f64::EPSILON, [0.1, 0.2, 0.699_999_999]), 2);
    }
}
