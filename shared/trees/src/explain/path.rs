//! The features on the way to a node, with the weights of all subsets of them by size: what algorithm 2 of Lundberg, Erion
//! and Lee (2018) carries down a tree. It knows no tree.

/// A feature on the path.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// `None` for the root.
    feature: Option<usize>,
    /// Share of the training rows that go on where the feature is unknown.
    zero: f64,
    /// 1 if the row itself goes on, 0 if not.
    one: f64,
    /// Sum of the weights of all subsets with as many features as steps stand before this one.
    weight: f64,
}

/// The path to a node.
#[derive(Clone, Debug, Default)]
pub(super) struct Path(Vec<Step>);

impl Path {
    /// EXTEND: one more feature.
    pub(super) fn extend(&mut self, feature: Option<usize>, zero: f64, one: f64) {
        let depth = self.0.len();
        self.0.push(Step { feature, zero, one, weight: if depth == 0 { 1.0 } else { 0.0 } });
        let size = (depth + 1) as f64;
        for at in (0..depth).rev() {
            self.0[at + 1].weight += one * self.0[at].weight * (at + 1) as f64 / size;
            self.0[at].weight *= zero * (depth - at) as f64 / size;
        }
    }

    /// UNWIND of a feature, if it is on the path: its zero and one.
    pub(super) fn take(&mut self, feature: usize) -> Option<(f64, f64)> {
        let at = self.0.iter().position(|step| step.feature == Some(feature))?;
        let taken = (self.0[at].zero, self.0[at].one);
        let weights = self.without(at);
        self.0.remove(at);
        self.0.iter_mut().zip(weights).for_each(|(step, weight)| step.weight = weight);
        Some(taken)
    }

    /// Adds to every feature its share in a leaf of this value.
    pub(super) fn share(&self, value: f64, phi: &mut [f64]) {
        for (at, step) in self.0.iter().enumerate() {
            if let Some(feature) = step.feature {
                phi[feature] += self.without(at).iter().sum::<f64>() * (step.one - step.zero) * value;
            }
        }
    }

    /// The weights as if the step had not been taken, from the longest subset to the shortest of the rest.
    fn without(&self, at: usize) -> Vec<f64> {
        let last = self.0.len() - 1;
        let (zero, one) = (self.0[at].zero, self.0[at].one);
        let size = self.0.len() as f64;
        let mut weights: Vec<f64> = self.0[..last].iter().map(|step| step.weight).collect();
        let mut next = self.0[last].weight;
        for (at, weight) in weights.iter_mut().enumerate().rev() {
            if one == 0.0 {
                *weight *= size / (zero * (last - at) as f64);
            } else {
                let before = *weight;
                *weight = next * size / ((at + 1) as f64 * one);
                next = before - *weight * zero * (last - at) as f64 / size;
            }
        }
        weights
    }
}
