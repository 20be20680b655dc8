//! What a row of orders is. In flow its marks: kind, status, id, the order that it takes back; out flow what they say
//! together, and by that the row's kind and sign, or why it is no row of the table.
use crate::money::Money;
use crate::table::row::Kind;
use crate::upload::adapter::Meaning;
use crate::upload::cells::Cells;
use crate::upload::field::Field;
use crate::upload::reject::Reject;
use crate::upload::report::{Reason, Rule};

/// What the row says about itself, and where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    pub(super) meaning: Option<Meaning>,
    pub(super) by: Field,
}

impl Said {
    /// Why a row that says this is none of the table, whoever its customer is.
    pub(super) fn refused(self) -> Option<Reject> {
        let reason = match self.meaning? {
            Meaning::BadDebt => Reason::BadDebt,
            Meaning::Incomplete => Reason::Incomplete,
            Meaning::Test => Reason::Test,
            Meaning::Order | Meaning::OrderRefunded | Meaning::Refund | Meaning::Cancellation => return None,
        };
        Some(Reject::at(reason, self.by))
    }
}

/// Reads the marks; `by_id` is what the row's id says. A rule that applies is noticed without the row's money: they are
/// those of a head, whose rows have it.
pub(super) fn meaning_of(cells: &mut Cells<'_, '_>, by_id: Option<Meaning>) -> Said {
    if let Some(by) = [Field::Test, Field::Tags].into_iter().find(|field| says_test(cells.text(*field))) {
        return Said { meaning: Some(Meaning::Test), by };
    }
    let adapter = &cells.reading.adapter;
    if let Some(kind) = cells.text(Field::Kind) {
        let meaning = adapter.meaning_of(kind);
        if meaning.is_some() {
            return Said { meaning, by: Field::Kind };
        }
        cells.notice(Rule::UnknownKind, Money::ZERO);
    }
    if by_id.is_some() {
        return Said { meaning: by_id, by: Field::TransactionId };
    }
    let mut said = Said { meaning: None, by: Field::Status };
    if let Some(status) = cells.text(Field::Status) {
        said.meaning = adapter.meaning_of(status);
        if said.meaning.is_none() {
            cells.notice(Rule::UnknownStatus, Money::ZERO);
            said.meaning = adapter.other_statuses;
        }
    }
    let is_order = matches!(said.meaning, None | Some(Meaning::Order | Meaning::OrderRefunded));
    if is_order && cancels_of(cells).is_some() {
        return Said { meaning: Some(Meaning::Refund), by: Field::Cancels };
    }
    said
}

/// Is one of the marks in a cell that of a test?
fn says_test(cell: Option<&str>) -> bool {
    const MARKS: [&str; 7] = ["true", "yes", "1", "test", "bogus", "bogus gateway", "(for testing) bogus gateway"];
    cell.is_some_and(|cell| {
        cell.split(',').any(|mark| MARKS.iter().any(|known| mark.trim().eq_ignore_ascii_case(known)))
    })
}

/// The order that the row says it takes back; some systems write 0 where there is none.
pub(super) fn cancels_of<'a>(cells: &Cells<'a, '_>) -> Option<&'a str> {
    cells.text(Field::Cancels).filter(|id| *id != "0")
}

/// What the row is, of which nothing is refused, and its amount with the sign of that.
pub(super) fn kind_of(
    cells: &mut Cells<'_, '_>,
    said: Said,
    money: Money,
    names_order: bool,
) -> Result<(Kind, Money), Reject> {
    let kind = match said.meaning {
        Some(Meaning::Refund) => Kind::Refund,
        Some(Meaning::Cancellation) => Kind::Cancellation,
        // What is no row of the table was refused with its head.
        _ => {
            if cells.text(Field::CancelledAt).is_some() {
                return Err(Reject::at(Reason::TakenBack, Field::CancelledAt));
            }
            return Ok((if money.is_negative() { Kind::Refund } else { Kind::Order }, money));
        }
    };
    if !money.is_positive() {
        return Ok((kind, money));
    }
    if said.by == Field::Status && !names_order {
        return Err(Reject::at(Reason::TakenBack, Field::Status));
    }
    cells.notice(Rule::SignGiven, money);
    Ok((kind, -money))
}
