//! Economic series: values may be of any size and sign, and of days to come.
use super::{Clean, Verdict};
use crate::table::row::Indicator;
use crate::upload::cells::Cells;
use crate::upload::currency;
use crate::upload::field::Field;
use crate::upload::number;
use crate::upload::rates;
use crate::upload::reject::Reject;
use crate::upload::report::Reason;

/// Cleans indicators.
#[derive(Clone, Debug, Default)]
pub(crate) struct Indicators;

impl Clean for Indicators {
    fn clean(&mut self, cells: &mut Cells<'_, '_>) -> Result<Verdict, Reject> {
        cells.is_a_row()?;
        let refused = || Reject::at(Reason::UnparsableNumber, Field::Value);
        let date = cells.moment(Field::Date)?.day();
        let name = name_of(cells)?;
        let text = cells.text(Field::Value).ok_or_else(refused)?;
        if !number::plain(text, cells.reading.conventions.decimal_mark, cells.plain) {
            return Err(refused());
        }
        let value: f64 = cells.plain.parse().map_err(|_| refused())?;
        if cells.reading.columns.place(Field::BaseCurrency).is_some() && value <= 0.0 {
            return Err(Reject::at(Reason::RateOutOfRange, Field::Value));
        }
        let published_at = match cells.text(Field::PublishedAt) {
            Some(_) => Some(cells.moment(Field::PublishedAt)?.day()),
            None => None,
        };
        cells.push(&Indicator { date, name, value, published_at, line: cells.record.line });
        Ok(Verdict::Kept)
    }
}

/// The series' name; that of a pair of currencies where the file holds exchange rates.
fn name_of(cells: &mut Cells<'_, '_>) -> Result<String, Reject> {
    let code = |field: Field| {
        let code = cells.text(field).and_then(|text| currency::code_in(text, None));
        code.ok_or_else(|| Reject::at(Reason::UnparsableCurrency, field))
    };
    if cells.reading.columns.place(Field::BaseCurrency).is_some() {
        return Ok(rates::series(code(Field::BaseCurrency)?, code(Field::QuoteCurrency)?));
    }
    cells.owned(Field::Name).ok_or_else(|| Reject::at(Reason::MissingName, Field::Name))
}
