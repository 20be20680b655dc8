//! The series that response curves are fitted to: in flow spend by day or week and channel, and what came of it, by
//! channel or in total; out flow aligned series of one step, or the reason why nothing can be learned from them.
//! Nothing is estimated here.
use crate::time::Day;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Periods that are needed at least: fewer say nothing about season, carry-over and saturation together.
pub const LEAST_PERIODS: usize = 26;

/// The length of a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A day.
    #[default]
    Day,
    /// Seven days.
    Week,
}

impl Step {
    /// Its length in days.
    pub fn days(self) -> i32 {
        match self {
            Step::Day => 1,
            Step::Week => 7,
        }
    }
}

/// What came of the spend.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// One series a channel: outcomes carry the channel that brought them.
    Labelled(Vec<Vec<f64>>),
    /// One series for all: nothing says which channel brought what.
    Total(Vec<f64>),
}

/// Spend and outcome of consecutive periods.
#[derive(Clone, Debug, PartialEq)]
pub struct Media {
    /// The first day of the first period.
    pub first: Day,
    /// How long a period is.
    pub step: Step,
    /// The channels' names.
    pub channels: Vec<String>,
    /// Spend by channel and period, in one currency.
    pub spend: Vec<Vec<f64>>,
    /// What came of it, by period.
    pub outcome: Outcome,
    /// What one unit of chance is in the outcome: 1 where customers are counted; where their value is, the mean value
    /// of one. Counts vary by at least their root.
    pub unit: f64,
}

/// Why nothing can be learned of any channel.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MediaError {
    /// No channel has spend.
    #[error("no channel has any spend")]
    NoSpend,
    /// Too short a series.
    #[error("{found} periods are fewer than the {LEAST_PERIODS} that a curve needs")]
    Short {
        /// How many periods there are.
        found: usize,
    },
    /// Series of different lengths.
    #[error("the series differ in length")]
    Ragged,
    /// A series holds what is no number.
    #[error("{series} holds a value that is no finite number")]
    NotFinite {
        /// Which series.
        series: String,
    },
    /// Spend below zero.
    #[error("the spend of {channel} is negative in {periods} periods")]
    NegativeSpend {
        /// The channel.
        channel: String,
        /// In how many periods.
        periods: usize,
    },
    /// An outcome below zero: returns that exceed sales cannot be the result of spend.
    #[error("the outcome is negative in {periods} periods; use sales before refunds, or weeks instead of days")]
    NegativeOutcome {
        /// In how many periods.
        periods: usize,
    },
    /// Nothing came at all.
    #[error("nothing came of any spend: the outcome is zero throughout")]
    NoOutcome,
}

impl Media {
    /// How many periods.
    pub fn periods(&self) -> usize {
        match &self.outcome {
            Outcome::Labelled(series) => series.first().map_or(0, Vec::len),
            Outcome::Total(series) => series.len(),
        }
    }

    /// The day behind the last period.
    pub fn end(&self) -> Day {
        self.first + self.step.days() * self.periods() as i32
    }

    /// How many of the last periods are called the present: 28 days.
    pub fn present(&self) -> usize {
        (28 / self.step.days()) as usize
    }

    /// A channel's mean spend a period over the last 28 days.
    pub fn current(&self, channel: usize) -> f64 {
        let spend = &self.spend[channel];
        let last = &spend[spend.len().saturating_sub(self.present())..];
        last.iter().sum::<f64>() / last.len().max(1) as f64
    }

    /// The whole periods that `days` hold.
    pub fn within(&self, days: &Range<Day>) -> Media {
        let (step, periods) = (i64::from(self.step.days()), self.periods() as i64);
        // Days of all time are more than a day's number holds.
        let since = |day: Day| i64::from(day.0) - i64::from(self.first.0);
        let from = (since(days.start).max(0) + step - 1).div_euclid(step).min(periods) as usize;
        let to = since(days.end).div_euclid(step).clamp(from as i64, periods) as usize;
        let cut = |series: &Vec<f64>| series[from..to].to_vec();
        let outcome = match &self.outcome {
            Outcome::Labelled(series) => Outcome::Labelled(series.iter().map(cut).collect()),
            Outcome::Total(series) => Outcome::Total(cut(series)),
        };
        Media {
            first: self.first + self.step.days() * from as i32,
            spend: self.spend.iter().map(cut).collect(),
            outcome,
            channels: self.channels.clone(),
            ..*self
        }
    }

    /// Are these series that something can be learned from?
    ///
    /// # Errors
    /// The first reason why not.
    pub fn check(&self) -> Result<(), MediaError> {
        let outcomes: Vec<&Vec<f64>> = match &self.outcome {
            Outcome::Labelled(series) => series.iter().collect(),
            Outcome::Total(series) => vec![series],
        };
        let periods = self.periods();
        let labelled = matches!(self.outcome, Outcome::Labelled(_));
        if self.spend.iter().all(|series| series.iter().all(|spend| *spend == 0.0)) {
            return Err(MediaError::NoSpend);
        }
        if self.channels.len() != self.spend.len()
            || (labelled && outcomes.len() != self.spend.len())
            || self.spend.iter().chain(outcomes.iter().copied()).any(|series| series.len() != periods)
        {
            return Err(MediaError::Ragged);
        }
        if periods < LEAST_PERIODS {
            return Err(MediaError::Short { found: periods });
        }
        for (channel, spend) in self.channels.iter().zip(&self.spend) {
            if spend.iter().any(|value| !value.is_finite()) {
                return Err(MediaError::NotFinite { series: format!("the spend of {channel}") });
            }
            let negative = spend.iter().filter(|value| **value < 0.0).count();
            if negative > 0 {
                return Err(MediaError::NegativeSpend { channel: channel.clone(), periods: negative });
            }
        }
        let values = || outcomes.iter().flat_map(|series| series.iter());
        if values().any(|value| !value.is_finite()) {
            return Err(MediaError::NotFinite { series: "the outcome".to_owned() });
        }
        match values().filter(|value| **value < 0.0).count() {
            0 => {}
            periods => return Err(MediaError::NegativeOutcome { periods }),
        }
        if values().all(|value| *value == 0.0) { Err(MediaError::NoOutcome) } else { Ok(()) }
    }
}
