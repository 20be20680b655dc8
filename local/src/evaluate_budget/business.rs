//! One business: in flow a seed and its number; out flow two years of daily spend and customers, as a shop would see
//! them, and the truth behind them. Nothing is judged here.
use super::constants::{
    ANYWAY, CHANNELS, COMMON_NOISE, COST, CUSTOMERS, DARK_WEEKS, DAYS, FIRST_DAY, GROWTH, LOCKED, NOISE_MEMORY,
    OWN_NOISE, PERSISTENCE, SIZE_SPREAD, SPEND_NOISE, SPEND_SHARES, SPEND_SPREAD, UNLABELLED, WORTH, WORTH_ERROR,
};
use super::judge::Mode;
use super::truth::Truth;
use crate::simulate::stream::{Purpose, Streams, happens, normal, uniform};
use ltv_core::channel::budget::UnitValue;
use ltv_core::channel::media::{Media, Outcome, Step};
use ltv_core::time::Day;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson};
use std::f64::consts::TAU;

/// A paid channel of the business.
pub(super) struct Channel {
    pub(super) truth: Truth,
    /// Customers a day at the mean spend, at season 1.
    pub(super) customers: f64,
    pub(super) worth: f64,
    /// The worth as the shop estimates it.
    pub(super) estimated: UnitValue,
    pub(super) locked: bool,
    pub(super) spend: Vec<f64>,
    /// Labelled customers of each day.
    pub(super) labelled: Vec<f64>,
}

/// A business and its truth.
pub(super) struct Business {
    /// Are its curves of the fitted families?
    pub(super) well: bool,
    pub(super) channels: Vec<Channel>,
    /// Worth of each day's customers without a label.
    unlabelled: Vec<f64>,
    #[cfg(test)]
    seasons: Vec<f64>,
    #[cfg(test)]
    common_noise: f64,
}

impl Business {
    /// Draws business `number`; every second one follows other families than those that are fitted.
    pub(super) fn draw(seed: u64, number: u32) -> Business {
        let mut rng = Streams::new(seed).of(Purpose::Business, u64::from(number));
        let rng = &mut rng;
        let well = number.is_multiple_of(2);
        let seasons = seasons(rng);
        let common = movement(rng);
        let common_noise = COMMON_NOISE.0 + (COMMON_NOISE.1 - COMMON_NOISE.0) * uniform(rng);
        let shock = noise(rng, common_noise);
        let count = CHANNELS.0 + (uniform(rng) * (CHANNELS.1 - CHANNELS.0 + 1) as f64) as usize;
        let customers = CUSTOMERS.0 * (CUSTOMERS.1 * normal(rng)).exp();
        let sizes: Vec<f64> = (0..count).map(|_| (SIZE_SPREAD * normal(rng)).exp()).collect();
        let all: f64 = sizes.iter().sum();
        let channels: Vec<Channel> =
            sizes.iter().map(|size| channel(rng, well, customers * size / all, &seasons, &common, &shock)).collect();
        let unlabelled = (0..DAYS).map(|day| {
            let mean = UNLABELLED * customers * seasons[day] * shock[day];
            WORTH.0 * poisson(rng, mean)
        });
        let unlabelled = unlabelled.collect();
        Business {
            well,
            channels,
            unlabelled,
            #[cfg(test)]
            seasons,
            #[cfg(test)]
            common_noise,
        }
    }

    /// What the shop sees of it.
    pub(super) fn media(&self, mode: Mode) -> Media {
        let outcome = match mode {
            Mode::Labelled => Outcome::Labelled(self.channels.iter().map(|channel| channel.labelled.clone()).collect()),
            Mode::Totals => {
                let of_day = |day: usize| {
                    let labelled: f64 = self.channels.iter().map(|c| c.labelled[day] * c.worth).sum();
                    labelled + self.unlabelled[day]
                };
                Outcome::Total((0..DAYS).map(of_day).collect())
            }
        };
        Media {
            first: Day(FIRST_DAY),
            step: Step::Day,
            channels: (1..=self.channels.len()).map(|number| format!("channel {number}")).collect(),
            spend: self.channels.iter().map(|channel| channel.spend.clone()).collect(),
            outcome,
            unit: match mode {
                Mode::Labelled => 1.0,
                Mode::Totals => WORTH.0,
            },
        }
    }

    /// What a customer, or a unit of the total, is worth as the shop estimates it.
    pub(super) fn values(&self, mode: Mode) -> Vec<UnitValue> {
        let value = |channel: &Channel| match mode {
            Mode::Labelled => channel.estimated,
            Mode::Totals => UnitValue { revenue: 1.0, standard_error: 0.0, shared_error: 0.0 },
        };
        self.channels.iter().map(value).collect()
    }

    /// What all channels' spend truly brings a day, for good, at season 1.
    pub(super) fn earns(&self, spend: &[f64]) -> f64 {
        self.channels.iter().zip(spend).map(|(channel, spend)| channel.earns(*spend)).sum()
    }

    /// Mean correlation of log spend between channels, and with the season's logarithm.
    #[cfg(test)]
    pub(super) fn correlations(&self) -> (f64, f64) {
        let logs = |values: &[f64]| values.iter().map(|value| value.ln()).collect::<Vec<f64>>();
        let season = logs(&self.seasons);
        let spend: Vec<Vec<f64>> = self.channels.iter().map(|channel| logs(&channel.spend)).collect();
        let (mut between, mut pairs) = (0.0, 0.0);
        for (number, one) in spend.iter().enumerate() {
            for other in &spend[..number] {
                between += correlation(one, other);
                pairs += 1.0;
            }
        }
        let with: f64 = spend.iter().map(|spend| correlation(spend, &season)).sum();
        (between / pairs, with / spend.len() as f64)
    }

    /// Standard deviation of the logarithm of daily demand that all channels share.
    #[cfg(test)]
    pub(super) fn daily_noise(&self) -> f64 {
        self.common_noise
    }
}

impl Channel {
    /// What its spend truly brings a day, for good, at season 1.
    pub(super) fn earns(&self, spend: f64) -> f64 {
        self.customers * self.worth * self.truth.response(spend / self.reference())
    }

    /// The derivative of that.
    pub(super) fn marginal(&self, spend: f64) -> f64 {
        self.customers * self.worth * self.truth.marginal(spend / self.reference()) / self.reference()
    }

    fn reference(&self) -> f64 {
        self.spend.iter().sum::<f64>() / self.spend.len() as f64
    }
}

fn channel(rng: &mut ChaCha8Rng, well: bool, labelled: f64, seasons: &[f64], common: &[f64], shock: &[f64]) -> Channel {
    let truth = Truth::draw(rng, well);
    let worth = WORTH.0 * (WORTH.1 * normal(rng)).exp();
    let revenue = worth * (WORTH_ERROR * normal(rng)).exp();
    let level = labelled * worth * COST.0 * (COST.1 * normal(rng)).exp();
    let own = movement(rng);
    let wave = standard(&seasons.iter().map(|season| season.ln()).collect::<Vec<f64>>());
    let mut dark = false;
    let mut of_day = |day: usize| {
        if day.is_multiple_of(7) {
            dark = happens(rng, DARK_WEEKS);
        }
        let [by_season, by_all, by_own] = SPEND_SHARES.map(f64::sqrt);
        let log = SPEND_SPREAD * (by_season * wave[day] + by_all * common[day] + by_own * own[day]);
        level * (log + SPEND_NOISE * normal(rng)).exp() * if dark { 0.1 } else { 1.0 }
    };
    let spend: Vec<f64> = (0..DAYS).map(&mut of_day).collect();
    let mean = spend.iter().sum::<f64>() / DAYS as f64;
    let carried = truth.carried(&spend.iter().map(|spend| spend / mean).collect::<Vec<f64>>());
    let (customers, anyway) = (labelled * (1.0 - ANYWAY), labelled * ANYWAY);
    let growth = GROWTH * normal(rng);
    let own_noise = noise(rng, OWN_NOISE);
    let came = (0..DAYS).map(|day| {
        let years = (day as f64 - DAYS as f64 / 2.0) / 365.0;
        let mean = anyway * (growth * years).exp() + customers * truth.response(carried[day]);
        poisson(rng, mean * seasons[day] * shock[day] * own_noise[day])
    });
    let labelled = came.collect();
    Channel {
        truth,
        customers,
        worth,
        estimated: UnitValue { revenue, standard_error: WORTH_ERROR * revenue, shared_error: 0.0 },
        locked: happens(rng, LOCKED),
        spend,
        labelled,
    }
}

/// Factors of the days: the week, a wave of the year, and a peak before Christmas; 1 in the mean of the last year.
fn seasons(rng: &mut ChaCha8Rng) -> Vec<f64> {
    let week: [f64; 7] = std::array::from_fn(|_| (0.1 * normal(rng)).exp());
    let (wave, phase, peak) = (0.05 + 0.15 * uniform(rng), 365.0 * uniform(rng), 0.15 + 0.35 * uniform(rng));
    let factor = |day: usize| {
        let of_year = ((FIRST_DAY as usize + day) % 365) as f64;
        let peaked = peak * (-((of_year - 337.0) / 16.0).powi(2)).exp();
        week[day % 7] * (1.0 + wave * (TAU * (of_year - phase) / 365.0).cos() + peaked)
    };
    let factors: Vec<f64> = (0..DAYS).map(factor).collect();
    let mean = factors[DAYS - 365..].iter().sum::<f64>() / 365.0;
    factors.iter().map(|factor| factor / mean).collect()
}

/// A slow movement of mean 0 and variance 1.
fn movement(rng: &mut ChaCha8Rng) -> Vec<f64> {
    autoregression(rng, PERSISTENCE)
}

/// Factors of daily demand, 1 in their mean.
fn noise(rng: &mut ChaCha8Rng, spread: f64) -> Vec<f64> {
    let logs = autoregression(rng, NOISE_MEMORY);
    logs.iter().map(|log| (spread * log - spread * spread / 2.0).exp()).collect()
}

fn autoregression(rng: &mut ChaCha8Rng, kept: f64) -> Vec<f64> {
    let mut state = normal(rng);
    let mut next = || {
        state = kept * state + (1.0 - kept * kept).sqrt() * normal(rng);
        state
    };
    (0..DAYS).map(|_| next()).collect()
}

fn standard(values: &[f64]) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean) / variance.sqrt()).collect()
}

fn poisson(rng: &mut ChaCha8Rng, mean: f64) -> f64 {
    Poisson::new(mean).map_or(0.0, |poisson| poisson.sample(rng))
}

#[cfg(test)]
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    standard(a).iter().zip(standard(b)).map(|(a, b)| a * b).sum::<f64>() / a.len() as f64
}
