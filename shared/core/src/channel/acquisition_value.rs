//! What a *new* customer of a channel is worth: in flow each new customer's value at equal age, out flow a mean a
//! channel, drawn towards the mean of all channels as far as the channel's own customers are few or unlike.
use serde::{Deserialize, Serialize};

/// Values of one channel's new customers, summed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Values {
    /// How many customers.
    pub customers: f64,
    /// Their values' sum, in currency.
    pub sum: f64,
    /// Their values' sum of squares.
    pub squares: f64,
}

impl Values {
    /// Adds a customer.
    pub fn add(&mut self, value: f64) {
        self.customers += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    fn mean(&self) -> f64 {
        self.sum / self.customers
    }

    /// The standard error of the mean; absent with fewer than two customers.
    pub fn standard_error(&self) -> Option<f64> {
        (self.customers > 1.0).then(|| (self.within() / (self.customers - 1.0) / self.customers).sqrt())
    }

    /// Sum of squared deviations from the mean.
    fn within(&self) -> f64 {
        (self.squares - self.sum * self.sum / self.customers).max(0.0)
    }
}

/// A mean drawn towards that of all channels, in currency.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shrunk {
    /// The mean.
    pub mean: f64,
    /// Its standard error by the channel's own customers and their difference from the others.
    pub own_error: f64,
    /// Its standard error by the mean of all channels, in which all err alike.
    pub shared_error: f64,
}

impl Shrunk {
    /// The standard error by both.
    pub fn error(&self) -> f64 {
        self.own_error.hypot(self.shared_error)
    }
}

/// Means by channel under a random effect of the channel: each is m + w·(own mean − m) with w = τ² ÷ (τ² + σ²/n),
/// σ² pooled within channels, τ² between them by the method of moments (`DerSimonian` & Laird 1986, Controlled
/// Clinical Trials 7(3), equation 8) and m weighted likewise. Given m, a mean's variance is w·σ²/n; of m it has the
/// part 1 − w. `None` for a channel without a customer.
pub fn shrunk_means(channels: &[Values]) -> Vec<Option<Shrunk>> {
    let some: Vec<&Values> = channels.iter().filter(|values| values.customers > 0.0).collect();
    let customers: f64 = some.iter().map(|values| values.customers).sum();
    let freedom = customers - some.len() as f64;
    let pooled = if freedom > 0.0 { some.iter().map(|values| values.within()).sum::<f64>() / freedom } else { 0.0 };
    if pooled <= 0.0 {
        let exact = |values: &Values| Shrunk { mean: values.mean(), ..Shrunk::default() };
        return channels.iter().map(|values| (values.customers > 0.0).then(|| exact(values))).collect();
    }
    let precision = |values: &Values| values.customers / pooled;
    let total: f64 = some.iter().map(|values| precision(values)).sum();
    let fixed = some.iter().map(|values| precision(values) * values.mean()).sum::<f64>() / total;
    let q: f64 = some.iter().map(|values| precision(values) * (values.mean() - fixed).powi(2)).sum();
    let squares: f64 = some.iter().map(|values| precision(values).powi(2)).sum();
    let spread = total - squares / total;
    let between = if spread > 0.0 { ((q - (some.len() as f64 - 1.0)) / spread).max(0.0) } else { 0.0 };

    let weight = |values: &Values| 1.0 / (between + pooled / values.customers);
    let weights: f64 = some.iter().map(|values| weight(values)).sum();
    let grand = some.iter().map(|values| weight(values) * values.mean()).sum::<f64>() / weights;
    let shrunk = |values: &Values| {
        (values.customers > 0.0).then(|| {
            let chance = pooled / values.customers;
            let own = between / (between + chance);
            Shrunk {
                mean: grand + own * (values.mean() - grand),
                own_error: (own * chance).sqrt(),
                shared_error: (1.0 - own) / weights.sqrt(),
            }
        })
    };
    channels.iter().map(shrunk).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values(list: &[f64]) -> Values {
        let mut values = Values::default();
        for value in list {
            values.add(*value);
        }
        values
    }

    #[test]
    fn a_channel_with_few_customers_is_drawn_to_the_mean_further_than_one_with_many() {
        let many: Vec<f64> = (0..400).map(|n| 100.0 + f64::from(n % 11)).collect();
        let other: Vec<f64> = (0..400).map(|n| 60.0 + f64::from(n % 11)).collect();
        let few = [100.0, 20.0];
        let shrunk = shrunk_means(&[values(&many), values(&other), values(&few), Values::default()]);
        let means: Vec<f64> = shrunk.iter().flatten().map(|shrunk| shrunk.mean).collect();
        // Of about 105, 65 and 60: the means of 400 customers hardly move, that of two does.
        assert!((means[0] - 105.0).abs() < 0.1 && (means[1] - 65.0).abs() < 0.1, "{means:?}");
        assert!(means[2] > 60.1 && means[2] < 80.0, "{means:?}");
        assert_eq!(shrunk[3], None);
        let [_, _, few, _] = shrunk[..] else { panic!("{shrunk:?}") };
        let (few, many) = (few.unwrap(), shrunk[0].unwrap());
        assert!(few.own_error > 1.0 && few.error() > many.error(), "{shrunk:?}");
        assert!(few.shared_error > many.shared_error && many.shared_error < 0.1, "{shrunk:?}");
    }

    #[test]
    fn channels_that_do_not_differ_share_one_mean_and_its_error() {
        let same: Vec<f64> = (0..100).map(|n| f64::from(n % 10)).collect();
        let shrunk = shrunk_means(&[values(&same), values(&same[..50])]);
        // 82.5 ÷ 10 is the variance of 0 to 9, of which the pooled one hardly differs, over 150 customers.
        let error = (8.25_f64 / 150.0).sqrt();
        for shrunk in shrunk.into_iter().flatten() {
            assert!((shrunk.mean - 4.5).abs() < 1e-9 && shrunk.own_error == 0.0, "{shrunk:?}");
            assert!((shrunk.shared_error / error - 1.0).abs() < 0.01, "{shrunk:?}");
        }
    }

    proptest! {
        #[test]
        fn a_shrunk_mean_lies_between_the_lowest_and_the_highest_own_mean(
            lists in prop::collection::vec(prop::collection::vec(0.0..1e4_f64, 1..20), 1..6)
        ) {
            let channels: Vec<Values> = lists.iter().map(|list| values(list)).collect();
            let means: Vec<f64> = channels.iter().map(Values::mean).collect();
            let low = means.iter().copied().fold(f64::INFINITY, f64::min);
            let high = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            for Shrunk { mean, .. } in shrunk_means(&channels).into_iter().flatten() {
                prop_assert!(mean >= low - 1e-6 && mean <= high + 1e-6, "{} is not in {}..{}", mean, low, high);
            }
        }
    }
}
