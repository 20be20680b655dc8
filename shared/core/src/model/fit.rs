//! Fits: what a recipe becomes on training rows, and how it predicts. In flow rows of features and buy-till-you-die
//! summaries; out flow expected amounts, in currency, before level and interval. Fits are made in [`super::fold`] only.
use super::ModelError;
use super::linear::Linear;
use super::recipe::{Boosting, Btyd, Forest, Loss, Recipe};
use crate::time::Horizon;
use ltv_btyd::{BtydError, GammaGamma, PurchaseKind, PurchaseModel, Summary};
use ltv_trees::{BinnedMatrix, GradientBoosting, Hurdle, Objective, ParamGuard, RandomForest, Validation};
use ndarray::ArrayView2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Rounds without a better validation loss after which boosting stops.
const PATIENCE: usize = 20;
/// Variance power of amounts of buyers: between Poisson (1) and gamma (2).
const AMOUNT_POWER: f32 = 1.5;

/// A recipe's fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fit {
    /// The same for everyone.
    Constant(f64),
    /// A share of one column's amount.
    Share {
        /// The column.
        column: u32,
        /// What it is multiplied by.
        share: f64,
    },
    /// A line.
    Linear(Linear),
    /// A random forest.
    Forest(RandomForest),
    /// A booster.
    Boosting(GradientBoosting),
    /// Probability of a purchase × amount of buyers.
    Hurdle(Hurdle),
    /// A buy-till-you-die model.
    Purchases(PurchaseFit),
    /// Two fits, weighted.
    Blend {
        /// The tree model.
        tree: Box<Fit>,
        /// The buy-till-you-die model.
        purchases: PurchaseFit,
        /// Share of the tree model.
        weight: f64,
    },
}

/// Purchases by a buy-till-you-die model, their amounts by Gamma-Gamma.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PurchaseFit {
    /// Purchases in weeks.
    pub purchases: PurchaseModel,
    /// Amounts in currency.
    pub spend: GammaGamma,
    /// How many weeks are predicted.
    pub weeks: f64,
    /// The column that counts purchase days: these models begin at a first purchase.
    pub bought: u32,
    /// What customers who have never bought spend on average in a window, in currency.
    pub never_bought: f64,
    /// What the fit has to say: a boundary it ran to, or none.
    pub note: Option<String>,
}

impl PurchaseFit {
    /// Fits `buyers` as known at a cutoff. Their window is not needed: these models learn from the past alone. Who has
    /// never bought, by the column `bought`, is no part of them and gets `never_bought`.
    ///
    /// # Errors
    /// Summaries that cannot exist, never what customers did.
    pub fn fit(
        kind: Btyd,
        buyers: &[Summary],
        horizon: Horizon,
        bought: u32,
        never_bought: f64,
    ) -> Result<PurchaseFit, BtydError> {
        let wanted = match kind {
            Btyd::BgNbd => PurchaseKind::BgNbd,
            Btyd::ParetoNbd => PurchaseKind::ParetoNbd,
        };
        let purchases = PurchaseModel::params(wanted).fit_summaries(buyers)?;
        let spend = GammaGamma::params().fit_summaries(buyers)?;
        let notes = [("purchases", purchases.boundary), ("spend", spend.boundary)];
        let notes: Vec<String> =
            notes.into_iter().filter_map(|(of, at)| at.map(|boundary| format!("{of}: {boundary:?}"))).collect();
        Ok(PurchaseFit {
            purchases: purchases.model,
            spend: spend.model,
            weeks: f64::from(horizon.days()) / 7.0,
            bought,
            never_bought,
            note: (!notes.is_empty()).then(|| notes.join("; ")),
        })
    }

    /// Expected purchases × expected amount of one, in currency. `purchase_days` is the customer's value of the
    /// column `bought`.
    pub fn predict(&self, purchase_days: f32, customer: &Summary) -> f64 {
        if purchase_days == 0.0 {
            return self.never_bought;
        }
        let expected = self.purchases.expected_purchases(customer, self.weeks) * self.spend.expected_spend(customer);
        if expected.is_finite() { expected.max(0.0) } else { 0.0 }
    }

    fn predict_all(&self, values: ArrayView2<'_, f32>, summaries: &[Summary]) -> Vec<f64> {
        let bought: Vec<f32> = values.column(self.bought as usize).to_vec();
        bought.par_iter().zip(summaries).map(|(days, customer)| self.predict(*days, customer)).collect()
    }
}

impl Fit {
    /// Expected spend of every row, at least 0, in currency. `values` has shape (customers, features); `summaries`
    /// correspond to its rows.
    pub fn predict(&self, values: ArrayView2<'_, f32>, summaries: &[Summary]) -> Vec<f64> {
        let floor = |predicted: ndarray::Array1<f32>| predicted.iter().map(|p| f64::from(*p).max(0.0)).collect();
        match self {
            Fit::Constant(amount) => vec![amount.max(0.0); values.nrows()],
            Fit::Share { column, share } => {
                let column = values.column(*column as usize);
                column.iter().map(|amount| share_of(*amount, *share)).collect()
            }
            Fit::Linear(line) => {
                let rows: Vec<_> = values.rows().into_iter().collect();
                rows.par_iter().map_init(Vec::new, |row, from| linear_row(line, row, from)).collect()
            }
            Fit::Forest(forest) => floor(forest.predict(values)),
            Fit::Boosting(booster) => floor(booster.predict(values)),
            Fit::Hurdle(hurdle) => floor(hurdle.predict(values)),
            Fit::Purchases(purchases) => purchases.predict_all(values, summaries),
            Fit::Blend { tree, purchases, weight } => {
                let mut blended = tree.predict(values, summaries);
                for (predicted, other) in blended.iter_mut().zip(purchases.predict_all(values, summaries)) {
                    *predicted = weight * *predicted + (1.0 - weight) * other;
                }
                blended
            }
        }
    }

    /// Expected spend of one row, at least 0, in currency: the same number as [`Fit::predict`], without allocating.
    pub fn predict_row(&self, row: &[f32], customer: &Summary) -> f64 {
        match self {
            Fit::Constant(amount) => amount.max(0.0),
            Fit::Share { column, share } => share_of(row[*column as usize], *share),
            Fit::Linear(line) => line.predict_row(row).max(0.0),
            Fit::Forest(forest) => f64::from(forest.predict_row(row)).max(0.0),
            Fit::Boosting(booster) => f64::from(booster.predict_row(row)).max(0.0),
            Fit::Hurdle(hurdle) => f64::from(hurdle.predict_row(row)).max(0.0),
            Fit::Purchases(purchases) => purchases.predict(row[purchases.bought as usize], customer),
            Fit::Blend { tree, purchases, weight } => {
                let other = purchases.predict(row[purchases.bought as usize], customer);
                weight * tree.predict_row(row, customer) + (1.0 - weight) * other
            }
        }
    }

    /// What each of `columns` columns matters to this fit, as shares that sum to 1; empty for fits that use none.
    pub(crate) fn importance(&self, columns: usize) -> Vec<f64> {
        let raw: Vec<f64> = match self {
            Fit::Constant(_) | Fit::Purchases(_) => Vec::new(),
            Fit::Share { column, .. } => (0..columns).map(|at| f64::from(u8::from(at == *column as usize))).collect(),
            Fit::Linear(line) => line.importance(columns),
            Fit::Forest(forest) => forest.gain_importance().to_vec(),
            Fit::Boosting(booster) => booster.gain_importance().to_vec(),
            Fit::Hurdle(hurdle) => hurdle.gain_importance(),
            Fit::Blend { tree, .. } => tree.importance(columns),
        };
        shares(&raw)
    }

    /// What the fit has to say of itself, for the card.
    pub(crate) fn note(&self) -> Option<&str> {
        match self {
            Fit::Purchases(purchases) | Fit::Blend { purchases, .. } => purchases.note.as_deref(),
            _ => None,
        }
    }

    /// Rounds that early stopping left in this fit: of a booster, and 0; of a hurdle's occurrence and its amount. `None` of
    /// what has no rounds.
    pub(crate) fn rounds(&self) -> Option<(u32, u32)> {
        match self {
            Fit::Boosting(booster) => Some((booster.rounds() as u32, 0)),
            Fit::Hurdle(hurdle) => {
                let amount = hurdle.amount().map_or(0, GradientBoosting::rounds);
                Some((hurdle.occurrence().rounds() as u32, amount as u32))
            }
            _ => None,
        }
    }
}

fn share_of(amount: f32, share: f64) -> f64 {
    if amount.is_finite() { (f64::from(amount) * share).max(0.0) } else { 0.0 }
}

fn linear_row(line: &Linear, row: &mut Vec<f32>, from: &ndarray::ArrayView1<'_, f32>) -> f64 {
    row.clear();
    row.extend(from);
    line.predict_row(row).max(0.0)
}

fn shares(values: &[f64]) -> Vec<f64> {
    let total: f64 = values.iter().sum();
    if total > 0.0 { values.iter().map(|value| value / total).collect() } else { values.to_vec() }
}

/// Fits a forest or booster on `rows` of `binned`, whose targets are `target`; `stopping` holds validation rows with
/// their targets.
pub(crate) fn fit_trees(
    recipe: &Recipe,
    binned: &BinnedMatrix,
    rows: &[u32],
    target: &[f32],
    stopping: Option<(&BinnedMatrix, &[f32])>,
    seed: u64,
) -> Result<Fit, ModelError> {
    match recipe {
        Recipe::Forest(forest) => fit_forest(forest, binned, rows, target, seed),
        Recipe::Boosting(boosting) => fit_boosting(boosting, binned, rows, target, stopping, seed),
        _ => Err(ModelError::NoTree { recipe: recipe.name() }),
    }
}

fn fit_forest(
    forest: &Forest,
    binned: &BinnedMatrix,
    rows: &[u32],
    target: &[f32],
    seed: u64,
) -> Result<Fit, ModelError> {
    let params = RandomForest::params()
        .trees(forest.trees as usize)
        .min_leaf_rows(forest.min_leaf as usize)
        .row_fraction(forest.row_share)
        .column_fraction(forest.column_share)
        .seed(seed)
        .check()?;
    Ok(Fit::Forest(params.fit_binned(binned, rows, target, None)?))
}

fn fit_boosting(
    boosting: &Boosting,
    binned: &BinnedMatrix,
    rows: &[u32],
    target: &[f32],
    stopping: Option<(&BinnedMatrix, &[f32])>,
    seed: u64,
) -> Result<Fit, ModelError> {
    let params = |rounds: u32| {
        GradientBoosting::params()
            .rounds(rounds as usize)
            .learning_rate(boosting.learning_rate)
            .leaves(boosting.leaves as usize)
            .min_leaf_rows(boosting.min_leaf as usize)
            .row_fraction(boosting.row_share)
            .column_fraction(boosting.column_share)
            .l2(boosting.l2)
            .early_stopping(PATIENCE)
            .seed(seed)
    };
    let stopping_rows: Vec<u32> = stopping.map_or(Vec::new(), |(_, target)| (0..target.len() as u32).collect());
    let validation = stopping.map(|(matrix, target)| Validation { matrix, rows: &stopping_rows, target });
    let objective = match boosting.loss {
        Loss::Squared => Objective::Squared,
        Loss::Tweedie(power) => Objective::Tweedie { power: power as f32 },
        Loss::Hurdle { amount_rounds } => {
            let amount = params(amount_rounds).objective(Objective::Tweedie { power: AMOUNT_POWER });
            let hurdle = Hurdle::params().occurrence(params(boosting.rounds)).amount(amount).check()?;
            return Ok(Fit::Hurdle(hurdle.fit_binned(binned, rows, target, None, validation)?));
        }
    };
    let booster = params(boosting.rounds).objective(objective).check()?;
    Ok(Fit::Boosting(booster.fit_binned(binned, rows, target, None, validation)?))
}
