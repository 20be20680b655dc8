//! Channels of the dateless cross-section: in flow one row a customer with its cost, conversion rate and revenue; out
//! flow sums and their ratios by channel. No dates, so no cohorts and no horizon: revenue is whatever the file says.
use super::economics::UNKNOWN;
use super::{cost_per_conversion, per};
use crate::money::Money;
use crate::table::row::Acquisition;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    customers: u64,
    cost: Money,
    revenue: Money,
    conversion_rates: f64,
}

/// Sums by channel.
#[derive(Clone, Debug, Default)]
pub struct CrossSection {
    channels: BTreeMap<String, Sums>,
}

/// What one channel of the cross-section cost and brought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossSectionFigures {
    /// The channel.
    pub channel: String,
    /// How many customers.
    pub customers: u64,
    /// What bringing them cost, in currency.
    pub cost: f64,
    /// What they brought in, in currency.
    pub revenue: f64,
    /// Cost ÷ customers.
    pub cac: Option<f64>,
    /// Revenue ÷ cost.
    pub roas: Option<f64>,
    /// Mean cost ÷ mean conversion rate: right only where the cost is per visit or click.
    pub cost_per_conversion: Option<f64>,
}

impl CrossSection {
    /// The sums of `rows`; customers of no channel are summed as [`UNKNOWN`].
    pub fn of(rows: &[Acquisition]) -> CrossSection {
        let mut section = CrossSection::default();
        for row in rows {
            let channel = if row.channel.is_empty() { UNKNOWN } else { &row.channel };
            let sums = section.channels.entry(channel.to_owned()).or_default();
            sums.customers += 1;
            sums.cost += row.cost;
            sums.revenue += row.revenue;
            sums.conversion_rates += row.conversion_rate;
        }
        section
    }

    /// Figures by channel, in the order of their names, and of all channels together.
    pub fn figures(&self) -> (Vec<CrossSectionFigures>, CrossSectionFigures) {
        let mut all = Sums::default();
        for sums in self.channels.values() {
            all.customers += sums.customers;
            all.cost += sums.cost;
            all.revenue += sums.revenue;
            all.conversion_rates += sums.conversion_rates;
        }
        (self.channels.iter().map(|(channel, sums)| sums.divided(channel)).collect(), all.divided("all"))
    }
}

impl Sums {
    fn divided(&self, channel: &str) -> CrossSectionFigures {
        let (cost, revenue) = (self.cost.to_f64(), self.revenue.to_f64());
        CrossSectionFigures {
            channel: channel.to_owned(),
            customers: self.customers,
            cost,
            revenue,
            cac: per(cost, self.customers as f64),
            roas: per(revenue, cost),
            cost_per_conversion: cost_per_conversion(cost, self.conversion_rates),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_sums_over_sums_and_undefined_at_nothing() {
        let row = |channel: &str, cost: i32, conversion_rate: f64, revenue: i32| Acquisition {
            customer_id: "c".to_owned(),
            channel: channel.to_owned(),
            cost: Money::from_cents(cost),
            conversion_rate,
            revenue: Money::from_cents(revenue),
            line: 1,
        };
        let rows = [row("email", 1000, 0.5, 3000), row("email", 3000, 0.1, 3000), row("", 0, 0.0, 500)];
        let (channels, all) = CrossSection::of(&rows).figures();
        assert_eq!((channels[0].channel.as_str(), channels[1].channel.as_str()), ("email", UNKNOWN));
        assert_eq!((channels[0].cac, channels[0].roas), (Some(20.0), Some(1.5)));
        // 40 ÷ 0.6, and not the mean of 10 ÷ 0.5 and 30 ÷ 0.1.
        assert!((channels[0].cost_per_conversion.unwrap() - 40.0 / 0.6).abs() < 1e-9);
        assert_eq!((channels[1].roas, channels[1].cost_per_conversion, channels[1].cac), (None, None, Some(0.0)));
        assert_eq!((all.customers, all.roas), (3, Some(65.0 / 40.0)));
    }
}
