//! The state of a boosting run and one round of it: gradients, a tree, new scores. It never decides when to stop.
use super::{GradientBoosting, GradientBoostingValidParams, Validation};
use crate::binned::BinnedMatrix;
use crate::gradient::{CHUNK, Packed, Sums, hash};
use crate::grow::{Grower, Grown, sample_features};
use crate::objective::{Objective, quantile};
use crate::tree::Ensemble;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// A run in progress. Scores, gradients and targets have one entry a row of `matrix`, all of whose rows are fitted.
pub(super) struct Trainer<'a> {
    params: &'a GradientBoostingValidParams,
    matrix: &'a BinnedMatrix,
    target: &'a [f32],
    weights: Option<&'a [f32]>,
    validation: Option<(Validation<'a>, Vec<f32>)>,
    start: f32,
    scores: Vec<f32>,
    pairs: Vec<(f32, f32)>,
    packed: Packed,
    grower: Grower<'a>,
    random: ChaCha8Rng,
    ensemble: Ensemble,
    /// The splits of every tree, as feature and gain.
    gains: Vec<Vec<(usize, f64)>>,
}

impl<'a> Trainer<'a> {
    pub(super) fn new(
        params: &'a GradientBoostingValidParams,
        matrix: &'a BinnedMatrix,
        target: &'a [f32],
        weights: Option<&'a [f32]>,
        validation: Option<Validation<'a>>,
    ) -> Self {
        let start = params.objective.start(target, weights);
        Self {
            params,
            matrix,
            target,
            weights,
            validation: validation.map(|v| (v, vec![start; v.rows.len()])),
            start,
            scores: vec![start; matrix.rows],
            pairs: vec![(0.0, 0.0); matrix.rows],
            packed: Packed::default(),
            grower: Grower::new(matrix, params.plan),
            random: ChaCha8Rng::seed_from_u64(params.seed),
            ensemble: Ensemble::default(),
            gains: Vec::new(),
        }
    }

    /// Adds one tree.
    pub(super) fn round(&mut self, round: usize) {
        self.differentiate();
        // One seed a round for rounding and one for rows, drawn from the run's: neither depends on what was drawn else.
        let seed = hash(self.params.seed as u32 ^ (self.params.seed >> 32) as u32, round as u32);
        let constant = self.weights.is_none() && self.params.objective.constant_hessian();
        self.packed.fill(&self.pairs, constant, seed);
        let sampler = Sampler { seed: !seed, fraction: self.params.row_fraction };
        let rows = (0..self.matrix.rows as u32).filter(|&row| sampler.takes(row)).collect();
        let allowed: Vec<usize> = (0..self.matrix.features()).collect();
        let allowed = sample_features(&allowed, self.params.column_fraction, &mut self.random);
        let grown = self.grower.grow(&self.packed, rows, &allowed, &mut self.random);
        let values = self.leaf_values(&grown);
        self.advance(&grown, &values, sampler);
        self.keep(&grown, &values);
    }

    /// Mean validation loss after the last round.
    pub(super) fn validation_loss(&self) -> Option<f64> {
        let (validation, scores) = self.validation.as_ref()?;
        let objective = self.params.objective;
        let losses = scores.iter().zip(validation.rows);
        let sum: f64 = losses.map(|(&score, &row)| objective.loss(score, validation.target[row as usize])).sum();
        Some(sum / scores.len() as f64)
    }

    /// Drops all but the first trees.
    pub(super) fn truncate(&mut self, rounds: usize) {
        self.ensemble.truncate(rounds);
        self.gains.truncate(rounds);
    }

    pub(super) fn finish(self, validation_losses: Vec<f64>) -> GradientBoosting {
        let features = self.matrix.features();
        let mut gains = vec![0.0; features];
        for (feature, gain) in self.gains.into_iter().flatten() {
            gains[feature] += gain;
        }
        let (objective, start, ensemble) = (self.params.objective, self.start, self.ensemble);
        GradientBoosting { objective, start, features, ensemble, gains, validation_losses }
    }

    fn differentiate(&mut self) {
        let (objective, target, weights) = (self.params.objective, self.target, self.weights);
        let chunks = self.pairs.par_chunks_mut(CHUNK).zip(self.scores.par_chunks(CHUNK)).enumerate();
        chunks.for_each(|(chunk, (pairs, scores))| {
            let rows = chunk * CHUNK..chunk * CHUNK + pairs.len();
            objective.gradients(scores, &target[rows.clone()], pairs);
            if let Some(weights) = weights {
                for (pair, &weight) in pairs.iter_mut().zip(&weights[rows]) {
                    *pair = (pair.0 * weight, pair.1 * weight);
                }
            }
        });
    }

    /// What every node adds to the scores of its rows; 0 where it is no leaf.
    ///
    /// From the gradients before they were quantised, so that quantising moves splits at most, never values; for the
    /// pinball loss from the residuals themselves, whose gradients say nothing of distance.
    fn leaf_values(&self, grown: &Grown) -> Vec<f32> {
        let rules = &self.params.plan.rules;
        let values = grown.nodes.par_iter().map(|node| {
            if node.split.is_some() {
                return 0.0;
            }
            let rows = &grown.rows[node.range.clone()];
            let value = if let Objective::Quantile { level } = self.params.objective {
                let residual = |&row: &u32| self.target[row as usize] - self.scores[row as usize];
                let weight = |&row: &u32| self.weights.map_or(1.0, |w| f64::from(w[row as usize]));
                let mut pairs: Vec<(f32, f64)> = rows.iter().map(|row| (residual(row), weight(row))).collect();
                f64::from(quantile(&mut pairs, level))
            } else {
                let mut sums = Sums::default();
                for &row in rows {
                    let (gradient, hessian) = self.pairs[row as usize];
                    sums.gradient += f64::from(gradient);
                    sums.hessian += f64::from(hessian);
                }
                rules.value(sums)
            };
            (value * self.params.learning_rate) as f32
        });
        values.collect()
    }

    /// Moves all scores by the new tree, those of rows that it was not grown on and of validation rows too.
    fn advance(&mut self, grown: &Grown, values: &[f32], sampler: Sampler) {
        let leaves: Vec<(usize, &[u32])> = grown.leaves().collect();
        let matrix = self.matrix;
        self.scores.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, scores)| {
            let (first, end) = (chunk * CHUNK, chunk * CHUNK + scores.len());
            for &(leaf, rows) in &leaves {
                let from = rows.partition_point(|&row| (row as usize) < first);
                for &row in rows[from..].iter().take_while(|&&row| (row as usize) < end) {
                    scores[row as usize - first] += values[leaf];
                }
            }
            if sampler.fraction < 1.0 {
                for (at, score) in scores.iter_mut().enumerate() {
                    if !sampler.takes((first + at) as u32) {
                        *score += values[grown.leaf_of(matrix, first + at)];
                    }
                }
            }
        });
        if let Some((validation, scores)) = &mut self.validation {
            scores.par_iter_mut().zip(validation.rows).with_min_len(1024).for_each(|(score, &row)| {
                *score += values[grown.leaf_of(validation.matrix, row as usize)];
            });
        }
    }

    fn keep(&mut self, grown: &Grown, values: &[f32]) {
        self.ensemble.push(&grown.nodes, values, &self.matrix.layout.cuts);
        let splits = grown.nodes.iter().filter_map(|node| node.split.as_ref());
        self.gains.push(splits.map(|(split, _)| (split.feature, split.gain)).collect());
    }
}

/// Which rows a tree sees: each with the same chance, by its own hash.
#[derive(Clone, Copy)]
struct Sampler {
    seed: u32,
    fraction: f64,
}

impl Sampler {
    fn takes(self, row: u32) -> bool {
        self.fraction >= 1.0 || f64::from(hash(self.seed, row)) < self.fraction * 4_294_967_296.0
    }
}
