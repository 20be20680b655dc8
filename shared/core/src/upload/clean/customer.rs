//! Customers, as known at acquisition. A missing or unreadable date is left out: the first order says it then.
use super::{Clean, Verdict};
use crate::money::Money;
use crate::table::row::Customer;
use crate::upload::cells::Cells;
use crate::upload::field::Field;
use crate::upload::identity::{email_sha256, phone_sha256};
use crate::upload::reject::Reject;
use crate::upload::report::Rule;

/// Cleans customers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Customers;

impl Clean for Customers {
    fn clean(&mut self, cells: &mut Cells<'_, '_>) -> Result<Verdict, Reject> {
        cells.is_a_row()?;
        let customer_id = cells.customer(Money::ZERO)?.into_owned();
        let row = Customer {
            customer_id,
            acquired_at: acquired_at(cells),
            acquisition_channel: cells.owned(Field::AcquisitionChannel),
            acquisition_campaign: cells.owned(Field::AcquisitionCampaign),
            country: cells.owned(Field::Country),
            email_sha256: contact(cells, Field::Email, email_sha256),
            phone_sha256: contact(cells, Field::Phone, phone_sha256),
            line: cells.record.line,
        };
        cells.push(&row);
        Ok(Verdict::Kept)
    }
}

fn acquired_at(cells: &mut Cells<'_, '_>) -> Option<i64> {
    cells.text(Field::AcquiredAt)?;
    let micros = cells.moment(Field::AcquiredAt).ok().map(|moment| moment.micros(&cells.reading.written_in));
    let past = micros.filter(|micros| cells.not_in_future(*micros, Field::AcquiredAt).is_ok());
    if past.is_none() {
        cells.notice(Rule::DateLeftOut, Money::ZERO);
    }
    past
}

fn contact(cells: &mut Cells<'_, '_>, field: Field, hash: fn(&str) -> Option<String>) -> Option<String> {
    let hashed = hash(cells.text(field)?);
    if hashed.is_none() {
        cells.notice(Rule::ContactLeftOut, Money::ZERO);
    }
    hashed
}
