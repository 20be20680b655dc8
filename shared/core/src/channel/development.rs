//! How customers' spend develops with their age: in flow a history and a cutoff, out flow factors from any age to the
//! horizon's, as they were known then. It stands in for a model where none was fitted, in looking back.
use super::economics::newcomers;
use crate::feature::History;
use crate::time::{Cutoff, Day, Horizon};

/// Factors by age in days: what cumulative spend at the age is multiplied by until the horizon.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Development {
    factors: Vec<f64>,
}

impl Development {
    /// The chain ladder (Mack 1993, ASTIN Bulletin 23(2), section 2) in steps of a day: the factor from one age to the
    /// next is what all customers who have reached the later one had spent by then ÷ what they had spent before. Of ages
    /// that nobody has reached nothing is known; there spend is taken to stay what it is, for all channels alike.
    pub(super) fn of(history: &History, from: Day, cutoff: Cutoff, horizon: Horizon) -> Development {
        let ages = horizon.days() as usize;
        // Cumulative spend before each age, as differences from one age to the next, and spend at the age.
        let (mut before, mut at) = (vec![0.0; ages + 1], vec![0.0; ages]);
        for newcomer in newcomers(history, (from, cutoff.0), cutoff).filter(|newcomer| !newcomer.left_censored) {
            let seen = cutoff.0.since(newcomer.acquired).min(horizon.days());
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
        let mut factors = vec![1.0; ages + 1];
        for age in (1..ages).rev() {
            factors[age] = factors[age + 1] * links[age];
        }
        Development { factors }
    }

    /// What a customer who spent `observed` will spend in the `days` days that are left until the horizon.
    pub(super) fn rest(&self, days: i32, observed: f64) -> f64 {
        let age = (self.factors.len() - 1).saturating_sub(days.max(0) as usize);
        observed * (self.factors[age] - 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;
    use crate::money::Money;
    use crate::table::row::{Customer, Transaction};

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
        let development = Development::of(&history, Day(100), Cutoff(Day(110)), horizon);
        // From age 1 to 2 all three count, 45 and 52; from 2 to 3 a and b alone, 40 and 60.
        let all = 52.0 / 45.0 * 60.0 / 40.0;
        assert!((development.rest(5, 9.0) - 9.0 * (all - 1.0)).abs() < 1e-9, "{development:?}");
        assert!((development.rest(4, 9.0) - 9.0 * 0.5).abs() < 1e-9, "{development:?}");
        assert_eq!((development.rest(3, 9.0), development.rest(0, 9.0)), (0.0, 0.0));
        // Everyone is as old as the horizon: what they brought in the end is what was observed.
        let matured = Development::of(&history, Day(100), Cutoff(Day(100)), horizon);
        assert_eq!(matured.rest(6, 9.0), 0.0);
    }
}
