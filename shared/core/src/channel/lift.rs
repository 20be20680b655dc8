//! Lift tests: in flow what experiments on channels found, as uploaded; out flow the same in the unit of a series'
//! outcome, the periods of the series that each is about, and what became of those that say nothing about it.
use super::media::Media;
use crate::table::row::{self, Measure};
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

/// What became of an uploaded experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestUse {
    /// The channel.
    pub channel: String,
    /// The first day.
    pub start: Day,
    /// The last day.
    pub end: Day,
    /// Why it calibrates no curve, in words; absent where it does.
    pub unused: Option<String>,
}

/// The uploaded tests that say something about `media`, and what became of every one. `factor` turns what a test of a
/// channel counted into the outcome's unit, where that can be done.
pub(crate) fn about(
    media: &Media,
    uploaded: &[row::LiftTest],
    factor: &dyn Fn(&str, Measure) -> Option<f64>,
) -> (Vec<LiftTest>, Vec<TestUse>) {
    let (mut tests, mut uses) = (Vec::new(), Vec::new());
    for found in uploaded {
        let factor = factor(&found.channel, found.measure).filter(|factor| factor.is_finite() && *factor > 0.0);
        let test = LiftTest {
            channel: found.channel.clone(),
            start: found.start,
            end: found.end,
            spend_change: found.spend_change.to_f64(),
            incremental: found.incremental * factor.unwrap_or(0.0),
            standard_error: found.standard_error * factor.unwrap_or(0.0),
        };
        let unused = if !media.channels.contains(&test.channel) {
            Some("no ad spend of this channel is known".to_owned())
        } else if factor.is_none() {
            Some(format!("{} cannot be told in what the curves predict", found.measure.name()))
        } else if test.periods(media).is_none() {
            Some("no period with both spend and outcome lies wholly in it".to_owned())
        } else {
            None
        };
        uses.push(TestUse { channel: test.channel.clone(), start: test.start, end: test.end, unused });
        if uses.last().is_some_and(|last| last.unused.is_none()) {
            tests.push(test);
        }
    }
    (tests, uses)
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
