//! Which figures can be told: in flow a history and a cutoff; out flows, of a channel or campaign, whether any source
//! names its spend and whether customers say that they came by it. What nobody says is absent, never 0.
use super::UNKNOWN;
use crate::channel::newcomer::newcomers;
use crate::feature::History;
use crate::time::{Cutoff, Day};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a channel or campaign.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) spend: bool,
    pub(super) customers: bool,
}

impl Known {
    /// Of all channels together.
    pub(super) const ALL: Known = Known { spend: true, customers: true };
}

/// What sources tell apart.
pub(super) struct Told<'a> {
    /// Campaigns whose spend is told, with their channels, and the first day of which it is: whether they spent anything
    /// before, nobody says.
    spend: BTreeMap<(&'a str, &'a str), Day>,
    /// Does any customer say by which channel they came?
    channels: bool,
    /// Channels of which any customer says by which campaign they came.
    campaigns: BTreeSet<&'a str>,
}

impl<'a> Told<'a> {
    /// By what is dated before `cutoff`.
    pub(super) fn of(history: &'a History, cutoff: Cutoff) -> Told<'a> {
        let mut told = Told { spend: BTreeMap::new(), channels: false, campaigns: BTreeSet::new() };
        for (channel, day) in history.spend().filter(|(_, day)| cutoff.is_after(day.day)) {
            let Some(campaign) = history.campaign_of(day) else { continue };
            let first = told.spend.entry((channel, campaign)).or_insert(day.day);
            *first = day.day.min(*first);
        }
        for newcomer in newcomers(history, (Day(i32::MIN), cutoff.0), cutoff) {
            told.channels |= newcomer.channel.is_some();
            if newcomer.campaign.is_some() {
                told.campaigns.insert(newcomer.channel.unwrap_or(UNKNOWN));
            }
        }
        told
    }

    /// What is known of a channel, or of its campaign, in a period that ends before `to`. Without a label everyone is of
    /// the channel `unknown`, which so is known.
    pub(super) fn known(&self, channel: &str, campaign: Option<&str>, to: Day) -> Known {
        match campaign {
            None => Known { spend: true, customers: self.channels || channel == UNKNOWN },
            Some(campaign) => Known {
                spend: self.spend.get(&(channel, campaign)).is_some_and(|first| *first < to),
                customers: self.campaigns.contains(channel),
            },
        }
    }
}
