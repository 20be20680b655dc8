//! The dateless cross-section: customers with the channel and cost of their acquisition, a conversion rate and what
//! they brought in. In flow its rows; out flows what can be learned from them, on customers held out. Without dates
//! there is no cutoff and nothing to predict in time: this says whether channel, cost and conversion rate tell anything
//! about revenue, and says so plainly when they do not.
use super::ModelError;
use super::gate::Comparison;
use super::linear::Linear;
use super::metrics::{Metrics, bootstrap};
use crate::customer::CustomerHash;
use crate::feature::matrix::{Feature, Scale};
use crate::table::row::Acquisition;
use ltv_trees::{BinnedMatrix, GradientBoosting, ParamGuard};
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One customer in four is held out, by hash, so that the same customers are held out on every run.
const HELD_OUT: u16 = 4;
/// Fewer customers than this on either side tell nothing.
const FEWEST: usize = 30;

/// A way of predicting revenue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossSectionCandidate {
    /// `mean`, `linear` or `tree`.
    pub name: String,
    /// All metrics on the customers held out.
    pub metrics: Metrics,
    /// Against the mean; absent for the mean itself.
    pub against_mean: Option<Comparison>,
}

/// What the cross-section tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossSection {
    /// How many customers were trained on.
    pub trained: usize,
    /// How many were held out.
    pub held_out: usize,
    /// The candidates on the customers held out.
    pub candidates: Vec<CrossSectionCandidate>,
    /// Do channel, cost and conversion rate tell anything about revenue?
    pub signal: bool,
    /// The candidate with the least RMSE among those that tell anything, else the mean.
    pub chosen: String,
    /// The finding in a sentence.
    pub finding: String,
}

impl CrossSection {
    /// Learns from `rows` and measures on the quarter held out.
    ///
    /// # Errors
    /// What a candidate's library refuses.
    pub fn of(rows: &[Acquisition], seed: u64) -> Result<CrossSection, ModelError> {
        let held = |row: &&Acquisition| CustomerHash::of(&row.customer_id).bucket().0.is_multiple_of(HELD_OUT);
        let (test, train): (Vec<&Acquisition>, Vec<&Acquisition>) = rows.iter().partition(held);
        if test.len() < FEWEST || train.len() < FEWEST {
            return Ok(CrossSection {
                trained: train.len(),
                held_out: test.len(),
                candidates: Vec::new(),
                signal: false,
                chosen: "mean".to_owned(),
                finding: format!(
                    "{} customers are too few to learn from: no signal can be told from chance",
                    rows.len()
                ),
            });
        }
        let revenue = |of: &[&Acquisition]| -> Vec<f64> { of.iter().map(|row| row.revenue.to_f64()).collect() };
        let (target, actual) = (revenue(&train), revenue(&test));
        let mean = target.iter().sum::<f64>() / target.len() as f64;
        let predictions = [
            ("mean", vec![mean; test.len()]),
            ("linear", linear(rows, &train, &test, &target)?),
            ("tree", tree(rows, &train, &test, &target, seed)?),
        ];
        let slices: Vec<&[f64]> = predictions.iter().map(|(_, predicted)| predicted.as_slice()).collect();
        let draws = bootstrap::paired(&actual, &slices, bootstrap::draws_for(actual.len()), seed);
        let candidates: Vec<CrossSectionCandidate> = predictions
            .iter()
            .enumerate()
            .map(|(at, (name, predicted))| CrossSectionCandidate {
                name: (*name).to_owned(),
                metrics: Metrics::of(&actual, predicted),
                against_mean: (at > 0).then(|| Comparison::of("mean", &draws[at], &draws[0])),
            })
            .collect();
        // With a constant to beat, order proves nothing: only the amount counts.
        let tells = |one: &&CrossSectionCandidate| {
            one.against_mean.as_ref().and_then(|gain| gain.rmse).is_some_and(|gain| gain.lower > 0.0)
        };
        let best = candidates.iter().filter(tells).min_by(|a, b| {
            let rmse = |one: &CrossSectionCandidate| one.metrics.rmse.unwrap_or(f64::INFINITY);
            rmse(a).total_cmp(&rmse(b))
        });
        let finding = match best {
            Some(best) => format!(
                "channel, cost and conversion rate explain {:.0} % of the differences in revenue between customers held out",
                best.metrics.r2.unwrap_or(0.0) * 100.0
            ),
            None => {
                "no signal: on customers held out, channel, cost and conversion rate predict revenue no better than \
                     its mean"
                    .to_owned()
            }
        };
        Ok(CrossSection {
            trained: train.len(),
            held_out: test.len(),
            signal: best.is_some(),
            chosen: best.map_or("mean", |best| &best.name).to_owned(),
            finding,
            candidates,
        })
    }
}

fn channels(rows: &[Acquisition]) -> Vec<&str> {
    rows.iter().map(|row| row.channel.as_str()).collect::<BTreeSet<&str>>().into_iter().collect()
}

fn linear(
    rows: &[Acquisition],
    train: &[&Acquisition],
    test: &[&Acquisition],
    target: &[f64],
) -> Result<Vec<f64>, ModelError> {
    const COLUMN: Feature = Feature { name: "column", unit: "", description: "", scale: Scale::Numeric };
    let channels = channels(rows);
    let matrix = |of: &[&Acquisition]| {
        Array2::from_shape_fn((of.len(), 2 + channels.len()), |(row, column)| match column {
            0 => of[row].cost.to_f64() as f32,
            1 => of[row].conversion_rate as f32,
            _ => f32::from(u8::from(of[row].channel == channels[column - 2])),
        })
    };
    let target: Vec<f32> = target.iter().map(|y| *y as f32).collect();
    let line = Linear::fit(&vec![COLUMN; 2 + channels.len()], matrix(train).view(), &target, 1e-3)?;
    Ok(matrix(test).rows().into_iter().map(|row| line.predict_row(&row.to_vec())).collect())
}

fn tree(
    rows: &[Acquisition],
    train: &[&Acquisition],
    test: &[&Acquisition],
    target: &[f64],
    seed: u64,
) -> Result<Vec<f64>, ModelError> {
    let channels = channels(rows);
    let matrix = |of: &[&Acquisition]| {
        Array2::from_shape_fn((of.len(), 3), |(row, column)| match column {
            0 => of[row].cost.to_f64() as f32,
            1 => of[row].conversion_rate as f32,
            _ => channels.binary_search(&of[row].channel.as_str()).map_or(f32::NAN, |code| code as f32),
        })
    };
    let binned = BinnedMatrix::from_columns(matrix(train).view(), &[false, false, true], 64)?;
    let target: Vec<f32> = target.iter().map(|y| *y as f32).collect();
    let one = GradientBoosting::params()
        .rounds(1)
        .learning_rate(1.0)
        .leaves(8)
        .min_leaf_rows((train.len() / 20).max(10))
        .l2(0.0)
        .seed(seed)
        .check()?;
    let every: Vec<u32> = (0..train.len() as u32).collect();
    let tree = one.fit_binned(&binned, &every, &target, None, None)?;
    Ok(tree.predict(matrix(test).view()).iter().map(|predicted| f64::from(*predicted)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Money;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn customers(n: usize, revenue: impl Fn(usize, f64, f64) -> f64) -> Vec<Acquisition> {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        (0..n)
            .map(|id| {
                let (cost, noise) = (5.0 + 20.0 * rng.random::<f64>(), 100.0 * rng.random::<f64>());
                Acquisition {
                    customer_id: id.to_string(),
                    channel: ["email", "referral", "social"][id % 3].to_owned(),
                    cost: Money::from_f64(cost).unwrap(),
                    conversion_rate: rng.random::<f64>() * 0.2,
                    revenue: Money::from_f64(revenue(id % 3, cost, noise)).unwrap(),
                    line: id as u64 + 2,
                }
            })
            .collect()
    }

    #[test]
    fn revenue_that_depends_on_nothing_known_is_called_no_signal() {
        let found = CrossSection::of(&customers(800, |_, _, noise| 1_000.0 + 40.0 * noise), 1).unwrap();
        assert!(!found.signal && found.chosen == "mean", "{}", found.finding);
        assert!(found.finding.starts_with("no signal"));
        assert_eq!(found.trained + found.held_out, 800);
    }

    #[test]
    fn revenue_that_depends_on_channel_or_cost_is_found() {
        let found =
            CrossSection::of(&customers(800, |channel, cost, noise| 300.0 * channel as f64 + 10.0 * cost + noise), 1);
        let found = found.unwrap();
        assert!(found.signal && found.chosen == "linear", "{found:?}");
        assert!(found.candidates[1].metrics.r2.unwrap() > 0.9);
        let jump = CrossSection::of(
            &customers(800, |_, cost, noise| if (10.0..15.0).contains(&cost) { 500.0 + noise } else { noise }),
            1,
        );
        assert_eq!(jump.unwrap().chosen, "tree");
    }

    #[test]
    fn a_handful_of_customers_tells_nothing() {
        let found = CrossSection::of(&customers(9, |_, cost, _| cost), 1).unwrap();
        assert!(!found.signal && found.candidates.is_empty());
    }
}
