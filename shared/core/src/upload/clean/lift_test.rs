//! Lift tests: what an experiment on one channel changed, what came of it, and how surely that is known.
use super::{Clean, Verdict};
use crate::money::Money;
use crate::table::row::{LiftTest, Measure};
use crate::time::Day;
use crate::upload::cells::Cells;
use crate::upload::field::Field;
use crate::upload::reject::Reject;
use crate::upload::report::Reason;

const LONGEST_TEST_DAYS: i32 = 3653;
const DAY_MICROS: i64 = 86_400 * 1_000_000;

/// Cleans lift tests.
#[derive(Clone, Debug, Default)]
pub(crate) struct LiftTests;

impl Clean for LiftTests {
    fn clean(&mut self, cells: &mut Cells<'_, '_>) -> Result<Verdict, Reject> {
        cells.is_a_row()?;
        let (start, end) = days(cells)?;
        let channel = cells.owned(Field::Channel).ok_or_else(|| Reject::at(Reason::MissingName, Field::Channel))?;
        let (currency, rate) = cells.currency(&[Field::SpendChange, Field::IncrementalRevenue], || start)?;
        let currency = currency.map(str::to_owned);
        let change = cells.decimal(Field::SpendChange, Reason::UnparsableAmount)?;
        let change = change.ok_or_else(|| Reject::at(Reason::MissingAmount, Field::SpendChange))?;
        let spend_change = cells.at_rate(change, rate, Field::SpendChange)?;
        let revenue = cells.text(Field::IncrementalRevenue).is_some();
        let (measure, field) = if revenue {
            (Measure::Revenue, Field::IncrementalRevenue)
        } else {
            (Measure::Customers, Field::Incremental)
        };
        let number = |cells: &mut Cells<'_, '_>, field: Field| {
            let value = cells.decimal(field, Reason::UnparsableNumber)?;
            let value = value.ok_or_else(|| Reject::at(Reason::UnparsableNumber, field))?;
            let value = if revenue { cells.at_rate(value, rate, field)? } else { value };
            Ok::<f64, Reject>(value.to_f64())
        };
        let incremental = number(cells, field)?;
        let standard_error = number(cells, Field::StandardError)?;
        if spend_change == Money::ZERO {
            return Err(Reject::at(Reason::SaysNothing, Field::SpendChange));
        }
        if standard_error <= 0.0 {
            return Err(Reject::at(Reason::SaysNothing, Field::StandardError));
        }
        let line = cells.record.line;
        cells.push(&LiftTest {
            start,
            end,
            channel,
            spend_change,
            currency,
            measure,
            incremental,
            standard_error,
            line,
        });
        Ok(Verdict::Kept)
    }
}

/// The first and the last day; a test of days to come has found nothing yet.
fn days(cells: &Cells<'_, '_>) -> Result<(Day, Day), Reject> {
    let (start, end) = (cells.moment(Field::PeriodStart)?.day(), cells.moment(Field::PeriodEnd)?.day());
    if !(0..LONGEST_TEST_DAYS).contains(&end.since(start)) {
        return Err(Reject::at(Reason::BadPeriod, Field::PeriodEnd));
    }
    cells.not_in_future(i64::from(end.0) * DAY_MICROS, Field::PeriodEnd)?;
    Ok((start, end))
}
