//! The decile table: customers in tenths by falling prediction, what was predicted of each tenth and what it spent.
use super::descending;
use serde::{Deserialize, Serialize};

/// A tenth of the customers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decile {
    /// 1 holds the highest predictions, 10 the lowest.
    pub decile: u8,
    /// How many customers.
    pub customers: usize,
    /// What they were predicted to spend on average, in currency.
    pub mean_predicted: f64,
    /// What they spent on average, in currency.
    pub mean_actual: f64,
    /// Share of them that spent anything.
    pub buyers: f64,
}

/// Tenths of equal size (to one customer) by falling prediction; empty tenths of a tiny business are left out.
pub fn deciles(actual: &[f64], predicted: &[f64]) -> Vec<Decile> {
    let order = descending(predicted);
    let mut table = Vec::with_capacity(10);
    for tenth in 0..10 {
        let members = &order[order.len() * tenth / 10..order.len() * (tenth + 1) / 10];
        if members.is_empty() {
            continue;
        }
        let n = members.len() as f64;
        let mean = |values: &[f64]| members.iter().map(|index| values[*index as usize]).sum::<f64>() / n;
        table.push(Decile {
            decile: tenth as u8 + 1,
            customers: members.len(),
            mean_predicted: mean(predicted),
            mean_actual: mean(actual),
            buyers: members.iter().filter(|index| actual[**index as usize] > 0.0).count() as f64 / n,
        });
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tenths_hold_everyone_once_and_fall(predicted in prop::collection::vec(0.0..100.0, 1..200)) {
            let actual: Vec<f64> = predicted.iter().map(|p| p / 2.0).collect();
            let table = deciles(&actual, &predicted);
            prop_assert_eq!(table.iter().map(|row| row.customers).sum::<usize>(), predicted.len());
            prop_assert!(table.windows(2).all(|pair| pair[0].mean_predicted >= pair[1].mean_predicted - 1e-9));
            let spent: f64 = table.iter().map(|row| row.mean_actual * row.customers as f64).sum();
            prop_assert!((spent - actual.iter().sum::<f64>()).abs() < 1e-6);
        }
    }
}
