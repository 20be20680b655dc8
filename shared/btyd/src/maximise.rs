//! The search for the parameters under which the data are likeliest.
//!
//! In flow a log-likelihood with its gradient and places to start; out flows the best point found and whether it is
//! stationary. Parameters are positive and searched by their logarithms. It knows no model and never fails: at worst
//! it hands back the best start, marked as not converged.
use argmin::core::{CostFunction, Error, Executor, Gradient};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use linfa_linalg::cholesky::{InverseC, SolveC};
use ndarray::{Array2, arr2};
use std::cell::{Cell, RefCell};

/// Logarithms of parameters beyond ± this are pulled back: e^±10 is an edge in every model here, whose times and
/// amounts have mean 1.
const EDGE: f64 = 10.0;
/// How strongly, per unit squared beyond the edge and per customer.
const PULL: f64 = 0.05;
/// No evaluation happens further out than this.
const WALL: f64 = 12.0;
/// Pairs that L-BFGS remembers.
const MEMORY: usize = 7;
/// Where L-BFGS hands over to Newton steps: gradient per customer.
const HAND_OVER: f64 = 1e-4;
/// Step in the logarithm for second derivatives from the analytic gradient: balances truncation (1e-8) with rounding.
const STEP: f64 = 1e-4;

/// How long and how exactly to search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Effort {
    /// Starts that are followed to their maximum, the best of all that are offered.
    pub(crate) starts: usize,
    /// Iterations of L-BFGS a start.
    pub(crate) iterations: u32,
    /// A point is stationary when the gradient by the logarithms, per customer, is below this.
    pub(crate) tolerance: f64,
}

/// The best point found.
#[derive(Clone, Debug)]
pub(crate) struct Maximum<const N: usize> {
    /// Parameters, not their logarithms.
    pub(crate) parameters: [f64; N],
    pub(crate) converged: bool,
    /// Covariance of the logarithms of the parameters times the number of customers: the inverse of the observed
    /// information of one. Absent where that is not positive definite.
    pub(crate) covariance: Option<Array2<f64>>,
    pub(crate) evaluations: u32,
}

/// −log-likelihood a customer over logarithms of parameters, remembering the last point and the best.
struct Descent<F, const N: usize> {
    likelihood: F,
    last: RefCell<Option<Point<N>>>,
    best: RefCell<Option<Point<N>>>,
    evaluations: Cell<u32>,
}

#[derive(Clone, Copy)]
struct Point<const N: usize> {
    at: [f64; N],
    value: f64,
    gradient: [f64; N],
}

impl<F: Fn([f64; N]) -> (f64, [f64; N]), const N: usize> Descent<F, N> {
    fn new(likelihood: F) -> Self {
        Self { likelihood, last: RefCell::new(None), best: RefCell::new(None), evaluations: Cell::new(0) }
    }

    /// Value and gradient, with the pull of the edges.
    fn evaluate(&self, at: [f64; N]) -> Point<N> {
        if let Some(last) = *self.last.borrow()
            && last.at.map(f64::to_bits) == at.map(f64::to_bits)
        {
            return last;
        }
        self.evaluations.set(self.evaluations.get() + 1);
        let parameters = at.map(|theta| theta.clamp(-WALL, WALL).exp());
        let (value, by_parameter) = (self.likelihood)(parameters);
        let mut point = Point { at, value: -value, gradient: [0.0; N] };
        for i in 0..N {
            let beyond = at[i] - at[i].clamp(-EDGE, EDGE);
            point.value += PULL * beyond * beyond;
            point.gradient[i] = 2.0 * PULL * beyond - by_parameter[i] * parameters[i];
        }
        if !point.value.is_finite() || point.gradient.iter().any(|g| !g.is_finite()) {
            // The line search backs off from a wall; infinities would end it.
            point.value = f64::MAX.sqrt();
            point.gradient = at;
        }
        *self.last.borrow_mut() = Some(point);
        let mut best = self.best.borrow_mut();
        if best.is_none_or(|best| point.value < best.value) {
            *best = Some(point);
        }
        point
    }

    /// Second derivatives by the logarithms, from central differences of the gradient.
    fn curvature(&self, at: [f64; N]) -> Array2<f64> {
        let mut h = Array2::zeros((N, N));
        for i in 0..N {
            let [mut above, mut below] = [at, at];
            above[i] += STEP;
            below[i] -= STEP;
            let (above, below) = (self.evaluate(above).gradient, self.evaluate(below).gradient);
            for j in 0..N {
                let second = (above[j] - below[j]) / (2.0 * STEP);
                h[[i, j]] += second / 2.0;
                h[[j, i]] += second / 2.0;
            }
        }
        h
    }
}

/// argmin takes its problem by value and asks for cost and gradient apart; both come from one evaluation.
struct Shared<'a, F, const N: usize>(&'a Descent<F, N>);

fn point<const N: usize>(at: &[f64]) -> Result<[f64; N], Error> {
    Ok(<[f64; N]>::try_from(at)?)
}

impl<F: Fn([f64; N]) -> (f64, [f64; N]), const N: usize> CostFunction for Shared<'_, F, N> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, at: &Vec<f64>) -> Result<f64, Error> {
        Ok(self.0.evaluate(point(at)?).value)
    }
}

impl<F: Fn([f64; N]) -> (f64, [f64; N]), const N: usize> Gradient for Shared<'_, F, N> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, at: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(self.0.evaluate(point(at)?).gradient.to_vec())
    }
}

/// Maximises `likelihood` (log-likelihood a customer and its gradient by positive parameters). Of the `starts`, not
/// empty, the likeliest are followed by L-BFGS, and the best end is taken to the stationary point by Newton steps.
pub(crate) fn maximise<const N: usize>(
    likelihood: impl Fn([f64; N]) -> (f64, [f64; N]),
    starts: &[[f64; N]],
    effort: Effort,
) -> Maximum<N> {
    let descent = Descent::new(likelihood);
    let mut tried: Vec<Point<N>> = starts.iter().map(|start| descent.evaluate(start.map(f64::ln))).collect();
    tried.sort_by(|u, v| u.value.total_cmp(&v.value));
    for start in tried.iter().take(effort.starts) {
        follow(&descent, start.at, effort.iterations);
    }
    let best = descent.best.borrow().unwrap_or(tried[0]);
    let best = polish(&descent, best, effort.tolerance);
    let converged = steepest(&best) < effort.tolerance;
    let interior = best.at.iter().all(|theta| theta.abs() < EDGE);
    let covariance = if interior && converged { descent.curvature(best.at).invc().ok() } else { None };
    Maximum {
        parameters: best.at.map(|theta| theta.clamp(-WALL, WALL).exp()),
        converged,
        covariance,
        evaluations: descent.evaluations.get(),
    }
}

/// L-BFGS from one start. The descent remembers the best point, so that a line search that gives up loses nothing.
fn follow<F: Fn([f64; N]) -> (f64, [f64; N]), const N: usize>(
    descent: &Descent<F, N>,
    start: [f64; N],
    iterations: u32,
) {
    let search = MoreThuenteLineSearch::new();
    let Ok(solver) = LBFGS::new(search, MEMORY).with_tolerance_grad(HAND_OVER) else { return };
    let run = Executor::new(Shared(descent), solver)
        .configure(|state| state.param(start.to_vec()).max_iters(u64::from(iterations)))
        .timer(false)
        .run();
    // An error here is a line search that found no further descent, which the caller judges by the gradient.
    drop(run);
}

/// Newton steps, damped as by Levenberg where the curvature is not positive or a step fails.
fn polish<F: Fn([f64; N]) -> (f64, [f64; N]), const N: usize>(
    descent: &Descent<F, N>,
    from: Point<N>,
    tolerance: f64,
) -> Point<N> {
    const ROUNDS: u32 = 20;
    const LONGEST: f64 = 1.0;
    let mut here = from;
    let mut damping = 0.0;
    for _ in 0..ROUNDS {
        if steepest(&here) < tolerance / 10.0 {
            break;
        }
        let curvature = descent.curvature(here.at);
        let Some(next) = (0..12).find_map(|_| {
            let step =
                damped_step(&curvature, &here.gradient, damping).filter(|step| step.iter().all(|s| s.abs() <= LONGEST));
            let next = step.map(|step| descent.evaluate(std::array::from_fn(|i| here.at[i] - step[i])));
            // Near the maximum values differ by rounding only, and the gradient decides.
            let better = next.filter(|next| {
                let rounding = 1e-14 * here.value.abs();
                next.value < here.value - rounding
                    || next.value <= here.value + rounding && steepest(next) < steepest(&here)
            });
            if better.is_none() {
                damping = if damping == 0.0 { 1e-6 } else { damping * 10.0 };
            }
            better
        }) else {
            break;
        };
        damping *= 0.1;
        here = next;
    }
    here
}

/// (H + damping·1)⁻¹ g, where that matrix is positive definite.
fn damped_step<const N: usize>(curvature: &Array2<f64>, gradient: &[f64; N], damping: f64) -> Option<[f64; N]> {
    let mut damped = curvature.clone();
    damped.diag_mut().mapv_inplace(|second| second + damping);
    let step = damped.solvec(&arr2(&[*gradient]).reversed_axes()).ok()?;
    Some(std::array::from_fn(|i| step[[i, 0]]))
}

fn steepest<const N: usize>(point: &Point<N>) -> f64 {
    point.gradient.iter().fold(0.0, |most, g| g.abs().max(most))
}
