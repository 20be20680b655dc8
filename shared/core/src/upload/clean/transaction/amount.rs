//! What a row of orders is worth. In flow its cells; out flow its amount and what that is made of, or why there is none.
use super::meaning::Said;
use crate::money::Money;
use crate::upload::adapter::Meaning;
use crate::upload::cells::Cells;
use crate::upload::field::Field;
use crate::upload::reject::Reject;
use crate::upload::report::{Reason, Rule};

/// The amount of a row and what it is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Amount {
    pub(super) money: Money,
    pub(super) quantity: Option<Money>,
    pub(super) price: Option<Money>,
}

impl Amount {
    /// That of the row: in one cell, else units times price.
    pub(super) fn of(cells: &mut Cells<'_, '_>) -> Result<Amount, Reject> {
        if cells.reading.columns.place(Field::Amount).is_some() {
            let money = cells.decimal(Field::Amount, Reason::UnparsableAmount)?;
            let money = money.ok_or_else(|| Reject::at(Reason::MissingAmount, Field::Amount))?;
            let quantity = cells.decimal(Field::Quantity, Reason::UnparsableNumber).unwrap_or_else(|_| {
                cells.notice(Rule::NumberLeftOut, money);
                None
            });
            return Ok(Amount { money, quantity, price: None });
        }
        let price = cells.decimal(Field::UnitPrice, Reason::UnparsableAmount)?;
        let price = price.ok_or_else(|| Reject::at(Reason::MissingAmount, Field::UnitPrice))?;
        let quantity = cells.decimal(Field::Quantity, Reason::UnparsableAmount)?;
        let units = match (quantity, cells.reading.columns.place(Field::Quantity)) {
            (Some(units), _) => units,
            (None, None) => Money::from_cents(100),
            (None, Some(_)) => return Err(Reject::at(Reason::MissingAmount, Field::Quantity)),
        };
        let money = price.checked_mul_micros(units.micros());
        let money = money.ok_or_else(|| Reject::at(Reason::UnparsableAmount, Field::UnitPrice))?;
        Ok(Amount { money, quantity: Some(units), price: Some(price) })
    }

    /// Is it stock that was written off, and nobody's order?
    pub(super) fn is_write_off(self, cells: &Cells<'_, '_>, said: Said) -> bool {
        cells.reading.adapter.write_offs
            && said.meaning.is_none()
            && self.quantity.is_some_and(Money::is_negative)
            && self.price == Some(Money::ZERO)
    }

    /// Counts what is odd about it, whatever becomes of the row.
    pub(super) fn notice(self, cells: &mut Cells<'_, '_>, said: Said) {
        let Amount { money, quantity, price } = self;
        let units = quantity.unwrap_or_default();
        let rules = [
            (money == Money::ZERO, Rule::ZeroAmount),
            (money.is_negative(), Rule::NegativeAmount),
            (units.is_negative(), Rule::NegativeQuantity),
            (price == Some(Money::ZERO), Rule::ZeroPrice),
            (price.is_some_and(Money::is_negative), Rule::NegativePrice),
            (said.meaning == Some(Meaning::Cancellation), Rule::Cancellation),
            (said.meaning == Some(Meaning::Refund), Rule::Refund),
            (said.meaning == Some(Meaning::BadDebt), Rule::BadDebt),
            (self.is_write_off(cells, said), Rule::StockWriteOff),
        ];
        for (applies, rule) in rules {
            if applies {
                cells.notice(rule, money);
            }
        }
    }
}
