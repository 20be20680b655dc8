//! Dates and times as people and systems write them. In flows a cell; out flows a civil moment with the offset it
//! carries, if any. Which number of `03/04/2025` is the day is decided for a whole file, from cells that leave no doubt;
//! where there is none, such a date is refused, not guessed.
mod clock;
mod counted;

use super::adapter::DateOrder;
use crate::time::Day;
use crate::upload::number::are_digits;
use clock::read_time;
pub(crate) use counted::spreadsheet_day;
use counted::{all_digits, seconds};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// A date or time in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    date: Date,
    time: Time,
    /// Seconds east of UTC, where the cell says so.
    offset: Option<i32>,
}

/// Why a cell is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DateFault {
    /// No date in any known form.
    Unparsable,
    /// Day and month could be either way round, and nothing in the file tells.
    Ambiguous,
}

impl Moment {
    /// The moment of that time in that zone; in the account's, where there is none.
    fn at(date: Date, time: Time, zone: Option<&TimeZone>) -> Moment {
        let offset = zone.map(|zone| {
            let moment = zone.to_ambiguous_timestamp(DateTime::from_parts(date, time)).compatible();
            moment.map_or(0, |moment| zone.to_offset(moment).seconds())
        });
        Moment { date, time, offset }
    }

    /// The calendar day, as written.
    pub(crate) fn day(&self) -> Day {
        Day::from(self.date)
    }

    /// UTC microseconds since 1970; a moment without an offset is read in `zone`. In the hour that a clock change
    /// skips, the time after it; in the hour that it repeats, the first.
    pub(crate) fn micros(&self, zone: &TimeZone) -> i64 {
        let local = self.local_micros();
        if let Some(offset) = self.offset {
            return local - i64::from(offset) * 1_000_000;
        }
        if *zone == TimeZone::UTC {
            return local;
        }
        let moment = DateTime::from_parts(self.date, self.time);
        zone.to_ambiguous_timestamp(moment).compatible().map_or(local, jiff::Timestamp::as_microsecond)
    }

    fn local_micros(&self) -> i64 {
        let time = &self.time;
        let seconds = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
        let micros = i64::from(time.subsec_nanosecond()) / 1000;
        (i64::from(self.day().0) * 86_400 + seconds) * 1_000_000 + micros
    }
}

/// Reads a cell.
pub(crate) fn parse(text: &str, order: Option<DateOrder>) -> Result<Moment, DateFault> {
    if let Some(moment) = plain_iso(text.as_bytes()) {
        return Ok(moment);
    }
    let text = text.trim().trim_start_matches('\'');
    if let Some(moment) = all_digits(text) {
        return moment;
    }
    if let Some(moment) = basic_iso(text).or_else(|| seconds(text)) {
        return Ok(moment);
    }
    if let Some(text) = year_last(text) {
        return parse(&text, order);
    }
    let (date, rest) = read_date(text, order)?;
    let (time, zone) = read_time(rest).ok_or(DateFault::Unparsable)?;
    Ok(Moment::at(date, time, zone.as_ref()))
}

/// `Tue Jul  8 10:00:00 2025` and `Tue Jul 08 10:00:00 +0000 2025`, as systems print times, with the year before the time.
fn year_last(text: &str) -> Option<String> {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let (month, day, time, zone, year) = match words[..] {
        [_, month, day, time, year] => (month, day, time, "", year),
        [_, month, day, time, zone, year] => (month, day, time, zone, year),
        _ => return None,
    };
    let is_year = year.len() == 4 && are_digits(year);
    (is_year && time.contains(':')).then(|| format!("{month} {day} {year} {time} {zone}"))
}

/// `20250708T100000Z`, which is the basic format of ISO 8601.
fn basic_iso(text: &str) -> Option<Moment> {
    if text.as_bytes().get(8) != Some(&b'T') {
        return None;
    }
    let Moment { date, .. } = all_digits(&text[..8])?.ok()?;
    let digits = text[9..].bytes().take_while(u8::is_ascii_digit).count();
    let (clock, zone) = text[9..].split_at(digits);
    let (hour, minute) = (clock.get(..2)?, clock.get(2..4)?);
    let second = clock.get(4..).filter(|second| !second.is_empty()).unwrap_or("00");
    let (time, zone) = read_time(&format!("{hour}:{minute}:{second}{zone}"))?;
    Some(Moment::at(date, time, zone.as_ref()))
}

/// Which order of day and month a cell proves: one of its first two numbers is above 12.
pub(crate) fn evidence(text: &str) -> Option<DateOrder> {
    let (first, second) = undecided(text.trim())?;
    match (first > 12, second > 12) {
        (true, false) => Some(DateOrder::DayFirst),
        (false, true) => Some(DateOrder::MonthFirst),
        _ => None,
    }
}

/// Could the cell be read both ways, with a different meaning?
pub(crate) fn is_ambiguous(text: &str) -> bool {
    undecided(text.trim()).is_some_and(|(first, second)| first <= 12 && second <= 12 && first != second)
}

/// The first two numbers of a date written `1/2/2025` or `1-2-2025`.
fn undecided(text: &str) -> Option<(u32, u32)> {
    let (first, rest) = number(text, 2)?;
    let separator = rest.bytes().next().filter(|byte| matches!(byte, b'/' | b'-'))?;
    let (second, rest) = number(&rest[1..], 2)?;
    (rest.bytes().next() == Some(separator)).then_some((first, second))
}

/// `2025-07-08` or `2025-07-08 11:13:25`, which most files write: the forms below take them as well, more slowly.
fn plain_iso(text: &[u8]) -> Option<Moment> {
    let pair = |place: usize| {
        let (tens, ones) = (text[place].wrapping_sub(b'0'), text[place + 1].wrapping_sub(b'0'));
        (tens < 10 && ones < 10).then(|| tens * 10 + ones)
    };
    let has_time = match text.len() {
        10 => false,
        19 => matches!(text[10], b' ' | b'T') && text[13] == b':' && text[16] == b':',
        _ => return None,
    };
    if text[4] != b'-' || text[7] != b'-' || text.len() == 19 && !has_time {
        return None;
    }
    let year = u32::from(pair(0)?) * 100 + u32::from(pair(2)?);
    let date = civil(year, u32::from(pair(5)?), u32::from(pair(8)?))?;
    let time =
        if has_time { Time::new(pair(11)? as i8, pair(14)? as i8, pair(17)? as i8, 0).ok()? } else { Time::midnight() };
    Some(Moment { date, time, offset: None })
}

fn civil(year: u32, month: u32, day: u32) -> Option<Date> {
    if !(1900..10_000).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    Date::new(year as i16, month as i8, day as i8).ok()
}

/// Reads the date at the start and says what follows it.
fn read_date(text: &str, order: Option<DateOrder>) -> Result<(Date, &str), DateFault> {
    let text = without_weekday(text);
    let starts_with_letter = text.chars().next().is_some_and(char::is_alphabetic);
    let found = if starts_with_letter { month_name_first(text) } else { number_first(text, order)? };
    found.ok_or(DateFault::Unparsable)
}

/// `2025-07-08`, `2025/07`, `8.7.2025`, `7/8/25`, `8-Jul-2025`, `8 July 2025`, `8. Juli 2025`, `8 de julio de 2025`.
fn number_first(text: &str, order: Option<DateOrder>) -> Result<Option<(Date, &str)>, DateFault> {
    let Some((first, rest)) = number(text, 4) else { return Ok(None) };
    let first_digits = text.len() - rest.len();
    let Some(separator) = rest.chars().next().filter(|c| matches!(c, '-' | '/' | '.' | ' ')) else { return Ok(None) };
    let behind = &rest[separator.len_utf8()..];
    let named = behind.trim_start_matches(' ');
    if named.chars().next().is_some_and(char::is_alphabetic) {
        return Ok(day_then_month_name(first, named.strip_prefix("de ").unwrap_or(named)));
    }
    if separator == ' ' {
        return Ok(None);
    }
    let Some((second, rest)) = number(behind, 2) else { return Ok(None) };
    let Some(rest) = rest.strip_prefix(separator) else {
        // A month alone, as indicators have it, is its first day.
        let whole = first_digits == 4 && rest.is_empty();
        return Ok(civil(first, second, 1).filter(|_| whole).map(|date| (date, rest)));
    };
    if first_digits == 4 {
        return Ok(number(rest, 2).and_then(|(third, rest)| Some((civil(first, second, third)?, rest))));
    }
    let Some((year, rest)) = year(rest) else { return Ok(None) };
    let order = match (separator, order) {
        ('.', _) => DateOrder::DayFirst,
        _ if first > 12 || first == second => DateOrder::DayFirst,
        _ if second > 12 => DateOrder::MonthFirst,
        (_, Some(order)) => order,
        (_, None) => return Err(DateFault::Ambiguous),
    };
    let (day, month) = if order == DateOrder::DayFirst { (first, second) } else { (second, first) };
    Ok(civil(year, month, day).map(|date| (date, rest)))
}

/// `Jul 8, 2025`, `July 8 2025`.
fn month_name_first(text: &str) -> Option<(Date, &str)> {
    let (month, rest) = month_name(text)?;
    let rest = rest.trim_start_matches(['.', ' ', '-']);
    let (day, rest) = number(rest, 2)?;
    let rest = rest.trim_start_matches([',', ' ', '-']);
    let (year, rest) = year(rest)?;
    Some((civil(year, month, day)?, rest))
}

fn day_then_month_name(day: u32, text: &str) -> Option<(Date, &str)> {
    let (month, rest) = month_name(text)?;
    let rest = rest.trim_start_matches(['.', ',', ' ', '-', '/']);
    let (year, rest) = year(rest.strip_prefix("de ").unwrap_or(rest))?;
    Some((civil(year, month, day)?, rest))
}

/// Names of the months in English, German, French, Spanish, Portuguese, Italian and Dutch, where they differ.
const MONTHS: [&[&str]; 12] = [
    &["january", "januar", "janvier", "enero", "janeiro", "gennaio", "januari"],
    &["february", "februar", "février", "fevrier", "febrero", "fevereiro", "febbraio", "februari"],
    &["march", "märz", "mars", "marzo", "março", "maart"],
    &["april", "avril", "abril", "aprile"],
    &["may", "mai", "mayo", "maio", "maggio", "mei"],
    &["june", "juni", "juin", "junio", "junho", "giugno"],
    &["july", "juli", "juillet", "julio", "julho", "luglio"],
    &["august", "août", "aout", "agosto", "augustus"],
    &["september", "septembre", "septiembre", "setembro", "settembre"],
    &["october", "oktober", "octobre", "octubre", "outubro", "ottobre"],
    &["november", "novembre", "noviembre", "novembro"],
    &["december", "dezember", "décembre", "decembre", "diciembre", "dezembro", "dicembre"],
];

/// A month's name, or at least three letters of it that fit no other.
fn month_name(text: &str) -> Option<(u32, &str)> {
    let letters: usize = text.chars().take_while(|c| c.is_alphabetic()).map(char::len_utf8).sum();
    let (name, rest) = text.split_at(letters);
    let name = name.to_lowercase();
    if name.chars().count() < 3 {
        return None;
    }
    let mut fitting = (1..).zip(MONTHS).filter(|(_, names)| names.iter().any(|month| month.starts_with(&name)));
    let (month, _) = fitting.next()?;
    fitting.next().is_none().then_some((month, rest))
}

/// `Mon, 8 Jul 2025` begins with its weekday.
fn without_weekday(text: &str) -> &str {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let start = text.get(..3).map(str::to_ascii_lowercase);
    match start {
        Some(start) if letters >= 3 && DAYS.contains(&start.as_str()) => text[letters..].trim_start_matches([',', ' ']),
        _ => text,
    }
}

/// A number of at most `digits` digits.
fn number(text: &str, digits: usize) -> Option<(u32, &str)> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    if count == 0 || count > digits {
        return None;
    }
    Some((text[..count].parse().ok()?, &text[count..]))
}

/// Four digits, or two: 70 to 99 are of the last century.
fn year(text: &str) -> Option<(u32, &str)> {
    let (year, rest) = number(text, 4)?;
    match text.len() - rest.len() {
        4 => Some((year, rest)),
        2 => Some((if year < 70 { 2000 + year } else { 1900 + year }, rest)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
