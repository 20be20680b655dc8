//! Economic series: values may be of any size and sign, and of days to come.
use super::{Clean, Verdict};
use crate::table::row::Indicator;
use crate::upload::cells::Cells;
use crate::upload::field::Field;
use crate::upload::number;
use crate::upload::reject::Reject;
use crate::upload::report::Reason;

/// Cleans indicators.
#[derive(Debug, Default)]
pub(crate) struct Indicators;

impl Clean for Indicators {
    type Row = Indicator;

    fn clean(&mut self, cells: &mut Cells<'_>, rows: &mut Vec<Indicator>) -> Result<Verdict, Reject> {
        cells.is_a_row()?;
        let refused = || Reject::at(Reason::UnparsableNumber, Field::Value);
        let date = cells.moment(Field::Date)?.day();
        let name = cells.owned(Field::Name).ok_or_else(|| Reject::at(Reason::MissingName, Field::Name))?;
        let text = cells.text(Field::Value).ok_or_else(refused)?;
        if !number::plain(text, cells.reading.conventions.decimal_mark, cells.plain) {
            return Err(refused());
        }
        let value = cells.plain.parse().map_err(|_| refused())?;
        let published_at = match cells.text(Field::PublishedAt) {
            Some(_) => Some(cells.moment(Field::PublishedAt)?.day()),
            None => None,
        };
        rows.push(Indicator { date, name, value, published_at, line: cells.record.line });
        Ok(Verdict::Kept)
    }
}
