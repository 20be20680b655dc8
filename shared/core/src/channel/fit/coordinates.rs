//! Where each parameter of a fit stands in its vector: in flows how many season columns and channels there are, out
//! flow places and the curve that a channel's coordinates mean. All coordinates are unbounded.
use crate::channel::curve::{Curve, logistic};
use std::ops::Range;

/// Logarithm of the baseline's level in the middle of the series.
pub(crate) const BASELINE: usize = 0;
/// Yearly growth of the baseline.
pub(crate) const TREND: usize = 1;
/// Where the season's coordinates begin.
pub(crate) const SEASON: usize = 2;
/// Coordinates of a channel.
pub(crate) const PER_CHANNEL: usize = 4;
/// Of a channel: logarithm of what mean spend brings a period.
pub(crate) const STRENGTH: usize = 0;
/// Of a channel: logarithm of half saturation in multiples of mean spend.
pub(crate) const HALF_SATURATION: usize = 1;
/// Of a channel: logarithm of the slope.
pub(crate) const SLOPE: usize = 2;
/// Of a channel: logit of the carry-over.
pub(crate) const CARRY_OVER: usize = 3;

/// The layout of a fit's vector.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coordinates {
    season: usize,
    channels: usize,
}

impl Coordinates {
    pub(crate) fn new(season: usize, channels: usize) -> Coordinates {
        Coordinates { season, channels }
    }

    pub(crate) fn len(&self) -> usize {
        SEASON + self.season + PER_CHANNEL * self.channels
    }

    pub(crate) fn season(&self) -> Range<usize> {
        SEASON..SEASON + self.season
    }

    /// Where a channel's coordinates begin.
    pub(crate) fn channel(&self, channel: usize) -> usize {
        SEASON + self.season + PER_CHANNEL * channel
    }

    /// The curve of a channel whose mean spend is `reference`; outcomes are multiplied by `unit`.
    pub(crate) fn curve(&self, at: &[f64], channel: usize, reference: f64, unit: f64) -> Curve {
        let own = &at[self.channel(channel)..];
        Curve {
            reference,
            at_reference: own[STRENGTH].exp() * unit,
            half_saturation: own[HALF_SATURATION].exp(),
            slope: own[SLOPE].exp(),
            carry_over: logistic(own[CARRY_OVER]),
        }
    }
}
