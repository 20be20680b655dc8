//! The days that a row of spend covers. In flow its cells of days, weeks, months, quarters, years and periods, and the
//! period of the whole file; out flow its first and last day. Spreads nothing.
use crate::time::Day;
use crate::upload::adapter::DateOrder;
use crate::upload::cells::Cells;
use crate::upload::date;
use crate::upload::field::Field;
use crate::upload::reject::Reject;
use crate::upload::report::Reason;
use jiff::{Span, civil::Date};

const LONGEST_PERIOD_DAYS: i32 = 3653;
const DAY_MICROS: i64 = 86_400 * 1_000_000;
/// The columns of which every cell names a period, the shortest first.
const UNITS: [Field; 4] = [Field::Week, Field::Month, Field::Quarter, Field::Year];

/// The day of the row, else the week, month, quarter or year, else the period of the row, else that of the file.
pub(super) fn days_of(cells: &Cells<'_, '_>, file: Option<(Day, Day)>) -> Result<(Day, Day), Reject> {
    let has = |field: Field| cells.text(field).is_some();
    let has_column = |field: &Field| cells.reading.columns.place(*field).is_some();
    let days = if has(Field::Date) && !has(Field::PeriodEnd) || has(Field::Date) && has(Field::PeriodStart) {
        let day = cells.moment(Field::Date)?.day();
        (day, day)
    } else if let Some(unit) = UNITS.into_iter().find(has_column) {
        within(named(cells, unit)?, row_period(cells).ok().or(file), Day(day_number(cells.reading.uploaded_at)))
    } else if has(Field::PeriodEnd) {
        row_period(cells)?
    } else if let (Some(period), false) = (file, has_column(&Field::Date)) {
        period
    } else {
        return Err(Reject::at(Reason::MissingDate, Field::Date));
    };
    if !(0..LONGEST_PERIOD_DAYS).contains(&days.1.since(days.0)) {
        return Err(Reject::at(Reason::BadPeriod, Field::PeriodEnd));
    }
    cells.not_in_future(i64::from(days.1.0) * DAY_MICROS, Field::Date)?;
    Ok(days)
}

fn day_number(micros: i64) -> i32 {
    i32::try_from(micros.div_euclid(DAY_MICROS)).unwrap_or(i32::MAX)
}

fn row_period(cells: &Cells<'_, '_>) -> Result<(Day, Day), Reject> {
    let start = if cells.text(Field::PeriodStart).is_some() { Field::PeriodStart } else { Field::Date };
    Ok((cells.moment(start)?.day(), cells.moment(Field::PeriodEnd)?.day()))
}

/// The part of a week or month that a report of `bounds` and of the day it was uploaded has: its first and last are rarely
/// whole.
fn within((first, last): (Day, Day), bounds: Option<(Day, Day)>, uploaded: Day) -> (Day, Day) {
    let (from, to) = bounds.unwrap_or((first, last));
    let (start, end) = (first.max(from), last.min(to).min(uploaded));
    if start <= end { (start, end) } else { (first, last) }
}

/// The period that the cell of such a column names: by its first day, by both, or by its name.
fn named(cells: &Cells<'_, '_>, unit: Field) -> Result<(Day, Day), Reject> {
    let text = cells.text(unit).ok_or_else(|| Reject::at(Reason::MissingDate, unit))?;
    let order = cells.reading.conventions.date_order;
    if let Some(days) = first_and_last(text, order) {
        return Ok(days);
    }
    let first = match first_day(text, unit) {
        Some(first) => first,
        None => cells.moment(unit)?.day().date(),
    };
    let months = match unit {
        Field::Week => return Ok((Day::from(first), Day::from(first) + 6)),
        Field::Month => 1,
        Field::Quarter => 3,
        _ => 12,
    };
    let behind = first.first_of_month().saturating_add(Span::new().months(months));
    Ok((Day::from(first), Day::from(behind) - 1))
}

/// `2025-07-07 - 2025-07-13`, as banners have it, too.
pub(super) fn first_and_last(text: &str, order: Option<DateOrder>) -> Option<(Day, Day)> {
    let day = |text: &str| date::parse(text.trim(), order).ok().map(|moment| moment.day());
    let (first, last) = text.split_once(" - ").or_else(|| text.split_once(" – "))?;
    Some((day(first)?, day(last)?))
}

/// The first day of what is named without a day: `July 2025`, `07/2025`, `Q3 2025`, `2025`.
fn first_day(text: &str, unit: Field) -> Option<Date> {
    match unit {
        Field::Month => {
            let parse =
                |text: &str| date::parse(text, Some(DateOrder::DayFirst)).ok().map(|moment| moment.day().date());
            parse(&format!("1 {text}")).or_else(|| parse(&format!("1/{text}")))
        }
        Field::Quarter => {
            let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
            let (one, other) = (numbers.next()?, numbers.next()?);
            let (year, quarter) = if one.len() == 4 { (one, other) } else { (other, one) };
            let is_quarter = year.len() == 4 && quarter.len() == 1 && numbers.next().is_none();
            let month = 3 * quarter.parse::<i8>().ok().filter(|_| is_quarter)? - 2;
            Date::new(year.parse().ok()?, month, 1).ok()
        }
        Field::Year if text.len() == 4 => Date::new(text.parse().ok()?, 1, 1).ok(),
        _ => None,
    }
}
