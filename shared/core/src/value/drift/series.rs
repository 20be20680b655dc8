//! Drift of outside series, of which everyone of a cutoff sees the same value: no distribution of customers shows it. In
//! flow the series that predict and the training cutoffs; out flows how far what is known now lies from what those saw.
use crate::feature::known::{mean, spread};
use crate::feature::signal::joined::Signal;
use crate::time::Cutoff;
use serde::{Deserialize, Serialize};

/// One column of a series as the training cutoffs saw it, in the series' own unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// The column.
    pub name: String,
    /// The lowest value of a cutoff.
    pub lowest: f64,
    /// The highest.
    pub highest: f64,
    /// Their mean.
    pub mean: f64,
    /// Their sample standard deviation; `None` where all are the same.
    pub deviation: Option<f64>,
}

/// Where a column stands now, against what the last training's cutoffs saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesShift {
    /// What those saw.
    #[serde(flatten)]
    pub seen: Seen,
    /// The value that everyone is scored by now; `None` where none is known.
    pub now: Option<f64>,
    /// That less the mean, in standard deviations; `None` where either is undefined.
    pub standardised: Option<f64>,
}

impl Seen {
    /// What `cutoffs` saw of every column of `signals`; nothing of one that none of them knew, or too large to be added up.
    pub(super) fn of(signals: &[Signal], cutoffs: &[Cutoff]) -> Vec<Seen> {
        let mut columns: Vec<Seen> = Vec::new();
        for signal in signals {
            for (place, name) in signal.columns().enumerate() {
                let known = cutoffs.iter().filter_map(|cutoff| signal.at(*cutoff)[place]);
                columns.extend(Seen::among(name, &known.collect::<Vec<f64>>()));
            }
        }
        columns
    }

    fn among(name: String, known: &[f64]) -> Option<Seen> {
        let values = || known.iter().copied();
        Some(Seen {
            name,
            lowest: values().fold(f64::INFINITY, f64::min),
            highest: values().fold(f64::NEG_INFINITY, f64::max),
            mean: mean(values()).filter(|mean| mean.is_finite())?,
            deviation: spread(values()).filter(|deviation| deviation.is_normal()),
        })
    }

    fn shift(self, now: Option<f64>) -> SeriesShift {
        let standardised = now.zip(self.deviation).map(|(now, deviation)| (now - self.mean) / deviation);
        SeriesShift { seen: self, now, standardised: standardised.filter(|shift| shift.is_finite()) }
    }
}

impl SeriesShift {
    /// Where the columns of `before` stand that `signals` still hold, as known at `cutoff`.
    pub(super) fn of(before: &[Seen], signals: &[Signal], cutoff: Cutoff) -> Vec<SeriesShift> {
        let now = signals.iter().flat_map(|signal| signal.columns().zip(signal.at(cutoff)));
        let shift = |(name, now): (String, Option<f64>)| {
            before.iter().find(|seen| seen.name == name).map(|seen| seen.clone().shift(now))
        };
        now.filter_map(shift).collect()
    }

    /// What is to be said of it: a value that no training cutoff came near, or none at all.
    pub(super) fn left(&self) -> Option<String> {
        let Seen { name, lowest, highest, .. } = &self.seen;
        match self.now {
            None => Some(format!("{name} is not known any more")),
            Some(now) if now < *lowest || now > *highest => Some(format!("{name} is {now} ({lowest} to {highest})")),
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{prop, prop_assert, prop_assert_eq, proptest};

    fn shift(known: &[f64], now: Option<f64>) -> SeriesShift {
        Seen::among("indicator:rain".to_owned(), known).unwrap().shift(now)
    }

    #[test]
    fn a_value_outside_of_what_the_cutoffs_saw_is_told_with_their_range() {
        assert_eq!(shift(&[2.0, 4.0, 3.0], Some(9.5)).left().unwrap(), "indicator:rain is 9.5 (2 to 4)");
        assert_eq!(shift(&[2.0, 4.0], Some(1.0)).left().unwrap(), "indicator:rain is 1 (2 to 4)");
        assert_eq!(shift(&[2.0, 4.0], None).left().unwrap(), "indicator:rain is not known any more");
        assert_eq!(shift(&[2.0, 4.0], Some(4.0)).left(), None);
        assert_eq!(Seen::among("x".to_owned(), &[]), None);
        assert_eq!(Seen::among("x".to_owned(), &[f64::MAX, f64::MAX]), None, "no infinity is stored");
    }

    #[test]
    fn a_shift_is_counted_in_sample_standard_deviations() {
        let moved = shift(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0], Some(10.0));
        // mean 5, squares 32 over 7 degrees of freedom
        assert!((moved.standardised.unwrap() - 5.0 / (32.0_f64 / 7.0).sqrt()).abs() < 1e-12);
        assert_eq!(shift(&[3.0, 3.0], Some(4.0)).standardised, None, "no deviation to count in");
        assert_eq!(shift(&[3.0], Some(4.0)).standardised, None);
    }

    proptest! {
        #[test]
        fn nothing_that_a_cutoff_saw_has_left_and_every_record_is_read_back(
            known in prop::collection::vec(-1e300..1e300_f64, 1..20),
            place in 0..20_usize,
        ) {
            let moved = shift(&known, Some(known[place % known.len()]));
            prop_assert!(moved.left().is_none());
            let stored = serde_json::to_string(&moved).unwrap();
            prop_assert_eq!(serde_json::from_str::<SeriesShift>(&stored).unwrap(), moved, "{}", stored);
        }
    }
}
