//! The state of a boosting run and one round of it: gradients, a tree, new scores. It never decides when to stop.
use super::{GradientBoosting, GradientBoostingValidParams, Validation};
use crate::binned::BinnedMatrix;
use crate::binned::layout::STRIPE;
use crate::gradient::{CHUNK, Packed, Sums, hash};
use crate::grow::{BLOCK, Cells, Grower, Grown, follow, sample_features};
use crate::objective::{Objective, quantile};
use crate::sample::{Sample, Sampling};
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
    /// The rows of the present tree, unless it sees all.
    sample: Option<Sample>,
    /// The bytes of all rows, if every tree sees them.
    stripes: Vec<Vec<[u8; STRIPE]>>,
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
        let sample = (params.row_fraction < 1.0).then(Sample::default);
        let mut stripes = Vec::new();
        if sample.is_none() {
            matrix.gather(None, &mut stripes);
        }
        Self {
            params,
            matrix,
            target,
            weights,
            validation: validation.map(|v| (v, vec![start; v.rows.len()])),
            start,
            scores: vec![start; matrix.rows],
            pairs: vec![(0.0, 0.0); matrix.rows],
            sample,
            stripes,
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
        let (matrix, params) = (self.matrix, self.params);
        let mut whole = self.weights.is_none() && params.objective.constant_hessian();
        let (pairs, cells) = match &mut self.sample {
            None => (&self.pairs, Cells { stripes: &self.stripes, columns: Some(&matrix.columns) }),
            Some(sample) => {
                sample.draw(params.sampling, params.row_fraction, &self.pairs, matrix, !seed);
                whole &= params.sampling == Sampling::Uniform;
                (&sample.pairs, Cells { stripes: &sample.stripes, columns: None })
            }
        };
        self.packed.fill(pairs, whole, seed);
        let rows = (0..pairs.len() as u32).collect();
        let allowed: Vec<usize> = (0..matrix.features()).collect();
        let allowed = sample_features(&allowed, params.column_fraction, &mut self.random);
        let grown = self.grower.grow(cells, &self.packed, rows, &allowed, &mut self.random);
        let ends = self.ends(&grown);
        let values = self.leaf_values(&grown, &ends.sums);
        self.advance(&grown, &values, &ends);
        self.ensemble.push(&grown.nodes, &values, &ends.rows, &matrix.layout.cuts);
        let splits = grown.nodes.iter().filter_map(|node| node.split.as_ref());
        self.gains.push(splits.map(|(split, _)| (split.feature, split.gain)).collect());
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

    /// Where all rows end, those too that the tree was not grown on.
    fn ends(&self, grown: &Grown) -> Ends {
        let (matrix, pairs) = (self.matrix, &self.pairs);
        let mut ends = Ends { sums: vec![Sums::default(); grown.nodes.len()], ..Ends::default() };
        ends.rows.resize(grown.nodes.len(), 0);
        if self.sample.is_none() {
            let leaves: Vec<(usize, &[u32])> = grown.leaves().collect();
            let sums = leaves.par_iter().map(|&(leaf, rows)| (leaf, rows.len(), sum(pairs, rows)));
            for (leaf, rows, sums) in sums.collect::<Vec<_>>() {
                (ends.rows[leaf], ends.sums[leaf]) = (rows as u32, sums);
            }
            return ends;
        }
        ends.leaves.resize(matrix.rows, 0);
        // Chunk by chunk and then in order: sums of floats that no schedule can change.
        let chunks = ends.leaves.par_chunks_mut(CHUNK).enumerate().map(|(chunk, leaves)| {
            let mut part = vec![(0, Sums::default()); grown.nodes.len()];
            for (block, leaves) in leaves.chunks_mut(BLOCK).enumerate() {
                let first = (chunk * CHUNK + block * BLOCK) as u32;
                let mut rows: Vec<u32> = (first..first + leaves.len() as u32).collect();
                follow(
                    grown,
                    matrix,
                    &mut rows,
                    |row| row,
                    |leaf, rows| {
                        for row in rows {
                            leaves[(row - first) as usize] = leaf as u32;
                        }
                        part[leaf].0 += rows.len() as u32;
                        part[leaf].1 += sum(pairs, rows);
                    },
                );
            }
            part
        });
        for part in chunks.collect::<Vec<_>>() {
            for ((rows, sums), (more_rows, more)) in ends.rows.iter_mut().zip(&mut ends.sums).zip(part) {
                *rows += more_rows;
                *sums += more;
            }
        }
        ends
    }

    /// What every node adds to the scores of its rows; 0 where it is no leaf.
    ///
    /// From the gradients of all rows before they were sampled and quantised, so that both move splits at most, never
    /// values; for the pinball loss from the residuals of the tree's rows, whose gradients say nothing of distance.
    fn leaf_values(&self, grown: &Grown, sums: &[Sums]) -> Vec<f32> {
        let rules = &self.params.plan.rules;
        let values = grown.nodes.par_iter().zip(sums).map(|(node, &sums)| {
            if node.split.is_some() {
                return 0.0;
            }
            let value = if let Objective::Quantile { level } = self.params.objective {
                let residuals = grown.rows[node.range.clone()].iter().map(|&at| {
                    let (row, pair) = match &self.sample {
                        None => (at as usize, self.pairs[at as usize]),
                        Some(sample) => (sample.rows[at as usize] as usize, sample.pairs[at as usize]),
                    };
                    // The hessian is the row's weight.
                    (self.target[row] - self.scores[row], f64::from(pair.1))
                });
                f64::from(quantile(&mut residuals.collect::<Vec<_>>(), level))
            } else {
                rules.value(sums)
            };
            (value * self.params.learning_rate) as f32
        });
        values.collect()
    }

    /// Moves all scores by the new tree, those of validation rows too.
    fn advance(&mut self, grown: &Grown, values: &[f32], ends: &Ends) {
        if self.sample.is_some() {
            let rows = self.scores.par_iter_mut().zip(&ends.leaves).with_min_len(CHUNK);
            rows.for_each(|(score, &leaf)| *score += values[leaf as usize]);
        } else {
            let leaves: Vec<(usize, &[u32])> = grown.leaves().collect();
            self.scores.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, scores)| {
                let (first, end) = (chunk * CHUNK, chunk * CHUNK + scores.len());
                for &(leaf, rows) in &leaves {
                    let from = rows.partition_point(|&row| (row as usize) < first);
                    for &row in rows[from..].iter().take_while(|&&row| (row as usize) < end) {
                        scores[row as usize - first] += values[leaf];
                    }
                }
            });
        }
        if let Some((validation, scores)) = &mut self.validation {
            let matrix = validation.matrix;
            scores.par_chunks_mut(BLOCK).zip(validation.rows.par_chunks(BLOCK)).for_each(|(scores, rows)| {
                let mut places: Vec<u32> = (0..rows.len() as u32).collect();
                follow(
                    grown,
                    matrix,
                    &mut places,
                    |place| rows[place as usize],
                    |leaf, places| {
                        for &place in places {
                            scores[place as usize] += values[leaf];
                        }
                    },
                );
            });
        }
    }
}

/// Where the rows of a tree end: per node the sums of its rows' gradients and how many rows there are.
#[derive(Debug, Default)]
struct Ends {
    sums: Vec<Sums>,
    rows: Vec<u32>,
    /// The leaf of every row, where the tree was grown on some of them.
    leaves: Vec<u32>,
}

/// Sums of the gradients of some rows, in their order.
fn sum(pairs: &[(f32, f32)], rows: &[u32]) -> Sums {
    let mut sums = Sums::default();
    for &row in rows {
        let (gradient, hessian) = pairs[row as usize];
        sums += Sums { gradient: f64::from(gradient), hessian: f64::from(hessian) };
    }
    sums
}
