//! The calendar as columns: in flow the days or weeks of a series, out flow the weekday and the waves of the year,
//! centred, with the spread that each coefficient is expected to have. What is not seasonal is not here.
use crate::channel::media::Step;
use crate::time::Day;
use std::f64::consts::TAU;

/// Waves a year. A peak of five weeks before Christmas needs about eight.
const WAVES: usize = 8;
/// Expected spread of the first wave's coefficients; that of the n-th is 1/n of it.
const WAVE_SPREAD: f64 = 0.3;
/// Expected spread of a weekday's logarithm.
const WEEKDAY_SPREAD: f64 = 0.3;
const DAYS_A_YEAR: f64 = 365.25;

/// Which columns a series has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Season {
    step: Step,
}

impl Season {
    pub(crate) fn of(step: Step) -> Season {
        Season { step }
    }

    /// How many columns.
    pub(crate) fn columns(self) -> usize {
        2 * WAVES + if self.step == Step::Day { 6 } else { 0 }
    }

    /// The expected spread of every column's coefficient.
    pub(crate) fn spreads(self) -> Vec<f64> {
        let waves = (1..=WAVES).flat_map(|wave| [WAVE_SPREAD / wave as f64; 2]);
        let weekdays = if self.step == Step::Day { 6 } else { 0 };
        waves.chain(std::iter::repeat_n(WEEKDAY_SPREAD, weekdays)).collect()
    }

    /// The columns of the period that begins on `day`. Weekdays are coded as deviations from their mean.
    pub(crate) fn row(self, day: Day) -> Vec<f64> {
        let middle = f64::from(day.0) + f64::from(self.step.days()) / 2.0;
        let mut row = Vec::with_capacity(self.columns());
        for wave in 1..=WAVES {
            let angle = TAU * wave as f64 * middle / DAYS_A_YEAR;
            row.extend([angle.sin(), angle.cos()]);
        }
        if self.step == Step::Day {
            let weekday = day.0.rem_euclid(7);
            row.extend((0..6).map(|other| f64::from(i32::from(weekday == other) - i32::from(weekday == 6))));
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_add_up_to_nothing_over_a_year_and_a_week() {
        let season = Season::of(Step::Day);
        let mut sums = vec![0.0; season.columns()];
        // Four years are whole weeks but for five days.
        let days = 1461 * 7;
        for day in 0..days {
            for (sum, value) in sums.iter_mut().zip(season.row(Day(day))) {
                *sum += value;
            }
        }
        assert!(sums.iter().all(|sum| sum.abs() < 1e-6 * f64::from(days)), "{sums:?}");
        assert_eq!(season.spreads().len(), season.columns());
        assert_eq!(Season::of(Step::Week).row(Day(3)).len(), Season::of(Step::Week).columns());
    }
}
