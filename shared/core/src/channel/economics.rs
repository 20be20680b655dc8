//! Spend, new customers, CAC and ROAS by channel over one period. In flow a history and predictions made at its end;
//! out flow figures in which every new customer is looked at over the same age, the horizon: what the first days
//! brought, and, for customers who have not reached that age, what the model expects of the rest.
use super::acquisition_value::{Values, shrunk_means};
use super::per;
use crate::feature::History;
use crate::feature::history::LEFT_CENSORED_DAYS;
use crate::time::{Cutoff, Day, Horizon};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The channel of customers whose channel nobody states.
pub const UNKNOWN: &str = "unknown";

/// What one channel cost and brought in a period. Money is in currency; ratios are absent where undefined.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChannelFigures {
    /// The channel.
    pub channel: String,
    /// Ad spend.
    pub spend: f64,
    /// Times shown.
    pub impressions: f64,
    /// Clicks.
    pub clicks: f64,
    /// Customers acquired in the period, left-censored ones excluded.
    pub new_customers: u64,
    /// Spend ÷ new customers.
    pub cac: Option<f64>,
    /// Net spend of the new customers in the first H days after acquisition, as far as these have passed.
    pub observed_revenue: f64,
    /// Observed revenue, and what the model expects until each of them has been here for H days.
    pub predicted_revenue: f64,
    /// Observed revenue ÷ spend.
    pub observed_roas: Option<f64>,
    /// Predicted revenue ÷ spend.
    pub predicted_roas: Option<f64>,
    /// Predicted revenue × margin ÷ spend; absent without a margin.
    pub contribution_roas: Option<f64>,
    /// What a new customer brings in H days, shrunk between channels.
    pub acquisition_ltv: Option<f64>,
    /// Acquisition LTV ÷ CAC; above 1 ÷ margin a new customer pays for itself within H days.
    pub ltv_to_cac: Option<f64>,
}

/// All channels over one period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Economics {
    /// The period's first day.
    pub from: Day,
    /// The day behind the period's last.
    pub to: Day,
    /// The age, in days, over which every new customer is looked at.
    pub horizon: Horizon,
    /// By channel, most spend first.
    pub channels: Vec<ChannelFigures>,
    /// All channels together: its CAC is the blended one, all spend ÷ all new customers.
    pub total: ChannelFigures,
    /// Customers first seen in the file's first 90 days without a stated date: nobody's new customers.
    pub left_censored: u64,
}

/// The period that is reported unless another is asked for: the year before `cutoff`, or what the history holds of it.
/// Where customers are dated by their first order, it begins behind the days in which old ones look new.
pub fn default_period(history: &History, cutoff: Cutoff) -> Option<(Day, Day)> {
    let (start, _) = history.span()?;
    let censored = (0..history.len() as u32).any(|customer| history.left_censored(customer));
    let known_from = if censored { start + LEFT_CENSORED_DAYS } else { start };
    let from = (cutoff.0 - 365).max(known_from);
    (from < cutoff.0).then_some((from, cutoff.0))
}

/// Figures of the period `[from, to)`, seen from `cutoff`. `predicted` gives a customer's predicted spend in the
/// horizon behind `cutoff`; of a customer who reaches the age of H earlier, the share of days until then counts.
pub fn economics(
    history: &History,
    (from, to): (Day, Day),
    cutoff: Cutoff,
    horizon: Horizon,
    margin: Option<f64>,
    predicted: impl Fn(u32) -> Option<f64>,
) -> Economics {
    let mut figures: BTreeMap<String, (ChannelFigures, Values)> = BTreeMap::new();
    for (channel, day) in history.spend().filter(|(_, day)| (from..to).contains(&day.day)) {
        let (sums, _) = figures.entry(channel.to_owned()).or_default();
        sums.spend += day.spend.to_f64();
        sums.impressions += day.impressions;
        sums.clicks += day.clicks;
    }
    let mut left_censored = 0;
    for customer in 0..history.len() as u32 {
        let Some(acquired) = history.acquired(customer).filter(|day| (from..to).contains(day)) else { continue };
        if history.left_censored(customer) {
            left_censored += 1;
            continue;
        }
        let observed = spend_until(history, customer, (acquired + horizon.days()).min(cutoff.0));
        let days_left = (acquired + horizon.days()).since(cutoff.0).max(0);
        let share = f64::from(days_left) / f64::from(horizon.days());
        let expected = if days_left > 0 { predicted(customer).unwrap_or(0.0) * share } else { 0.0 };
        let (sums, values) = figures.entry(history.channel(customer).unwrap_or(UNKNOWN).to_owned()).or_default();
        sums.new_customers += 1;
        sums.observed_revenue += observed;
        sums.predicted_revenue += observed + expected;
        values.add(observed + expected);
    }
    let means = shrunk_means(&figures.values().map(|(_, values)| *values).collect::<Vec<_>>());
    let mut total = ChannelFigures { channel: "all".to_owned(), ..ChannelFigures::default() };
    let mut channels = Vec::with_capacity(figures.len());
    for ((channel, (mut sums, _)), mean) in figures.into_iter().zip(means) {
        total.add(&sums);
        sums.channel = channel;
        sums.acquisition_ltv = mean;
        channels.push(sums.divided(margin));
    }
    total.acquisition_ltv = per(total.predicted_revenue, total.new_customers as f64);
    channels.sort_by(|a, b| b.spend.total_cmp(&a.spend).then_with(|| a.channel.cmp(&b.channel)));
    Economics { from, to, horizon, channels, total: total.divided(margin), left_censored }
}

fn spend_until(history: &History, customer: u32, end: Day) -> f64 {
    let events = history.events(customer).iter().take_while(|event| event.day < end);
    events.map(|event| event.amount).sum::<crate::money::Money>().to_f64()
}

impl ChannelFigures {
    fn add(&mut self, other: &ChannelFigures) {
        self.spend += other.spend;
        self.impressions += other.impressions;
        self.clicks += other.clicks;
        self.new_customers += other.new_customers;
        self.observed_revenue += other.observed_revenue;
        self.predicted_revenue += other.predicted_revenue;
    }

    /// Divides the sums. Without spend there is no cost to speak of: CAC and returns are undefined.
    fn divided(mut self, margin: Option<f64>) -> ChannelFigures {
        self.cac = per(self.spend, self.new_customers as f64).filter(|cac| *cac > 0.0);
        self.observed_roas = per(self.observed_revenue, self.spend);
        self.predicted_roas = per(self.predicted_revenue, self.spend);
        self.contribution_roas = margin.and_then(|margin| per(margin * self.predicted_revenue, self.spend));
        self.ltv_to_cac = self.acquisition_ltv.zip(self.cac).map(|(value, cac)| value / cac);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;
    use crate::money::Money;
    use crate::table::row::{Customer, Kind, Spend, Transaction};

    const DAY: i64 = 86_400_000_000;

    fn order(customer: &str, day: i32, cents: i32) -> Transaction {
        Transaction {
            customer_id: customer.to_owned(),
            transaction_id: None,
            occurred_at: i64::from(day) * DAY,
            amount: Money::from_cents(cents),
            currency: None,
            kind: Kind::Order,
            cancels: None,
            product_id: None,
            quantity: None,
            channel: None,
            line: 1,
        }
    }

    fn customer(customer: &str, channel: &str, day: Option<i32>) -> Customer {
        Customer {
            customer_id: customer.to_owned(),
            acquired_at: day.map(|day| i64::from(day) * DAY),
            acquisition_channel: Some(channel.to_owned()),
            ..Customer::default()
        }
    }

    fn spend(channel: &str, day: i32, cents: i32) -> Spend {
        Spend {
            date: Day(day),
            account: None,
            channel: channel.to_owned(),
            campaign_id: None,
            campaign_name: None,
            spend: Money::from_cents(cents),
            currency: None,
            impressions: Some(100.0),
            clicks: Some(10.0),
            conversions: None,
            conversion_value: None,
            line: 1,
        }
    }

    /// Two customers of search, one of them only ten days old at day 200; display brought nobody; one came by itself.
    fn figures(margin: Option<f64>) -> Economics {
        let mut builder = History::builder(&Account::default()).unwrap();
        for row in [order("old", 0, 500), order("a", 110, 3000), order("a", 150, 9900), order("b", 190, 1000)] {
            builder.transaction(&row);
        }
        builder.transaction(&order("c", 120, 700));
        builder.customer(&customer("a", "Search", Some(105)));
        builder.customer(&customer("b", "search", None));
        for row in [spend("SEARCH", 110, 2000), spend("search", 150, 2000), spend("display", 111, 500)] {
            builder.spend(&row);
        }
        builder.spend(&spend("search", 99, 77_700));
        let horizon = Horizon::try_from(40).unwrap();
        economics(&builder.finish(), (Day(100), Day(200)), Cutoff(Day(200)), horizon, margin, |_| Some(80.0))
    }

    fn of<'a>(economics: &'a Economics, channel: &str) -> &'a ChannelFigures {
        economics.channels.iter().find(|figures| figures.channel == channel).unwrap()
    }

    #[test]
    fn every_new_customer_counts_over_the_same_age() {
        let economics = figures(None);
        let search = of(&economics, "search");
        assert_eq!((search.spend, search.new_customers, search.cac), (40.0, 2, Some(20.0)));
        // The first has passed the age of 40 days, with 30; its later 99 do not count. The second has brought 10 in
        // 10 days, and 30 of the 40 predicted days are left to it.
        assert!((search.observed_revenue - 40.0).abs() < 1e-9 && (search.predicted_revenue - 100.0).abs() < 1e-9);
        assert_eq!((search.observed_roas, search.predicted_roas), (Some(1.0), Some(2.5)));
        assert_eq!(search.contribution_roas, None);
    }

    #[test]
    fn without_a_new_customer_or_without_spend_cac_is_undefined() {
        let economics = figures(Some(0.5));
        let display = of(&economics, "display");
        assert_eq!((display.cac, display.ltv_to_cac, display.predicted_roas), (None, None, Some(0.0)));
        let unknown = of(&economics, UNKNOWN);
        assert_eq!((unknown.new_customers, unknown.cac, unknown.predicted_roas), (1, None, None));
        assert_eq!(of(&economics, "search").contribution_roas, Some(1.25));
    }

    #[test]
    fn the_blended_cac_is_all_spend_over_all_new_customers() {
        assert_eq!(figures(None).total.cac, Some(15.0));
    }

    #[test]
    fn customers_of_the_files_first_days_are_nobodys_new_ones() {
        let mut builder = History::builder(&Account::default()).unwrap();
        for row in [order("early", 10, 500), order("stated", 20, 500), order("late", 95, 500)] {
            builder.transaction(&row);
        }
        builder.transaction(&order("first", 0, 100));
        builder.customer(&customer("stated", "search", Some(15)));
        let history = builder.finish();
        let economics =
            economics(&history, (Day(0), Day(100)), Cutoff(Day(100)), Horizon::try_from(30).unwrap(), None, |_| None);
        assert_eq!((economics.total.new_customers, economics.left_censored), (2, 2));
        assert_eq!(default_period(&history, Cutoff(Day(100))), Some((Day(90), Day(100))));
    }
}
