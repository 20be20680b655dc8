//! Amounts far above the others, as a fit sees them. In flow what the customers of its training rows spent; out flows the
//! limit that these rows alone set, at which the fit cuts them off. What is scored, compared with or reported never passes
//! through here.
use crate::upload::outlier::{DEVIATIONS, DEVIATIONS_PER_MAD, LEAST_MAD_OCTAVES, LEAST_ORDERS};

/// The amount whose logarithm lies five robust standard deviations (1.4826 times the median absolute deviation; Hampel
/// 1974) above the median of the logarithms of the positive `amounts`, by the rule that flags outliers among the orders of
/// an upload. `None` of fewer than 30.
pub(crate) fn limit(amounts: impl Iterator<Item = f64>) -> Option<f64> {
    let mut logs: Vec<f64> = amounts.filter(|amount| *amount > 0.0).map(f64::ln).collect();
    if (logs.len() as u64) < LEAST_ORDERS {
        return None;
    }
    let median = median(&mut logs);
    let mut deviations: Vec<f64> = logs.iter().map(|log| (log - median).abs()).collect();
    let mad = self::median(&mut deviations).max(LEAST_MAD_OCTAVES * std::f64::consts::LN_2);
    Some((median + DEVIATIONS * DEVIATIONS_PER_MAD * mad).exp())
}

/// Cuts training targets off at their [`limit`]; returns how much money that took away, in their unit.
pub(crate) fn winsorise(target: &mut [f32]) -> f64 {
    let Some(limit) = limit(target.iter().map(|amount| f64::from(*amount))) else { return 0.0 };
    let mut cut = 0.0;
    for amount in target {
        let above = f64::from(*amount) - limit;
        if above > 0.0 {
            *amount = limit as f32;
            cut += above;
        }
    }
    cut
}

/// The upper of the two middle values, where there are two.
fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_amount_a_thousand_times_the_usual_is_cut_off_and_usual_ones_stay() {
        let usual: Vec<f32> = (0..200).map(|place| if place % 3 == 0 { 0.0 } else { 10.0 + place as f32 }).collect();
        let mut target = usual.clone();
        assert_eq!(winsorise(&mut target), 0.0);
        target.push(1_000_000.0);
        let cut = winsorise(&mut target);
        assert_eq!(target[..200], usual);
        assert!(target[200] > 210.0 && target[200] < 10_000.0, "{}", target[200]);
        assert!((f64::from(target[200]) + cut - 1e6).abs() < 1.0);
    }

    #[test]
    fn the_limit_is_five_robust_deviations_of_logarithms_above_their_median_whatever_the_unit() {
        // Logarithms -20..=20 in tenths: median 0, median absolute deviation 1.
        let amounts = || (-20..=20).map(|tenth| (f64::from(tenth) / 10.0).exp());
        let found = limit(amounts()).unwrap();
        assert!((found.ln() - 5.0 * 1.4826).abs() < 1e-9, "{found}");
        let scaled = limit(amounts().map(|amount| amount * 1000.0)).unwrap();
        assert!((scaled / found - 1000.0).abs() < 1e-6);
        assert_eq!(limit(amounts().take(29)), None);
    }
}
