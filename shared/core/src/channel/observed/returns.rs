//! Figures that curves add: in flow figures by channel and fitted curves, out flow the same figures with marginal and
//! incremental returns. Nothing is fitted here.
use crate::channel::budget::Budgeting;
use crate::channel::economics::{self, ChannelFigures, Economics};
use crate::channel::quantile::Interval;
use crate::feature::History;
use crate::feature::history::known_sum;
use std::collections::BTreeMap;

/// Writes what the curves say of the return of further spend beside what was observed.
pub fn add_marginal_roas(economics: &mut Economics, budgeting: &Budgeting) {
    for figures in &mut economics.channels {
        add_marginal(figures, budgeting);
    }
}

/// Spend and marginal return of the channels of a media table, most spend first.
pub fn media_figures(history: &History, budgeting: Option<&Budgeting>) -> Vec<ChannelFigures> {
    let mut channels: BTreeMap<&str, ChannelFigures> = BTreeMap::new();
    for (channel, day) in history.spend() {
        let figures = channels.entry(channel).or_default();
        figures.spend = known_sum(figures.spend, Some(day.spend.to_f64()));
        figures.impressions = known_sum(figures.impressions, day.impressions);
        figures.clicks = known_sum(figures.clicks, day.clicks);
    }
    let named = |(channel, figures): (&str, ChannelFigures)| {
        let mut figures = ChannelFigures { channel: channel.to_owned(), ..figures };
        budgeting.inspect(|budgeting| add_marginal(&mut figures, budgeting));
        figures
    };
    let mut figures: Vec<ChannelFigures> = channels.into_iter().map(named).collect();
    figures.sort_by(economics::most_spend);
    figures
}

fn add_marginal(figures: &mut ChannelFigures, budgeting: &Budgeting) {
    let Some(number) = budgeting.channel(&figures.channel) else { return };
    let fitted = &budgeting.fitted.channels[number];
    if fitted.is_identified() {
        let roas = Interval::of(budgeting.marginal_returns(number)).times(1.0 / budgeting.margin.unwrap_or(1.0));
        figures.marginal_roas = Some(roas);
        figures.incremental_roas = (fitted.lift_tests > 0).then_some(roas);
    }
}
