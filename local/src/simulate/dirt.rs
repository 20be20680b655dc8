//! What goes wrong between the shop and its exports. In flows an order, refund or cancellation; out flows, for each of
//! its rows and for both exports that may hold it, what is wrong with the row. All of it is drawn from one generator,
//! so that the older export can know what the newer one keeps. The amounts of the truth never change here.
use super::basket::{Basket, Fate};
use super::constants::{MOST_LINES, PROPORTIONS};
use super::stream::{Purpose, Streams, happens, uniform};
use rand_chacha::ChaCha8Rng;

/// What happened, as one entry of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    /// An order was placed.
    Order = 0,
    /// An order was cancelled.
    Cancellation = 1,
    /// An order was refunded, wholly or in part.
    Refund = 2,
}

/// An export that holds an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edition {
    /// A later export repeats the entry.
    Older,
    /// No later export does: this is what counts.
    Newest,
}

/// What is wrong with a cell of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Nothing.
    None,
    /// The date is this garbage.
    Date(&'static str),
    /// The amount is this garbage.
    Amount(&'static str),
}

/// One row's dirt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowDirt {
    /// What is wrong with it.
    pub(crate) flaw: Flaw,
    /// Does it appear twice?
    pub(crate) twice: bool,
}

/// Dirt of one entry's rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dirt {
    /// No row carries the customer's id.
    pub(crate) no_customer: bool,
    /// The amounts are recorded far too large.
    pub(crate) outlier: bool,
    /// The older export has the first line a tenth too high.
    pub(crate) provisional: bool,
    older: [RowDirt; MOST_LINES],
    newest: [RowDirt; MOST_LINES],
}

const NO_DATES: [&str; 4] = ["0000-00-00", "unknown", "2025-02-30 10:00:00", "31.31.2025"];
const NO_AMOUNTS: [&str; 3] = ["#REF!", "see invoice", "12.3.4"];

impl Dirt {
    /// Draws what goes wrong with an event of a basket. Only orders that are neither cancelled nor refunded can be
    /// outliers, so that no refund contradicts its order. On the `last_day` every row can be read: it ends the period.
    pub(crate) fn draw(streams: &Streams, entity: u64, event: Event, basket: &Basket, last_day: bool) -> Dirt {
        let mut rng = streams.of(Purpose::Dirt, entity << 2 | event as u64);
        let no_customer = basket.anonymous && !last_day;
        let is_order = event == Event::Order;
        let outlier = happens(&mut rng, PROPORTIONS.outliers) && is_order && basket.fate == Fate::Kept;
        let provisional = happens(&mut rng, PROPORTIONS.provisional_orders) && is_order;
        let clean = no_customer || last_day;
        let newest = std::array::from_fn(|_| RowDirt::draw(&mut rng, clean));
        let older = std::array::from_fn(|_| RowDirt::draw(&mut rng, clean));
        Dirt { no_customer, outlier, provisional, older, newest }
    }

    /// The dirt of an edition's rows, line by line.
    pub(crate) fn rows(&self, edition: Edition) -> &[RowDirt; MOST_LINES] {
        match edition {
            Edition::Older => &self.older,
            Edition::Newest => &self.newest,
        }
    }

    /// Can any of an edition's first `lines` rows be read?
    pub(crate) fn is_readable(&self, edition: Edition, lines: usize) -> bool {
        !self.no_customer && self.rows(edition)[..lines].iter().any(|row| row.flaw == Flaw::None)
    }
}

impl RowDirt {
    /// A row that is refused for its customer has no second flaw, so that each refused row has exactly one reason.
    fn draw(rng: &mut ChaCha8Rng, clean: bool) -> RowDirt {
        let (kind, which) = (uniform(rng), uniform(rng));
        let choose = |garbage: &[&'static str]| garbage[(which * garbage.len() as f64) as usize];
        let flaw = if clean {
            Flaw::None
        } else if kind < PROPORTIONS.garbage_date {
            Flaw::Date(choose(&NO_DATES))
        } else if kind < PROPORTIONS.garbage_date + PROPORTIONS.garbage_amount {
            Flaw::Amount(choose(&NO_AMOUNTS))
        } else {
            Flaw::None
        };
        RowDirt { flaw, twice: happens(rng, PROPORTIONS.duplicated_rows) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::basket::order_entity;

    fn dirt(streams: &Streams, customer: u32, last_day: bool) -> (Basket, Dirt) {
        let basket = Basket::draw(streams, customer, 3, 0, 1_700_000_000, 9_900);
        (basket, Dirt::draw(streams, order_entity(customer, 3), Event::Order, &basket, last_day))
    }

    #[test]
    fn dirt_comes_in_the_stated_proportions() {
        const ENTRIES: u32 = 400_000;
        let streams = Streams::new(31);
        let dirt: Vec<(Basket, Dirt)> = (0..ENTRIES).map(|customer| dirt(&streams, customer, false)).collect();
        let share = |what: &str, count: usize, of: usize, stated: f64| {
            let error = (stated * (1.0 - stated) / of as f64).sqrt();
            assert!((count as f64 / of as f64 - stated).abs() < 4.5 * error, "{what}: {count} of {of}, not {stated}");
        };
        let kept = dirt.iter().filter(|(basket, _)| basket.fate == Fate::Kept).count();
        share("outliers", dirt.iter().filter(|d| d.1.outlier).count(), kept, PROPORTIONS.outliers);
        share(
            "provisional",
            dirt.iter().filter(|d| d.1.provisional).count(),
            dirt.len(),
            PROPORTIONS.provisional_orders,
        );
        let rows: Vec<RowDirt> =
            dirt.iter().filter(|d| !d.1.no_customer).map(|d| d.1.rows(Edition::Newest)[2]).collect();
        let flawed = |test: &dyn Fn(&Flaw) -> bool| rows.iter().filter(|row| test(&row.flaw)).count();
        share("dates", flawed(&|flaw| matches!(flaw, Flaw::Date(_))), rows.len(), PROPORTIONS.garbage_date);
        share("amounts", flawed(&|flaw| matches!(flaw, Flaw::Amount(_))), rows.len(), PROPORTIONS.garbage_amount);
        share("twice", rows.iter().filter(|r| r.twice).count(), rows.len(), PROPORTIONS.duplicated_rows);
    }

    #[test]
    fn a_row_without_a_customer_has_no_second_flaw() {
        let streams = Streams::new(31);
        let anonymous =
            (0..50_000).map(|customer| dirt(&streams, customer, false)).filter(|(basket, _)| basket.anonymous);
        for (basket, dirt) in anonymous {
            assert!(dirt.no_customer && !dirt.is_readable(Edition::Newest, basket.lines().len()));
            assert!(dirt.rows(Edition::Newest).iter().all(|row| row.flaw == Flaw::None));
        }
    }

    #[test]
    fn the_last_days_rows_can_all_be_read() {
        let streams = Streams::new(31);
        for customer in 0..5_000 {
            let (_, dirt) = dirt(&streams, customer, true);
            assert!(dirt.is_readable(Edition::Newest, 1) && dirt.is_readable(Edition::Older, 1));
        }
    }
}
