//! Everything that happened, compact and in order: the one source that features and targets are computed from.
//!
//! In flow the merged rows of the canonical tables, or the raw transactions of one request, through a
//! [`HistoryBuilder`]; out flow customers in the order of their hashes, each with its events in the order of time.
//! A history knows no cutoff: what may be seen of it is decided in `super::pass`.
mod batches;
mod builder;
mod names;
mod netting;
mod past;
mod series;

pub use builder::HistoryBuilder;
pub(crate) use names::{NONE, Names};

use crate::account::{Account, AccountError};
use crate::customer::CustomerHash;
use crate::money::Money;
use crate::table::row;
use crate::time::{Cutoff, Day, Horizon};
use std::collections::BTreeMap;
use std::ops::Range;

/// What an event does to the customer's orders. The indices count the events of the same customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A line of the customer's n-th order.
    Order(u32),
    /// Takes back exactly this earlier order line.
    CancelsLine(u32),
    /// Takes back every line of the customer's n-th order.
    CancelsOrder(u32),
    /// Gives money back and leaves the orders as they are.
    Return,
}

/// One line of an order, refund or cancellation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Signed amount.
    pub amount: Money,
    /// The day it is booked on, in the account's zone.
    pub day: Day,
    /// Code of the product; [`None`] for postage, discounts and the like.
    product: u32,
    /// Units, signed as the source has them; 0 where it says nothing.
    pub units: f32,
    /// What it does to the customer's orders.
    pub effect: Effect,
}

impl Event {
    #[cfg(test)]
    pub(super) fn of(day: Day, amount: Money, effect: Effect) -> Event {
        Event { amount, day, product: NONE, units: 1.0, effect }
    }

    /// Code of the product, where the line is of one.
    pub fn product(&self) -> Option<u32> {
        (self.product != NONE).then_some(self.product)
    }
}

/// What is known of a customer besides events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The day the customers table states.
    pub(crate) stated: Option<Day>,
    /// The day of the first order line with a positive amount.
    pub(crate) first_order: Option<Day>,
    /// The day of the first event of any kind.
    pub(crate) first_event: Option<Day>,
    /// Is the channel that of the first event, for want of a stated one?
    pub(crate) channel_of_event: bool,
    /// Codes into the history's names; [`NONE`] where unknown.
    pub(crate) channel: u32,
    pub(crate) campaign: u32,
    pub(crate) country: u32,
}

impl Facts {
    /// The day from which the customer exists: stated or seen, whichever is earlier. `None` for a row of the customers
    /// table without a date and without an order: such a customer is in no population.
    ///
    /// What a row of the customers table says is taken to be known from that day on: channel and campaign are of the
    /// acquisition, and no row tells when it was written. The time of its upload does not either: the first export of a
    /// shop holds years of customers whom the shop knew all along, and nothing could be learned from it if they were new
    /// on the day of the upload. So what a shop learns days after the acquisition, or changes later, is seen too early by
    /// past cutoffs; what says more of the future than an honest fact can, `model::leakage` refuses.
    pub(crate) fn known_from(&self) -> Option<Day> {
        [self.stated, self.first_event].into_iter().flatten().min()
    }

    /// The acquisition day: stated, or that of the first positive order, whichever is earlier.
    pub(crate) fn acquired(&self) -> Option<Day> {
        [self.stated, self.first_order].into_iter().flatten().min()
    }

    /// The day from which the channel is known.
    pub(crate) fn channel_known_from(&self) -> Option<Day> {
        if self.channel_of_event { self.first_event } else { self.known_from() }
    }

    /// The acquisition day as it was known at `cutoff`: a first order behind it does not count yet.
    pub(crate) fn acquired_as_of(&self, cutoff: Cutoff) -> Option<Day> {
        self.acquired().filter(|day| cutoff.is_after(*day)).or(self.known_from())
    }

    /// Was the customer perhaps there before the file began? So within 90 days of its start, unless the date is stated.
    pub(crate) fn left_censored(&self, start: Day) -> bool {
        self.stated.is_none() && self.first_order.is_some_and(|day| day.since(start) < LEFT_CENSORED_DAYS)
    }
}

/// Customers first seen this soon after a file's start may be old ones.
pub(crate) const LEFT_CENSORED_DAYS: i32 = 90;

/// One campaign's ad spend of one day, over all accounts; where a source names no campaigns, one channel's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpendDay {
    pub(crate) channel: u32,
    pub(crate) campaign: u32,
    /// The day in the ad account's zone.
    pub day: Day,
    /// What was spent.
    pub spend: Money,
    /// Times shown, where that is known.
    pub impressions: Option<f64>,
    /// Clicks to the shop, where these are known.
    pub clicks: Option<f64>,
}

/// The sum of what is known of two amounts; `None` where nothing is.
pub(crate) fn known_sum(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.zip(other).map(|(one, other)| one + other).or(one).or(other)
}

/// All customers and what they did, what was spent to win them, and economic series. Customers are numbered in the
/// order of their hashes, so the first n of them are a uniform sample.
#[derive(Clone, Debug)]
pub struct History {
    ids: names::Ids,
    hashes: Vec<CustomerHash>,
    facts: Vec<Facts>,
    starts: Vec<u32>,
    events: Vec<Event>,
    channels: Names,
    campaigns: Names,
    countries: Names,
    spend: Vec<SpendDay>,
    indicators: Vec<row::Indicator>,
    lift_tests: Vec<row::LiftTest>,
    span: Option<(Day, Day)>,
    currency: Option<String>,
    other_currencies: BTreeMap<String, u64>,
}

impl History {
    /// An empty history to be filled, whose days are counted in the account's zone.
    ///
    /// # Errors
    /// A zone that the IANA database does not hold.
    pub fn builder(account: &Account) -> Result<HistoryBuilder, AccountError> {
        Ok(HistoryBuilder::new(account.zone()?, account.currency.clone()))
    }

    /// How many customers.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Is there nobody?
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// The id of a customer as it stands in the canonical tables.
    pub fn id(&self, customer: u32) -> &str {
        self.ids.get(customer)
    }

    /// The hash of a customer's id.
    pub fn hash(&self, customer: u32) -> CustomerHash {
        self.hashes[customer as usize]
    }

    /// The number of the customer with this hash.
    pub fn position(&self, hash: &CustomerHash) -> Option<u32> {
        self.hashes.binary_search(hash).ok().map(|index| index as u32)
    }

    /// A customer's events in the order of time; orders before what takes them back.
    pub fn events(&self, customer: u32) -> &[Event] {
        let Range { start, end } = self.starts[customer as usize]..self.starts[customer as usize + 1];
        &self.events[start as usize..end as usize]
    }

    /// Net amount that a customer booked in `[cutoff, cutoff + horizon)`, refunds on their own days: the target.
    pub fn net_in(&self, customer: u32, cutoff: Cutoff, horizon: Horizon) -> Money {
        let events = self.events(customer);
        let first = events.partition_point(|event| cutoff.is_after(event.day));
        booked_until(&events[first..], cutoff.end(horizon))
    }

    /// How many lines of orders, refunds and cancellations.
    pub fn lines(&self) -> usize {
        self.events.len()
    }

    /// The acquisition day: stated or the first positive order's, whichever is earlier.
    pub fn acquired(&self, customer: u32) -> Option<Day> {
        self.facts(customer).acquired()
    }

    /// Could the customer be older than the file? Kept for prediction, excluded from CAC, cohorts and payback.
    pub fn left_censored(&self, customer: u32) -> bool {
        self.span.is_some_and(|(start, _)| self.facts(customer).left_censored(start))
    }

    /// The channel that brought the customer: stated, else that of the first event.
    pub fn channel(&self, customer: u32) -> Option<&str> {
        self.channels.name(self.facts(customer).channel)
    }

    /// The campaign that brought the customer.
    pub fn campaign(&self, customer: u32) -> Option<&str> {
        self.campaigns.name(self.facts(customer).campaign)
    }

    /// The customer's country.
    pub fn country(&self, customer: u32) -> Option<&str> {
        self.countries.name(self.facts(customer).country)
    }

    /// The first and the last day that hold events.
    pub fn span(&self) -> Option<(Day, Day)> {
        self.span
    }

    /// The currency of all amounts; `None` where no row names one.
    pub fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    /// Rows that were left out because their currency is not the account's: currency and rows. Amounts are never
    /// added across currencies.
    pub fn other_currencies(&self) -> &BTreeMap<String, u64> {
        &self.other_currencies
    }

    /// Ad spend by channel, day and campaign.
    pub fn spend(&self) -> impl Iterator<Item = (&str, &SpendDay)> {
        self.spend.iter().map(|day| (self.channels.name(day.channel).unwrap_or_default(), day))
    }

    /// The campaign of some ad spend, where the source names one.
    pub fn campaign_of(&self, spend: &SpendDay) -> Option<&str> {
        self.campaigns.name(spend.campaign)
    }

    /// What experiments on channels found, by their days; those in other currencies are left out.
    pub fn lift_tests(&self) -> &[row::LiftTest] {
        &self.lift_tests
    }

    pub(crate) fn facts(&self, customer: u32) -> &Facts {
        &self.facts[customer as usize]
    }

    pub(crate) fn channels(&self) -> &Names {
        &self.channels
    }

    pub(crate) fn campaigns(&self) -> &Names {
        &self.campaigns
    }

    pub(crate) fn countries(&self) -> &Names {
        &self.countries
    }
}

/// Everything booked before `end`, of events in the order of time.
pub(super) fn booked_until(events: &[Event], end: Day) -> Money {
    events.iter().take_while(|event| event.day < end).map(|event| event.amount).sum()
}
