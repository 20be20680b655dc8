//! What channels cost and what they bring: in flow a [`crate::feature::History`] with its ad spend, predictions of its
//! customers, or a dateless cross-section; out flow spend, new customers, CAC and returns by channel, response curves
//! and what a budget is best spent on. Every ratio is a sum over a sum, and undefined where the divisor is nothing:
//! neither 0 nor infinite. Figures are attributed, not causal, unless lift tests are given.
pub mod acquisition_value;
pub mod backtest;
pub mod budget;
pub mod cross_section;
pub mod curve;
pub mod development;
pub mod economics;
pub mod fit;
pub mod lift;
pub mod media;
mod newcomer;
pub mod observed;
pub mod optimise;
pub mod quantile;
#[cfg(test)]
mod real_data;

/// `part` of `whole`; undefined where the whole is nothing.
fn per(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// Cost ÷ conversion rate: what a customer costs where `cost` is the cost of a visit or a click, and only there.
/// Undefined at a conversion rate of 0 %. CAC proper is spend ÷ new customers.
pub fn cost_per_conversion(cost: f64, conversion_rate: f64) -> Option<f64> {
    per(cost, conversion_rate)
}
