//! Drift: how customers and predictions have moved since the last training. In flow what everyone scored looks like now
//! and the [`Profile`] that the last training kept; out flow shifts, and sentences for the card. It changes no
//! prediction: it says whether yesterday's figures can still be trusted.
pub mod series;

use super::{CustomerValue, Segment};
use crate::feature::Window;
use crate::feature::matrix::Scale;
use crate::feature::signal::joined::{self, Signal};
use crate::time::Cutoff;
use serde::{Deserialize, Serialize};
use series::{Seen, SeriesShift};

/// Bins of a distribution: deciles of the last training.
const BINS: usize = 10;
/// An empty bin counts as this share, or one customer would make the index infinite.
const EMPTY: f64 = 5e-4;
/// From here a population has shifted: the rule of thumb of Siddiqi (2006, *Credit Risk Scorecards*, chapter 8).
const SHIFTED: f64 = 0.25;
/// From this share of change a segment's mean predicted spend is said to have moved: the four segments' means differ
/// several times over, so a quarter is far inside what tells one from the next and far outside of a refit's noise.
const SEGMENT_MOVED: f64 = 0.25;
/// Features that a sentence names at most.
const NAMED: usize = 5;

/// How one column is distributed, missing values in a bin of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// The feature.
    pub name: String,
    /// Upper ends of all bins but the last, in the feature's unit.
    pub edges: Vec<f64>,
    /// Share of customers by bin, then of those without a value: two more than edges.
    pub shares: Vec<f64>,
}

/// What a training keeps, so that the next can compare itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The first day predicted.
    pub cutoff: Cutoff,
    /// Predicted spend, in currency.
    pub predicted: Distribution,
    /// Every numeric feature of a customer.
    pub features: Vec<Distribution>,
    /// Every column of an outside series, as this training's cutoffs saw it.
    #[serde(default)]
    pub series: Vec<Seen>,
    /// Mean predicted spend by segment, in currency.
    pub segments: Vec<(Segment, f64)>,
}

/// How far one column has moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// The feature.
    pub name: String,
    /// Population stability index: Σ (now − before) · ln(now ÷ before) over the bins of before.
    pub psi: f64,
}

/// How the mean of a segment has moved, in currency.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentShift {
    /// The segment.
    pub segment: Segment,
    /// Mean predicted spend at the last training.
    pub before: f64,
    /// Mean predicted spend now.
    pub now: f64,
}

impl SegmentShift {
    /// The change as a share of what was, where that is defined and large.
    fn moved(&self) -> Option<f64> {
        let share = (self.before > 0.0).then(|| self.now / self.before - 1.0)?;
        (share.abs() >= SEGMENT_MOVED).then_some(share)
    }
}

/// What has moved since the last training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// The first day that the last training predicted.
    pub since: Cutoff,
    /// Predicted spend.
    pub predicted: Shift,
    /// Every numeric feature of a customer that both trainings know, the most moved first.
    pub features: Vec<Shift>,
    /// Every column of an outside series that both trainings know.
    #[serde(default)]
    pub series: Vec<SeriesShift>,
    /// Every segment.
    pub segments: Vec<SegmentShift>,
}

impl Distribution {
    fn of(name: &str, values: &[f64]) -> Distribution {
        let mut known: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
        known.sort_by(f64::total_cmp);
        let mut edges: Vec<f64> = (1..BINS).filter_map(|bin| known.get(bin * known.len() / BINS).copied()).collect();
        edges.dedup();
        edges.retain(|edge| known.last().is_some_and(|last| edge < last));
        let shares = shares(values, &edges);
        Distribution { name: name.to_owned(), edges, shares }
    }

    fn shift(&self, values: &[f64]) -> Shift {
        let now = shares(values, &self.edges);
        let part = |(before, now): (&f64, &f64)| {
            let (before, now) = (before.max(EMPTY), now.max(EMPTY));
            (now - before) * (now / before).ln()
        };
        Shift { name: self.name.clone(), psi: self.shares.iter().zip(&now).map(part).sum() }
    }
}

/// Shares of `values` by bin, and of those that are missing.
fn shares(values: &[f64], edges: &[f64]) -> Vec<f64> {
    let mut shares = vec![0.0; edges.len() + 2];
    let each = 1.0 / values.len().max(1) as f64;
    for value in values {
        let bin = if value.is_finite() { edges.partition_point(|edge| edge < value) } else { edges.len() + 1 };
        shares[bin] += each;
    }
    shares
}

fn predicted(values: &[CustomerValue]) -> Vec<f64> {
    values.iter().map(|value| value.predicted_spend).collect()
}

/// Values of every numeric feature of a customer. Codes are left out: what they stand for differs from training to
/// training. Outside series are, which are the same for everyone.
fn columns(window: &Window) -> impl Iterator<Item = (&'static str, Vec<f64>)> {
    let features = window.features.features.iter().enumerate();
    let numeric = features.filter(|(_, feature)| feature.scale != Scale::Categorical && feature.unit != joined::UNIT);
    numeric.map(|(at, feature)| {
        (feature.name, window.features.values.column(at).iter().map(|value| f64::from(*value)).collect())
    })
}

fn segment_means(values: &[CustomerValue]) -> Vec<(Segment, f64)> {
    let mean = |segment: Segment| {
        let members = || values.iter().filter(move |value| value.segment == segment);
        let customers = members().count();
        (customers > 0).then(|| (segment, members().map(|v| v.predicted_spend).sum::<f64>() / customers as f64))
    };
    Segment::ALL.into_iter().filter_map(mean).collect()
}

impl Profile {
    /// What everyone scored in `window` looks like, and what the training's `cutoffs` saw of `signals`, the series that
    /// predict; `values` correspond to the rows of `window`.
    pub fn of(window: &Window, values: &[CustomerValue], signals: &[Signal], cutoffs: &[Cutoff]) -> Profile {
        Profile {
            cutoff: window.cutoff,
            predicted: Distribution::of("predicted_spend", &predicted(values)),
            features: columns(window).map(|(name, values)| Distribution::of(name, &values)).collect(),
            series: Seen::of(signals, cutoffs),
            segments: segment_means(values),
        }
    }
}

impl Drift {
    /// What has moved from `before` to `window`, of which `signals` are the series that predict; `values` correspond to
    /// its rows.
    pub fn since(before: &Profile, window: &Window, values: &[CustomerValue], signals: &[Signal]) -> Drift {
        let mut features: Vec<Shift> = columns(window)
            .filter_map(|(name, values)| {
                before.features.iter().find(|known| known.name == name).map(|d| d.shift(&values))
            })
            .collect();
        features.sort_by(|a, b| b.psi.total_cmp(&a.psi).then_with(|| a.name.cmp(&b.name)));
        let now = segment_means(values);
        let segments = before.segments.iter().filter_map(|(segment, before)| {
            let (_, now) = now.iter().find(|(other, _)| other == segment)?;
            Some(SegmentShift { segment: *segment, before: *before, now: *now })
        });
        Drift {
            since: before.cutoff,
            predicted: before.predicted.shift(&predicted(values)),
            series: SeriesShift::of(&before.series, signals, window.cutoff),
            segments: segments.collect(),
            features,
        }
    }

    /// What a reader of the card should know, in sentences; none where nothing has shifted.
    pub fn sentences(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.predicted.psi >= SHIFTED {
            found.push(format!(
                "predictions have shifted since those from {} (population stability index {:.2})",
                self.since, self.predicted.psi
            ));
        }
        let moved = self.segments.iter().filter_map(|shift| Some((shift, shift.moved()?)));
        let moved: Vec<String> = moved
            .map(|(SegmentShift { segment, before, now }, share)| {
                format!("{} by {:+.0} % ({before:.2} to {now:.2})", segment.name(), share * 100.0)
            })
            .collect();
        if !moved.is_empty() {
            found.push(format!(
                "mean predicted spend of segments has moved since {}: {}",
                self.since,
                moved.join(", ")
            ));
        }
        let shifted: Vec<&Shift> = self.features.iter().filter(|shift| shift.psi >= SHIFTED).collect();
        if !shifted.is_empty() {
            let named = shifted.iter().take(NAMED).map(|shift| format!("{} ({:.2})", shift.name, shift.psi));
            found.push(format!(
                "{} features are distributed otherwise than at {}, the most: {}",
                shifted.len(),
                self.since,
                named.collect::<Vec<_>>().join(", ")
            ));
        }
        let left: Vec<String> = self.series.iter().filter_map(SeriesShift::left).collect();
        if !left.is_empty() {
            found.push(format!(
                "outside series stand where no cutoff of the training from {} saw them: {}",
                self.since,
                left.join(", ")
            ));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{prop, prop_assert, proptest};

    #[test]
    fn the_index_is_that_of_the_formula() {
        let before = Distribution { name: "x".to_owned(), edges: vec![1.0], shares: vec![0.5, 0.5, 0.0] };
        let now = [0.0, 0.5, 1.0, 2.0];
        // (.75 − .5) ln(.75 ÷ .5) + (.25 − .5) ln(.25 ÷ .5), and nothing for the bin that is empty both times
        let expected = 0.25 * 1.5_f64.ln() + 0.25 * 2.0_f64.ln();
        assert!((before.shift(&now).psi - expected).abs() < 1e-12);
    }

    #[test]
    fn a_column_without_spread_never_shifts_by_its_own_value() {
        let before = Distribution::of("month", &[3.0; 50]);
        assert!(before.edges.is_empty());
        assert_eq!(before.shift(&[7.0; 50]).psi, 0.0);
        assert!(before.shift(&[f64::NAN; 50]).psi > SHIFTED);
    }

    #[test]
    fn a_segment_that_moved_far_is_named_with_both_means_and_one_that_hardly_did_is_not() {
        let shift = |segment, before, now| SegmentShift { segment, before, now };
        let none = || Shift { name: "x".to_owned(), psi: 0.0 };
        let said = |segments: Vec<SegmentShift>| {
            let since = Cutoff(crate::time::Day(20_000));
            Drift { since, predicted: none(), features: Vec::new(), series: Vec::new(), segments }.sentences()
        };
        let moved =
            [shift(Segment::VeryHigh, 100.0, 60.0), shift(Segment::High, 40.0, 49.0), shift(Segment::Low, 2.0, 5.0)];
        assert_eq!(
            said(moved.to_vec()),
            ["mean predicted spend of segments has moved since 2024-10-04: Very High by -40 % (100.00 to 60.00), \
              Low by +150 % (2.00 to 5.00)"]
        );
        assert!(said(vec![shift(Segment::High, 40.0, 49.0), shift(Segment::Low, 0.0, 0.5)]).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_moves_against_itself_and_no_index_is_negative(
            values in prop::collection::vec(prop::option::weighted(0.9, -50.0..50.0_f64), 1..300),
            others in prop::collection::vec(-80.0..80.0_f64, 1..300),
        ) {
            let values: Vec<f64> = values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect();
            let before = Distribution::of("x", &values);
            prop_assert!((before.shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert!(before.shift(&values).psi.abs() < 1e-12);
            prop_assert!(before.shift(&others).psi >= 0.0);
        }
    }
}
