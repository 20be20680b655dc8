//! Fills a history. In flow rows in any order; out flow customers sorted by hash, with lines sorted by time. Rows of
//! another currency than the account's are counted and left out; nothing else is judged here, that is done in
//! [`crate::upload`].
mod currency;

use super::names::{Ids, channel_key};
use super::netting::{Line, link, order_key};
use super::{Facts, History, NONE, Names, SpendDay, known_sum, series};
use crate::customer::{BUCKETS, CustomerHash};
use crate::money::Money;
use crate::table::row;
use crate::time::Day;
use jiff::tz::TimeZone;
use rayon::slice::ParallelSliceMut;
use std::collections::{BTreeMap, HashMap};

/// Lines are sorted and compacted one slice of the hash space at a time, so that the loose and the compact form of
/// all lines are never in memory together.
const SLICES: usize = 16;
/// More channels than this are no longer told apart.
const UNTOLD_CHANNEL: u16 = u16::MAX;

/// What the customers table says of a customer.
#[derive(Clone, Copy)]
struct Stated {
    acquired: Option<Day>,
    channel: u32,
    campaign: u32,
    country: u32,
}

/// A transaction, borrowed from a row or from a batch's columns.
pub(super) struct Sale<'a> {
    pub(super) customer_id: &'a str,
    pub(super) transaction_id: Option<&'a str>,
    pub(super) occurred_at: i64,
    pub(super) amount: Money,
    pub(super) currency: Option<&'a str>,
    pub(super) kind: row::Kind,
    pub(super) cancels: Option<&'a str>,
    pub(super) product_id: Option<&'a str>,
    pub(super) quantity: Option<f64>,
    pub(super) channel: Option<&'a str>,
}

/// Collects rows; [`HistoryBuilder::finish`] sorts and links them.
#[derive(Clone)]
pub struct HistoryBuilder {
    zone: TimeZone,
    currency: Option<String>,
    slices: Vec<Vec<Line>>,
    numbers: HashMap<CustomerHash, u32>,
    ids: Ids,
    hashes: Vec<CustomerHash>,
    stated: Vec<Stated>,
    latest: Option<(String, u32)>,
    channels: Names,
    campaigns: Names,
    countries: Names,
    products: Names,
    currencies: Names,
    spend: Vec<(SpendDay, u8)>,
    indicators: Vec<row::Indicator>,
    lift_tests: Vec<(row::LiftTest, u8)>,
}

impl HistoryBuilder {
    pub(super) fn new(zone: TimeZone, currency: Option<String>) -> HistoryBuilder {
        HistoryBuilder {
            zone,
            currency,
            slices: vec![Vec::new(); SLICES],
            numbers: HashMap::new(),
            ids: Ids::default(),
            hashes: Vec::new(),
            stated: Vec::new(),
            latest: None,
            channels: Names::default(),
            campaigns: Names::default(),
            countries: Names::default(),
            products: Names::default(),
            currencies: Names::default(),
            spend: Vec::new(),
            indicators: Vec::new(),
            lift_tests: Vec::new(),
        }
    }

    /// Adds a line of an order, refund or cancellation.
    pub fn transaction(&mut self, row: &row::Transaction) {
        self.sale(&Sale {
            customer_id: &row.customer_id,
            transaction_id: row.transaction_id.as_deref(),
            occurred_at: row.occurred_at,
            amount: row.amount,
            currency: row.currency.as_deref(),
            kind: row.kind,
            cancels: row.cancels.as_deref(),
            product_id: row.product_id.as_deref(),
            quantity: row.quantity,
            channel: row.channel.as_deref(),
        });
    }

    pub(super) fn sale(&mut self, sale: &Sale<'_>) {
        let customer = self.number(sale.customer_id);
        let order = match sale.kind {
            row::Kind::Order => order_key(sale.transaction_id, sale.occurred_at),
            row::Kind::Refund | row::Kind::Cancellation => sale.cancels.map_or(0, |id| order_key(Some(id), 0)),
        };
        let slice = usize::from(self.hashes[customer as usize].bucket().0) * SLICES / usize::from(BUCKETS);
        let channel = sale.channel.map_or(NONE, |channel| self.channel_code(channel));
        let line = Line {
            customer,
            micros: sale.occurred_at,
            kind: sale.kind,
            currency: self.currency_code(sale.currency),
            order,
            product: self.products.code(sale.product_id),
            amount: sale.amount,
            units: (sale.quantity.unwrap_or(0.0) as f32).to_bits(),
            channel: u16::try_from(channel).unwrap_or(UNTOLD_CHANNEL),
        };
        self.slices[slice].push(line);
    }

    /// Adds a row of the customers table. Of several rows of one customer the earliest day counts, and what one does
    /// not say another may.
    pub fn customer(&mut self, row: &row::Customer) {
        let number = self.number(&row.customer_id) as usize;
        let acquired = row.acquired_at.map(|micros| Day::of(micros, &self.zone));
        let channel = row.acquisition_channel.as_deref().map_or(NONE, |channel| self.channel_code(channel));
        let campaign = self.campaigns.code(row.acquisition_campaign.as_deref());
        let country = self.countries.code(row.country.as_deref());
        let stated = &mut self.stated[number];
        stated.acquired = [stated.acquired, acquired].into_iter().flatten().min();
        for (known, said) in
            [(&mut stated.channel, channel), (&mut stated.campaign, campaign), (&mut stated.country, country)]
        {
            if *known == NONE {
                *known = said;
            }
        }
    }

    /// Adds ad spend.
    pub fn spend(&mut self, row: &row::Spend) {
        let channel = self.channel_code(&row.channel);
        let currency = self.currency_code(row.currency.as_deref());
        let campaign = self.campaigns.code(row.campaign_name.as_deref().or(row.campaign_id.as_deref()));
        self.spend.push((
            SpendDay {
                channel,
                campaign,
                day: row.date,
                spend: row.spend,
                impressions: row.impressions,
                clicks: row.clicks,
            },
            currency,
        ));
    }

    /// Adds a value of an economic series.
    pub fn indicator(&mut self, row: &row::Indicator) {
        self.indicators.push(row.clone());
    }

    /// Adds what an experiment found.
    pub fn lift_test(&mut self, row: &row::LiftTest) {
        let currency = self.currency_code(row.currency.as_deref());
        self.lift_tests.push((row::LiftTest { channel: channel_key(&row.channel), ..row.clone() }, currency));
    }

    /// Sorts customers by hash, their lines by time and series by name and day, links cancellations to their orders, and
    /// sums spend by channel, campaign and day.
    pub fn finish(mut self) -> History {
        let (currency, left_out) = self.settle_currency();
        let other_currencies = self.drop_other_currencies(&left_out);
        let mut order: Vec<u32> = (0..self.hashes.len() as u32).collect();
        order.sort_unstable_by_key(|number| self.hashes[*number as usize]);
        let mut ranks = vec![0_u32; order.len()];
        for (rank, number) in order.iter().enumerate() {
            ranks[*number as usize] = rank as u32;
        }
        drop(std::mem::take(&mut self.numbers));

        let mut ids = Ids::default();
        let mut facts = Vec::with_capacity(order.len());
        for number in &order {
            ids.push(self.ids.get(*number));
            let stated = self.stated[*number as usize];
            facts.push(Facts {
                stated: stated.acquired,
                first_order: None,
                first_event: None,
                channel_of_event: stated.channel == NONE,
                channel: stated.channel,
                campaign: stated.campaign,
                country: stated.country,
            });
        }
        let hashes: Vec<CustomerHash> = order.iter().map(|number| self.hashes[*number as usize]).collect();
        let mut events = Vec::with_capacity(self.slices.iter().map(Vec::len).sum());
        let mut starts = vec![0_u32; order.len() + 1];
        let (products, channels) = (self.products.ranks(), self.channels.ranks());
        for mut lines in std::mem::take(&mut self.slices) {
            for line in &mut lines {
                line.customer = ranks[line.customer as usize];
            }
            lines.par_sort_unstable_by_key(|line| line.place(&products, &channels));
            for own in lines.chunk_by(|a, b| a.customer == b.customer) {
                let customer = own[0].customer as usize;
                link(own, |micros| Day::of(micros, &self.zone), &mut events);
                starts[customer + 1] = own.len() as u32;
                let begin = events.len() - own.len();
                let first_sale = own.iter().position(|line| line.kind == row::Kind::Order && line.amount.is_positive());
                facts[customer].first_event = Some(events[begin].day);
                facts[customer].first_order = first_sale.map(|index| events[begin + index].day);
                if facts[customer].channel_of_event && own[0].channel != UNTOLD_CHANNEL {
                    // Of the very first event, not of the first order: what follows must not change what was known.
                    facts[customer].channel = u32::from(own[0].channel);
                }
            }
        }
        for customer in 0..order.len() {
            starts[customer + 1] += starts[customer];
        }
        series::sort(&mut self.indicators);
        let first = facts.iter().filter_map(|facts| facts.first_event).min();
        let span = first.zip(events.iter().map(|event: &super::Event| event.day).max());
        History {
            ids,
            hashes,
            facts,
            starts,
            events,
            spend: spend_by_day(self.spend),
            channels: self.channels,
            campaigns: self.campaigns,
            countries: self.countries,
            indicators: self.indicators,
            lift_tests: self.lift_tests.into_iter().map(|(test, _)| test).collect(),
            span,
            currency,
            other_currencies,
        }
    }

    /// The number of the customer with this id, a new one where it has none.
    fn number(&mut self, id: &str) -> u32 {
        // Rows of the lake arrive grouped by customer: hash each group once.
        if let Some((latest, number)) = &self.latest
            && latest == id
        {
            return *number;
        }
        let hash = CustomerHash::of(id);
        let next = self.hashes.len() as u32;
        let number = *self.numbers.entry(hash).or_insert(next);
        if number == next {
            self.ids.push(id);
            self.hashes.push(hash);
            self.stated.push(Stated { acquired: None, channel: NONE, campaign: NONE, country: NONE });
        }
        self.latest = Some((id.to_owned(), number));
        number
    }

    fn channel_code(&mut self, name: &str) -> u32 {
        self.channels.code(Some(&channel_key(name)))
    }
}

/// One entry a channel, campaign and day, by channel, then day.
fn spend_by_day(rows: Vec<(SpendDay, u8)>) -> Vec<SpendDay> {
    let mut days: BTreeMap<(u32, Day, u32), SpendDay> = BTreeMap::new();
    for (row, _) in rows {
        days.entry((row.channel, row.day, row.campaign))
            .and_modify(|sum| {
                sum.spend += row.spend;
                sum.impressions = known_sum(sum.impressions, row.impressions);
                sum.clicks = known_sum(sum.clicks, row.clicks);
            })
            .or_insert(row);
    }
    days.into_values().collect()
}
