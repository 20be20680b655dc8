//! A history as it was: in flows a whole history and a cutoff, out flows what was known before it of its first
//! customers. A whole history that was exists to be compared with; nothing is trained on it.
use super::names::Ids;
use super::{Facts, History, NONE};
use crate::time::Cutoff;
use std::collections::BTreeMap;

impl History {
    /// The first `customers` customers with nothing that is dated at or behind `cutoff`: no event, no spend, no series
    /// value, no statement of the customers table. Numbers of customers and codes of names stay what they are.
    pub(crate) fn known_before(&self, cutoff: Cutoff, customers: u32) -> History {
        let count = (customers as usize).min(self.len());
        let (mut ids, mut facts) = (Ids::default(), Vec::with_capacity(count));
        let (mut events, mut starts) = (Vec::new(), vec![0]);
        for customer in 0..count as u32 {
            ids.push(self.id(customer));
            facts.push(self.facts(customer).known_before(cutoff));
            let all = self.events(customer);
            events.extend_from_slice(&all[..all.partition_point(|event| cutoff.is_after(event.day))]);
            starts.push(events.len() as u32);
        }
        let indicators = self.indicators.iter();
        History {
            ids,
            hashes: self.hashes[..count].to_vec(),
            facts,
            starts,
            events,
            channels: self.channels.clone(),
            campaigns: self.campaigns.clone(),
            countries: self.countries.clone(),
            spend: self.spend.iter().filter(|day| cutoff.is_after(day.day)).copied().collect(),
            indicators: indicators.filter(|value| cutoff.is_after(value.known_on())).cloned().collect(),
            lift_tests: self.lift_tests.iter().filter(|test| cutoff.is_after(test.end)).cloned().collect(),
            span: self.span.map(|(first, last)| (first, last.min(cutoff.0 - 1))),
            currency: self.currency.clone(),
            other_currencies: BTreeMap::new(),
        }
    }
}

impl Facts {
    /// Without what was not known yet.
    pub(crate) fn known_before(&self, cutoff: Cutoff) -> Facts {
        let (exists, has_channel) = (self.known_from(), self.channel_known_from());
        let known = exists.is_some_and(|day| cutoff.is_after(day));
        let told = has_channel.is_some_and(|day| cutoff.is_after(day));
        Facts {
            stated: self.stated.filter(|day| cutoff.is_after(*day)),
            first_order: self.first_order.filter(|day| cutoff.is_after(*day)),
            first_event: self.first_event.filter(|day| cutoff.is_after(*day)),
            channel_of_event: self.channel_of_event,
            channel: if told { self.channel } else { NONE },
            campaign: if known { self.campaign } else { NONE },
            country: if known { self.country } else { NONE },
        }
    }
}
