//! Everyone's scores. In flow a model and a history; out flow predictions for warehouses, what the API answers from,
//! and their totals. It flips no pointer.
use crate::answer::Predictions;
use crate::error::TrainError;
use jiff::civil::Date;
use ltv_core::account::Account;
use ltv_core::channel::budget::{BudgetDocument, BudgetSummary};
use ltv_core::channel::development::Development;
use ltv_core::channel::economics::{self, Economics};
use ltv_core::channel::observed::{self, NoBudget};
use ltv_core::feature::signal::joined::Signal;
use ltv_core::feature::{self, History, Window};
use ltv_core::model::card::{Card, Caveat};
use ltv_core::model::{Model, Prediction};
use ltv_core::report::Report;
use ltv_core::time::Cutoff;
use ltv_core::value::drift::{Drift, Profile};
use ltv_core::value::rules::{Condition, Rule, Rules};
use ltv_core::value::scoring::{self, CustomerRecord};
use ltv_core::value::segment::Thresholds;
use ltv_core::value::total::{self, SegmentTotal, Total};
use ltv_core::value::track::{Scoring, TrackRecord};
use ltv_core::value::{CustomerValue, Segment, table};
use ltv_lake::Lake;
use ltv_lake::layout::{ModelId, RunId, Served};
use serde::Serialize;
use tokio::runtime::Handle;

/// Rows of one batch of predictions.
const BATCH: usize = 65_536;

/// Everyone's values at the end of the history, and what is said of all of them together.
pub(crate) struct Scored<'a> {
    model_id: ModelId,
    history: &'a History,
    window: Window,
    signals: Vec<Signal>,
    values: Vec<CustomerValue>,
    totals: Vec<SegmentTotal>,
    total: Total,
    rules: Rules,
    economics: Option<Economics>,
    budget: BudgetDocument,
}

/// `segments.json`.
#[derive(Serialize)]
struct SegmentsFile<'a> {
    #[serde(flatten)]
    of: Of<'a>,
    segments: Vec<StatedSegment<'a>>,
    total: Total,
    /// Share of customers whose segment the rules name.
    rules_accuracy: f64,
}

#[derive(Serialize)]
struct StatedSegment<'a> {
    #[serde(flatten)]
    total: SegmentTotal,
    rules: Vec<StatedRule<'a>>,
}

#[derive(Serialize)]
struct StatedRule<'a> {
    rule: String,
    share: f64,
    precision: f64,
    conditions: &'a [Condition],
}

/// `channels.json`.
#[derive(Serialize)]
struct ChannelsFile<'a> {
    #[serde(flatten)]
    of: Of<'a>,
    currency: Option<&'a str>,
    #[serde(flatten)]
    economics: Option<&'a Economics>,
}

/// Which model said so, and of which days.
#[derive(Serialize)]
struct Of<'a> {
    model_id: &'a ModelId,
    cutoff: Cutoff,
    horizon_days: i32,
}

impl<'a> Scored<'a> {
    /// Scores every customer of `history` at its end.
    pub(crate) fn of(
        model_id: ModelId,
        model: &Model,
        history: &'a History,
        account: &Account,
    ) -> Result<Scored<'a>, TrainError> {
        let (_, last) = history.span().ok_or(feature::ContextError::Empty)?;
        let window = feature::window(history, &model.context, Cutoff(last));
        let predictions = model.predict(&window.features, &window.summaries);
        Ok(Scored::with(model_id, model, history, account, window, &predictions))
    }

    /// What `predictions`, the model's for the rows of `window`, come to.
    pub(crate) fn with(
        model_id: ModelId,
        model: &Model,
        history: &'a History,
        account: &Account,
        window: Window,
        predictions: &[Prediction],
    ) -> Scored<'a> {
        let thresholds = Thresholds(model.segments);
        let values = scoring::score(history, &window, predictions, &thresholds, account);
        let segments: Vec<Segment> = values.iter().map(|value| value.segment).collect();
        let rules = Rules::of(&window.features, &segments).unwrap_or_else(|error| {
            tracing::warn!(%error, "segments are served without rules");
            Rules::default()
        });
        let mut predicted = vec![None; history.len()];
        for (customer, value) in window.customers.iter().zip(&values) {
            predicted[*customer as usize] = Some(value.predicted_spend);
        }
        let predicted = |customer: u32| predicted[customer as usize];
        let (cutoff, horizon) = (window.cutoff, window.horizon);
        let development = Development::of(history, cutoff, horizon);
        let mut economics = economics::default_period(history, cutoff)
            .map(|period| economics::economics(history, period, &development, account.margin, predicted));
        let found = match &economics {
            Some(economics) => observed::of_customers(history, &development, economics, account, &predicted),
            None => Err(NoBudget::Apart),
        };
        if let (Some(economics), Ok(learned)) = (&mut economics, &found) {
            observed::add_marginal_roas(economics, &learned.budgeting);
        }
        let budget = BudgetDocument::of(found);
        let (intervals, level) = (&model.intervals, &model.level);
        let totals = total::segments(&values, &thresholds, intervals, level);
        let total = Total::of(&values, intervals, level);
        let signals = model.context.signals_in(history);
        Scored { model_id, history, window, signals, values, totals, total, rules, economics, budget }
    }

    /// Writes predictions, exports and what the API answers from. Blocks.
    pub(crate) fn put(&self, lake: &Lake, run: &RunId, run_date: Date, io: &Handle) -> Result<Predictions, TrainError> {
        let provenance = table::Provenance {
            model_id: self.model_id.to_string(),
            cutoff: self.window.cutoff,
            horizon: self.window.horizon,
        };
        let mut predictions = io.block_on(lake.predictions_writer(run, run_date, table::schema()))?;
        for values in self.values.chunks(BATCH) {
            predictions.write(&table::batch(values, &provenance)?)?;
        }
        let written = io.block_on(predictions.finish())?;
        let mut customers = io.block_on(lake.customers_writer(run))?;
        for (row, value) in self.values.iter().enumerate() {
            let record = CustomerRecord::of(self.history, &self.window, row, value);
            customers.push(value.hash, serde_json::to_string(&record)?)?;
        }
        io.block_on(async {
            customers.finish().await?;
            if !self.signals.is_empty() {
                lake.put_served(run, Served::Signals, &self.signals).await?;
            }
            lake.put_served(run, Served::Segments, &self.segments()).await?;
            lake.put_served(run, Served::Channels, &self.channels()).await?;
            lake.put_served(run, Served::Budget, &self.budget).await
        })?;
        Ok(Predictions { customers: written.rows, key: written.files.into_iter().next(), export: written.export })
    }

    /// This scoring, as its track record will know it.
    pub(crate) fn scoring(&self, run: &RunId) -> Scoring {
        let (cutoff, horizon) = (self.window.cutoff, self.window.horizon);
        Scoring { run: run.to_string(), model_id: self.model_id.to_string(), cutoff, horizon }
    }

    /// What is said of the budget.
    pub(crate) fn budget(&self) -> BudgetSummary<'_> {
        self.budget.summary()
    }

    fn of_model(&self) -> Of<'_> {
        let (cutoff, horizon_days) = (self.window.cutoff, self.window.horizon.days());
        Of { model_id: &self.model_id, cutoff, horizon_days }
    }

    /// `card` with what is said of everyone scored, what has moved since `before`, the last training's profile, and how
    /// past scorings did.
    pub(crate) fn report(&self, mut card: Card, before: Option<&Profile>, track_record: TrackRecord) -> Report {
        let (window, values, signals) = (&self.window, &self.values, &self.signals);
        let drift = before.map(|before| Drift::since(before, window, values, signals));
        card.caveats.extend(drift.iter().flat_map(Drift::sentences).chain(track_record.sentences()).map(Caveat));
        Report {
            profile: Some(Profile::of(window, values, signals, &card.splits.deployment_training)),
            drift,
            track_record: Some(track_record),
            availability: None,
            signals: None,
            card,
            currency: self.history.currency().map(str::to_owned),
            total: self.total,
            segments: self.totals.clone(),
            rules: self.rules.clone(),
        }
    }

    fn segments(&self) -> SegmentsFile<'_> {
        let stated = |total: &SegmentTotal| StatedSegment {
            rules: self.rules.rules.iter().filter(|rule| rule.segment == total.segment).map(StatedRule::of).collect(),
            total: *total,
        };
        SegmentsFile {
            of: self.of_model(),
            segments: self.totals.iter().map(stated).collect(),
            total: self.total,
            rules_accuracy: self.rules.accuracy,
        }
    }

    fn channels(&self) -> ChannelsFile<'_> {
        ChannelsFile { of: self.of_model(), currency: self.history.currency(), economics: self.economics.as_ref() }
    }
}

impl<'a> StatedRule<'a> {
    fn of(rule: &'a Rule) -> StatedRule<'a> {
        StatedRule {
            rule: rule.conditions.iter().map(Condition::sentence).collect::<Vec<_>>().join(" and "),
            share: rule.share,
            precision: rule.precision,
            conditions: &rule.conditions,
        }
    }
}
