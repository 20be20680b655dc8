//! A fold: one cutoff that is scored, and everything a fit for it may see. In flow the windows of a history; out flow
//! fits. This is the only way from windows to a fit, and it refuses any window that ends behind the cutoff.
//!
//! The training rows are binned once; all trials of the fold share that matrix. Bin boundaries, means and spreads come
//! from the fold's own training rows, so that nothing of a later day enters through an encoding.
use super::ModelError;
use super::fit::{Fit, PurchaseFit, fit_trees};
use super::linear::Linear;
use super::recipe::{Baseline, Boosting, Btyd, Forest, Recipe};
use super::winsor;
use crate::feature::matrix::{Feature, Scale};
use crate::feature::{Protocol, Window};
use crate::time::{Cutoff, Day};
use ltv_btyd::Summary;
use ltv_trees::BinnedMatrix;
use ndarray::{Array2, ArrayView2, Axis, ShapeBuilder, Slice};
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// Bins of a column: spend features are heavy-tailed, and validation shows no gain beyond.
const BINS: usize = 96;
/// Horizons before the latest training cutoff up to which windows count for the baselines: all but the older ones, which
/// a business without outside series does not have. What the gate compares with must not age with them.
const BASELINE_HORIZONS: i32 = 2;
/// Rows that decide when boosting stops, at most.
const STOPPING_ROWS: usize = 100_000;

/// A cutoff that is scored, with the rows that a fit for it is trained on.
pub struct Fold<'a> {
    at: &'a Window,
    features: &'static [Feature],
    values: Array2<f32>,
    target: Vec<f32>,
    floored: f64,
    winsorised: f64,
    /// Σ target ÷ Σ past spend of the usual training windows.
    past_share: f64,
    /// Mean target of the usual training windows, in currency.
    mean: f64,
    last_label: Day,
    seed: u64,
    binned: OnceLock<BinnedMatrix>,
    stopping: OnceLock<(BinnedMatrix, Vec<f32>)>,
}

/// Which days a fit saw and which it was scored on: the record that no fit scores a window it saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Seen {
    /// The cutoff that is scored.
    pub cutoff: Cutoff,
    /// The last day whose spend a training target holds.
    pub last_label: Day,
    /// How many rows were trained on.
    pub rows: usize,
}

impl<'a> Fold<'a> {
    /// The fold of `cutoff`, trained on the windows that `protocol` allows it; at most `most_rows` rows, evenly drawn.
    ///
    /// # Errors
    /// A window that is missing, empty, or that ends behind the cutoff.
    pub fn new(
        windows: &'a [Window],
        protocol: &Protocol,
        cutoff: Cutoff,
        most_rows: usize,
        seed: u64,
    ) -> Result<Fold<'a>, ModelError> {
        let find = |wanted: Cutoff| {
            windows.iter().find(|window| window.cutoff == wanted).ok_or(ModelError::MissingWindow { cutoff: wanted })
        };
        let training: Vec<&Window> =
            protocol.training_for(cutoff).into_iter().map(find).collect::<Result<_, ModelError>>()?;
        Fold::of(find(cutoff)?, &training, most_rows, seed)
    }

    fn of(at: &'a Window, training: &[&Window], most_rows: usize, seed: u64) -> Result<Fold<'a>, ModelError> {
        for window in training {
            if window.cutoff.end(window.horizon) > at.cutoff.0 {
                return Err(ModelError::Leak { trained: window.cutoff, scored: at.cutoff });
            }
            if window.target.len() != window.len() {
                return Err(ModelError::NoTarget { cutoff: window.cutoff });
            }
        }
        let all: usize = training.iter().map(|window| window.len()).sum();
        if all == 0 || at.is_empty() {
            return Err(ModelError::Nobody { cutoff: at.cutoff });
        }
        // every k-th customer of every window: windows stay equally represented, and the draw needs no randomness
        let step = all.div_ceil(most_rows.max(1));
        let rows: usize = training.iter().map(|window| window.len().div_ceil(step)).sum();
        let columns = at.features.values.ncols();
        let mut values = Array2::zeros((rows, columns).f());
        let (mut target, mut floored, mut start) = (Vec::with_capacity(rows), 0.0, 0);
        let (mut spent, mut past, mut customers) = (0.0, 0.0, 0);
        let latest = training.iter().map(|window| window.cutoff.0).max().unwrap_or(at.cutoff.0);
        for window in training {
            let (floored_target, lost) = window.training_target();
            floored += lost;
            if latest.since(window.cutoff.0) <= BASELINE_HORIZONS * window.horizon.days() {
                spent += floored_target.iter().sum::<f64>();
                past += window.spend_to_date.iter().map(|amount| amount.max(0.0)).sum::<f64>();
                customers += window.len();
            }
            let end = start + window.len().div_ceil(step);
            values.slice_axis_mut(Axis(0), Slice::from(start..end)).assign(&every(window, step));
            target.extend(floored_target.iter().step_by(step).map(|y| *y as f32));
            start = end;
        }
        let winsorised = winsor::winsorise(&mut target);
        let last_label =
            training.iter().map(|window| window.cutoff.end(window.horizon) - 1).max().unwrap_or(at.cutoff.0);
        Ok(Fold {
            at,
            features: at.features.features,
            values,
            target,
            floored,
            winsorised,
            past_share: if past > 0.0 { spent / past } else { 0.0 },
            mean: if customers > 0 { spent / customers as f64 } else { 0.0 },
            last_label,
            seed,
            binned: OnceLock::new(),
            stopping: OnceLock::new(),
        })
    }

    /// The window that is scored.
    pub fn window(&self) -> &'a Window {
        self.at
    }

    /// What a fit of this fold sees.
    pub fn seen(&self) -> Seen {
        Seen { cutoff: self.at.cutoff, last_label: self.last_label, rows: self.target.len() }
    }

    /// Money that flooring training targets at zero took away, in currency.
    pub fn floored(&self) -> f64 {
        self.floored
    }

    /// Money that cutting off the targets of its rows far above the others took away, in currency.
    pub fn winsorised(&self) -> f64 {
        self.winsorised
    }

    /// Fits a recipe.
    ///
    /// # Errors
    /// What a candidate's library refuses.
    pub fn fit(&self, recipe: &Recipe) -> Result<Fit, ModelError> {
        match recipe {
            Recipe::Baseline(baseline) => self.baseline(*baseline),
            Recipe::Linear { ridge } => {
                Ok(Fit::Linear(Linear::fit(self.features, self.values.view(), &self.target, *ridge)?))
            }
            Recipe::Forest(_) | Recipe::Boosting(_) => self.fit_trees(recipe, None, 1.0),
            Recipe::Btyd(kind) => Ok(Fit::Purchases(self.purchases(*kind)?)),
            Recipe::Blend { tree, btyd, weight } => {
                Ok(Fit::Blend { tree: Box::new(self.fit(tree)?), purchases: self.purchases(*btyd)?, weight: *weight })
            }
        }
    }

    /// Fits a recipe on `share` of the training rows, evenly drawn, and lets boosting stop where the loss on this fold's
    /// window is least: for validation folds only. What needs little time is always fitted on all rows.
    ///
    /// # Errors
    /// What a candidate's library refuses, and a window that is not over.
    pub fn fit_stopping(&self, recipe: &Recipe, share: f64) -> Result<Fit, ModelError> {
        match recipe {
            Recipe::Forest(_) => return self.fit_trees(recipe, None, share),
            Recipe::Boosting(_) => {}
            _ => return self.fit(recipe),
        }
        if self.at.target.len() != self.at.len() {
            return Err(ModelError::NoTarget { cutoff: self.at.cutoff });
        }
        let (rows, target) = self.stopping()?;
        self.fit_trees(recipe, Some((rows, target)), share)
    }

    fn fit_trees(
        &self,
        recipe: &Recipe,
        stopping: Option<(&BinnedMatrix, &[f32])>,
        share: f64,
    ) -> Result<Fit, ModelError> {
        let rows = drawn(self.target.len(), share);
        fit_trees(&scaled_to(recipe, share), self.binned()?, &rows, &self.target, stopping, self.seed)
    }

    /// Rows and targets of this fold's window that decide when boosting stops; binned once for all trials.
    fn stopping(&self) -> Result<(&BinnedMatrix, &[f32]), ModelError> {
        if let Some((rows, target)) = self.stopping.get() {
            return Ok((rows, target));
        }
        let step = self.at.len().div_ceil(STOPPING_ROWS);
        let rows = self.binned()?.bin_like(every(self.at, step))?;
        let (target, _) = self.at.training_target();
        let target: Vec<f32> = target.iter().step_by(step).map(|y| *y as f32).collect();
        let (rows, target) = self.stopping.get_or_init(|| (rows, target));
        Ok((rows, target))
    }

    /// What `fit` predicts for this fold's window, in currency.
    pub fn predict(&self, fit: &Fit) -> Vec<f64> {
        fit.predict(self.at.features.values.view(), &self.at.summaries)
    }

    fn baseline(&self, baseline: Baseline) -> Result<Fit, ModelError> {
        Ok(match baseline {
            Baseline::LastHorizonSpend => Fit::Share { column: self.column("spend_horizon")?, share: 1.0 },
            Baseline::PastSpend => Fit::Share { column: self.column("spend_to_date")?, share: self.past_share },
            Baseline::Mean => Fit::Constant(self.mean),
        })
    }

    fn column(&self, name: &'static str) -> Result<u32, ModelError> {
        self.at.features.column_of(name).map(|column| column as u32).ok_or(ModelError::NoFeature { name })
    }

    fn purchases(&self, kind: Btyd) -> Result<PurchaseFit, ModelError> {
        let bought = self.column("purchase_days")?;
        let known = self.at.features.values.column(bought as usize);
        let mut buyers: Vec<Summary> = known
            .iter()
            .zip(&self.at.summaries)
            .filter(|(days, _)| **days > 0.0)
            .map(|(_, summary)| *summary)
            .collect();
        if let Some(limit) = winsor::limit(buyers.iter().map(|buyer| buyer.monetary)) {
            for buyer in &mut buyers {
                buyer.monetary = buyer.monetary.min(limit);
            }
        }
        let (mut never, mut spent) = (0.0, 0.0);
        for (days, target) in self.values.column(bought as usize).iter().zip(&self.target) {
            if *days == 0.0 {
                never += 1.0;
                spent += f64::from(*target);
            }
        }
        let never_bought = if never > 0.0 { spent / never } else { 0.0 };
        Ok(PurchaseFit::fit(kind, &buyers, self.at.horizon, bought, never_bought)?)
    }

    fn binned(&self) -> Result<&BinnedMatrix, ModelError> {
        if let Some(binned) = self.binned.get() {
            return Ok(binned);
        }
        let categorical: Vec<bool> = self.features.iter().map(|f| f.scale == Scale::Categorical).collect();
        let binned = BinnedMatrix::from_columns(self.values.view(), &categorical, BINS)?;
        Ok(self.binned.get_or_init(|| binned))
    }

    /// The training rows, shape (rows, features).
    pub fn values(&self) -> ArrayView2<'_, f32> {
        self.values.view()
    }

    /// Customers of the scored window.
    pub fn customers(&self) -> usize {
        self.at.features.values.len_of(Axis(0))
    }
}

/// Features of every `step`-th customer of a window.
fn every(window: &Window, step: usize) -> ArrayView2<'_, f32> {
    window.features.values.slice_axis(Axis(0), Slice::new(0, None, step as isize))
}

/// Every so-manieth of `rows` rows, so that `share` of them is drawn.
fn drawn(rows: usize, share: f64) -> Vec<u32> {
    let wanted = ((rows as f64 * share).ceil() as usize).clamp(1, rows.max(1));
    (0..wanted).map(|place| (place * rows / wanted) as u32).collect()
}

/// The recipe with leaves that hold the same share of fewer rows.
fn scaled_to(recipe: &Recipe, share: f64) -> Recipe {
    let scaled = |min_leaf: u32| ((f64::from(min_leaf) * share).round() as u32).max(min_leaf.min(5));
    match recipe {
        Recipe::Boosting(boosting) => {
            Recipe::Boosting(Boosting { min_leaf: scaled(boosting.min_leaf), ..boosting.clone() })
        }
        Recipe::Forest(forest) => Recipe::Forest(Forest { min_leaf: scaled(forest.min_leaf), ..forest.clone() }),
        other => other.clone(),
    }
}
