//! How spend becomes an outcome: in flow spend by period, out flow what is left of it (carry-over) and what it brings
//! (saturation). Pure mathematics: nothing here is estimated, and nothing knows what the outcome is.
use serde::{Deserialize, Serialize};

/// Spend below this multiple of the reference is taken as this, where its logarithm is needed.
const LEAST: f64 = 1e-9;

/// A channel's response: geometric adstock (Jin et al. 2017, Bayesian methods for media mix modeling with carryover and
/// shape effects, section 2.1) below a Hill curve (Hill 1910, J. Physiol. 40, iv–vii; Jin et al. 2017, section 2.2).
///
/// The curve is anchored at a spend that has been seen, which data tell much better than the height of saturation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// The spend a period, in currency, that the curve is anchored at: the mean of what was spent.
    pub reference: f64,
    /// What constant spend at the reference brings a period, in the outcome's unit, at season 1.
    pub at_reference: f64,
    /// The spend that brings half of what unlimited spend would, as a multiple of the reference.
    pub half_saturation: f64,
    /// Slope of the Hill curve: above 1 it begins convex (S-shaped).
    pub slope: f64,
    /// Share of a period's adstock that is left in the next one, in `[0, 1)`.
    pub carry_over: f64,
}

impl Curve {
    /// What constant spend of `spend` a period brings a period once carry-over has settled, at season 1.
    pub fn response(&self, spend: f64) -> f64 {
        let saturation = Saturation::of(self.half_saturation, self.slope);
        self.at_reference * saturation.relative(spend / self.reference)
    }

    /// The derivative of [`Curve::response`]: outcome per unit of further spend, for good.
    pub fn marginal(&self, spend: f64) -> f64 {
        let ratio = (spend / self.reference).max(LEAST);
        let saturation = Saturation::of(self.half_saturation, self.slope);
        let reached = saturation.reached(ratio);
        self.at_reference * saturation.relative(ratio) * self.slope * (1.0 - reached) / (ratio * self.reference)
    }

    /// The next period's adstock, scaled so that constant spend is its own adstock.
    pub fn adstock(&self, before: f64, spend: f64) -> f64 {
        self.carry_over * before + (1.0 - self.carry_over) * spend
    }

    /// Adstock after each period of `spend`, which followed on constant spend of `before`.
    pub fn adstocks<'a>(&'a self, before: f64, spend: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        spend.iter().scan(before, |state, spend| {
            *state = self.adstock(*state, *spend);
            Some(*state)
        })
    }
}

/// The Hill curve of spend in multiples of the reference. With `ratio = e^L`, the share of saturation reached is
/// `ratio^s / (ratio^s + k^s) = logistic(s·(L − ln k))`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Saturation {
    slope: f64,
    log_half: f64,
    /// The share of saturation that the reference reaches.
    pub(crate) at_one: f64,
}

impl Saturation {
    pub(crate) fn of(half_saturation: f64, slope: f64) -> Saturation {
        let log_half = half_saturation.ln();
        Saturation { slope, log_half, at_one: logistic(-slope * log_half) }
    }

    /// The share of saturation that this multiple of the reference reaches.
    pub(crate) fn reached(&self, ratio: f64) -> f64 {
        logistic(self.slope * (ratio.max(LEAST).ln() - self.log_half))
    }

    /// The response relative to that at the reference.
    pub(crate) fn relative(&self, ratio: f64) -> f64 {
        if ratio <= 0.0 { 0.0 } else { self.reached(ratio) / self.at_one }
    }

    /// The response relative to that at the reference, and the derivatives of its logarithm by the logarithm of half
    /// saturation, by the logarithm of the slope and by the logarithm of the ratio.
    pub(crate) fn derivatives(&self, ratio: f64) -> (f64, [f64; 3]) {
        let log = ratio.max(LEAST).ln();
        let reached = logistic(self.slope * (log - self.log_half));
        let (left, left_at_one) = (1.0 - reached, 1.0 - self.at_one);
        let by_half = self.slope * (left_at_one - left);
        let by_slope = self.slope * (left * (log - self.log_half) + left_at_one * self.log_half);
        (reached / self.at_one, [by_half, by_slope, self.slope * left])
    }
}

/// 1 ÷ (1 + e⁻ˣ).
pub(crate) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// modelling.md's first curve: 100·s ÷ (s + 20), anchored at 60.
    fn first() -> Curve {
        Curve { reference: 60.0, at_reference: 75.0, half_saturation: 20.0 / 60.0, slope: 1.0, carry_over: 0.0 }
    }

    #[test]
    fn the_marginal_return_of_the_unit_check_is_reproduced() {
        let curve = first();
        assert!((curve.response(20.0) - 50.0).abs() < 1e-9);
        assert!((curve.response(60.0) / 60.0 - 1.25).abs() < 1e-12);
        assert!((curve.marginal(60.0) - 0.3125).abs() < 1e-12);
        assert_eq!(curve.response(0.0), 0.0);
    }

    #[test]
    fn an_impulse_is_carried_over_and_nothing_of_it_is_lost() {
        let curve = Curve { carry_over: 0.6, ..first() };
        let mut spend = vec![0.0; 60];
        spend[0] = 10.0;
        let left: Vec<f64> = curve.adstocks(0.0, &spend).collect();
        assert!((left[0] - 4.0).abs() < 1e-12 && (left[1] - 2.4).abs() < 1e-12);
        assert!((left.iter().sum::<f64>() - 10.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn derivatives_agree_with_differences(
            half in 0.1..5.0_f64, slope in 0.4..3.0_f64, ratio in 0.05..5.0_f64
        ) {
            let log = |half: f64, slope: f64, ratio: f64| Saturation::of(half, slope).relative(ratio).ln();
            let (value, by) = Saturation::of(half, slope).derivatives(ratio);
            prop_assert!((value.ln() - log(half, slope, ratio)).abs() < 1e-9);
            let step = 1e-5_f64;
            let (up, down) = (step.exp(), (-step).exp());
            let differences = [
                log(half * up, slope, ratio) - log(half * down, slope, ratio),
                log(half, slope * up, ratio) - log(half, slope * down, ratio),
                log(half, slope, ratio * up) - log(half, slope, ratio * down),
            ];
            for (analytic, difference) in by.iter().zip(differences) {
                prop_assert!((analytic - difference / (2.0 * step)).abs() < 1e-6);
            }
            let curve = Curve { reference: 2.0, at_reference: 7.0, half_saturation: half, slope, carry_over: 0.3 };
            let spend = 2.0 * ratio;
            let difference = (curve.response(spend + 1e-6) - curve.response(spend - 1e-6)) / 2e-6;
            prop_assert!((curve.marginal(spend) - difference).abs() < 1e-5 * difference.max(1.0));
        }
    }
}
