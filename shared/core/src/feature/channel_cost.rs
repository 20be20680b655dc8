//! What winning a customer cost, channel by channel and day by day: in flow ad spend and acquisition days, out flows
//! the CAC that could be known of a customer's acquisition month at a cutoff. Days at or behind the cutoff are never
//! looked at.
use super::history::History;
use crate::money::Money;
use crate::time::{Cutoff, Day};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Totals of a channel up to and including a day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Running {
    day: Day,
    spend: Money,
    customers: u32,
}

/// Spend and new customers of every channel with ad spend, cumulated by day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChannelCosts {
    channels: BTreeMap<String, Vec<Running>>,
}

impl ChannelCosts {
    /// Sums a history's spend and new customers; left-censored customers are nobody's new ones.
    pub(crate) fn learn(history: &History) -> ChannelCosts {
        let mut days: BTreeMap<String, BTreeMap<Day, (Money, u32)>> = BTreeMap::new();
        for (channel, spent) in history.spend() {
            days.entry(channel.to_owned()).or_default().entry(spent.day).or_default().0 += spent.spend;
        }
        for customer in (0..history.len() as u32).filter(|customer| !history.left_censored(*customer)) {
            let channel = history.channel(customer).and_then(|channel| days.get_mut(channel));
            let known = history.facts(customer).channel_known_from();
            if let (Some(channel), Some(acquired), Some(known)) = (channel, history.acquired(customer), known) {
                // On the day from which it is known whose new customer this is.
                channel.entry(acquired.max(known)).or_default().1 += 1;
            }
        }
        let cumulate = |days: BTreeMap<Day, (Money, u32)>| {
            let mut total = (Money::ZERO, 0);
            let add = |(day, (spend, customers))| {
                total = (total.0 + spend, total.1 + customers);
                Running { day, spend: total.0, customers: total.1 }
            };
            days.into_iter().map(add).collect()
        };
        ChannelCosts { channels: days.into_iter().map(|(channel, days)| (channel, cumulate(days))).collect() }
    }

    /// CAC of the month in which a customer was acquired and the two before it, as far as they lie before the cutoff:
    /// spend ÷ new customers, in currency. `None` for a channel without spend there, or without a new customer.
    pub(crate) fn at_acquisition(&self, channel: &str, acquired: Day, cutoff: Cutoff) -> Option<f64> {
        let days = self.channels.get(channel)?;
        let (start, end) = quarter_up_to(acquired);
        let before = |end: Day| match days.partition_point(|running| running.day < end) {
            0 => (Money::ZERO, 0),
            place => (days[place - 1].spend, days[place - 1].customers),
        };
        let (from, to) = (before(start), before(end.min(cutoff.0)));
        let (spend, customers) = ((to.0 - from.0).to_f64(), to.1 - from.1);
        (customers > 0 && spend > 0.0).then(|| spend / f64::from(customers))
    }
}

/// The first day of the month two before `day`'s, and the first day behind `day`'s month.
fn quarter_up_to(day: Day) -> (Day, Day) {
    let first = day.date().first_of_month();
    let back = first.saturating_sub(jiff::Span::new().months(2));
    let next = first.saturating_add(jiff::Span::new().months(1));
    (Day::from(back), Day::from(next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(date: &str, cents: i32, customers: u32) -> Running {
        Running { day: day(date), spend: Money::from_cents(cents), customers }
    }

    fn day(date: &str) -> Day {
        Day::from(date.parse::<jiff::civil::Date>().unwrap())
    }

    #[test]
    fn cac_covers_the_acquisition_month_and_two_before_up_to_the_cutoff() {
        let days = vec![
            running("2026-01-31", 10_000, 4),
            running("2026-02-10", 30_000, 5),
            running("2026-04-20", 90_000, 9),
            running("2026-05-01", 200_000, 20),
        ];
        let costs = ChannelCosts { channels: BTreeMap::from([("search".to_owned(), days)]) };
        let cac = |acquired, cutoff| costs.at_acquisition("search", day(acquired), Cutoff(day(cutoff)));
        assert_eq!(cac("2026-04-02", "2026-06-01"), Some(800.0 / 5.0));
        assert_eq!(cac("2026-04-02", "2026-04-20"), Some(200.0 / 1.0));
        assert_eq!(cac("2026-03-31", "2026-04-20"), Some(300.0 / 5.0));
        assert_eq!(cac("2026-08-01", "2026-09-01"), None);
        assert_eq!(costs.at_acquisition("mail", day("2026-04-02"), Cutoff(day("2026-06-01"))), None);
    }
}
