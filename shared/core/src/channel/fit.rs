//! Response curves from data: in flow aligned series of spend and outcome, and what experiments found; out flow, by
//! channel, joint posterior draws of its curve, and whether the data say more about it than was believed before.
//!
//! Read in this order: `density` (the model), `prior`, `mode` and `chain` (maximum and draws), `outcome` (one outcome
//! from beginning to end), `identified` (what may be used). No budget is decided here.
mod chain;
mod coordinates;
mod density;
mod dispersion;
mod identified;
mod mode;
mod outcome;
mod prior;
pub(crate) mod season;
#[cfg(test)]
mod tests;

pub use identified::{Identification, Unidentified};

use super::curve::Curve;
use super::lift::LiftTest;
use super::media::{Media, MediaError, Outcome, Step};
use crate::time::Day;
use rayon::prelude::*;
use season::Season;
use serde::{Deserialize, Serialize};

/// Joint draws that are kept of every fit.
pub const DRAWS: usize = 300;

/// The curves of all channels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fitted {
    /// How long a period is.
    pub step: Step,
    /// The day behind the last period that was fitted: the first that can be planned.
    pub end: Day,
    /// By channel, in the order of the series.
    pub channels: Vec<FittedChannel>,
    /// Logarithms of the season's columns, in the mean of all draws.
    pub season: Vec<f64>,
    /// Mean of the season's factors over the last year: what is called season 1.
    pub mean_season: f64,
    /// What came a period without any spend in the last year, in the mean of all draws; in the outcome's unit.
    pub baseline: f64,
}

/// What is known of one channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedChannel {
    /// The channel.
    pub channel: String,
    /// Mean spend a period over the last 28 days.
    pub current: f64,
    /// Adstock at the end of the series under each draw: what carry-over begins with.
    pub carried: Vec<f64>,
    /// Highest mean spend of 28 days that has been seen.
    pub highest: f64,
    /// Lowest mean spend of 28 days that has been seen.
    pub lowest: f64,
    /// Draws of the curve; the same place in all channels is one joint draw. Empty where there was no spend, and where
    /// the curve's uncertainty could not be computed.
    pub draws: Vec<Curve>,
    /// How much the data say.
    pub identification: Identification,
    /// How many experiments calibrated the curve.
    pub lift_tests: usize,
}

impl FittedChannel {
    /// Draws of the marginal return at the current spend: outcome per unit of further spend, at season 1.
    pub fn marginals(&self) -> Vec<f64> {
        self.draws.iter().map(|curve| curve.marginal(self.current)).collect()
    }

    /// May advice move this channel's spend?
    pub fn is_identified(&self) -> bool {
        self.identification.reason.is_none()
    }

    /// May this curve judge earlier advice? An identified channel's may, and that of one which was paused since.
    pub(crate) fn can_judge(&self) -> bool {
        self.identification.is_of_data()
    }
}

impl Fitted {
    /// The season's factor of the period that begins on `day`, relative to the last year's mean.
    pub fn season_of(&self, day: Day) -> f64 {
        let row = Season::of(self.step).row(day);
        let log: f64 = row.iter().zip(&self.season).map(|(column, weight)| column * weight).sum();
        log.exp() / self.mean_season
    }
}

/// Fits every channel's curve. The same media and tests give the same draws, in any currency unit and on any number of
/// threads.
///
/// # Errors
/// Series from which nothing can be learned.
pub fn fit(media: &Media, tests: &[LiftTest], seed: u64) -> Result<Fitted, MediaError> {
    fit_with(media, tests, seed, DRAWS)
}

/// As [`fit`], with that many draws: few are enough for means.
///
/// # Errors
/// Series from which nothing can be learned.
pub fn fit_with(media: &Media, tests: &[LiftTest], seed: u64, draws: usize) -> Result<Fitted, MediaError> {
    media.check()?;
    let spent: Vec<usize> = (0..media.channels.len()).filter(|c| media.spend[*c].iter().any(|x| *x > 0.0)).collect();
    let fits: Vec<outcome::OutcomeFit> = match &media.outcome {
        Outcome::Total(series) => vec![outcome::fit(media, series, &spent, tests, (seed, 0), draws)],
        Outcome::Labelled(series) => spent
            .par_iter()
            .map(|&channel| outcome::fit(media, &series[channel], &[channel], tests, (seed, 2 * channel as u64), draws))
            .collect(),
    };
    let mut channels: Vec<Option<FittedChannel>> = vec![None; media.channels.len()];
    let (mut weight, mut baseline) = (0.0, 0.0);
    let mut season = vec![0.0; Season::of(media.step).columns()];
    let mut mean_season = 0.0;
    for fit in fits {
        // The common season is that of the outcomes by their size: it forecasts, and moves no budget.
        weight += fit.level;
        baseline += fit.baseline;
        mean_season += fit.level * fit.mean_season;
        for (sum, value) in season.iter_mut().zip(&fit.season) {
            *sum += fit.level * value;
        }
        for channel in fit.channels {
            let place = channel.0;
            channels[place] = Some(channel.1);
        }
    }
    if weight > 0.0 {
        mean_season /= weight;
        for value in &mut season {
            *value /= weight;
        }
    } else {
        mean_season = 1.0;
    }
    let channels = channels.into_iter().enumerate();
    let channels = channels.map(|(c, fitted)| fitted.unwrap_or_else(|| unspent(&media.channels[c]))).collect();
    Ok(Fitted { step: media.step, end: media.end(), channels, season, mean_season, baseline })
}

/// A channel that never spent anything.
fn unspent(channel: &str) -> FittedChannel {
    FittedChannel {
        channel: channel.to_owned(),
        current: 0.0,
        carried: Vec::new(),
        highest: 0.0,
        lowest: 0.0,
        draws: Vec::new(),
        identification: Identification { width_ratio: None, reason: Some(Unidentified::NoSpend) },
        lift_tests: 0,
    }
}
