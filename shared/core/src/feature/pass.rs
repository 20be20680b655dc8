//! One pass over the sorted events for all cutoffs: in flow a history, its context and cutoffs; out flows a window a
//! cutoff. Each customer's ledger absorbs events up to a cutoff, a row is emitted, and absorbing goes on; ranges of
//! customers are computed in parallel and put together in their order, so the result does not depend on threads.
use super::catalogue::{FEATURES, OWN, own_features};
use super::context::{Bound, Context};
use super::history::{History, booked_until};
use super::known::{Known, purchases_of};
use super::ledger::Ledger;
use super::life::{LIFE, LifeFit};
use super::matrix::Matrix;
use super::signal::joined;
use super::window::Window;
use crate::money::Money;
use crate::time::Cutoff;
use ltv_btyd::{BtydError, Summary};
use ndarray::{Array2, ShapeBuilder};
use rayon::prelude::*;

/// How many customers one task takes: their rows stay in a core's cache while they are transposed.
const RANGE: u32 = 2048;

/// The rows of one range of customers at one cutoff; `values` are row by row first, then column by column.
#[derive(Default)]
struct Block {
    customers: Vec<u32>,
    values: Vec<f32>,
    summaries: Vec<Summary>,
    spend_to_date: Vec<f64>,
    last_horizon_spend: Vec<f64>,
    cold: Vec<bool>,
    target: Vec<f64>,
    later_arrivals: Money,
}

/// Features of every customer acquired before each cutoff, and their spend behind it where that window is over: where
/// its last day is no later than the last day of the history. Windows come earliest cutoff first, one for each
/// different cutoff. Buy-till-you-die models that `context` lacks for a cutoff are fitted and kept in it.
///
/// # Errors
/// A refused fit; the summaries of a history are never a reason for one.
pub fn windows(history: &History, context: &mut Context, cutoffs: &[Cutoff]) -> Result<Vec<Window>, BtydError> {
    let mut windows = own_windows(history, context, cutoffs);
    for window in &mut windows {
        if context.life(window.cutoff).is_none_or(|fit| fit.cutoff != window.cutoff) {
            let buyers = window.summaries.iter().zip(window.features.has_bought());
            let buyers = buyers.filter_map(|(summary, bought)| bought.then_some(*summary));
            let fit = LifeFit::new(window.cutoff, buyers)?;
            context.keep(fit);
        }
        fill_lives(window, context);
    }
    Ok(windows)
}

/// The same for one cutoff in a context that is complete: what predictions are made from. A context without models
/// fitted at or before the cutoff leaves their features missing.
pub fn window(history: &History, context: &Context, cutoff: Cutoff) -> Window {
    let mut window = own_windows(history, context, &[cutoff]).remove(0);
    fill_lives(&mut window, context);
    window
}

/// Fills the features of fitted models for all who have bought.
fn fill_lives(window: &mut Window, context: &Context) {
    let Some(fit) = context.life(window.cutoff) else { return };
    let bought: Vec<bool> = window.features.has_bought().collect();
    let rows: Vec<[f32; LIFE.len()]> = window
        .summaries
        .par_iter()
        .zip(&bought)
        .map(|(summary, bought)| if *bought { fit.features(summary, window.horizon) } else { [f32::NAN; LIFE.len()] })
        .collect();
    for place in 0..LIFE.len() {
        let mut column = window.features.values.column_mut(OWN + place);
        for (value, row) in column.iter_mut().zip(&rows) {
            *value = row[place];
        }
    }
}

/// All but the features of fitted models, which are missing.
fn own_windows(history: &History, context: &Context, cutoffs: &[Cutoff]) -> Vec<Window> {
    let mut ascending: Vec<Cutoff> = cutoffs.to_vec();
    ascending.sort_by_key(|cutoff| cutoff.0);
    ascending.dedup();
    let bound: Vec<Bound<'_>> = ascending.iter().map(|cutoff| Bound::new(context, history, *cutoff)).collect();
    let ranges = (history.len() as u32).div_ceil(RANGE);
    let mut blocks: Vec<std::vec::IntoIter<Block>> = (0..ranges)
        .into_par_iter()
        .map(|range| {
            let customers = range * RANGE..((range + 1) * RANGE).min(history.len() as u32);
            range_of(history, context, &ascending, &bound, customers).into_iter()
        })
        .collect();
    let take = |cutoff: &Cutoff| {
        let mut window = assemble(context, *cutoff, blocks.iter_mut().filter_map(Iterator::next).collect());
        for (place, value) in joined::row(&context.signals, history, *cutoff).into_iter().enumerate() {
            window.features.values.column_mut(FEATURES.len() + place).fill(value);
        }
        window
    };
    ascending.iter().map(take).collect()
}

/// One range of customers at every cutoff.
fn range_of(
    history: &History,
    context: &Context,
    cutoffs: &[Cutoff],
    bound: &[Bound<'_>],
    customers: std::ops::Range<u32>,
) -> Vec<Block> {
    let mut blocks: Vec<Block> = cutoffs.iter().map(|_| Block::default()).collect();
    let (mut ledger, mut purchases) = (Ledger::default(), Vec::new());
    let last_day = history.span().map(|(_, last)| last);
    for customer in customers {
        let facts = history.facts(customer);
        let events = history.events(customer);
        ledger.clear();
        for ((cutoff, block), bound) in cutoffs.iter().zip(&mut blocks).zip(bound) {
            while ledger.absorbed() < events.len() && cutoff.is_after(events[ledger.absorbed()].day) {
                ledger.absorb(events);
            }
            let end = cutoff.end(context.horizon);
            let over = last_day.is_some_and(|last| end <= last + 1);
            let target = if over { booked_until(&events[ledger.absorbed()..], end) } else { Money::ZERO };
            if facts.known_from().is_none_or(|day| !cutoff.is_after(day)) {
                block.later_arrivals += target;
                continue;
            }
            let Some(acquired) = facts.acquired_as_of(*cutoff) else { continue };
            purchases_of(&ledger, &mut purchases);
            let known = Known {
                cutoff: *cutoff,
                horizon: context.horizon,
                start: context.start,
                acquired,
                ledger: &ledger,
                purchases: &purchases,
                origin: bound.origin(facts, acquired),
            };
            block.emit(customer, &known);
            if over {
                block.target.push(target.to_f64());
            }
        }
    }
    blocks.into_iter().map(Block::by_column).collect()
}

impl Block {
    fn emit(&mut self, customer: u32, known: &Known<'_>) {
        self.customers.push(customer);
        self.values.extend(own_features(known));
        self.summaries.push(known.summary());
        self.spend_to_date.push(known.ledger.booked.to_f64());
        self.last_horizon_spend.push(known.spend(known.horizon.days(), 0));
        self.cold.push(known.purchases.len() <= 1);
    }

    fn by_column(mut self) -> Block {
        let rows = self.customers.len();
        let columns = self.values.len().checked_div(rows).unwrap_or(0);
        let mut turned = Vec::with_capacity(self.values.len());
        for column in 0..columns {
            turned.extend(self.values[column..].iter().step_by(columns));
        }
        self.values = turned;
        self
    }
}

/// Puts the ranges of one cutoff together in the order of the customers.
fn assemble(context: &Context, cutoff: Cutoff, blocks: Vec<Block>) -> Window {
    let rows: usize = blocks.iter().map(|block| block.customers.len()).sum();
    let features = context.columns();
    let mut values = vec![f32::NAN; rows * features.len()];
    if rows > 0 {
        values.par_chunks_mut(rows).take(OWN).enumerate().for_each(|(column, mut rest)| {
            for block in &blocks {
                let height = block.customers.len();
                let (filled, open) = rest.split_at_mut(height);
                filled.copy_from_slice(&block.values[column * height..(column + 1) * height]);
                rest = open;
            }
        });
    }
    let values = Array2::from_shape_vec((rows, features.len()).f(), values).expect("rows × columns values were made");
    let mut window = Window {
        cutoff,
        horizon: context.horizon,
        customers: Vec::with_capacity(rows),
        features: Matrix { features, values },
        summaries: Vec::with_capacity(rows),
        spend_to_date: Vec::with_capacity(rows),
        last_horizon_spend: Vec::with_capacity(rows),
        cold: Vec::with_capacity(rows),
        target: Vec::new(),
        later_arrivals: 0.0,
    };
    let mut later_arrivals = Money::ZERO;
    for block in blocks {
        window.customers.extend(block.customers);
        window.summaries.extend(block.summaries);
        window.spend_to_date.extend(block.spend_to_date);
        window.last_horizon_spend.extend(block.last_horizon_spend);
        window.cold.extend(block.cold);
        window.target.extend(block.target);
        later_arrivals += block.later_arrivals;
    }
    window.later_arrivals = later_arrivals.to_f64();
    window
}
