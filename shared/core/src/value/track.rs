//! The model's own track record: in flow what past scorings predicted and a history that has since moved on, out flows
//! how each of them did. A scoring counts once its horizon has passed; nothing is chosen or promoted by it.
//!
//! What a customer then spent is the target's own definition: net spend booked in `[cutoff, cutoff + H)`, refunds on
//! their own days. The last day of the history is taken as partial, so a horizon must end before it.
use super::table;
use crate::customer::CustomerHash;
use crate::feature::History;
use crate::model::interval;
use crate::model::metrics::Metrics;
use crate::money::Money;
use crate::time::{Cutoff, Day, Horizon};
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Float64Type, Int32Type};
use arrow::error::ArrowError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Central 80 % intervals that hold for fewer customers than this are said to be too narrow.
const TOO_FEW_INSIDE: f64 = 0.72;
/// Predicted ÷ realised sums outside of these are said to be off: the bounds that the gate sets a level.
const LEVEL: std::ops::RangeInclusive<f64> = 0.7..=1.4;

/// A stored scoring: which model predicted which days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Scoring {
    /// The run that stored it.
    pub run: String,
    /// The model that predicted.
    pub model_id: String,
    /// The first day predicted.
    #[cfg_attr(feature = "schema", schema(value_type = String, format = "date"))]
    pub cutoff: Cutoff,
    /// How many days were predicted.
    #[cfg_attr(feature = "schema", schema(value_type = u16))]
    pub horizon: Horizon,
}

/// Everything that everyone booked in a scoring's window. While it stays the same, so does how the scoring did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Booked {
    /// Lines of orders, refunds and cancellations.
    pub lines: u64,
    /// Their net amount; in JSON in millionths of the currency.
    #[cfg_attr(feature = "schema", schema(value_type = i64))]
    pub net: Money,
}

/// How a past scoring did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PastScoring))]
pub struct Realised {
    /// The scoring.
    #[serde(flatten)]
    pub scoring: Scoring,
    /// Customers that were scored and are still known.
    pub customers: usize,
    /// Customers that were scored and are no longer in the data: their upload was taken back.
    pub unknown: usize,
    /// Sum of the predictions, in currency.
    pub predicted: f64,
    /// Sum of what the same customers then spent, in currency.
    pub realised: f64,
    /// The metrics of one against the other: RMSE, MAE, R², Spearman, Gini, predicted ÷ realised (`sum_ratio`) and top 10 %
    /// capture; null what is undefined.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub metrics: Metrics,
    /// Share of customers inside their 80 % interval; undefined where nobody is known any more.
    pub inside: Option<f64>,
    /// Share of customers above its upper end.
    pub above: Option<f64>,
    /// What everyone booked in the window, later arrivals too.
    pub booked: Booked,
}

/// Every scoring that was stored, and how those did whose horizon has passed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TrackRecord {
    /// How past scorings did, the latest cutoff first. Of several by one model from one cutoff the last counts.
    pub scorings: Vec<Realised>,
    /// Every scoring, earliest cutoff first, whether its horizon has passed or not.
    pub runs: Vec<Scoring>,
}

/// What was booked on each day by everyone together.
pub struct Ledger(BTreeMap<Day, Booked>);

impl Scoring {
    /// The scoring that stored `batch`, rows of [`table::schema`]; `None` of an empty batch or of other columns.
    pub fn of(run: &str, batch: &RecordBatch) -> Option<Scoring> {
        if batch.num_rows() == 0 {
            return None;
        }
        let day = batch.column_by_name("cutoff")?.as_primitive_opt::<Date32Type>()?.value(0);
        let days = batch.column_by_name("horizon_days")?.as_primitive_opt::<Int32Type>()?.value(0);
        let model_id = batch.column_by_name("model_id")?.as_string_opt::<i32>()?.value(0).to_owned();
        let horizon = Horizon::try_from(u16::try_from(days).ok()?).ok()?;
        Some(Scoring { run: run.to_owned(), model_id, cutoff: Cutoff(Day(day)), horizon })
    }

    /// Has its horizon passed in a history whose last day, taken as partial, is `last`?
    pub fn is_over(&self, last: Day) -> bool {
        self.cutoff.end(self.horizon) <= last
    }

    /// Do both say the same of the same days?
    pub fn repeats(&self, other: &Scoring) -> bool {
        (&self.model_id, self.cutoff, self.horizon) == (&other.model_id, other.cutoff, other.horizon)
    }
}

impl Ledger {
    /// Sums every day of a history.
    pub fn of(history: &History) -> Ledger {
        let mut days: BTreeMap<Day, Booked> = BTreeMap::new();
        for event in (0..history.len() as u32).flat_map(|customer| history.events(customer)) {
            let day = days.entry(event.day).or_default();
            day.lines += 1;
            day.net += event.amount;
        }
        Ledger(days)
    }

    /// What was booked in the window of a scoring.
    pub fn booked(&self, scoring: &Scoring) -> Booked {
        let window = self.0.range(scoring.cutoff.0..scoring.cutoff.end(scoring.horizon));
        window.fold(Booked::default(), |sum, (_, day)| Booked { lines: sum.lines + day.lines, net: sum.net + day.net })
    }
}

impl Realised {
    /// Joins the rows of a scoring, batches of [`table::schema`], with what their customers then spent.
    ///
    /// # Errors
    /// Batches of other columns.
    pub fn of(
        scoring: Scoring,
        batches: &[RecordBatch],
        history: &History,
        booked: Booked,
    ) -> Result<Realised, ArrowError> {
        let (mut actual, mut predicted) = (Vec::new(), Vec::new());
        let (mut inside, mut above, mut unknown) = (0_usize, 0_usize, 0_usize);
        for batch in batches {
            let ids = table::column(batch, "customer_id")?.as_string_opt::<i32>();
            let ids = ids.ok_or_else(|| ArrowError::SchemaError("customer_id is no text".to_owned()))?;
            let number = |name: &str| {
                let column = table::column(batch, name)?.as_primitive_opt::<Float64Type>();
                column.ok_or_else(|| ArrowError::SchemaError(format!("{name} is no number")))
            };
            let (expected, low, high) = (number("predicted_spend")?, number("low")?, number("high")?);
            for row in 0..batch.num_rows() {
                let Some(customer) = history.position(&CustomerHash::of(ids.value(row))) else {
                    unknown += 1;
                    continue;
                };
                let spent = history.net_in(customer, scoring.cutoff, scoring.horizon).to_f64();
                inside += usize::from(interval::holds(spent, (low.value(row), high.value(row))));
                above += usize::from(interval::above(spent, high.value(row)));
                actual.push(spent);
                predicted.push(expected.value(row));
            }
        }
        let share = |count: usize| (!actual.is_empty()).then(|| count as f64 / actual.len() as f64);
        Ok(Realised {
            scoring,
            customers: actual.len(),
            unknown,
            predicted: predicted.iter().sum(),
            realised: actual.iter().sum(),
            metrics: Metrics::of(&actual, &predicted),
            inside: share(inside),
            above: share(above),
            booked,
        })
    }
}

impl TrackRecord {
    /// Learns of a scoring; one that is known already stays as it is.
    pub fn add(&mut self, scoring: Scoring) {
        if !self.knows(&scoring.run) {
            let place = self.runs.partition_point(|run| (run.cutoff.0, &run.run) < (scoring.cutoff.0, &scoring.run));
            self.runs.insert(place, scoring);
        }
    }

    /// Is the scoring of `run` known?
    pub fn knows(&self, run: &str) -> bool {
        self.runs.iter().any(|known| known.run == run)
    }

    /// The scorings whose horizon has passed by `last`, the latest cutoff first, without those that a later run
    /// repeated.
    pub fn over(&self, last: Day) -> Vec<Scoring> {
        let counts = |at: usize| !self.runs[at + 1..].iter().any(|later| later.repeats(&self.runs[at]));
        let over = (0..self.runs.len()).rev().filter(|at| self.runs[*at].is_over(last) && counts(*at));
        over.map(|at| self.runs[at].clone()).collect()
    }

    /// How `scoring` did, as far as that is known.
    pub fn line(&self, scoring: &Scoring) -> Option<&Realised> {
        self.scorings.iter().find(|line| line.scoring == *scoring)
    }

    /// What the card says of the latest scoring that can be judged, where that was off.
    pub fn sentences(&self) -> Vec<String> {
        let Some(latest) = self.scorings.first() else { return Vec::new() };
        let (cutoff, mut found) = (latest.scoring.cutoff, Vec::new());
        if let Some(ratio) = latest.metrics.sum_ratio.filter(|ratio| !LEVEL.contains(ratio)) {
            found.push(format!("the scoring from {cutoff} predicted {ratio:.2} times what its customers then spent"));
        }
        if let Some(inside) = latest.inside.filter(|inside| *inside < TOO_FEW_INSIDE) {
            let share = inside * 100.0;
            found.push(format!("the 80 % intervals of the scoring from {cutoff} held for only {share:.0} %"));
        }
        found
    }
}

#[cfg(test)]
mod tests;
