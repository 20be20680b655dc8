//! The part of a moment behind its date. In flows the rest of a cell; out flow the time of day and the offset from UTC or
//! the zone, where it says one.
use super::number;
use crate::upload::number::are_digits;
use jiff::civil::Time;
use jiff::tz::{Offset, TimeZone};

/// `T11:13:25.123Z`, ` 2:05 PM`, ` 11:13:25 -0500`, ` 11:13 Europe/Berlin`, or nothing.
pub(super) fn read_time(rest: &str) -> Option<(Time, Option<TimeZone>)> {
    let rest = rest.strip_prefix('T').unwrap_or_else(|| rest.trim_start_matches([' ', ',', 't']));
    let rest = rest.trim();
    if rest.is_empty() {
        return Some((Time::midnight(), None));
    }
    let (mut hour, rest) = number(rest, 2)?;
    let (minute, mut rest) = number(rest.strip_prefix(':')?, 2)?;
    let (mut second, mut nanos) = (0, 0);
    if let Some(behind) = rest.strip_prefix(':') {
        (second, rest) = number(behind, 2)?;
        if let Some(fraction) = rest.strip_prefix(['.', ',']) {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            nanos = format!("{:0<9.9}", &fraction[..digits]).parse().ok()?;
            rest = &fraction[digits..];
        }
    }
    let rest = rest.trim();
    let mut rest = rest.strip_suffix("Uhr").unwrap_or(rest);
    if let Some((afternoon, behind)) = half_day(rest) {
        if hour > 12 {
            return None;
        }
        (hour, rest) = (hour % 12 + if afternoon { 12 } else { 0 }, behind.trim());
    }
    let time = Time::new(hour as i8, minute as i8, second as i8, nanos).ok()?;
    let zone = if rest.is_empty() { None } else { Some(read_zone(rest)?) };
    Some((time, zone))
}

/// `AM`, `p.m.` or `p. m.`: whether it is the afternoon, and what follows.
fn half_day(text: &str) -> Option<(bool, &str)> {
    const HALVES: [(&str, bool); 8] = [
        ("a. m.", false),
        ("p. m.", true),
        ("a.\u{a0}m.", false),
        ("p.\u{a0}m.", true),
        ("a.m.", false),
        ("p.m.", true),
        ("am", false),
        ("pm", true),
    ];
    HALVES.iter().find_map(|(half, afternoon)| {
        let (start, behind) = text.split_at_checked(half.len())?;
        // `America/New_York` begins with neither half.
        let is_half = start.eq_ignore_ascii_case(half) && !behind.starts_with(char::is_alphabetic);
        is_half.then_some((*afternoon, behind))
    })
}

/// Zones by the letters that RFC 5322 gives those of North America, and by others that mean one everywhere, in hours east.
const ZONES: [(&str, i32); 26] = [
    ("Z", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("UT", 0),
    ("EST", -5),
    ("EDT", -4),
    ("CST", -6),
    ("CDT", -5),
    ("MST", -7),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
    ("WET", 0),
    ("WEST", 1),
    ("CET", 1),
    ("CEST", 2),
    ("MEZ", 1),
    ("MESZ", 2),
    ("EET", 2),
    ("EEST", 3),
    ("MSK", 3),
    ("JST", 9),
    ("AEST", 10),
    ("AEDT", 11),
    ("NZST", 12),
    ("NZDT", 13),
];

/// An offset, a zone by its letters or its IANA name, or an offset and what it is called, in brackets.
fn read_zone(text: &str) -> Option<TimeZone> {
    let (zone, called) = text.split_once(['(', '[']).unwrap_or((text, ""));
    let zone = match zone.trim() {
        "" => called.trim_end_matches([')', ']']),
        zone => zone,
    };
    match read_offset(zone) {
        Some(seconds) => Offset::from_seconds(seconds).ok().map(TimeZone::fixed),
        None if zone.contains('/') => TimeZone::get(zone).ok(),
        None => None,
    }
}

/// `UTC+2`, `+02:00`, `-0500` or `+01`, in seconds east.
fn read_offset(text: &str) -> Option<i32> {
    if let Some((_, hours)) = ZONES.iter().find(|(letters, _)| letters.eq_ignore_ascii_case(text)) {
        return Some(hours * 3600);
    }
    let text = text.strip_prefix("UTC").or_else(|| text.strip_prefix("GMT")).unwrap_or(text);
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits = digits.replace(':', "");
    if !are_digits(&digits) {
        return None;
    }
    let (hours, minutes): (i32, i32) = match digits.len() {
        1 | 2 => (digits.parse().ok()?, 0),
        4 => (digits[..2].parse().ok()?, digits[2..].parse().ok()?),
        _ => return None,
    };
    (hours <= 15 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}
