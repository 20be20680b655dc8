//! What the lines of one order have in common: all but money and product. In flow a row's cells; out flows what they say.
//! Lines of an order mostly stand together: of those that repeat it the head is not read again.
use super::meaning::{Said, cancels_of, meaning_of};
use crate::money::Money;
use crate::table::row::Kind;
use crate::upload::cells::Cells;
use crate::upload::field::{Columns, Field, key_of};
use crate::upload::identity::{is_mangled, screened, tidy_id};
use crate::upload::recognise::Recognised;
use crate::upload::reject::Reject;
use crate::upload::report::{Reason, Rule};

/// The fields of which no head says anything.
const OF_LINES: [Field; 5] =
    [Field::Amount, Field::UnitPrice, Field::Quantity, Field::RefundedAmount, Field::ProductId];

/// The head of the row read last.
#[derive(Clone, Debug)]
pub(super) struct Head {
    /// The cells that it was read from; empty where nothing was.
    cells: Vec<String>,
    /// Which head it is, of those that were read.
    number: u64,
    pub(super) said: Said,
    /// What applies to each of its rows, whatever becomes of it.
    pub(super) rules: Vec<Rule>,
    /// What it says of its order, or why its rows are refused.
    pub(super) order: Result<Order, Reject>,
    /// Were the customers told what it says of its customer?
    pub(super) is_told: bool,
}

/// What a head says of its order.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) customer_id: String,
    /// The field that told whose it is.
    pub(super) by: Field,
    /// Within its source system; `None` where there is none or a spreadsheet has rounded it away.
    pub(super) transaction_id: Option<String>,
    /// UTC microseconds.
    pub(super) occurred_at: i64,
    /// The order that it takes back, within its source system.
    pub(super) cancels: Option<String>,
    pub(super) channel: Option<String>,
    /// What applies to each of its rows that becomes one of the table.
    pub(super) rules: Vec<Rule>,
}

impl Default for Head {
    fn default() -> Head {
        Head {
            cells: Vec::new(),
            number: 0,
            said: Said { meaning: None, by: Field::Status },
            rules: Vec::new(),
            order: Err(Reject::of(Reason::MissingCustomer)),
            is_told: false,
        }
    }
}

/// The columns that heads are read from: those of some field that is not of lines.
pub(crate) fn columns_of(columns: &Columns) -> Box<[usize]> {
    let mut places: Vec<usize> =
        columns.found().iter().filter(|(field, _)| !OF_LINES.contains(field)).map(|(_, place)| *place).collect();
    places.sort_unstable();
    places.dedup();
    places.into()
}

/// Is the amount in this header that of a whole order, of which there may be several rows?
pub(crate) fn repeats_totals(recognised: &Recognised) -> bool {
    let Recognised { adapter, columns, header, .. } = recognised;
    let amount = columns.place(Field::Amount).and_then(|place| header.get(place));
    let is_total = |amount: &String| adapter.order_totals.iter().any(|total| key_of(total) == key_of(amount));
    columns.place(Field::TransactionId).is_some() && amount.is_some_and(is_total)
}

impl Head {
    /// Reads the row's head, unless it is that of the row before.
    pub(super) fn know(&mut self, cells: &mut Cells<'_, '_>) {
        if !self.is_of(cells) {
            self.read(cells);
        }
    }

    /// The stamp of its rows of this kind: the head and the kind say all that they have in common, as all rows of a file
    /// are in one currency.
    pub(super) fn stamp(&self, kind: Kind) -> u64 {
        self.number * 4 + kind as u64
    }

    /// The stamp of refunds that stand in cells of its rows: they take back its own order, whatever it takes back itself.
    pub(super) fn stamp_of_refunds(&self) -> u64 {
        self.number * 4 + 3
    }

    /// Was it read from the same cells?
    pub(super) fn is_of(&self, cells: &Cells<'_, '_>) -> bool {
        let places = &cells.reading.heads;
        self.cells.len() == places.len()
            && places.iter().zip(&self.cells).all(|(place, known)| cells.record.cell(*place) == known)
            && !places.is_empty()
    }

    fn read(&mut self, cells: &mut Cells<'_, '_>) {
        self.cells.resize_with(cells.reading.heads.len(), String::new);
        for (known, place) in self.cells.iter_mut().zip(&cells.reading.heads) {
            known.clear();
            known.push_str(cells.record.cell(*place));
        }
        self.number += 1;
        let id = cells.text(Field::TransactionId).unwrap_or_default();
        let by_id = cells.reading.adapter.meaning_of_id(tidy_id(id));
        let outer = cells.out.books.set_rules_aside();
        self.said = meaning_of(cells, by_id);
        self.order = Order::of(cells, id, self.said);
        self.rules = cells.out.books.take_rules_back(outer);
        self.is_told = false;
    }
}

impl Order {
    fn of(cells: &mut Cells<'_, '_>, id: &str, said: Said) -> Result<Order, Reject> {
        if let Some(reject) = said.refused() {
            return Err(reject);
        }
        let who = cells.who(Money::ZERO)?;
        cells.tell_change(who.change, Money::ZERO);
        let occurred_at = cells.moment(Field::OccurredAt)?.micros(&cells.reading.written_in);
        cells.not_in_future(occurred_at, Field::OccurredAt)?;
        let outer = cells.out.books.set_rules_aside();
        let channel = cells.owned(Field::Channel);
        let mut rules = cells.out.books.take_rules_back(outer);
        rules.extend(is_mangled(id).then_some(Rule::MangledTransaction));
        Ok(Order {
            customer_id: who.id.into_owned(),
            by: who.by,
            transaction_id: namespaced(cells, id),
            occurred_at,
            cancels: cancels_of(cells).and_then(|id| namespaced(cells, id)),
            channel,
            rules,
        })
    }
}

/// An order's id within its source system, an address or phone number as its hash.
fn namespaced(cells: &Cells<'_, '_>, id: &str) -> Option<String> {
    if id.is_empty() || is_mangled(id) {
        return None;
    }
    let system = cells.reading.adapter.system.as_deref().unwrap_or(&cells.reading.adapter.name);
    let id = tidy_id(id);
    Some([system, ":", screened(id).as_deref().unwrap_or(id)].concat())
}
