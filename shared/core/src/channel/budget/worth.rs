//! Value curves: in flow draws of response curves and of what a new customer is worth, out flows what a channel earns
//! in one period at a spend, under each draw or in the mean of them. Nothing is decided here.
use super::Budgeting;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Draws of a customer's value never fall below this part of its mean.
const LEAST_VALUE: f64 = 0.05;

/// Value curves of all channels, in currency a period.
pub(super) struct Worth {
    channels: Vec<Vec<Drawn>>,
}

/// One draw: `height × x^s ÷ (x^s + half^s)`, and `around` what it was at the present spend.
struct Drawn {
    height: f64,
    log_half: f64,
    slope: f64,
    /// Value a period that changes in spend do not touch, where marginal customers are worth less.
    kept: f64,
}

impl Drawn {
    fn value(&self, spend: f64) -> f64 {
        if spend <= 0.0 {
            return self.kept;
        }
        self.kept + self.height / (1.0 + (self.slope * (self.log_half - spend.ln())).exp())
    }

    fn marginal(&self, spend: f64) -> f64 {
        let reached = 1.0 / (1.0 + (self.slope * (self.log_half - spend.ln())).exp());
        self.height * reached * (1.0 - reached) * self.slope / spend
    }
}

impl Worth {
    /// Every `thin`-th draw. Customers won or lost by a change of spend are worth `decline` less than the others.
    pub(super) fn of(budgeting: &Budgeting, thin: usize, decline: f64) -> Worth {
        let steps = budgeting.steps();
        let margin = budgeting.margin.unwrap_or(1.0);
        let channels = budgeting.fitted.channels.iter().zip(&budgeting.values).enumerate();
        let channels = channels.map(|(number, (channel, value))| {
            let stream = |number: u64| {
                let mut rng = ChaCha8Rng::seed_from_u64(1);
                rng.set_stream(number);
                rng
            };
            let (mut own, mut shared) = (stream(number as u64), stream(u64::MAX));
            let drawn = channel.draws.iter().map(|curve| {
                let errs: [f64; 2] = [StandardNormal.sample(&mut own), StandardNormal.sample(&mut shared)];
                let error = value.standard_error * errs[0] + value.shared_error * errs[1];
                let revenue = (value.revenue + error).max(LEAST_VALUE * value.revenue);
                let worth = revenue * margin * steps;
                // The height of saturation, from the response at the reference.
                let saturated = curve.at_reference * (1.0 + curve.half_saturation.powf(curve.slope));
                Drawn {
                    height: saturated * worth * (1.0 - decline),
                    log_half: (curve.half_saturation * curve.reference * steps).ln(),
                    slope: curve.slope,
                    kept: curve.response(channel.current) * worth * decline,
                }
            });
            drawn.step_by(thin).collect()
        });
        Worth { channels: channels.collect() }
    }

    /// What a channel earns at `spend` under each draw.
    pub(super) fn values(&self, channel: usize, spend: f64) -> Vec<f64> {
        self.channels[channel].iter().map(|drawn| drawn.value(spend)).collect()
    }

    /// The derivative of that.
    pub(super) fn marginals(&self, channel: usize, spend: f64) -> Vec<f64> {
        self.channels[channel].iter().map(|drawn| drawn.marginal(spend.max(f64::MIN_POSITIVE))).collect()
    }

    /// What a channel earns at `spend` in the mean of all draws.
    pub(super) fn mean(&self, channel: usize, spend: f64) -> f64 {
        let draws = &self.channels[channel];
        draws.iter().map(|drawn| drawn.value(spend)).sum::<f64>() / draws.len().max(1) as f64
    }

    /// How much more all channels earn together at `spend` under each joint draw than the totals `of_before`.
    pub(super) fn gains(&self, spend: &[f64], of_before: &[f64]) -> Vec<f64> {
        self.totals(spend).iter().zip(of_before).map(|(there, before)| there - before).collect()
    }

    /// What all channels earn together under each joint draw.
    pub(super) fn totals(&self, spend: &[f64]) -> Vec<f64> {
        let draws = self.channels.iter().map(Vec::len).max().unwrap_or(0);
        let mut sums = vec![0.0; draws];
        for (channel, spend) in self.channels.iter().zip(spend) {
            for (sum, drawn) in sums.iter_mut().zip(channel) {
                *sum += drawn.value(*spend);
            }
        }
        sums
    }
}
