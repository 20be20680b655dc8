//! How well a vector of parameters explains a series: in flow coordinates, out flow the logarithm of the posterior
//! density, its gradient and the expected information. Nothing is maximised or drawn here.
//!
//! The mean of a period is `season × (baseline × growth + Σ strength × saturation(adstock))`; the outcome is negative
//! binomial around it (variance μ + μ²/k), taken as a quasi-likelihood (Wedderburn 1974, Biometrika 61, 439) where it
//! is no count. The likelihood is divided by `dependence`, the factor by which neighbouring periods that err alike make
//! the data weigh less than their number.
use super::coordinates::{
    BASELINE, CARRY_OVER, Coordinates, HALF_SATURATION, PER_CHANNEL, SEASON, SLOPE, STRENGTH, TREND,
};
use super::prior::{Belief, Pooling};
use crate::channel::curve::{Saturation, logistic};
use ndarray::{Array2, ArrayView1};

/// One outcome and the channels that may have brought it, in units that no currency changes.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// The outcome in units of chance.
    pub(crate) outcome: Vec<f64>,
    /// Spend by channel, in multiples of its mean.
    pub(crate) spend: Vec<Vec<f64>>,
    /// Season columns, one row a period.
    pub(crate) season: Vec<Vec<f64>>,
    /// Years since the middle of the series.
    pub(crate) years: Vec<f64>,
    /// What experiments found.
    pub(crate) tests: Vec<Experiment>,
}

/// An experiment on one channel, in the units of its series.
#[derive(Clone, Debug)]
pub(crate) struct Experiment {
    pub(crate) channel: usize,
    /// The periods it lasted.
    pub(crate) periods: std::ops::Range<usize>,
    /// Spend a period with and without what the experiment changed.
    pub(crate) with: f64,
    pub(crate) without: f64,
    /// What the change brought in all, and the standard error of that.
    pub(crate) incremental: f64,
    pub(crate) error: f64,
}

/// The posterior density of one series.
#[derive(Clone, Debug)]
pub(crate) struct Density<'a> {
    pub(crate) series: &'a Series,
    pub(crate) coordinates: Coordinates,
    pub(crate) beliefs: &'a [Belief],
    /// How beliefs about the channels hang together.
    pub(crate) pooling: Pooling,
    /// k of the negative binomial.
    pub(crate) size: f64,
    /// What the likelihood is divided by; at least 1.
    pub(crate) dependence: f64,
}

/// What every period's mean is, and its derivatives.
pub(crate) struct Means {
    pub(crate) values: Vec<f64>,
    /// By baseline and trend, and then by every channel's coordinates: one row a period. The derivative by a season's
    /// coefficient is the mean times its column.
    own: Vec<f64>,
}

impl Density<'_> {
    /// Means and derivatives at these coordinates.
    pub(crate) fn means(&self, at: &[f64]) -> Means {
        let season = self.coordinates.season();
        let (baseline, growth) = (at[BASELINE], at[TREND]);
        let mut channels: Vec<Carried<'_>> =
            self.series.spend.iter().enumerate().map(|(c, spend)| Carried::new(self, at, c, spend)).collect();
        let periods = self.series.season.len();
        let mut means = Means { values: Vec::with_capacity(periods), own: vec![0.0; periods * self.width()] };
        let rows = means.own.chunks_exact_mut(self.width());
        for (period, (columns, row)) in self.series.season.iter().zip(rows).enumerate() {
            let factor = dot(columns, &at[season.clone()]).exp();
            let years = self.series.years[period];
            let base = factor * (baseline + growth * years).exp();
            let mut value = base;
            row[BASELINE] = base;
            row[TREND] = base * years;
            for (channel, by) in channels.iter_mut().zip(row[SEASON..].chunks_exact_mut(PER_CHANNEL)) {
                value += channel.step(period, factor, by);
            }
            means.values.push(value);
        }
        means
    }

    /// Coordinates that are not the season's.
    fn width(&self) -> usize {
        self.coordinates.len() - self.coordinates.season().len()
    }

    /// Adds `weight` times the derivatives of a period's mean to `sum`.
    fn add(&self, means: &Means, period: usize, weight: f64, sum: &mut [f64]) {
        let row = &means.own[period * self.width()..];
        let (head, rest) = sum.split_at_mut(SEASON);
        let (season, channels) = rest.split_at_mut(self.coordinates.season().len());
        let channel_row = &row[SEASON..self.width()];
        add_scaled(head, &row[..SEASON], weight);
        add_scaled(season, &self.series.season[period], weight * means.values[period]);
        add_scaled(channels, channel_row, weight);
    }

    /// The logarithm of the density, up to a constant, and its gradient into `gradient`.
    pub(crate) fn gradient(&self, at: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        let mut log = 0.0;
        let (means, k) = (self.means(at), self.size);
        for (period, (y, mean)) in self.series.outcome.iter().zip(&means.values).enumerate() {
            let mu = mean.max(f64::MIN_POSITIVE);
            log += y * mu.ln() - (y + k) * (mu + k).ln();
            self.add(&means, period, k * (y - mu) / (mu * (mu + k)) / self.dependence, gradient);
        }
        log /= self.dependence;
        self.experiments(at, |found, by| {
            log -= found * found / 2.0;
            for (slot, by) in gradient.iter_mut().zip(by) {
                *slot -= found * by;
            }
        });
        for ((slot, belief), x) in gradient.iter_mut().zip(self.beliefs).zip(at) {
            let off = (x - belief.mean) / belief.spread;
            log -= off * off / 2.0;
            *slot -= off / belief.spread;
        }
        let shared = self.pooling.precision * self.off_belief(at);
        for place in self.strengths() {
            gradient[place] += shared;
        }
        log + shared * self.off_belief(at) / 2.0
    }

    /// The expected information: the negative Hessian with residuals at their mean of zero, so always positive.
    pub(crate) fn information(&self, at: &[f64]) -> Array2<f64> {
        let n = at.len();
        let mut lower = Array2::<f64>::zeros((n, n));
        let mut add = |by: &[f64], weight: f64| {
            for i in 0..n {
                if by[i] != 0.0 {
                    let scaled = weight * by[i];
                    for j in 0..=i {
                        lower[[i, j]] += scaled * by[j];
                    }
                }
            }
        };
        let means = self.means(at);
        let mut by = vec![0.0; n];
        for (period, mean) in means.values.iter().enumerate() {
            let mu = mean.max(f64::MIN_POSITIVE);
            by.fill(0.0);
            self.add(&means, period, 1.0, &mut by);
            add(&by, 1.0 / ((mu + mu * mu / self.size) * self.dependence));
        }
        self.experiments(at, |_, by| add(by, 1.0));
        for i in 0..n {
            lower[[i, i]] += 1.0 / (self.beliefs[i].spread * self.beliefs[i].spread);
            for j in 0..i {
                lower[[j, i]] = lower[[i, j]];
            }
        }
        for i in self.strengths() {
            for j in self.strengths() {
                lower[[i, j]] -= self.pooling.precision;
            }
        }
        lower
    }

    /// Where the channels' strengths stand.
    fn strengths(&self) -> impl Iterator<Item = usize> {
        let coordinates = self.coordinates;
        (0..self.series.spend.len()).map(move |channel| coordinates.channel(channel) + STRENGTH)
    }

    /// By how much all strengths together are off what is believed of each.
    fn off_belief(&self, at: &[f64]) -> f64 {
        self.strengths().map(|place| at[place] - self.beliefs[place].mean).sum()
    }

    /// Calls `each` with every experiment's deviation in standard errors, and its derivatives.
    fn experiments(&self, at: &[f64], mut each: impl FnMut(f64, &[f64])) {
        let season = self.coordinates.season();
        for test in &self.series.tests {
            let own = self.coordinates.channel(test.channel);
            let saturation = Saturation::of(at[own + HALF_SATURATION].exp(), at[own + SLOPE].exp());
            let strength = at[own + STRENGTH].exp();
            let (with, by_with) = saturation.derivatives(test.with);
            let (without, by_without) = saturation.derivatives(test.without);
            let lift = strength * (with - without);
            let mut by = vec![0.0; at.len()];
            let mut brought = 0.0;
            for period in test.periods.clone() {
                let columns = &self.series.season[period];
                let factor = dot(columns, &at[season.clone()]).exp();
                brought += factor * lift;
                by[own + STRENGTH] += factor * lift;
                by[own + HALF_SATURATION] += factor * strength * (with * by_with[0] - without * by_without[0]);
                by[own + SLOPE] += factor * strength * (with * by_with[1] - without * by_without[1]);
                for (slot, column) in by[season.clone()].iter_mut().zip(columns) {
                    *slot += factor * lift * column;
                }
            }
            for slot in &mut by {
                *slot /= test.error;
            }
            each((brought - test.incremental) / test.error, &by);
        }
    }
}

/// A channel on its way through the periods.
struct Carried<'a> {
    spend: &'a [f64],
    saturation: Saturation,
    strength: f64,
    carry_over: f64,
    adstock: f64,
    /// Derivative of the adstock by the carry-over.
    by_carry_over: f64,
}

impl<'a> Carried<'a> {
    fn new(density: &Density<'_>, at: &[f64], channel: usize, spend: &'a [f64]) -> Carried<'a> {
        let own = density.coordinates.channel(channel);
        Carried {
            spend,
            saturation: Saturation::of(at[own + HALF_SATURATION].exp(), at[own + SLOPE].exp()),
            strength: at[own + STRENGTH].exp(),
            carry_over: logistic(at[own + CARRY_OVER]),
            adstock: spend[0],
            by_carry_over: 0.0,
        }
    }

    /// What the channel brings in this period, its derivatives into `by`.
    fn step(&mut self, period: usize, factor: f64, by: &mut [f64]) -> f64 {
        let (kept, spend) = (self.carry_over, self.spend[period]);
        self.by_carry_over = self.adstock + kept * self.by_carry_over - spend;
        self.adstock = kept * self.adstock + (1.0 - kept) * spend;
        if self.adstock <= 0.0 {
            by.fill(0.0);
            return 0.0;
        }
        let (relative, [by_half, by_slope, by_log]) = self.saturation.derivatives(self.adstock);
        let brought = factor * self.strength * relative;
        by[STRENGTH] = brought;
        by[HALF_SATURATION] = brought * by_half;
        by[SLOPE] = brought * by_slope;
        by[CARRY_OVER] = brought * by_log / self.adstock * self.by_carry_over * kept * (1.0 - kept);
        brought
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    ArrayView1::from(a).dot(&ArrayView1::from(b))
}

fn add_scaled(sum: &mut [f64], values: &[f64], weight: f64) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += weight * value;
    }
}
