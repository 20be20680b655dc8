//! When a cohort has paid for itself: in flow what its customers earned at every age and how long each has been
//! observed, out flows the age at which mean cumulative contribution covers the cost of a customer.
use crate::time::Horizon;

/// Earnings and observation of a cohort by age in days.
#[derive(Clone, Debug, Default)]
pub(super) struct Payback {
    /// Revenue at each age.
    revenue: Vec<f64>,
    /// How many customers have been observed up to each age and no longer.
    until: Vec<u32>,
}

impl Payback {
    /// Adds what a customer spent at an age. What comes before acquisition or behind the horizon does not count.
    pub(super) fn earned(&mut self, age: i32, amount: f64, horizon: Horizon) {
        if (0..horizon.days()).contains(&age) {
            self.reach(age as usize);
            self.revenue[age as usize] += amount;
        }
    }

    /// Adds a customer who has been observed for `days` days.
    pub(super) fn observed(&mut self, days: i32, horizon: Horizon) {
        let last = days.clamp(0, horizon.days()) as usize;
        self.reach(last);
        self.until[last] += 1;
    }

    pub(super) fn add(&mut self, other: &Payback) {
        self.reach(other.revenue.len().saturating_sub(1));
        for (sum, value) in self.revenue.iter_mut().zip(&other.revenue) {
            *sum += value;
        }
        for (sum, value) in self.until.iter_mut().zip(&other.until) {
            *sum += value;
        }
    }

    fn reach(&mut self, age: usize) {
        if self.revenue.len() <= age {
            self.revenue.resize(age + 1, 0.0);
            self.until.resize(age + 1, 0);
        }
    }

    /// Days until mean cumulative contribution covers `cac`; absent where it never did within the horizon. Each age's
    /// mean is over the customers who have reached it, as in an actuarial table.
    pub(super) fn days(&self, cac: f64, margin: f64) -> Option<u32> {
        let mut at_risk: u32 = self.until.iter().sum();
        let mut earned = 0.0;
        for (age, revenue) in self.revenue.iter().enumerate() {
            // A customer observed for n days has been seen at the ages 0 to n − 1.
            at_risk -= self.until[age];
            if at_risk == 0 {
                return None;
            }
            earned += margin * revenue / f64::from(at_risk);
            if earned >= cac {
                return Some(age as u32);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ages_mean_is_over_those_who_have_reached_it() {
        let horizon = Horizon::try_from(30).unwrap();
        let mut payback = Payback::default();
        // Two customers bring 10 at once; the one who has been there for 20 days brings 30 more on day 12.
        for days in [20, 5] {
            payback.earned(0, 10.0, horizon);
            payback.observed(days, horizon);
        }
        payback.earned(12, 30.0, horizon);
        payback.earned(40, 999.0, horizon);
        assert_eq!(payback.days(10.0, 1.0), Some(0));
        assert_eq!(payback.days(20.0, 1.0), Some(12));
        assert_eq!(payback.days(20.0, 0.5), Some(12));
        assert_eq!(payback.days(20.1, 0.5), None);
        assert_eq!(Payback::default().days(1.0, 1.0), None);
    }
}
