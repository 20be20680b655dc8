//! Tables of one row a period with a column a channel, as media mix models are fed. A row is the spend of every channel,
//! spread evenly over the days of the period, and a value of every series at the period's first day, known from the day
//! behind its last.
use super::{Clean, Verdict};
use crate::money::Money;
use crate::table::row::{Indicator, Spend};
use crate::time::Day;
use crate::upload::adapter::{WideChannel, WideColumns};
use crate::upload::cells::Cells;
use crate::upload::clean::spend::spread;
use crate::upload::field::Field;
use crate::upload::identity::is_missing;
use crate::upload::number;
use crate::upload::reject::Reject;
use crate::upload::report::{Reason, Rule};

const DAY_MICROS: i64 = 86_400 * 1_000_000;

/// Cleans such tables.
#[derive(Clone, Debug)]
pub(crate) struct WideRows {
    pub(crate) columns: WideColumns,
}

impl Clean for WideRows {
    fn clean(&mut self, cells: &mut Cells<'_, '_>) -> Result<Verdict, Reject> {
        let amounts = self.amounts(cells);
        let money = amounts.iter().flatten().try_fold(Money::ZERO, |sum, (_, money)| sum.checked_add(*money));
        let amounts = amounts.filter(|_| money.is_some());
        let money = money.unwrap_or_default();
        let first = first_day(cells).map_err(|reject| reject.with_money(money))?;
        let amounts = amounts.ok_or_else(|| Reject::of(Reason::UnparsableAmount))?;
        let last = first + (cells.reading.period_days - 1);
        if first != last {
            cells.notice(Rule::SpreadOverPeriod, money);
        }
        let currency = cells.reading.currency.clone();
        let account = cells.owned(Field::Account);
        for (channel, spend) in amounts {
            let row = Spend {
                date: first,
                account: account.clone(),
                channel: channel.name.clone(),
                campaign_id: None,
                campaign_name: None,
                spend,
                currency: currency.clone(),
                impressions: number_in(cells, channel.impressions),
                clicks: number_in(cells, channel.clicks),
                conversions: None,
                conversion_value: None,
                line: cells.record.line,
            };
            spread(&row, first, last, |row| cells.push(&row));
        }
        self.series(cells, first, last, account.as_deref());
        Ok(Verdict::Kept)
    }
}

impl WideRows {
    /// What was spent on each channel, an empty cell being nothing; `None` where one cannot be read.
    fn amounts(&self, cells: &mut Cells<'_, '_>) -> Option<Vec<(&WideChannel, Money)>> {
        let channels = self.columns.channels.iter();
        channels
            .map(|channel| {
                let cell = cells.record.cell(channel.spend).trim();
                let expected = cells.reading.currency.as_deref();
                if let (Some(named), Some(expected)) = (number::currency_of(cell), expected)
                    && !named.fits(expected)
                {
                    return None;
                }
                let money = if is_missing(cell) { Some(Money::ZERO) } else { cells.decimal_of(cell) };
                money.map(|money| (channel, money))
            })
            .collect()
    }

    /// The series' values. Where a table is cut by region, a series is so too: `revenue:north`.
    fn series(&self, cells: &mut Cells<'_, '_>, first: Day, last: Day, region: Option<&str>) {
        let named = |name: &str| region.map_or_else(|| name.to_owned(), |region| format!("{name}:{region}"));
        let mut values: Vec<(String, f64)> = Vec::new();
        for (name, place) in &self.columns.series {
            if let Some(value) = number_in(cells, Some(*place)) {
                values.push((named(name), value));
            }
        }
        if let Some((left, right)) = self.columns.revenue
            && let (Some(left), Some(right)) = (number_in(cells, Some(left)), number_in(cells, Some(right)))
        {
            values.push((named("revenue"), left * right));
        }
        for (name, value) in values {
            let line = cells.record.line;
            cells.push(&Indicator { date: first, name, value, published_at: Some(last + 1), line });
        }
    }
}

fn first_day(cells: &Cells<'_, '_>) -> Result<Day, Reject> {
    cells.is_a_row()?;
    let day = cells.moment(Field::Date)?.day();
    cells.not_in_future(i64::from(day.0) * DAY_MICROS, Field::Date)?;
    Ok(day)
}

/// A number as it stands, to all its digits; what cannot be read is left out and counted.
fn number_in(cells: &mut Cells<'_, '_>, place: Option<usize>) -> Option<f64> {
    let cell = cells.record.cell(place?).trim();
    if is_missing(cell) {
        return None;
    }
    let value = cells.float_of(cell);
    if value.is_none() {
        cells.notice(Rule::NumberLeftOut, Money::ZERO);
    }
    value
}
