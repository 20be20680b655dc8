//! Days, cutoffs and horizons. An event's day is the day in the account's time zone; instants are UTC microseconds.
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Sub};

/// A calendar day in the account's time zone, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "Date", try_from = "Date")]
pub struct Day(pub i32);

const EPOCH: Date = Date::constant(1970, 1, 1);

impl Day {
    /// The calendar date.
    pub fn date(self) -> Date {
        EPOCH.saturating_add(jiff::Span::new().days(self.0.clamp(-4_371_000, 2_932_000)))
    }

    /// The day on which `micros` microseconds since 1970 UTC fall in `zone`.
    pub fn of(micros: i64, zone: &jiff::tz::TimeZone) -> Day {
        let instant = jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        Day::from(zone.to_datetime(instant).date())
    }

    /// Whole days from `earlier` to this day; negative where this one is earlier.
    pub fn since(self, earlier: Day) -> i32 {
        self.0 - earlier.0
    }
}

impl From<Date> for Day {
    fn from(date: Date) -> Day {
        // Days from civil (H. Hinnant, chrono-compatible low-level date algorithms, 2013): years begin in March, so that
        // the leap day is a year's last; 400 years are one era of 146,097 days.
        let (month, day) = (i32::from(date.month()), i32::from(date.day()));
        let year = i32::from(date.year()) - i32::from(month <= 2);
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        Day(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
    }
}

impl From<Day> for Date {
    fn from(day: Day) -> Date {
        day.date()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date().fmt(f)
    }
}

impl Add<i32> for Day {
    type Output = Day;
    fn add(self, days: i32) -> Day {
        Day(self.0 + days)
    }
}

impl Sub<i32> for Day {
    type Output = Day;
    fn sub(self, days: i32) -> Day {
        Day(self.0 - days)
    }
}

/// The first day that is *not* history: a fit or a feature for a cutoff sees events of earlier days only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cutoff(pub Day);

impl Cutoff {
    /// Did `day` lie in the past of this cutoff?
    pub fn is_after(self, day: Day) -> bool {
        day < self.0
    }

    /// The first day behind the window `[cutoff, cutoff + horizon)`.
    pub fn end(self, horizon: Horizon) -> Day {
        self.0 + horizon.days()
    }

    /// Does `day` lie in `[cutoff, cutoff + horizon)`, the window that the target is summed over?
    pub fn window_holds(self, horizon: Horizon, day: Day) -> bool {
        (self.0..self.end(horizon)).contains(&day)
    }
}

impl fmt::Display for Cutoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How many days behind a cutoff are predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Horizon(u16);

/// A horizon of no day, or of more than ten years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a horizon of {0} days is not between 1 and 3650")]
pub struct HorizonError(pub u16);

impl Horizon {
    /// The horizons that are tried, longest first, where none is given.
    pub const DEFAULTS: [Horizon; 4] = [Horizon(365), Horizon(180), Horizon(90), Horizon(30)];

    /// The horizon's length.
    pub fn days(self) -> i32 {
        i32::from(self.0)
    }
}

impl TryFrom<u16> for Horizon {
    type Error = HorizonError;
    fn try_from(days: u16) -> Result<Horizon, HorizonError> {
        if (1..=3650).contains(&days) { Ok(Horizon(days)) } else { Err(HorizonError(days)) }
    }
}

impl From<Horizon> for u16 {
    fn from(horizon: Horizon) -> u16 {
        horizon.0
    }
}

impl fmt::Display for Horizon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} days", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_day_in_the_accounts_zone() {
        let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
        let late_evening_utc: jiff::Timestamp = "2026-06-30T22:30:00Z".parse().unwrap();
        assert_eq!(Day::of(late_evening_utc.as_microsecond(), &zone).to_string(), "2026-07-01");
        assert_eq!(Day::of(late_evening_utc.as_microsecond(), &jiff::tz::TimeZone::UTC).to_string(), "2026-06-30");
    }

    #[test]
    fn days_and_dates_convert_both_ways() {
        for number in [-800_000, -1, 0, 1, 10_000, 20_776, 800_000] {
            assert_eq!(Day::from(Day(number).date()), Day(number));
        }
    }

    #[test]
    fn the_cutoff_day_belongs_to_the_window_and_the_day_behind_it_does_not() {
        let (cutoff, horizon) = (Cutoff(Day(100)), Horizon::try_from(90).unwrap());
        assert!(!cutoff.window_holds(horizon, Day(99)) && cutoff.is_after(Day(99)));
        assert!(cutoff.window_holds(horizon, Day(100)) && !cutoff.is_after(Day(100)));
        assert!(cutoff.window_holds(horizon, Day(189)) && !cutoff.window_holds(horizon, Day(190)));
    }
}
