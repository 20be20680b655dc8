//! The coming periods: in flow curves, what is still carried over from the past, and a recommended spend; out flows
//! what each period will bring, in its season. It looks ahead, and decides nothing.
use super::{Budgeting, PERIOD_DAYS};
use crate::channel::quantile::Interval;
use crate::time::Day;
use serde::{Deserialize, Serialize};

/// Every sixth draw is enough for a forecast.
const THIN: usize = 6;

/// One of the coming periods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeriodPlan {
    /// Its first day.
    pub from: Day,
    /// The day behind its last.
    pub to: Day,
    /// What is spent on all channels.
    pub spend: f64,
    /// The season's mean factor; 1 is the last year's mean.
    pub season: f64,
    /// What the spend brings, in the outcome's unit.
    pub outcome: Interval,
    /// Its value: contribution where the margin is known, else revenue.
    pub value: Interval,
    /// What the present spend would bring instead, in value.
    pub value_unchanged: Interval,
}

/// What `periods` periods bring when every channel spends `spend` in each.
pub(super) fn forecast(budgeting: &Budgeting, spend: &[f64], periods: usize) -> Vec<PeriodPlan> {
    let now: Vec<f64> = (0..spend.len()).map(|channel| budgeting.current(channel)).collect();
    let starts: Vec<Day> = (0..periods).map(|number| budgeting.fitted.end + PERIOD_DAYS * number as i32).collect();
    let seasons: Vec<Vec<f64>> = starts.iter().map(|from| seasons(budgeting, *from)).collect();
    let planned = brought(budgeting, spend, &seasons);
    let unchanged = brought(budgeting, &now, &seasons);
    let plan = |number: usize| {
        let from = starts[number];
        PeriodPlan {
            from,
            to: from + PERIOD_DAYS,
            spend: spend.iter().sum(),
            season: seasons[number].iter().sum::<f64>() / seasons[number].len() as f64,
            outcome: Interval::of(planned[number].iter().map(|brought| brought.outcome).collect()),
            value: Interval::of(planned[number].iter().map(|brought| brought.value).collect()),
            value_unchanged: Interval::of(unchanged[number].iter().map(|brought| brought.value).collect()),
        }
    };
    (0..periods).map(plan).collect()
}

/// The season's factor of each of a period's steps.
fn seasons(budgeting: &Budgeting, from: Day) -> Vec<f64> {
    let step = budgeting.fitted.step.days();
    (0..PERIOD_DAYS / step).map(|number| budgeting.fitted.season_of(from + number * step)).collect()
}

#[derive(Clone, Copy, Default)]
struct Brought {
    outcome: f64,
    value: f64,
}

/// What all channels bring, by period and draw.
fn brought(budgeting: &Budgeting, spend: &[f64], seasons: &[Vec<f64>]) -> Vec<Vec<Brought>> {
    let margin = budgeting.margin.unwrap_or(1.0);
    let steps = budgeting.steps();
    let draws = budgeting.fitted.channels.iter().map(|channel| channel.draws.len()).max().unwrap_or(0);
    let mut sums = vec![vec![Brought::default(); draws.div_ceil(THIN)]; seasons.len()];
    for (channel, (spend, value)) in budgeting.fitted.channels.iter().zip(spend.iter().zip(&budgeting.values)) {
        let worth = value.revenue * margin;
        for (draw, (curve, carried)) in channel.draws.iter().zip(&channel.carried).step_by(THIN).enumerate() {
            let mut adstock = *carried;
            for (sums, seasons) in sums.iter_mut().zip(seasons) {
                for season in seasons {
                    adstock = curve.adstock(adstock, spend / steps);
                    let outcome = curve.response(adstock) * season;
                    sums[draw].outcome += outcome;
                    sums[draw].value += outcome * worth;
                }
            }
        }
    }
    sums
}
