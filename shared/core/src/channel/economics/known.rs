//! Which figures can be told: in flow a history and a cutoff; out flows, of a channel or campaign, whether any source
//! names its spend and whether customers say that they came by it. What nobody says is absent, never 0.
use crate::channel::newcomer::newcomers;
use crate::feature::History;
use crate::time::{Cutoff, Day};
use std::collections::BTreeSet;

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
    /// Campaigns whose spend is told, with their channels.
    spend: BTreeSet<(&'a str, &'a str)>,
    /// Does any customer say by which channel they came?
    channels: bool,
    /// Channels of which any customer says by which campaign they came.
    campaigns: BTreeSet<&'a str>,
}

impl<'a> Told<'a> {
    /// By what is dated before `cutoff`.
    pub(super) fn of(history: &'a History, cutoff: Cutoff) -> Told<'a> {
        let spend = history.spend().filter(|(_, day)| cutoff.is_after(day.day));
        let spend = spend.filter_map(|(channel, day)| Some((channel, history.campaign_of(day)?))).collect();
        let mut told = Told { spend, channels: false, campaigns: BTreeSet::new() };
        for newcomer in newcomers(history, (Day(i32::MIN), cutoff.0), cutoff) {
            let Some(channel) = newcomer.channel else { continue };
            told.channels = true;
            if newcomer.campaign.is_some() {
                told.campaigns.insert(channel);
            }
        }
        told
    }

    /// What is known of a channel, or of its campaign. Without a label everyone is of the channel `unknown`, which so is
    /// known.
    pub(super) fn known(&self, channel: &str, campaign: Option<&str>) -> Known {
        match campaign {
            None => Known { spend: true, customers: self.channels || channel == super::UNKNOWN },
            Some(campaign) => {
                Known { spend: self.spend.contains(&(channel, campaign)), customers: self.campaigns.contains(channel) }
            }
        }
    }
}
