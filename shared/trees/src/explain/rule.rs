//! Gauss–Legendre quadrature on (0, 1): nodes and weights for which integrals of polynomials are exact. It knows no tree.

/// A rule of some nodes: Σ weight × f(node) is the integral of f over (0, 1), exactly for polynomials of a degree below
/// twice their number.
#[derive(Clone, Debug, Default)]
pub(super) struct Rule {
    pub(super) nodes: Vec<f64>,
    pub(super) weights: Vec<f64>,
}

impl Rule {
    /// The rule of `count` nodes: the roots of the Legendre polynomial of that degree by Newton's method, from the
    /// asymptotic positions of Abramowitz and Stegun (1964), 22.16.6, and the weights of their 25.4.29.
    pub(super) fn of(count: usize) -> Self {
        let mut rule = Self::default();
        for place in 1..=count {
            let mut x = (std::f64::consts::PI * (place as f64 - 0.25) / (count as f64 + 0.5)).cos();
            let mut slope = 1.0;
            // It doubles the correct digits each time, and starts with two.
            for _ in 0..6 {
                let value;
                (value, slope) = legendre(count, x);
                x -= value / slope;
            }
            rule.nodes.push(f64::midpoint(1.0, x));
            rule.weights.push(1.0 / ((1.0 - x * x) * slope * slope));
        }
        rule
    }
}

/// The Legendre polynomial of this degree, at least 1, and its derivative, inside (−1, 1).
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut before, mut last) = (1.0, x);
    for n in 2..=degree {
        let n = n as f64;
        (before, last) = (last, ((2.0 * n - 1.0) * x * last - (n - 1.0) * before) / n);
    }
    (last, degree as f64 * (x * last - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_below_twice_the_nodes_are_integrated_exactly_and_the_next_is_not() {
        for count in (1..40).chain([100]) {
            let rule = Rule::of(count);
            let integral = |power: usize| {
                rule.nodes.iter().zip(&rule.weights).map(|(node, weight)| weight * node.powi(power as i32)).sum::<f64>()
            };
            for power in 0..2 * count {
                let exact = 1.0 / (power + 1) as f64;
                assert!((integral(power) - exact).abs() < 1e-14, "{count} {power}");
            }
            assert!(rule.nodes.iter().all(|node| (0.0..1.0).contains(node)) && rule.weights.iter().all(|w| *w > 0.0));
            if count < 8 {
                assert!((integral(2 * count) - 1.0 / (2 * count + 1) as f64).abs() > 1e-12, "{count}");
            }
        }
    }
}
