//! What features need besides a customer's own events: codes of names, channel costs, fitted buy-till-you-die models.
//! In flows a whole history; out flows a small record that is stored with a model, so that the raw transactions of
//! one customer give the very row they would have in the whole history.
use super::catalogue::FEATURES;
use super::channel_cost::ChannelCosts;
use super::history::{Facts, History, NONE};
use super::known::Origin;
use super::life::LifeFit;
use super::matrix::Feature;
use super::signal::joined::{self, Signal};
use super::vocabulary::Vocabulary;
use crate::account::Account;
use crate::time::{Cutoff, Day, Horizon};
use serde::{Deserialize, Serialize};

/// The surroundings of every row. Nothing in it that lies at or behind a cutoff is used for that cutoff.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Context {
    /// How many days the windows cover.
    pub horizon: Horizon,
    /// IANA name of the zone that days are counted in.
    pub timezone: String,
    /// The currency of all amounts.
    pub currency: Option<String>,
    /// The first day of the history.
    pub start: Day,
    /// Names of the features, in their order.
    pub features: Vec<String>,
    /// Codes of acquisition channels.
    pub channels: Vocabulary,
    /// Codes of acquisition campaigns.
    pub campaigns: Vocabulary,
    /// Codes of countries.
    pub countries: Vocabulary,
    /// CAC by channel and month.
    pub channel_costs: ChannelCosts,
    /// Buy-till-you-die models, earliest cutoff first.
    pub lives: Vec<LifeFit>,
    /// Outside series whose columns follow those of every customer. Last: models of formats 1 and 2 end before it.
    pub signals: Vec<Signal>,
}

/// A context that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// The history holds no event to learn from.
    #[error("there is no transaction to learn from")]
    Empty,
    /// The stored context was made by a program with other features.
    #[error(
        "the model was trained on other features than this program computes: feature {position} was {stored}, now it is {current}"
    )]
    Features {
        /// The first place where they differ, counted from 0.
        position: usize,
        /// What the model was trained on.
        stored: String,
        /// What this program computes.
        current: String,
    },
}

impl Context {
    /// Learns from a history. Days are kept, so that a cutoff sees what was known before it.
    ///
    /// # Errors
    /// A history without any event.
    pub fn learn(history: &History, horizon: Horizon, account: &Account) -> Result<Context, ContextError> {
        let (start, _) = history.span().ok_or(ContextError::Empty)?;
        let codes = |code: fn(&Facts) -> u32, from: fn(&Facts) -> Option<Day>| {
            let facts = (0..history.len() as u32).map(|customer| history.facts(customer));
            facts.filter_map(move |facts| Some((code(facts), from(facts)?)))
        };
        let (channels, campaigns, countries) = (history.channels(), history.campaigns(), history.countries());
        Ok(Context {
            horizon,
            timezone: account.timezone.clone(),
            currency: history.currency().map(str::to_owned),
            start,
            features: FEATURES.iter().map(|feature| feature.name.to_owned()).collect(),
            channels: Vocabulary::learn(channels.all(), codes(|facts| facts.channel, Facts::channel_known_from)),
            campaigns: Vocabulary::learn(campaigns.all(), codes(|facts| facts.campaign, Facts::known_from)),
            countries: Vocabulary::learn(countries.all(), codes(|facts| facts.country, Facts::known_from)),
            channel_costs: ChannelCosts::learn(history),
            lives: Vec::new(),
            signals: Vec::new(),
        })
    }

    /// The same with the columns of outside series.
    #[must_use]
    pub fn with_signals(self, signals: Vec<Signal>) -> Context {
        let features = joined::described(&FEATURES, &signals).iter().map(|feature| feature.name.to_owned()).collect();
        Context { features, signals, ..self }
    }

    /// Its outside series with the values that a scoring of `history` sees.
    pub fn signals_in(&self, history: &History) -> Vec<Signal> {
        self.signals.iter().map(|signal| signal.seen_in(history)).collect()
    }

    /// The same with the values of `seen`, which a scoring of everyone saw: one customer's own orders must be predicted
    /// by them too.
    #[must_use]
    pub fn seeing(mut self, seen: &[Signal]) -> Context {
        for signal in &mut self.signals {
            if let Some(later) = seen.iter().find(|later| later.name == signal.name) {
                signal.values = later.values.clone();
            }
        }
        self
    }

    /// The columns of every matrix in this context.
    pub fn columns(&self) -> &'static [Feature] {
        joined::described(&FEATURES, &self.signals)
    }

    /// Checks a context that was stored.
    ///
    /// # Errors
    /// Features that this program does not compute, or not in this order.
    pub fn checked(self) -> Result<Context, ContextError> {
        let computed = self.columns();
        let longest = self.features.len().max(computed.len());
        for position in 0..longest {
            let stored = self.features.get(position).map_or("absent", String::as_str);
            let current = computed.get(position).map_or("absent", |feature| feature.name);
            if stored != current {
                return Err(ContextError::Features {
                    position,
                    stored: stored.to_owned(),
                    current: current.to_owned(),
                });
            }
        }
        Ok(self)
    }

    /// The models that features of `cutoff` are computed with: the latest that were fitted at or before it.
    pub fn life(&self, cutoff: Cutoff) -> Option<&LifeFit> {
        self.lives.iter().rev().find(|fit| fit.cutoff.0 <= cutoff.0)
    }

    /// Keeps models for their cutoff.
    pub(super) fn keep(&mut self, fit: LifeFit) {
        let place = self.lives.partition_point(|other| other.cutoff.0 < fit.cutoff.0);
        self.lives.insert(place, fit);
    }

    /// What predictions from `cutoff` on need: without the models of other cutoffs.
    pub fn for_predictions_from(&self, cutoff: Cutoff) -> Context {
        let lives = self.life(cutoff).cloned().into_iter().collect();
        Context { lives, ..self.clone() }
    }

    /// The account settings that a history must be built with to be looked at in this context.
    pub fn account(&self) -> Account {
        Account { timezone: self.timezone.clone(), currency: self.currency.clone(), ..Account::default() }
    }
}

/// A context as one history sees it at one cutoff: its name codes translated.
pub(super) struct Bound<'a> {
    context: &'a Context,
    history: &'a History,
    cutoff: Cutoff,
    channels: Vec<f32>,
    campaigns: Vec<f32>,
    countries: Vec<f32>,
}

impl<'a> Bound<'a> {
    pub(super) fn new(context: &'a Context, history: &'a History, cutoff: Cutoff) -> Bound<'a> {
        Bound {
            context,
            history,
            cutoff,
            channels: context.channels.codes(history.channels().all(), cutoff),
            campaigns: context.campaigns.codes(history.campaigns().all(), cutoff),
            countries: context.countries.codes(history.countries().all(), cutoff),
        }
    }

    /// Where a customer came from, given the acquisition day as known at the cutoff.
    pub(super) fn origin(&self, facts: &Facts, acquired: Day) -> Origin {
        let code = |codes: &[f32], code: u32| if code == NONE { f32::NAN } else { codes[code as usize] };
        // The channel of an event is not known before it.
        let told = facts.channel_known_from().is_some_and(|day| self.cutoff.is_after(day));
        let channel_code = if told { facts.channel } else { NONE };
        let channel = self.history.channels().name(channel_code);
        let cac = channel.and_then(|name| self.context.channel_costs.at_acquisition(name, acquired, self.cutoff));
        Origin {
            channel: code(&self.channels, channel_code),
            campaign: code(&self.campaigns, facts.campaign),
            country: code(&self.countries, facts.country),
            channel_cac: cac.map_or(f32::NAN, |cac| cac as f32),
            left_censored: facts.stated.is_none_or(|day| !self.cutoff.is_after(day))
                && acquired.since(self.context.start) < super::history::LEFT_CENSORED_DAYS,
        }
    }
}
