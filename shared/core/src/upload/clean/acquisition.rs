//! The dateless cross-section: one row a customer.
use super::{Clean, Verdict};
use crate::table::row::Acquisition;
use crate::time::Day;
use crate::upload::cells::Cells;
use crate::upload::field::Field;
use crate::upload::number;
use crate::upload::reject::Reject;
use crate::upload::report::Reason;

/// Cleans the cross-section.
#[derive(Clone, Debug, Default)]
pub(crate) struct Acquisitions;

impl Clean for Acquisitions {
    fn clean(&mut self, cells: &mut Cells<'_, '_>) -> Result<Verdict, Reject> {
        let revenue = cells.decimal(Field::Revenue, Reason::UnparsableAmount);
        let money = revenue.as_ref().ok().copied().flatten().unwrap_or_default();
        let row = || -> Result<Acquisition, Reject> {
            cells.is_a_row()?;
            // A cross-section has no day whose exchange rate would count.
            cells.currency(&[Field::Cost, Field::Revenue], || Day(i32::MIN))?;
            let missing = |field: Field| move || Reject::at(Reason::MissingAmount, field);
            Ok(Acquisition {
                customer_id: cells.customer(money)?.into_owned(),
                channel: cells.owned(Field::Channel).ok_or_else(|| Reject::at(Reason::MissingName, Field::Channel))?,
                cost: cells.decimal(Field::Cost, Reason::UnparsableAmount)?.ok_or_else(missing(Field::Cost))?,
                conversion_rate: share(cells)?,
                revenue: revenue?.ok_or_else(missing(Field::Revenue))?,
                line: cells.record.line,
            })
        }()
        .map_err(|reject| reject.with_money(money))?;
        cells.push(&row);
        Ok(Verdict::Kept)
    }
}

/// `0.025` and `2.5%` are the same share.
fn share(cells: &mut Cells<'_, '_>) -> Result<f64, Reject> {
    let field = Field::ConversionRate;
    let text = cells.text(field).ok_or_else(|| Reject::at(Reason::UnparsableNumber, field))?;
    let unit = if text.ends_with('%') { 100.0 } else { 1.0 };
    if !number::plain(text, cells.reading.conventions.decimal_mark, cells.plain) {
        return Err(Reject::at(Reason::UnparsableNumber, field));
    }
    let value: f64 = cells.plain.parse().map_err(|_| Reject::at(Reason::UnparsableNumber, field))?;
    let share = value / unit;
    if !(0.0..=1.0).contains(&share) {
        return Err(Reject::at(Reason::ShareOutOfRange, field));
    }
    Ok(share)
}
