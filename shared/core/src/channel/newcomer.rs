//! New customers: in flow a history and a cutoff; out flow the customers won in a period as they were known then, and
//! what each of them brings until the age of H. Nothing that is dated at or behind the cutoff is looked at.
use crate::feature::History;
use crate::feature::history::LEFT_CENSORED_DAYS;
use crate::money::Money;
use crate::time::{Cutoff, Day, Horizon};

/// A customer won.
pub(super) struct Newcomer<'a> {
    pub(super) customer: u32,
    pub(super) acquired: Day,
    pub(super) channel: Option<&'a str>,
    pub(super) campaign: Option<&'a str>,
    /// Perhaps there before the file began.
    pub(super) left_censored: bool,
}

/// The customers won in `[from, to)`, as they were known at `cutoff`.
pub(super) fn newcomers(
    history: &History,
    (from, to): (Day, Day),
    cutoff: Cutoff,
) -> impl Iterator<Item = Newcomer<'_>> {
    let start = history.span().map(|(start, _)| start);
    (0..history.len() as u32).filter_map(move |customer| {
        let facts = history.facts(customer).known_before(cutoff);
        let acquired = facts.acquired().filter(|day| (from..to).contains(day))?;
        let left_censored = start.is_some_and(|start| facts.left_censored(start));
        let (channel, campaign) = (history.channels().name(facts.channel), history.campaigns().name(facts.campaign));
        Some(Newcomer { customer, acquired, channel, campaign, left_censored })
    })
}

/// The first day on which new customers are known to be new, as far as `cutoff` tells.
pub(super) fn known_from(history: &History, cutoff: Cutoff) -> Option<Day> {
    let (start, _) = history.span()?;
    let censored =
        (0..history.len() as u32).any(|customer| history.facts(customer).known_before(cutoff).left_censored(start));
    Some(if censored { start + LEFT_CENSORED_DAYS } else { start })
}

/// From when customers are looked at, over which age, and what is expected of the part of it that has not passed.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) cutoff: Cutoff,
    pub(super) horizon: Horizon,
    pub(super) rest: &'a Rest<'a>,
}

/// What a customer is expected to bring until the age of H: of a customer, the days that are left until then, and what
/// was observed.
pub(super) type Rest<'a> = dyn Fn(u32, i32, f64) -> f64 + Sync + 'a;

/// What a customer brings in the first H days: observed, as far as these have passed before the cutoff, and expected.
pub(super) fn worth(history: &History, customer: u32, acquired: Day, seen: &Seen<'_>) -> (f64, f64) {
    let matured = acquired + seen.horizon.days();
    let observed = spend_until(history, customer, matured.min(seen.cutoff.0));
    let days_left = matured.since(seen.cutoff.0).max(0);
    let expected = if days_left > 0 { (seen.rest)(customer, days_left, observed) } else { 0.0 };
    (observed, expected)
}

fn spend_until(history: &History, customer: u32, end: Day) -> f64 {
    let events = history.events(customer).iter().take_while(|event| event.day < end);
    events.map(|event| event.amount).sum::<Money>().to_f64()
}
