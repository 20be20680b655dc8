//! Lift tests: in flow what an experiment on one channel found, out flow the periods of a series that it is about.
use super::media::Media;
use crate::time::Day;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// One experiment: spend of a channel was changed for a while, against a control group, and something came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiftTest {
    /// The channel.
    pub channel: String,
    /// The first day.
    pub start: Day,
    /// The last day.
    pub end: Day,
    /// What was spent more (or, negative, less) than without the test, over all its days.
    pub spend_change: f64,
    /// What came more (or less) for it, in the outcome's unit.
    pub incremental: f64,
    /// The standard error of that.
    pub standard_error: f64,
}

impl LiftTest {
    /// The periods of `media` that lie wholly in the test; `None` where there is none, or where the test says nothing:
    /// no change of spend, or no positive standard error.
    pub(crate) fn periods(&self, media: &Media) -> Option<Range<usize>> {
        let says = self.standard_error > 0.0 && self.spend_change != 0.0;
        let finite = [self.spend_change, self.incremental, self.standard_error].iter().all(|value| value.is_finite());
        let days = media.step.days();
        let from = (self.start.since(media.first).max(0) + days - 1) / days;
        let to = ((self.end + 1).since(media.first) / days).min(media.periods() as i32);
        (says && finite && from < to).then_some(from as usize..to as usize)
    }
}
