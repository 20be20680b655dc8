//! Dates that are one number: written without signs, or counted from a day. In flows a cell; out flows its moment. Whether a
//! column holds dates at all is not decided here.
use super::{DateFault, Moment, civil};
use crate::upload::number::are_digits;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

/// `YYYYMMDD`, `YYYYMMDDHH`, `YYYYMMDDHHMM`, `YYYYMMDDHHMMSS`, or seconds, milliseconds, microseconds or nanoseconds since
/// 1970. Ten digits that begin with 20 could be seconds, too, of May 2033 or later: nothing of that is uploaded yet, and it
/// would be refused.
pub(super) fn all_digits(text: &str) -> Option<Result<Moment, DateFault>> {
    if text.len() < 8 || !are_digits(text) {
        return None;
    }
    let part = |from: usize, to: usize| text[from..to].parse::<i64>().unwrap_or_default();
    let written = || {
        let date = civil(part(0, 4) as u32, part(4, 6) as u32, part(6, 8) as u32)?;
        let pair = |from: usize| if from < text.len() { part(from, from + 2) as i8 } else { 0 };
        let time = Time::new(pair(8), pair(10), pair(12), 0).ok()?;
        Some(Moment { date, time, offset: None })
    };
    let moment = match text.len() {
        8 | 12 | 14 => written(),
        10 if text.starts_with("20") => written().or_else(|| since_1970(part(0, 10) * 1_000_000)),
        10 => since_1970(part(0, 10) * 1_000_000),
        13 => since_1970(part(0, 13) * 1_000),
        16 | 19 => since_1970(part(0, 16)),
        _ => None,
    };
    Some(moment.ok_or(DateFault::Unparsable))
}

/// Seconds since 1970 with a fraction.
pub(super) fn seconds(text: &str) -> Option<Moment> {
    let (whole, fraction) = text.split_once('.')?;
    if whole.len() != 10 || !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    since_1970(format!("{whole}{fraction:0<6.6}").parse().ok()?)
}

/// Days since the end of 1899, as spreadsheets count them: `45658`, `45658.5` at noon; from 1990 to 2099. Anywhere but in
/// a column of dates they would be numbers.
pub(crate) fn spreadsheet_day(text: &str) -> Option<Moment> {
    const DAYS: std::ops::RangeInclusive<i64> = 32_874..=73_050;
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    if whole.len() != 5 || !are_digits(whole) || fraction.is_empty() || !are_digits(fraction) {
        return None;
    }
    let days = whole.parse().ok().filter(|days| DAYS.contains(days))?;
    // To the second, as spreadsheets show them: their floats are no exact moments.
    let seconds = (format!("0.{fraction}").parse::<f64>().ok()? * 86_400.0).round() as i64;
    let start = Date::constant(1899, 12, 30).to_datetime(Time::midnight());
    let moment = start.checked_add(jiff::SignedDuration::from_secs(days * 86_400 + seconds)).ok()?;
    Some(Moment { date: moment.date(), time: moment.time(), offset: None })
}

fn since_1970(micros: i64) -> Option<Moment> {
    let moment = TimeZone::UTC.to_datetime(jiff::Timestamp::from_microsecond(micros).ok()?);
    Some(Moment { date: moment.date(), time: moment.time(), offset: Some(0) })
}
