//! Ad spend as series: in flows a history, out flows what every channel spent on every day of a stretch of time.
use super::NoBudget;
use crate::feature::History;
use crate::time::{Cutoff, Day};
use std::collections::BTreeMap;

/// Ad spend by channel and day.
pub(super) struct Spending {
    pub(super) channels: Vec<String>,
    pub(super) first: Day,
    pub(super) last: Day,
    days: BTreeMap<(usize, Day), f64>,
}

impl Spending {
    /// Spend of the days from `from` on and before `cutoff`.
    pub(super) fn of(history: &History, from: Day, cutoff: Cutoff) -> Result<Spending, NoBudget> {
        let within = || history.spend().filter(|(_, day)| (from..cutoff.0).contains(&day.day));
        let mut channels: Vec<String> = within().map(|(channel, _)| channel.to_owned()).collect();
        channels.sort();
        channels.dedup();
        let mut days: BTreeMap<(usize, Day), f64> = BTreeMap::new();
        for (channel, day) in within() {
            if let Ok(number) = channels.binary_search_by(|name| name.as_str().cmp(channel)) {
                *days.entry((number, day.day)).or_default() += day.spend.to_f64();
            }
        }
        let first = days.keys().map(|(_, day)| *day).min().ok_or(NoBudget::NoSpend)?;
        let last = days.keys().map(|(_, day)| *day).max().ok_or(NoBudget::NoSpend)?;
        Ok(Spending { channels, first, last, days })
    }

    pub(super) fn number(&self, channel: &str) -> Option<usize> {
        self.channels.binary_search_by(|name| name.as_str().cmp(channel)).ok()
    }

    /// Spend of every channel on `days` days from `first` on; nothing where no row says so.
    pub(super) fn by_day(&self, first: Day, days: usize) -> Vec<Vec<f64>> {
        let spent = |channel: usize, day: usize| self.days.get(&(channel, first + day as i32)).copied().unwrap_or(0.0);
        (0..self.channels.len()).map(|channel| (0..days).map(|day| spent(channel, day)).collect()).collect()
    }
}
