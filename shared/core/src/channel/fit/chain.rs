//! Draws from a density: in flow its mode and the information there, out flow draws. Hamiltonian Monte Carlo (Neal
//! 2011, Handbook of Markov Chain Monte Carlo, chapter 5) in coordinates in which the density is nearly a standard
//! normal one, so that a few steps carry a draw far from the last. Nothing is estimated here.
use super::density::Density;
use super::mode::Mode;
use linfa_linalg::LinalgError;
use linfa_linalg::cholesky::Cholesky;
use linfa_linalg::triangular::{SolveTriangular, UPLO};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use std::f64::consts::FRAC_PI_2;

/// Draws that only set the length of a step.
const WARM_UP: usize = 80;
/// Share of proposals to be accepted.
const ACCEPTED: f64 = 0.8;
/// Steps of one trajectory at most.
const LONGEST: usize = 12;

/// `draws` draws, the same for the same seed and stream.
///
/// # Errors
/// An information that is not positive definite.
pub(crate) fn draw(
    density: &Density<'_>,
    mode: &Mode,
    draws: usize,
    (seed, stream): (u64, u64),
) -> Result<Vec<Vec<f64>>, LinalgError> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    let mut chain = Chain::new(density, mode)?;
    // Dual averaging of the step's logarithm (Hoffman & Gelman 2014, J. Mach. Learn. Res. 15, section 3.2).
    let mut step = 0.5_f64;
    let (target, mut missed, mut averaged) = ((10.0 * step).ln(), 0.0, step.ln());
    let mut kept = Vec::with_capacity(draws);
    for number in 0..WARM_UP + draws {
        let accepted = chain.advance(step, &mut rng);
        if number < WARM_UP {
            let t = number as f64 + 1.0;
            missed += (ACCEPTED - accepted - missed) / (t + 10.0);
            let log = target - t.sqrt() / 0.05 * missed;
            averaged += t.powf(-0.75) * (log - averaged);
            step = log.exp().clamp(0.02, 1.5);
            if number + 1 == WARM_UP {
                step = averaged.exp().clamp(0.02, 1.5);
            }
        } else {
            kept.push(chain.place());
        }
    }
    Ok(kept)
}

/// A chain: `place = mode + spread · z`.
struct Chain<'a> {
    density: &'a Density<'a>,
    mode: &'a [f64],
    /// The inverse of the information's Cholesky factor, transposed.
    spread: Array2<f64>,
    z: Vec<f64>,
    gradient: Vec<f64>,
    log: f64,
}

impl<'a> Chain<'a> {
    fn new(density: &'a Density<'a>, mode: &'a Mode) -> Result<Chain<'a>, LinalgError> {
        let factor = mode.information.cholesky()?;
        let spread = factor.solve_triangular(&Array2::eye(mode.at.len()), UPLO::Lower)?.reversed_axes();
        let n = mode.at.len();
        let mut chain = Chain {
            density,
            mode: &mode.at,
            spread: spread.as_standard_layout().to_owned(),
            z: vec![0.0; n],
            gradient: vec![0.0; n],
            log: 0.0,
        };
        let (log, gradient) = chain.look(&chain.z);
        (chain.log, chain.gradient) = (log, gradient);
        Ok(chain)
    }

    fn place(&self) -> Vec<f64> {
        self.at(&self.z)
    }

    fn at(&self, z: &[f64]) -> Vec<f64> {
        let row = |(row, mode): (ndarray::ArrayView1<'_, f64>, &f64)| {
            mode + row.iter().zip(z).map(|(weight, z)| weight * z).sum::<f64>()
        };
        self.spread.rows().into_iter().zip(self.mode).map(row).collect()
    }

    /// The density and its gradient at `z`.
    fn look(&self, z: &[f64]) -> (f64, Vec<f64>) {
        let at = self.at(z);
        let mut by = vec![0.0; at.len()];
        let log = self.density.gradient(&at, &mut by);
        let mut gradient = vec![0.0; at.len()];
        for (row, by) in self.spread.rows().into_iter().zip(&by) {
            for (slot, weight) in gradient.iter_mut().zip(row) {
                *slot += weight * by;
            }
        }
        (log, gradient)
    }

    /// One trajectory; the probability with which its end was accepted.
    fn advance(&mut self, step: f64, rng: &mut ChaCha8Rng) -> f64 {
        // A step of random length keeps trajectories from closing on themselves.
        let step = step * rng.random_range(0.8..1.2);
        let steps = ((FRAC_PI_2 / step).ceil() as usize).clamp(1, LONGEST);
        let mut momentum: Vec<f64> = self.z.iter().map(|_| StandardNormal.sample(rng)).collect();
        let kinetic = |momentum: &[f64]| momentum.iter().map(|p| p * p).sum::<f64>() / 2.0;
        let before = self.log - kinetic(&momentum);
        let (mut z, mut log, mut gradient) = (self.z.clone(), self.log, self.gradient.clone());
        for _ in 0..steps {
            push(&mut momentum, &gradient, step / 2.0);
            push(&mut z, &momentum, step);
            (log, gradient) = self.look(&z);
            push(&mut momentum, &gradient, step / 2.0);
        }
        let gained = log - kinetic(&momentum) - before;
        // Where the density is not finite nothing is accepted.
        let accepted = if gained.is_finite() { gained.exp().min(1.0) } else { 0.0 };
        if rng.random::<f64>() < accepted {
            (self.z, self.log, self.gradient) = (z, log, gradient);
        }
        accepted
    }
}

fn push(x: &mut [f64], along: &[f64], by: f64) {
    for (x, along) in x.iter_mut().zip(along) {
        *x += by * along;
    }
}
