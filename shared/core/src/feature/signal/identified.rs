//! Which outside series a fit may use: in flow the series of a history and the split protocol, out flow those whose
//! effect the training cutoffs can tell from chance, and the protocol that reaches far enough back for them. No target
//! is looked at.
//!
//! A series is the same for every customer of a cutoff, and windows that overlap share their spend, so an observation is
//! a training window that overlaps no other: the seven usual cutoffs hold three. A coefficient takes about ten (Harrell
//! 2015, *Regression Modeling Strategies*, section 4.4). Where a history with series is long enough, older windows, a
//! horizon apart, are trained on besides. The rule must hold for every fit, that of the earliest validation window too,
//! or nothing could tell whether the series helped. A series of which it is unknown when its values were published is
//! never used: a cutoff might see what was told weeks later.
use super::joined::{Measure, Signal};
use super::published::{Published, publication_known};
use super::signals_of;
use crate::feature::{History, Protocol};
use crate::time::Cutoff;
use std::collections::BTreeSet;

/// Observations of different values that one column takes.
pub(super) const NEEDED: usize = 10;
/// Windows a horizon apart that are trained on besides the usual seven: twenty observations, so two columns.
const OLDER: u16 = 17;
/// Rows of all windows together up to which older ones are trained on: about 2 GB of features. A training with the usual
/// windows holds half as many rows of the same customers or fewer.
const MOST_ROWS: usize = 8_000_000;

/// `protocol`, with older training windows where these let some series of `history` be used, and where all windows
/// together hold at most eight million rows.
pub fn reaching_back(history: &History, protocol: Protocol) -> Protocol {
    let longer = longer(&protocol);
    if !fits(history.len(), &longer) || identified(history, &longer).is_empty() { protocol } else { longer }
}

/// The series that are left out of the fits of `protocol` only because older windows would hold too many rows.
pub(super) fn held_back(history: &History, protocol: &Protocol) -> Vec<String> {
    let longer = longer(protocol);
    if protocol.older > 0 || fits(history.len(), &longer) {
        return Vec::new();
    }
    identified(history, &longer).into_iter().map(|signal| signal.name).collect()
}

fn longer(protocol: &Protocol) -> Protocol {
    Protocol { older: OLDER, ..protocol.clone() }
}

/// Would the windows of `protocol` hold no more than the most rows, if everyone were a customer from the beginning?
pub(super) fn fits(customers: usize, protocol: &Protocol) -> bool {
    customers.saturating_mul(protocol.cutoffs().len()) <= MOST_ROWS
}

/// The series that the fits of `protocol` may use, by name; values before changes, and those of more different values
/// first, as many as there are observations for.
pub fn identified(history: &History, protocol: &Protocol) -> Vec<Signal> {
    let fits = observations(protocol);
    let affordable = fits.iter().map(Vec::len).min().unwrap_or(0) / NEEDED;
    if affordable == 0 {
        return Vec::new();
    }
    let dated = signals_of(history).filter(|(_, values)| publication_known(values));
    let series: Vec<(&str, Published)> = dated.map(|(name, values)| (name, Published::among(values))).collect();
    let mut usable: Vec<(Measure, usize, &str)> = Vec::new();
    for (name, values) in &series {
        for measure in Measure::ALL {
            let distinct = fits.iter().map(|cutoffs| distinct(values, measure, cutoffs)).min().unwrap_or(0);
            if distinct >= NEEDED {
                usable.push((measure, distinct, name));
            }
        }
    }
    usable.sort_by(|a, b| (a.0, b.1, a.2).cmp(&(b.0, a.1, b.2)));
    usable.truncate(affordable);
    let signal = |(name, values): (&str, Published)| {
        let measures =
            Measure::ALL.into_iter().filter(|m| usable.iter().any(|(of, _, of_series)| (of, *of_series) == (m, name)));
        Signal { name: name.to_owned(), measures: measures.collect(), values }
    };
    series.into_iter().map(signal).filter(|signal| !signal.measures.is_empty()).collect()
}

/// The training cutoffs whose windows do not overlap, of every fit.
pub(super) fn observations(protocol: &Protocol) -> Vec<Vec<Cutoff>> {
    protocol.scored().into_iter().map(|cutoff| protocol.apart_for(cutoff)).collect()
}

/// Different values of a measure that were known at `cutoffs`.
pub(super) fn distinct(values: &Published, measure: Measure, cutoffs: &[Cutoff]) -> usize {
    let known = cutoffs.iter().filter_map(|cutoff| measure.at(values, *cutoff));
    known.map(f64::to_bits).collect::<BTreeSet<u64>>().len()
}
