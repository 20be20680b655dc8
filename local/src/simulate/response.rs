//! How spend brings customers. In flow the constants and the size of the business; out flow the paid channels' curves:
//! geometric adstock, then a Hill curve on top of a baseline. What is drawn by chance is not here.
use super::constants::{CHANNELS, PAID, Response};
use serde::Serialize;

/// A paid channel's response at the size of this business, in customers a day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Curve {
    /// Labelled customers a day who would have come without any spend (at season 1, before growth).
    pub(crate) baseline: f64,
    /// Further customers a day at unlimited spend (at season 1).
    pub(crate) saturated: f64,
    /// Daily spend that brings half of them.
    pub(crate) half_saturation: f64,
    /// Slope of the Hill curve.
    pub(crate) slope: f64,
    /// Share of yesterday's adstock that is left today.
    pub(crate) carry_over: f64,
}

impl Curve {
    /// The Hill curve: further customers a day at this adstock.
    pub(crate) fn response(&self, adstock: f64) -> f64 {
        let effect = adstock.max(0.0).powf(self.slope);
        self.saturated * effect / (effect + self.half_saturation.powf(self.slope))
    }

    /// Geometric adstock, scaled so that constant spend is its own adstock.
    pub(crate) fn adstock(&self, yesterday: f64, spend: f64) -> f64 {
        self.carry_over * yesterday + (1.0 - self.carry_over) * spend
    }

    /// The curve of a business whose channel brings `customers` a day at a spend of `level` a day.
    fn through(response: &Response, customers: f64, level: f64) -> Curve {
        let ratio = response.half_saturation.powf(response.slope);
        Curve {
            baseline: customers * response.baseline,
            saturated: customers * (1.0 - response.baseline) * (1.0 + ratio),
            half_saturation: level * response.half_saturation,
            slope: response.slope,
            carry_over: response.carry_over,
        }
    }
}

/// The paid channels' curves of a business of `scale` customers a day at the mean level of spend.
pub(crate) fn curves(scale: f64) -> [Curve; PAID] {
    std::array::from_fn(|number| {
        let channel = &CHANNELS[number];
        let response = channel.response.expect("the first channels are paid");
        let customers = channel.share * scale;
        Curve::through(&response, customers, customers * response.cost_per_customer)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_passes_through_its_level_and_saturates() {
        for (number, curve) in curves(250.0).iter().enumerate() {
            let (channel, response) = (&CHANNELS[number], CHANNELS[number].response.unwrap());
            let customers = channel.share * 250.0;
            let level = customers * response.cost_per_customer;
            assert!((curve.baseline + curve.response(level) - customers).abs() < 1e-9);
            assert!((curve.response(curve.half_saturation) - curve.saturated / 2.0).abs() < 1e-9);
            assert!(curve.response(0.0).abs() < 1e-12 && curve.response(1e12) <= curve.saturated);
        }
    }

    #[test]
    fn constant_spend_is_its_own_adstock_and_an_impulse_fades() {
        for curve in curves(10.0) {
            assert!((curve.adstock(7.0, 7.0) - 7.0).abs() < 1e-12);
            let faded = curve.adstock(curve.adstock(0.0, 1.0), 0.0);
            assert!((faded - curve.carry_over * (1.0 - curve.carry_over)).abs() < 1e-12);
        }
    }
}
