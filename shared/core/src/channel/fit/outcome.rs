//! One outcome from beginning to end: in flow media, one series of outcomes and the channels that may have brought it;
//! out flow draws of these channels' curves. Everything is divided by its mean first, so that no currency matters.
use super::FittedChannel;
use super::chain;
use super::coordinates::{BASELINE, Coordinates, HALF_SATURATION, SLOPE, STRENGTH, TREND};
use super::density::{Density, Experiment, Series};
use super::dispersion::{self, DEPENDENT_DAYS};
use super::identified;
use super::mode::{self, Mode};
use super::prior::{self, Belief, Pooling};
use super::season::Season;
use crate::channel::lift::LiftTest;
use crate::channel::media::{Media, Outcome};
use rayon::prelude::*;

const CHAINS: usize = 2;
/// By how much the variance of labelled outcomes is raised because no curve is exactly of the fitted form. Set so that
/// the stated intervals hold over simulated businesses of other families (docs/budget.md). In a total the noise hides
/// the form: nothing is added.
const LABELLED_DISCREPANCY: f64 = 1.6;
const DAYS_A_YEAR: f64 = 365.25;

/// What one outcome tells.
pub(super) struct OutcomeFit {
    /// Places of the channels in the media, and what is known of them.
    pub(super) channels: Vec<(usize, FittedChannel)>,
    pub(super) season: Vec<f64>,
    pub(super) mean_season: f64,
    /// Baseline a period in the last year, in the outcome's unit.
    pub(super) baseline: f64,
    /// Mean outcome a period.
    pub(super) level: f64,
}

/// Fits the curves of `places` to one outcome. `seed` and the streams from `stream` on decide the draws, of which `kept`
/// are kept.
pub(super) fn fit(
    media: &Media,
    outcome: &[f64],
    places: &[usize],
    tests: &[LiftTest],
    (seed, stream): (u64, u64),
    kept: usize,
) -> OutcomeFit {
    let labelled = matches!(media.outcome, Outcome::Labelled(_));
    let references: Vec<f64> = places.iter().map(|place| mean(&media.spend[*place])).collect();
    let season = Season::of(media.step);
    let coordinates = Coordinates::new(season.columns(), places.len());
    let series = series(media, outcome, places, &references, tests);
    let level = mean(&series.outcome).max(1.0 / outcome.len() as f64);
    let spent: f64 = references.iter().sum();
    let shares: Vec<f64> = references.iter().map(|reference| reference / spent).collect();
    let beliefs = prior::beliefs(&coordinates, media.step, level, &shares, labelled, &season.spreads());
    let pooling = Pooling::of(places.len(), labelled);
    let mut density = Density { series: &series, coordinates, beliefs: &beliefs, pooling, size: 20.0, dependence: 1.0 };
    let discrepancy = if labelled { LABELLED_DISCREPANCY } else { 1.0 };
    let mode = climb(&mut density, media.step.days() as usize, discrepancy);
    let draws = draws(&density, &mode, (seed, stream), kept);
    let calendar = Calendar::of(&density, &draws, media.step.days());
    // What has no draws says nothing of the common season either.
    let level = if draws.is_empty() { 0.0 } else { level };

    let channels = places.iter().enumerate().map(|(number, &place)| {
        let curve = |(at, mean_season): (&Vec<f64>, &f64)| {
            coordinates.curve(at, number, references[number], media.unit * mean_season)
        };
        let curves = draws.iter().zip(&calendar.mean_seasons).map(curve).collect();
        let own = coordinates.channel(number);
        let strength = beliefs[own + STRENGTH];
        let strength = Belief { spread: strength.spread.hypot(pooling.common), ..strength };
        let believed = [strength, beliefs[own + HALF_SATURATION], beliefs[own + SLOPE]];
        let shown = series.tests.iter().filter(|test| test.channel == number).count();
        (place, identified::describe(media, place, curves, &believed, outcome, shown))
    });
    OutcomeFit {
        channels: channels.collect(),
        season: calendar.season,
        mean_season: if draws.is_empty() { 1.0 } else { mean(&calendar.mean_seasons) },
        baseline: calendar.baseline * media.unit,
        level,
    }
}

/// The series in units that no currency changes. Nine digits of it are kept: so the same in any currency.
fn series(media: &Media, outcome: &[f64], places: &[usize], references: &[f64], tests: &[LiftTest]) -> Series {
    let days = media.step.days();
    let season = Season::of(media.step);
    let middle = (outcome.len() as f64 - 1.0) / 2.0;
    let relative = |(place, reference): (&usize, &f64)| {
        media.spend[*place].iter().map(|spend| nine_digits(spend / reference)).collect()
    };
    let experiments = tests.iter().filter_map(|test| {
        let channel = places.iter().position(|place| media.channels[*place] == test.channel)?;
        let periods = test.periods(media)?;
        let length = periods.len() as f64;
        let with = media.spend[places[channel]][periods.clone()].iter().sum::<f64>() / length;
        let without = (with - test.spend_change / length).max(0.0);
        Some(Experiment {
            channel,
            periods,
            with: with / references[channel],
            without: without / references[channel],
            incremental: test.incremental / media.unit,
            error: test.standard_error / media.unit,
        })
    });
    Series {
        outcome: outcome.iter().map(|value| nine_digits(value / media.unit)).collect(),
        spend: places.iter().zip(references).map(relative).collect(),
        season: (0..outcome.len()).map(|period| season.row(media.first + days * period as i32)).collect(),
        years: (0..outcome.len()).map(|period| (period as f64 - middle) * f64::from(days) / DAYS_A_YEAR).collect(),
        tests: experiments.collect(),
    }
}

fn nine_digits(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The mode, with the scatter around it: each is found given the other, twice.
fn climb(density: &mut Density<'_>, days: usize, discrepancy: f64) -> Mode {
    let mut at: Vec<f64> = density.beliefs.iter().map(|belief| belief.mean).collect();
    for _ in 0..2 {
        at = mode::climb(density, at).at;
        let means = density.means(&at).values;
        density.size = dispersion::size(&density.series.outcome, &means);
        let lags = DEPENDENT_DAYS / days;
        density.dependence = discrepancy * dispersion::dependence(&density.series.outcome, &means, density.size, lags);
    }
    mode::climb(density, at)
}

/// Draws of [`CHAINS`] chains, one behind the other. None where the information cannot be inverted or no draw leaves the
/// mode, which the beliefs prevent unless series are beyond what can be computed with: a mode without its uncertainty is
/// no answer.
fn draws(density: &Density<'_>, mode: &Mode, (seed, stream): (u64, u64), kept: usize) -> Vec<Vec<f64>> {
    let chain = |chain: usize| chain::draw(density, mode, kept / CHAINS, (seed, stream + chain as u64));
    let chains: Result<Vec<_>, _> = (0..CHAINS).into_par_iter().map(chain).collect();
    let draws: Vec<Vec<f64>> = match chains {
        Ok(chains) => chains.into_iter().flatten().collect(),
        Err(error) => {
            tracing::warn!(%error, "the curves' uncertainty could not be computed");
            return Vec::new();
        }
    };
    let moved = draws.iter().any(|draw| *draw != draws[0]);
    if moved && draws.iter().flatten().all(|value| value.is_finite()) { draws } else { Vec::new() }
}

/// Season and baseline of the last year.
struct Calendar {
    season: Vec<f64>,
    /// Mean factor of the season under each draw.
    mean_seasons: Vec<f64>,
    baseline: f64,
}

impl Calendar {
    fn of(density: &Density<'_>, draws: &[Vec<f64>], days: i32) -> Calendar {
        let columns = density.coordinates.season();
        if draws.is_empty() {
            return Calendar { season: vec![0.0; columns.len()], mean_seasons: Vec::new(), baseline: 0.0 };
        }
        let periods = density.series.season.len();
        let last = periods.saturating_sub((DAYS_A_YEAR / f64::from(days)).round() as usize);
        let mut season = vec![0.0; columns.len()];
        let (mut mean_seasons, mut baseline) = (Vec::with_capacity(draws.len()), 0.0);
        for draw in draws {
            let (mut factors, mut base) = (0.0, 0.0);
            for (row, years) in density.series.season[last..].iter().zip(&density.series.years[last..]) {
                let log: f64 = row.iter().zip(&draw[columns.clone()]).map(|(column, weight)| column * weight).sum();
                factors += log.exp();
                base += (log + draw[BASELINE] + draw[TREND] * years).exp();
            }
            mean_seasons.push(factors / (periods - last) as f64);
            baseline += base / (periods - last) as f64 / draws.len() as f64;
            for (sum, value) in season.iter_mut().zip(&draw[columns.clone()]) {
                *sum += value / draws.len() as f64;
            }
        }
        Calendar { season, mean_seasons, baseline }
    }
}

/// The belief that a normal distribution of these coordinates is.
pub(super) type Believed = [Belief; 3];

/// Hands the density of all channels' total to `look`.
#[cfg(test)]
pub(super) fn with_density(media: &Media, tests: &[LiftTest], look: impl FnOnce(&Density<'_>)) {
    let Outcome::Labelled(outcomes) = &media.outcome else { return };
    let total: Vec<f64> = (0..media.periods()).map(|t| outcomes.iter().map(|series| series[t]).sum()).collect();
    let places: Vec<usize> = (0..media.channels.len()).collect();
    let references: Vec<f64> = places.iter().map(|place| mean(&media.spend[*place])).collect();
    let series = series(media, &total, &places, &references, tests);
    let season = Season::of(media.step);
    let coordinates = Coordinates::new(season.columns(), places.len());
    let beliefs = prior::beliefs(&coordinates, media.step, mean(&total), &[0.5, 0.5], false, &season.spreads());
    let pooling = Pooling::of(2, false);
    look(&Density { series: &series, coordinates, beliefs: &beliefs, pooling, size: 20.0, dependence: 1.5 });
}
