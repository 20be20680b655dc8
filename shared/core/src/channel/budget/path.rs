//! The coming periods: in flow curves, what is still carried over from the past, and a recommended split; out flows a
//! plan, the spend of every channel in every period, and what each period will bring in its season. How much a channel
//! gets is decided before.
use super::request::Pace;
use super::timing::{self, Calendar};
use super::{Budgeting, PERIOD_DAYS};
use crate::channel::optimise::Bounds;
use crate::channel::quantile::Interval;
use crate::time::Day;
use serde::{Deserialize, Serialize};

/// Every sixth draw is enough for a forecast.
const THIN: usize = 6;

/// One of the coming periods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = BudgetPeriod))]
pub struct PeriodPlan {
    /// Its first day.
    #[cfg_attr(feature = "schema", schema(value_type = String, format = Date))]
    pub from: Day,
    /// The day behind its last.
    #[cfg_attr(feature = "schema", schema(value_type = String, format = Date))]
    pub to: Day,
    /// What is spent on all channels.
    pub spend: f64,
    /// What is spent on each.
    pub channels: Vec<ChannelSpend>,
    /// The season's mean factor; 1 is the last year's mean.
    pub season: f64,
    /// What the spend brings, in the outcome's unit.
    pub outcome: Interval,
    /// Its value: contribution where the margin is known, else revenue.
    pub value: Interval,
    /// What the present spend would bring instead, in value.
    pub value_unchanged: Interval,
}

/// A channel in a period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = BudgetSpend))]
pub struct ChannelSpend {
    /// The channel.
    pub channel: String,
    /// What is spent on it.
    pub spend: f64,
}

/// A plan of `periods` periods, in which every channel has as many times what it has a period in `split`. With `bounds`
/// it is spent when it brings most, within these in every period; without, evenly.
pub(super) fn plan(
    budgeting: &Budgeting,
    split: &[f64],
    bounds: Option<&[Bounds]>,
    (pace, periods): (Pace, usize),
) -> Vec<PeriodPlan> {
    let days = pace.days();
    let part = f64::from(days) / f64::from(PERIOD_DAYS);
    let now: Vec<f64> = (0..split.len()).map(|channel| budgeting.current(channel) * part).collect();
    let starts: Vec<Day> = (0..periods).map(|number| budgeting.fitted.end + days * number as i32).collect();
    let seasons: Vec<Vec<f64>> = starts.iter().map(|from| seasons(budgeting, *from, days)).collect();
    let mean = |factors: &Vec<f64>| factors.iter().sum::<f64>() / factors.len() as f64;
    let calendar =
        Calendar { steps: f64::from(days / budgeting.fitted.step.days()), seasons: seasons.iter().map(mean).collect() };
    let spend_of = |channel: usize| {
        let total = split[channel] * part * periods as f64;
        match bounds.map(|bounds| bounds[channel]) {
            Some(Bounds { low, high }) => {
                let fitted = &budgeting.fitted.channels[channel];
                // A period does not leave what has been seen, unless the recommendation itself does.
                let seen = (fitted.highest * budgeting.steps()).max(split[channel]);
                let bounds = Bounds { low: low * part, high: high.min(seen) * part };
                timing::divide(fitted, &calendar, bounds, total)
            }
            None => vec![split[channel] * part; periods],
        }
    };
    let spend: Vec<Vec<f64>> = (0..split.len()).map(spend_of).collect();
    let unchanged: Vec<Vec<f64>> = now.iter().map(|now| vec![*now; periods]).collect();
    let planned = brought(budgeting, &spend, &seasons);
    let unchanged = brought(budgeting, &unchanged, &seasons);
    let named = |number: usize| {
        let channels = budgeting.fitted.channels.iter().zip(&spend);
        channels
            .map(|(channel, spend)| ChannelSpend { channel: channel.channel.clone(), spend: spend[number] })
            .collect()
    };
    let plan = |number: usize| {
        let from = starts[number];
        PeriodPlan {
            from,
            to: from + days,
            spend: spend.iter().map(|spend| spend[number]).sum(),
            channels: named(number),
            season: calendar.seasons[number],
            outcome: Interval::of(planned[number].iter().map(|brought| brought.outcome).collect()),
            value: Interval::of(planned[number].iter().map(|brought| brought.value).collect()),
            value_unchanged: Interval::of(unchanged[number].iter().map(|brought| brought.value).collect()),
        }
    };
    (0..periods).map(plan).collect()
}

/// The season's factor of each of a period's steps.
fn seasons(budgeting: &Budgeting, from: Day, days: i32) -> Vec<f64> {
    let step = budgeting.fitted.step.days();
    (0..days / step).map(|number| budgeting.fitted.season_of(from + number * step)).collect()
}

#[derive(Clone, Copy, Default)]
struct Brought {
    outcome: f64,
    value: f64,
}

/// What all channels bring, by period and draw. `spend` is by channel and period.
fn brought(budgeting: &Budgeting, spend: &[Vec<f64>], seasons: &[Vec<f64>]) -> Vec<Vec<Brought>> {
    let margin = budgeting.margin.unwrap_or(1.0);
    let draws = budgeting.fitted.channels.iter().map(|channel| channel.draws.len()).max().unwrap_or(0);
    let mut sums = vec![vec![Brought::default(); draws.div_ceil(THIN)]; seasons.len()];
    for (channel, (spend, value)) in budgeting.fitted.channels.iter().zip(spend.iter().zip(&budgeting.values)) {
        let worth = value.revenue * margin;
        for (draw, (curve, carried)) in channel.draws.iter().zip(&channel.carried).step_by(THIN).enumerate() {
            let mut adstock = *carried;
            for ((sums, seasons), spend) in sums.iter_mut().zip(seasons).zip(spend) {
                for season in seasons {
                    adstock = curve.adstock(adstock, spend / seasons.len() as f64);
                    let outcome = curve.response(adstock) * season;
                    sums[draw].outcome += outcome;
                    sums[draw].value += outcome * worth;
                }
            }
        }
    }
    sums
}
