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
        let Step { zero, one, .. } = self.0[at];
        let last = self.0.len() - 1;
        let mut rest = Rest::of(&self.0, at);
        for place in (0..last).rev() {
            self.0[place].weight = rest.next(place, self.0[place].weight);
        }
        // Weights belong to places, the rest of a step moves down.
        for place in at..last {
            let weight = self.0[place].weight;
            self.0[place] = Step { weight, ..self.0[place + 1] };
        }
        self.0.pop();
        Some((zero, one))
    }

    /// Adds to every feature its share in a leaf of this value.
    pub(super) fn share(&self, value: f64, phi: &mut [f64]) {
        for (at, step) in self.0.iter().enumerate() {
            if let Some(feature) = step.feature {
                let mut rest = Rest::of(&self.0, at);
                let others = self.0[..self.0.len() - 1].iter().enumerate().rev();
                let sum: f64 = others.map(|(place, other)| rest.next(place, other.weight)).sum();
                phi[feature] += sum * (step.one - step.zero) * value;
            }
        }
    }
}

/// The weights of a path as if one of its steps had not been taken, from the last place to the first.
struct Rest {
    zero: f64,
    one: f64,
    size: f64,
    carried: f64,
}

impl Rest {
    fn of(steps: &[Step], at: usize) -> Self {
        let carried = steps[steps.len() - 1].weight;
        Self { zero: steps[at].zero, one: steps[at].one, size: steps.len() as f64, carried }
    }

    /// The weight at a place, where the path with the step has `weight`.
    fn next(&mut self, place: usize, weight: f64) -> f64 {
        let longer = self.size - 1.0 - place as f64;
        if self.one == 0.0 {
            return weight * self.size / (self.zero * longer);
        }
        let without = self.carried * self.size / ((place + 1) as f64 * self.one);
        self.carried = weight - without * self.zero * longer / self.size;
        without
    }
}
