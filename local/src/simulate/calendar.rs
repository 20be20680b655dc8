//! The observed period and the business's clock. In flows the number of months; out flow the period's days and months,
//! and conversions between instants and *clock days*.
//!
//! Seasons act by a change of time: a day of season 1.3 holds 1.3 clock days, and customers' lives run on the clock,
//! purchases and dropout alike. So Pareto/NBD holds exactly in clock days, and expected purchases of any calendar
//! window have a closed form. Over a year the clock and the calendar agree. Nothing here is random.
use super::constants::{EXPORT_HOUR, HORIZONS, LAST_DAY};
use jiff::civil::Date;
use ltv_core::time::Day;
use std::f64::consts::TAU;

pub(crate) const SECONDS_A_DAY: i64 = 86_400;
const SECONDS_AN_HOUR: i64 = 3_600;
/// What is bought on Monday … Sunday, relative to each other.
const WEEK: [f64; 7] = [0.96, 0.93, 0.95, 0.98, 1.04, 1.12, 1.02];
/// What is bought in each hour of a day (UTC), relative to each other.
const HOURS: [f64; 24] =
    [6., 4., 3., 2., 2., 3., 5., 8., 12., 15., 17., 18., 19., 18., 17., 17., 18., 20., 23., 25., 24., 19., 13., 9.];

/// The observed period, and the clock from its first day to the end of the longest horizon.
pub(crate) struct Calendar {
    /// First days of the observed months, and the day behind the last of them.
    pub(crate) months: Vec<Day>,
    /// Clock days at the start of every hour since the first day.
    clock: Vec<f64>,
}

impl Calendar {
    /// The calendar of a business observed for so many months, 1 to 120.
    pub(crate) fn new(months: u32) -> Calendar {
        let first = LAST_DAY.first_of_month();
        let earlier = |back: u32| Day::from(first.saturating_sub(jiff::Span::new().months(i64::from(back))));
        let mut boundaries: Vec<Day> = (0..months).rev().map(earlier).collect();
        boundaries.push(Day::from(LAST_DAY) + 1);
        let end = Day::from(LAST_DAY) + HORIZONS[HORIZONS.len() - 1];
        let days = end.since(boundaries[0]);
        let (a_year, a_day) = (yearly_mean(), HOURS.iter().sum::<f64>());
        let mut clock = Vec::with_capacity(days as usize * 24 + 1);
        let mut sum = 0.0;
        clock.push(sum);
        for number in 0..days {
            let day = raw_season((boundaries[0] + number).date()) / a_year;
            for hour in HOURS {
                sum += day * hour / a_day;
                clock.push(sum);
            }
        }
        Calendar { months: boundaries, clock }
    }

    /// The first observed day.
    pub(crate) fn first(&self) -> Day {
        self.months[0]
    }

    /// The last observed day: the cutoff of whatever predicts the future.
    pub(crate) fn last(&self) -> Day {
        self.months[self.months.len() - 1] - 1
    }

    /// Observed days, the partial one included.
    pub(crate) fn days(&self) -> i32 {
        self.last().since(self.first()) + 1
    }

    /// The instant that the exports are taken: what happens at it or later is unknown to them.
    pub(crate) fn export_at(&self) -> i64 {
        seconds(self.last()) + i64::from(EXPORT_HOUR) * SECONDS_AN_HOUR
    }

    /// The season of a day: clock days that it holds.
    pub(crate) fn season(&self, day: Day) -> f64 {
        self.clock(day + 1) - self.clock(day)
    }

    /// Clock days at the start of a day, up to the end of the longest horizon.
    pub(crate) fn clock(&self, day: Day) -> f64 {
        self.clock[day.since(self.first()) as usize * 24]
    }

    /// Clock days at the moment that the exports are taken.
    pub(crate) fn clock_at_export(&self) -> f64 {
        self.clock[self.last().since(self.first()) as usize * 24 + usize::from(EXPORT_HOUR)]
    }

    /// Clock days at the end of the longest horizon: nothing is simulated behind it.
    pub(crate) fn clock_at_end(&self) -> f64 {
        self.clock[self.clock.len() - 1]
    }

    /// The instant (seconds since 1970) at which the clock shows `clock`, which lies in `0..clock_at_end()`.
    pub(crate) fn instant(&self, clock: f64) -> i64 {
        let hour = self.clock.partition_point(|&at| at <= clock).clamp(1, self.clock.len() - 1) - 1;
        let (from, to) = (self.clock[hour], self.clock[hour + 1]);
        let within = ((clock - from) / (to - from) * SECONDS_AN_HOUR as f64) as i64;
        seconds(self.first()) + hour as i64 * SECONDS_AN_HOUR + within.clamp(0, SECONDS_AN_HOUR - 1)
    }
}

/// The first second of a day.
pub(crate) fn seconds(day: Day) -> i64 {
    i64::from(day.0) * SECONDS_A_DAY
}

/// The day of an instant.
pub(crate) fn day_of(instant: i64) -> Day {
    Day(instant.div_euclid(SECONDS_A_DAY) as i32)
}

/// Season of a date before it is scaled: a summer wave, a peak before Christmas, a dip in February, and the week.
fn raw_season(date: Date) -> f64 {
    let week =
        WEEK[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())] / (WEEK.iter().sum::<f64>() / 7.0);
    week * yearly(f64::from(date.day_of_year()))
}

fn yearly(day_of_year: f64) -> f64 {
    let bump = |around: f64, width: f64| (-((day_of_year - around) / width).powi(2)).exp();
    1.0 + 0.08 * (TAU * (day_of_year - 190.0) / 365.0).cos() + 0.45 * bump(337.0, 16.0) - 0.14 * bump(36.0, 24.0)
}

fn yearly_mean() -> f64 {
    (1..=365).map(|day| yearly(f64::from(day))).sum::<f64>() / 365.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_clock_agrees_with_the_calendar_over_a_year() {
        let calendar = Calendar::new(36);
        for year in 2024..2026 {
            let from = Day::from(jiff::civil::date(year, 1, 1));
            let clock = calendar.clock(from + 365) - calendar.clock(from);
            assert!((clock - 365.0).abs() < 0.5, "{year}: {clock}");
        }
    }

    #[test]
    fn the_period_is_whole_months_up_to_the_last_day() {
        let calendar = Calendar::new(24);
        assert_eq!(calendar.first().to_string(), "2024-07-01");
        assert_eq!(calendar.last().to_string(), "2026-06-30");
        assert_eq!(calendar.months.len(), 25);
        assert!(calendar.months.is_sorted());
        assert_eq!(day_of(calendar.export_at()), calendar.last());
    }

    proptest! {
        #[test]
        fn instants_keep_the_order_of_the_clock(a in 0.0..1.0, b in 0.0..1.0) {
            let calendar = Calendar::new(12);
            let end = calendar.clock_at_end();
            let (a, b): (f64, f64) = (a, b);
            let (early, late) = (a.min(b) * end, a.max(b) * end);
            prop_assert!(calendar.instant(early) <= calendar.instant(late));
            let day = day_of(calendar.instant(late));
            prop_assert!(calendar.clock(day) <= late && late <= calendar.clock(day + 1));
        }
    }
}
