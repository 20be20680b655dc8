//! Outside signals: in flow the economic series of a history and the split protocol, out flows which of them the fits
//! use and why the others are left out. A series is the same for every customer of a cutoff, so each cutoff is one
//! observation of it, however many customers there are.
//!
//! Values are joined as of the cutoff: only what was published before it. `published` holds a series, `identified` says
//! which may be used, `joined` makes columns of the matrix of them.
pub mod identified;
pub mod joined;
pub mod published;

use super::{History, Protocol};
use crate::table::row::Indicator;
use crate::time::Day;
use identified::NEEDED;
use joined::Measure;
use published::{Published, publication_known};
use serde::{Deserialize, Serialize};

/// Days of history that hold every season twice.
const TWO_YEARS: i32 = 2 * 365;
/// Series that are no signals: exchange rates, and the business's own outcomes in media tables, also by region
/// (`conversions:north`).
const APART: [&str; 6] = ["rate", "revenue", "sales", "orders", "conversions", "revenue_per_conversion"];

/// Those of a history's series that are signals, by name, with their values.
fn signals_of(history: &History) -> impl Iterator<Item = (&str, &[Indicator])> {
    let apart = |name: &str| APART.contains(&name.split_once(':').map_or(name, |(kind, _)| kind));
    history.series().filter(move |(name, _)| !apart(name))
}

/// A series as the deployed fit's cutoffs saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// The latest value that was published before the predictions begin, in the series' own unit.
    pub value: Option<f64>,
    /// The day that value is of.
    pub of: Option<Day>,
    /// Median days from the day a value is of to its publication.
    pub lag_days: i32,
    /// Observations before which at least one value was published, of the fit with the fewest.
    pub known_at: usize,
    /// Different values at those.
    pub distinct: usize,
    /// Is it unknown when its values were published? It is then never used.
    #[serde(default)]
    pub publication_unknown: bool,
    /// How many it takes.
    pub needed: usize,
    /// Its columns in the matrix; none where it is not used.
    #[serde(default)]
    pub columns: Vec<String>,
}

/// What the training cutoffs can and cannot identify besides the customers themselves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Signals {
    /// Training cutoffs of the deployed fit.
    pub cutoffs: usize,
    /// Observations: training windows that do not overlap, of the fit with the fewest.
    #[serde(default)]
    pub windows: usize,
    /// Was every season seen twice, so that it can be told from a trend?
    pub season_identified: bool,
    /// Those left out only because the older training windows that they take would hold too many rows.
    #[serde(default)]
    pub held_back: Vec<String>,
    /// The uploaded series, by name.
    pub series: Vec<Series>,
}

impl Signals {
    /// What the fits of `protocol` use of the series of `history`.
    pub fn of(history: &History, protocol: &Protocol) -> Signals {
        let (deployed, fits) = (protocol.deployment(), identified::observations(protocol));
        let used = identified::identified(history, protocol);
        let series = signals_of(history).map(|(name, rows)| {
            let values = Published::among(rows);
            let latest = values.as_of(deployed);
            let fewest = |count: &dyn Fn(&[_]) -> usize| fits.iter().map(|cutoffs| count(cutoffs)).min().unwrap_or(0);
            let own = used.iter().filter(|signal| signal.name == name);
            Series {
                name: name.to_owned(),
                value: latest.map(|value| value.value),
                of: latest.map(|value| value.of),
                lag_days: values.lag_days(),
                known_at: fewest(&|cutoffs| cutoffs.iter().filter(|cutoff| values.as_of(**cutoff).is_some()).count()),
                distinct: fewest(&|cutoffs| identified::distinct(&values, Measure::Value, cutoffs)),
                publication_unknown: !publication_known(rows),
                needed: NEEDED,
                columns: own.flat_map(joined::Signal::columns).collect(),
            }
        });
        Signals {
            cutoffs: protocol.training_for(deployed).len(),
            windows: fits.iter().map(Vec::len).min().unwrap_or(0),
            season_identified: history.span().map_or(0, |(first, _)| deployed.0.since(first)) >= TWO_YEARS,
            held_back: identified::held_back(history, protocol),
            series: series.collect(),
        }
    }

    /// What the card says, where there is something that cannot be told.
    pub fn sentences(&self) -> Vec<String> {
        let unused = |undated: bool| {
            let unused = self.series.iter().filter(|series| series.columns.is_empty());
            let names = unused.filter(|series| series.publication_unknown == undated).map(|one| one.name.as_str());
            let names = names.filter(|name| !self.held_back.iter().any(|held| held == name));
            names.collect::<Vec<&str>>().join(", ")
        };
        let (undated, unidentified) = (unused(true), unused(false));
        let mut sentences = Vec::new();
        if !undated.is_empty() {
            sentences.push(format!(
                "publication unknown and therefore not used: {undated}; only daily values are taken as known on the \
                 day they are of, all others need the day they became known (published_at) in every row"
            ));
        }
        if !self.held_back.is_empty() {
            sentences.push(format!(
                "not used, because the older training windows that would tell their effect from chance hold too many \
                 rows for memory: {}",
                self.held_back.join(", ")
            ));
        }
        if !unidentified.is_empty() {
            sentences.push(format!(
                "not identified and therefore not used: {unidentified}; of {} training cutoffs, the windows of {} do \
                 not overlap in every fit, and each series takes {NEEDED} such windows of its own with different values",
                self.cutoffs, self.windows
            ));
        }
        sentences
    }
}

#[cfg(test)]
mod tests;
