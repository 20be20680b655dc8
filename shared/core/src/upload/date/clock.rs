//! The part of a moment behind its date. In flows the rest of a cell; out flow the time of day and the offset from UTC,
//! where it says one.
use super::number;
use jiff::civil::Time;

/// `T11:13:25.123Z`, ` 2:05 PM`, ` 11:13:25 -0500`, or nothing.
pub(super) fn read_time(rest: &str) -> Option<(Time, Option<i32>)> {
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
    let lower = rest.get(..2).map(str::to_ascii_lowercase);
    let rest = match lower.as_deref() {
        Some("am") => {
            hour = if hour == 12 { 0 } else { hour };
            rest[2..].trim()
        }
        Some("pm") => {
            hour = if hour == 12 { 12 } else { hour + 12 };
            rest[2..].trim()
        }
        _ => rest,
    };
    let time = Time::new(hour as i8, minute as i8, second as i8, nanos).ok()?;
    let offset = if rest.is_empty() { None } else { Some(read_offset(rest)?) };
    Some((time, offset))
}

/// `Z`, `UTC`, `+02:00`, `-0500` or `+01`, in seconds east.
fn read_offset(text: &str) -> Option<i32> {
    if matches!(text, "Z" | "z" | "UTC" | "GMT" | "(UTC)") {
        return Some(0);
    }
    let text = text.strip_prefix("UTC").or_else(|| text.strip_prefix("GMT")).unwrap_or(text);
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits = digits.replace(':', "");
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i32, i32) = match digits.len() {
        1 | 2 => (digits.parse().ok()?, 0),
        4 => (digits[..2].parse().ok()?, digits[2..].parse().ok()?),
        _ => return None,
    };
    (hours <= 15 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}
