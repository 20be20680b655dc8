//! The outside series that a model was trained with: in flow their values and a cutoff, out flow the columns that they
//! add to the matrix, the same for every customer. Training and prediction join by this code: a history that has the
//! series is asked first, and one request's transactions, which have none, see what was stored with the model, or with
//! the run that last scored everyone.
use super::published::Published;
use crate::feature::History;
use crate::feature::matrix::{Feature, Scale};
use crate::time::Cutoff;
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};

/// The unit of every column.
pub(crate) const UNIT: &str = "unit of the series";

/// What of a series is a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Measure {
    /// Its latest value.
    Value,
    /// That less the value of a year before.
    YearChange,
}

/// A series with what of it is a feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// The series.
    pub name: String,
    /// Its columns, in their order.
    pub measures: Vec<Measure>,
    /// Its values when the model was trained, or when everyone was last scored with it.
    pub(crate) values: Published,
}

impl Measure {
    /// Every measure; what is simpler comes first.
    pub(crate) const ALL: [Measure; 2] = [Measure::Value, Measure::YearChange];

    /// Name of the column that it makes of a series. What tells measures apart stands before the series' name, which may
    /// be anything: no two columns are called alike.
    pub(crate) fn column(self, series: &str) -> String {
        match self {
            Measure::Value => format!("indicator:{series}"),
            Measure::YearChange => format!("indicator_year_change:{series}"),
        }
    }

    /// What of the series is known at `cutoff`, in its own unit.
    pub(crate) fn at(self, values: &Published, cutoff: Cutoff) -> Option<f64> {
        match self {
            Measure::Value => values.as_of(cutoff).map(|value| value.value),
            Measure::YearChange => values.year_change(cutoff),
        }
    }

    /// What the column is, in a sentence.
    pub(crate) fn description(self, series: &str) -> String {
        match self {
            Measure::Value => format!("Latest value of the uploaded series {series} published before the cutoff."),
            Measure::YearChange => {
                format!("That value of {series} less the one of a year before it, as known at the cutoff.")
            }
        }
    }
}

impl Signal {
    /// Names of its columns.
    pub(crate) fn columns(&self) -> impl Iterator<Item = String> {
        self.measures.iter().map(|measure| measure.column(&self.name))
    }

    /// The same with the values of `history`, where it has any.
    pub(crate) fn seen_in(&self, history: &History) -> Signal {
        let own = Published::of(history, &self.name);
        let values = if own.is_empty() { self.values.clone() } else { own };
        Signal { values, ..self.clone() }
    }

    /// Its columns' values at `cutoff` by its own values; `None` where nothing was published yet.
    pub(crate) fn at(&self, cutoff: Cutoff) -> Vec<Option<f64>> {
        self.measures.iter().map(|measure| measure.at(&self.values, cutoff)).collect()
    }

    /// Its columns' values at `cutoff`: by the values of `history`, where it has any, else by its own. `NaN` where
    /// nothing was published yet.
    fn row(&self, history: &History, cutoff: Cutoff) -> Vec<f32> {
        let known = self.seen_in(history).at(cutoff);
        known.into_iter().map(|value| value.map_or(f32::NAN, |value| value as f32)).collect()
    }
}

/// The values of all columns of `signals` at `cutoff`.
pub(crate) fn row(signals: &[Signal], history: &History, cutoff: Cutoff) -> Vec<f32> {
    signals.iter().flat_map(|signal| signal.row(history, cutoff)).collect()
}

/// `own` features with the columns of `signals` behind them. What features are called is known for as long as the
/// program runs; the names of uploaded series are too, once a model uses them, and each set of them is kept once.
pub(crate) fn described(own: &'static [Feature], signals: &[Signal]) -> &'static [Feature] {
    static KEPT: Mutex<Vec<&'static [Feature]>> = Mutex::new(Vec::new());
    if signals.is_empty() {
        return own;
    }
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let wanted: Vec<String> = signals.iter().flat_map(Signal::columns).collect();
    let same = |features: &&&'static [Feature]| {
        features.len() == own.len() + wanted.len()
            && features[own.len()..].iter().zip(&wanted).all(|(feature, name)| feature.name == name)
    };
    if let Some(features) = kept.iter().find(same) {
        return features;
    }
    let described = |(signal, measure): (&Signal, &Measure)| Feature {
        name: measure.column(&signal.name).leak(),
        unit: UNIT,
        description: measure.description(&signal.name).leak(),
        scale: Scale::Numeric,
    };
    let columns = signals.iter().flat_map(|signal| signal.measures.iter().map(move |measure| (signal, measure)));
    let features: Vec<Feature> = own.iter().copied().chain(columns.map(described)).collect();
    kept.push(features.leak());
    kept[kept.len() - 1]
}
