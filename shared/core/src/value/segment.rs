//! Segments: quartiles of predicted spend over everyone scored. In flow predictions, out flow thresholds, which the
//! model keeps so that a customer predicted later is put into the same segments.
use super::Segment;
use crate::model::metrics::descending;
use serde::{Deserialize, Serialize};
use std::fmt;

impl Segment {
    /// Every segment, the most valuable first.
    pub const ALL: [Segment; 4] = [Segment::VeryHigh, Segment::High, Segment::Medium, Segment::Low];

    /// The segment's name in tables, answers and reports.
    pub fn name(self) -> &'static str {
        match self {
            Segment::Low => "Low",
            Segment::Medium => "Medium",
            Segment::High => "High",
            Segment::VeryHigh => "Very High",
        }
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Where Medium, High and Very High begin, in currency, rising.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Thresholds(pub [f64; 3]);

impl Thresholds {
    /// The quartiles of everyone's predicted spend, in currency: a quarter of the customers lies below each
    /// threshold and the next, save for ties. All zero where there is nobody.
    pub fn of(predicted: &[f64]) -> Thresholds {
        let order = descending(predicted);
        let at = |quarter: usize| {
            // the first of the upper `4 - quarter` quarters, counted from below
            let above = order.len() * (4 - quarter) / 4;
            above.checked_sub(1).map_or(0.0, |index| predicted[order[index] as usize])
        };
        Thresholds([at(1), at(2), at(3)])
    }

    /// The segment of a prediction; one that equals a threshold lies above it.
    pub fn segment(&self, predicted_spend: f64) -> Segment {
        let [medium, high, very_high] = self.0;
        if predicted_spend >= very_high {
            Segment::VeryHigh
        } else if predicted_spend >= high {
            Segment::High
        } else if predicted_spend >= medium {
            Segment::Medium
        } else {
            Segment::Low
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_segment_holds_a_quarter_of_customers_without_ties(n in 4_usize..400) {
            let predicted: Vec<f64> = (0..n).map(|i| ((i * 7919) % n) as f64 + i as f64 * 1e-6).collect();
            let thresholds = Thresholds::of(&predicted);
            for segment in Segment::ALL {
                let held = predicted.iter().filter(|p| thresholds.segment(**p) == segment).count();
                prop_assert!(held.abs_diff(n / 4) <= 1, "{segment}: {held} of {n}");
            }
        }

        #[test]
        fn equal_predictions_share_a_segment_and_ties_go_up(values in prop::collection::vec(0_u8..4, 4..100)) {
            let predicted: Vec<f64> = values.iter().map(|v| f64::from(*v)).collect();
            let thresholds = Thresholds::of(&predicted);
            prop_assert!(thresholds.0.is_sorted());
            // at least a quarter lies in the upper quarter, at least a half in the upper half, …
            for (quarter, segment) in [(1, Segment::VeryHigh), (2, Segment::High), (3, Segment::Medium)] {
                let held = predicted.iter().filter(|p| thresholds.segment(**p) >= segment).count();
                prop_assert!(held >= predicted.len() * quarter / 4);
            }
        }
    }

    #[test]
    fn a_business_in_which_everyone_is_alike_is_very_high() {
        assert_eq!(Thresholds::of(&[5.0; 9]).segment(5.0), Segment::VeryHigh);
    }
}
