//! The most probable parameters: in flows a density and a start, out flow the maximum and the information there.
//! Nothing is drawn here.
use super::density::Density;
use linfa_linalg::cholesky::SolveC;
use ndarray::Array2;

const MOST_STEPS: usize = 100;
/// A step that gains less than this is the last one: a thousandth of what a standard deviation costs.
const LEAST_GAIN: f64 = 1e-4;

/// A maximum of a density.
#[derive(Clone, Debug)]
pub(crate) struct Mode {
    pub(crate) at: Vec<f64>,
    pub(crate) information: Array2<f64>,
}

/// Climbs from `start` by Fisher scoring, damped as Marquardt (1963, SIAM J. Appl. Math. 11, 431) does: the diagonal is
/// raised until a step gains.
pub(crate) fn climb(density: &Density<'_>, start: Vec<f64>) -> Mode {
    let mut at = start;
    let mut gradient = vec![0.0; at.len()];
    let mut log = density.gradient(&at, &mut gradient);
    let mut information = density.information(&at);
    let mut damping = 1e-3;
    for _ in 0..MOST_STEPS {
        let mut gained = None;
        while damping < 1e6 {
            if let Some(next) = step(&at, &gradient, &information, damping) {
                let mut there = vec![0.0; at.len()];
                let value = density.gradient(&next, &mut there);
                if value > log {
                    gained = Some(value - log);
                    (at, gradient, log) = (next, there, value);
                    damping = (damping / 8.0).max(1e-9);
                    break;
                }
            }
            damping *= 4.0;
        }
        let Some(gained) = gained else { break };
        information = density.information(&at);
        if gained < LEAST_GAIN {
            break;
        }
    }
    Mode { at, information }
}

fn step(at: &[f64], gradient: &[f64], information: &Array2<f64>, damping: f64) -> Option<Vec<f64>> {
    let mut damped = information.clone();
    for diagonal in damped.diag_mut() {
        *diagonal *= 1.0 + damping;
    }
    let column = Array2::from_shape_fn((gradient.len(), 1), |(row, _)| gradient[row]);
    let change = damped.solvec(&column).ok()?;
    // No coordinate moves by more than one unit of a logarithm at once.
    let longest = change.iter().fold(1.0_f64, |longest, change| longest.max(change.abs()));
    Some(at.iter().zip(&change).map(|(x, change)| x + change / longest).collect())
}
