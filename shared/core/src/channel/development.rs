//! How customers' spend develops with their age: in flow a history and a cutoff, out flow factors from any age to the
//! horizon's, as they were known then, and how a prediction is spread over the days it is for. The factors stand in for a
//! model where none was fitted, in looking back.
use super::newcomer::{known_from, newcomers};
use crate::feature::History;
use crate::time::{Cutoff, Horizon};

/// An age counts where at least so many customers have reached it.
const LEAST_CUSTOMERS: u32 = 100;

/// Factors by age in days: what cumulative spend at the age is multiplied by until the horizon.
#[derive(Clone, Debug, PartialEq)]
pub struct Development {
    /// When they were known.
    pub(super) cutoff: Cutoff,
    /// The age that they lead to.
    pub(super) horizon: Horizon,
    factors: Vec<f64>,
    /// From the horizon on, up to twice its age: by what cumulative spend at the horizon's age has grown.
    growth: Vec<f64>,
    /// The last age that enough customers have reached.
    reached: usize,
}

impl Development {
    /// The chain ladder (Mack 1993, ASTIN Bulletin 23(2), section 2) in steps of a day: the factor from one age to the
    /// next is what all customers who have reached the later one had spent by then ÷ what they had spent before. Of ages
    /// that nobody has reached nothing is known; there spend is taken to stay what it is, for all channels alike.
    pub fn of(history: &History, cutoff: Cutoff, horizon: Horizon) -> Development {
        let from = known_from(history, cutoff).unwrap_or(cutoff.0);
        let at_horizon = horizon.days() as usize;
        let ages = at_horizon * 2;
        // Cumulative spend before each age, as differences from one age to the next, and spend at the age.
        let (mut before, mut at) = (vec![0.0; ages + 1], vec![0.0; ages]);
        let mut customers_of = vec![0_u32; ages + 1];
        for newcomer in newcomers(history, (from, cutoff.0), cutoff).filter(|newcomer| !newcomer.left_censored) {
            let seen = cutoff.0.since(newcomer.acquired).min(ages as i32);
            customers_of[seen as usize] += 1;
            let mut sum = 0.0;
            for event in history.events(newcomer.customer) {
                let age = event.day.since(newcomer.acquired).max(0);
                if age >= seen {
                    break;
                }
                let amount = event.amount.to_f64();
                at[age as usize] += amount;
                before[age as usize + 1] += amount;
                sum += amount;
            }
            before[seen as usize] -= sum;
        }
        let mut cumulative = 0.0;
        let links = before.iter().zip(&at).map(|(change, at)| {
            cumulative += change;
            if cumulative > 0.0 { (1.0 + at / cumulative).max(0.0) } else { 1.0 }
        });
        let links: Vec<f64> = links.collect();
        let mut factors = vec![1.0; at_horizon + 1];
        for age in (1..at_horizon).rev() {
            factors[age] = factors[age + 1] * links[age];
        }
        let mut growth = vec![1.0; at_horizon + 1];
        for age in at_horizon..ages {
            growth[age - at_horizon + 1] = growth[age - at_horizon] * links[age];
        }
        let mut customers = 0;
        let reached = (0..=ages).rev().find(|age| {
            customers += customers_of[*age];
            customers >= LEAST_CUSTOMERS
        });
        Development { cutoff, horizon, factors, growth, reached: reached.unwrap_or(0) }
    }

    /// The part of a prediction for the horizon behind the cutoff that falls into the days until the age of H, of which
    /// `days` are left: customers spend more when they are new. Where nobody is old enough to tell, that of the days.
    pub(super) fn share(&self, days: i32) -> f64 {
        let horizon = self.factors.len() - 1;
        let left = (days.max(0) as usize).min(horizon);
        let by_days = left as f64 / horizon as f64;
        if left == horizon || horizon * 2 - left > self.reached {
            return by_days;
        }
        // Cumulative spend at the age, relative to that at the age of H.
        let now = self.factors[horizon - left].recip();
        let share = (1.0 - now) / (self.growth[horizon - left] - now);
        if share.is_finite() { share.clamp(0.0, 1.0) } else { by_days }
    }

    /// What a customer who spent `observed` will spend in the `days` days that are left until the horizon.
    pub(super) fn rest(&self, days: i32, observed: f64) -> f64 {
        let age = (self.factors.len() - 1).saturating_sub(days.max(0) as usize);
        observed * (self.factors[age] - 1.0)
    }
}

/// What is expected of customers until the age of H by predictions for the horizon behind the cutoff.
pub(super) fn rest_of<'a>(
    predicted: &'a (dyn Fn(u32) -> Option<f64> + Sync),
    development: &'a Development,
) -> impl Fn(u32, i32, f64) -> f64 + Sync + 'a {
    move |customer, days, _| predicted(customer).unwrap_or(0.0) * development.share(days)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;
    use crate::money::Money;
    use crate::table::row::{Customer, Transaction};
    use crate::time::Day;

    const DAY: i64 = 86_400_000_000;

    #[test]
    fn an_ages_factor_is_of_those_who_have_reached_it_and_of_none_behind_the_cutoff() {
        let mut builder = History::builder(&Account::default()).unwrap();
        for (customer, acquired) in [("a", 100), ("b", 100), ("c", 108)] {
            builder.customer(&Customer {
                customer_id: customer.to_owned(),
                acquired_at: Some(acquired * DAY),
                ..Customer::default()
            });
        }
        // Of a and b, 10 + 30 on their first day and 20 on day 2; of c, who is two days old, 5 on the first and 7 on the
        // second; the 1000 come behind the cutoff.
        for (customer, day, cents) in [
            ("a", 100, 1_000),
            ("b", 100, 3_000),
            ("b", 102, 2_000),
            ("c", 108, 500),
            ("c", 109, 700),
            ("a", 110, 100_000),
        ] {
            builder.transaction(&Transaction::order(customer, day * DAY, Money::from_cents(cents)));
        }
        let history = builder.finish();
        let horizon = Horizon::try_from(6).unwrap();
        let development = Development::of(&history, Cutoff(Day(110)), horizon);
        // From age 1 to 2 all three count, 45 and 52; from 2 to 3 a and b alone, 40 and 60.
        let all = 52.0 / 45.0 * 60.0 / 40.0;
        assert!((development.rest(5, 9.0) - 9.0 * (all - 1.0)).abs() < 1e-9, "{development:?}");
        assert!((development.rest(4, 9.0) - 9.0 * 0.5).abs() < 1e-9, "{development:?}");
        assert_eq!((development.rest(3, 9.0), development.rest(0, 9.0)), (0.0, 0.0));
        // Everyone is as old as the horizon: what they brought in the end is what was observed.
        let matured = Development::of(&history, Cutoff(Day(100)), horizon);
        assert_eq!(matured.rest(6, 9.0), 0.0);
    }

    #[test]
    fn a_prediction_is_spread_as_customers_of_that_age_spent_it() {
        let mut builder = History::builder(&Account::default()).unwrap();
        for number in 0..LEAST_CUSTOMERS {
            let customer = number.to_string();
            builder.customer(&Customer {
                customer_id: customer.clone(),
                acquired_at: Some(100 * DAY),
                ..Customer::default()
            });
            // At the ages of 0, 3 and 7 days.
            for day in [100, 103, 107] {
                builder.transaction(&Transaction::order(&customer, day * DAY, Money::from_cents(1_000)));
            }
        }
        let history = builder.finish();
        let horizon = Horizon::try_from(6).unwrap();
        let known = |cutoff| Development::of(&history, Cutoff(Day(cutoff)), horizon);
        let development = known(112);
        // Of 20 from the age of 2 to 8, 10 come before the age of 6; of 10 from the age of 4 to 10, none.
        assert!((development.share(4) - 0.5).abs() < 1e-9, "{development:?}");
        assert!(development.share(2).abs() < 1e-9, "{development:?}");
        assert_eq!((development.share(6), development.share(0)), (1.0, 0.0));
        // Nobody is older than 7 days: nothing tells.
        assert_eq!(known(107).share(4), 4.0 / 6.0);
    }
}
