//! Ad spend. A row that covers several days is spread over them evenly, to the last millionth: it is never booked as one
//! day.
mod period;

use super::{Clean, Verdict};
use crate::money::Money;
use crate::table::row::Spend;
use crate::time::Day;
use crate::upload::cells::Cells;
use crate::upload::date;
use crate::upload::field::Field;
use crate::upload::identity::{is_mangled, tidy_id};
use crate::upload::reject::Reject;
use crate::upload::report::{Reason, Rule};
use period::{days_of, first_and_last};

/// Cleans spend.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpendRows {
    /// The days that the file's banner says it covers, for rows without a day of their own.
    pub(crate) period: Option<(Day, Day)>,
}

impl Clean for SpendRows {
    fn clean(&mut self, cells: &mut Cells<'_, '_>) -> Result<Verdict, Reject> {
        let spend = cells.decimal(Field::Spend, Reason::UnparsableAmount);
        let money = spend.as_ref().ok().copied().flatten().unwrap_or_default();
        let whole = self.whole(cells, spend).map_err(|reject| reject.with_money(money))?;
        let (first, last) = whole.1;
        if money == Money::ZERO {
            cells.notice(Rule::ZeroAmount, money);
        }
        if money.is_negative() {
            cells.notice(Rule::NegativeAmount, money);
        }
        if first == last {
            cells.push(&whole.0);
        } else {
            cells.notice(Rule::SpreadOverPeriod, money);
            spread(&whole.0, first, last, |row| cells.push(&row));
        }
        Ok(Verdict::Kept)
    }
}

impl SpendRows {
    /// The row as a whole, and the first and last day it covers.
    fn whole(
        &self,
        cells: &mut Cells<'_, '_>,
        spend: Result<Option<Money>, Reject>,
    ) -> Result<(Spend, (Day, Day)), Reject> {
        cells.is_a_row()?;
        let days = days_of(cells, self.period)?;
        let spend = spend?.ok_or_else(|| Reject::at(Reason::MissingAmount, Field::Spend))?;
        let channel = cells.owned(Field::Channel).ok_or_else(|| Reject::at(Reason::MissingName, Field::Channel))?;
        if cells.names_total(&channel) {
            return Err(Reject::at(Reason::SummaryRow, Field::Channel));
        }
        let (currency, rate) = cells.currency(&[Field::Spend, Field::ConversionValue], || days.0)?;
        let currency = currency.map(str::to_owned);
        let spend = cells.at_rate(spend, rate, Field::Spend)?;
        let row = Spend {
            date: days.0,
            account: account(cells),
            channel,
            campaign_id: campaign_id(cells, spend),
            campaign_name: cells.owned(Field::CampaignName),
            spend,
            currency,
            impressions: cells.number_or_nothing(Field::Impressions, spend),
            clicks: cells.number_or_nothing(Field::Clicks, spend),
            conversions: cells.number_or_nothing(Field::Conversions, spend),
            conversion_value: conversion_value(cells, spend).and_then(|value| rate.of(value)),
            line: cells.record.line,
        };
        Ok((row, days))
    }
}

/// An ad account as its platform names it: numbers of accounts are grouped as phone numbers are (`123-456-7890`), and none.
fn account(cells: &mut Cells<'_, '_>) -> Option<String> {
    let text = cells.text(Field::Account)?;
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return Some(text.to_owned());
    }
    cells.owned(Field::Account)
}

fn campaign_id(cells: &mut Cells<'_, '_>, spend: Money) -> Option<String> {
    if is_mangled(cells.text(Field::CampaignId)?) {
        cells.notice(Rule::MangledCampaign, spend);
        return None;
    }
    cells.kept(Field::CampaignId, spend).map(|id| tidy_id(&id).to_owned())
}

fn conversion_value(cells: &mut Cells<'_, '_>, spend: Money) -> Option<Money> {
    cells.decimal(Field::ConversionValue, Reason::UnparsableNumber).unwrap_or_else(|_| {
        cells.notice(Rule::NumberLeftOut, spend);
        None
    })
}

/// One row a day; the parts add up to the whole.
pub(crate) fn spread(whole: &Spend, first: Day, last: Day, mut give: impl FnMut(Spend)) {
    let days = last.since(first) + 1;
    let share = |number: Option<f64>| number.map(|number| number / f64::from(days));
    let part = |money: Money, day: i32| {
        let (each, rest) = (money.micros() / i64::from(days), money.micros() % i64::from(days));
        let extra = if i64::from(day) < rest.abs() { rest.signum() } else { 0 };
        Money::from_micros(each + extra).unwrap_or_default()
    };
    for day in 0..days {
        give(Spend {
            date: first + day,
            spend: part(whole.spend, day),
            impressions: share(whole.impressions),
            clicks: share(whole.clicks),
            conversions: share(whole.conversions),
            conversion_value: whole.conversion_value.map(|value| part(value, day)),
            ..whole.clone()
        });
    }
}

/// The days that a banner names: `July 8, 2025 - July 31, 2025`, one day, or `# Start date: 20250708` and
/// `# End date: 20250731`.
pub(crate) fn period_in(preamble: &[String]) -> Option<(Day, Day)> {
    let day = |text: &str| date::parse(text.trim(), None).ok().map(|moment| moment.day());
    let named = |name: &str| preamble.iter().find_map(|line| day(line.strip_prefix(name)?));
    if let (Some(first), Some(last)) = (named("# Start date:"), named("# End date:")) {
        return Some((first, last));
    }
    preamble.iter().find_map(|line| {
        let line = line.trim().trim_matches('"');
        first_and_last(line, None).or_else(|| day(line).map(|day| (day, day)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_banners_days_are_read() {
        let preamble = ["Campaign report".to_owned(), "July 8, 2025 - July 31, 2025".to_owned()];
        let (first, last) = period_in(&preamble).unwrap();
        assert_eq!((first.to_string(), last.to_string()), ("2025-07-08".to_owned(), "2025-07-31".to_owned()));
        assert_eq!(period_in(&["Campaign report".to_owned(), "All time".to_owned()]), None);
    }

    proptest! {
        #[test]
        fn what_is_spread_adds_up_to_the_whole(micros in -1_000_000_000_i64..1_000_000_000, days in 1_i32..400) {
            let whole = Spend {
                date: Day(0), account: None, channel: "meta".to_owned(), campaign_id: None, campaign_name: None,
                spend: Money::from_micros(micros).unwrap(), currency: None, impressions: None, clicks: None,
                conversions: None, conversion_value: None, line: 2,
            };
            let mut rows = Vec::new();
            spread(&whole, Day(0), Day(days - 1), |row| rows.push(row));
            prop_assert_eq!(rows.len(), days as usize);
            prop_assert_eq!(rows.iter().map(|row| row.spend).sum::<Money>(), whole.spend);
            let parts: Vec<i64> = rows.iter().map(|row| row.spend.micros()).collect();
            prop_assert!(parts.iter().max().unwrap() - parts.iter().min().unwrap() <= 1);
        }
    }
}
