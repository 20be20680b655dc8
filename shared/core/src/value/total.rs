//! Sums over segments and over everyone, with intervals. In flow predictions with their segments; out flow one row a
//! segment. A sum is uncertain by chance, customer by customer, and by the level, which all customers share.
use super::segment::Thresholds;
use super::{CustomerValue, Segment};
use crate::model::interval::Intervals;
use crate::model::level::Level;
use serde::{Deserialize, Serialize};

/// Standard normal 90 % quantile: the ends of a central 80 % interval.
const Z90: f64 = 1.281_551_565_544_8;

/// What some customers will spend together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Totals))]
pub struct Total {
    /// How many customers.
    pub customers: usize,
    /// How many of them are cold: with at most one purchase day.
    pub cold: usize,
    /// Σ predicted spend, in currency.
    pub predicted_spend: f64,
    /// Lower end of the central 80 % interval of that sum, in currency.
    pub low: f64,
    /// Its upper end, in currency.
    pub high: f64,
    /// Is the share of the level known, from at least two validation windows? Otherwise the interval is of chance alone.
    pub level_included: bool,
    /// Σ net spend before the cutoff, in currency.
    pub spend_to_date: f64,
    /// Σ LTV, in currency.
    pub ltv: f64,
    /// Σ contribution LTV, in currency. Absent without a margin.
    pub contribution_ltv: Option<f64>,
}

/// A segment's customers together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentTotal {
    /// The segment.
    pub segment: Segment,
    /// Predicted spend at which it begins, in currency; 0 for the lowest.
    pub from: f64,
    /// Its customers together.
    #[serde(flatten)]
    pub total: Total,
}

impl Total {
    /// The sum over `values`. The interval is log-normal: relative variance of chance (independent between customers)
    /// plus the variance of a window's log level.
    pub fn of<'a>(values: impl IntoIterator<Item = &'a CustomerValue>, intervals: &Intervals, level: &Level) -> Total {
        let mut total = Total { level_included: level.spread().is_some(), ..Total::default() };
        let mut variance = 0.0;
        for value in values {
            total.customers += 1;
            total.cold += usize::from(value.cold);
            total.predicted_spend += value.predicted_spend;
            total.spend_to_date += value.spend_to_date;
            total.ltv += value.ltv;
            if let Some(contribution) = value.contribution_ltv {
                *total.contribution_ltv.get_or_insert(0.0) += contribution;
            }
            variance += intervals.variance(value.predicted_spend);
        }
        if total.predicted_spend > 0.0 {
            let chance = (variance / total.predicted_spend.powi(2)).ln_1p();
            let deviation = (chance + level.spread().unwrap_or(0.0).powi(2)).sqrt();
            total.low = total.predicted_spend * (-Z90 * deviation).exp();
            total.high = total.predicted_spend * (Z90 * deviation).exp();
        }
        total
    }
}

/// Every segment's sum, the most valuable first; segments without customers are there with zeros.
pub fn segments(
    values: &[CustomerValue],
    thresholds: &Thresholds,
    intervals: &Intervals,
    level: &Level,
) -> Vec<SegmentTotal> {
    let [medium, high, very_high] = thresholds.0;
    Segment::ALL
        .into_iter()
        .map(|segment| SegmentTotal {
            segment,
            from: match segment {
                Segment::VeryHigh => very_high,
                Segment::High => high,
                Segment::Medium => medium,
                Segment::Low => 0.0,
            },
            total: Total::of(values.iter().filter(|value| value.segment == segment), intervals, level),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;
    use crate::model::Prediction;
    use crate::time::Horizon;
    use crate::value::Known;

    fn values(n: u32) -> Vec<CustomerValue> {
        let thresholds = Thresholds::of(&(0..n).map(f64::from).collect::<Vec<_>>());
        let horizon = Horizon::try_from(90).unwrap();
        (0..n)
            .map(|id| {
                let known = Known {
                    customer_id: id.to_string(),
                    spend_to_date: 1.0,
                    cold: id % 2 == 0,
                    last_order: None,
                    orders: 1,
                };
                let prediction = Prediction { predicted_spend: f64::from(id), low: 0.0, high: f64::from(id) };
                CustomerValue::of(known, prediction, &thresholds, &Account::default(), horizon)
            })
            .collect()
    }

    #[test]
    fn segments_sum_to_everyone() {
        let values = values(100);
        let thresholds = Thresholds::of(&values.iter().map(|value| value.predicted_spend).collect::<Vec<_>>());
        let level = Level::unknown();
        let all = Total::of(&values, &Intervals::default(), &level);
        let parts = segments(&values, &thresholds, &Intervals::default(), &level);
        assert_eq!(parts.iter().map(|part| part.total.customers).sum::<usize>(), 100);
        assert_eq!(parts.iter().map(|part| part.total.predicted_spend).sum::<f64>(), all.predicted_spend);
        assert!(all.contribution_ltv.is_none() && all.cold == 50);
    }

    #[test]
    fn the_level_is_shared_by_all_customers_and_chance_is_not() {
        let actual: Vec<f64> = (0..4_000).map(|n| if n % 4 == 0 { 40.0 } else { 0.0 }).collect();
        let intervals = Intervals::learn(&actual, &vec![10.0; 4_000], &vec![1.0; 4_000]);
        let width = |n, level: &Level| {
            let total = Total::of(&values(n), &intervals, level);
            (total.high / total.low).ln()
        };
        let unknown = Level::unknown();
        assert!(width(4_000, &unknown) < width(40, &unknown) / 5.0);
        let disagreeing = Level::of(&[(0.87, 1.0), (1.17, 1.0)]);
        assert!(width(4_000, &disagreeing) > 2.0 * Z90 * disagreeing.spread().unwrap());
    }
}
