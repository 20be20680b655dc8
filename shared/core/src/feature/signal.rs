//! Outside signals: in flow the economic series of a history and the training cutoffs, out flows what of them, and of
//! the season, those cutoffs could tell from chance. A series is the same for every customer of a cutoff, so each
//! cutoff is one observation of it, however many customers there are; nothing here enters a fit.
//!
//! Values are joined as of the cutoff: only what was published before it. A coefficient takes about ten observations
//! (Harrell 2015, *Regression Modeling Strategies*, section 4.4); the protocol trains on seven overlapping cutoffs at
//! most, so a series is shown beside the predictions and kept out of them.
use super::History;
use crate::table::row::Indicator;
use crate::time::{Cutoff, Day};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Different values that a series must have taken at the training cutoffs for its effect to be told from chance.
const NEEDED: usize = 10;
/// Days of history that hold every season twice.
const TWO_YEARS: i32 = 2 * 365;
/// Series that are no signals but tables of their own: exchange rates, and the revenue of media tables.
const APART: [&str; 2] = ["rate", "revenue"];

/// A series as the deployed fit's cutoffs saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// The latest value that was published before the predictions begin, in the series' own unit.
    pub value: Option<f64>,
    /// The day that value is of.
    pub of: Option<Day>,
    /// Median days from the day a value is of to its publication.
    pub lag_days: i32,
    /// Training cutoffs before which at least one value was published.
    pub known_at: usize,
    /// Different values at those cutoffs.
    pub distinct: usize,
    /// How many it would take.
    pub needed: usize,
}

/// What the training cutoffs can and cannot identify besides the customers themselves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Signals {
    /// Training cutoffs of the deployed fit.
    pub cutoffs: usize,
    /// Was every season seen twice, so that it can be told from a trend?
    pub season_identified: bool,
    /// The uploaded series, by name.
    pub series: Vec<Series>,
}

impl Signals {
    /// Looks at the series of `history` as of each cutoff of `training`, and as of `deployed`, from where is predicted.
    pub fn of(history: &History, training: &[Cutoff], deployed: Cutoff) -> Signals {
        let apart = |name: &str| APART.contains(&name.split_once(':').map_or(name, |(kind, _)| kind));
        let names: BTreeSet<&str> = history.indicators().iter().map(|value| value.name.as_str()).collect();
        let series = names.into_iter().filter(|name| !apart(name));
        let days = history.span().map_or(0, |(first, _)| deployed.0.since(first));
        Signals {
            cutoffs: training.len(),
            season_identified: days >= TWO_YEARS,
            series: series.map(|name| Series::of(history, name, training, deployed)).collect(),
        }
    }

    /// What the card says, where there is something that cannot be told.
    pub fn sentences(&self) -> Vec<String> {
        if self.series.is_empty() {
            return Vec::new();
        }
        let names: Vec<&str> = self.series.iter().map(|series| series.name.as_str()).collect();
        vec![format!(
            "not identified and therefore not used: {}; {} training cutoffs tell the effect of a series from chance no \
             better than as many observations would, and it takes {NEEDED}",
            names.join(", "),
            self.cutoffs
        )]
    }
}

impl Series {
    fn of(history: &History, name: &str, training: &[Cutoff], deployed: Cutoff) -> Series {
        let mut lags: Vec<i32> =
            history.indicators().iter().filter(|value| value.name == name).map(Indicator::lag_days).collect();
        lags.sort_unstable();
        let seen: Vec<f64> = training.iter().filter_map(|cutoff| history.indicator(name, *cutoff)).collect();
        let latest = history.indicator_as_of(name, deployed);
        Series {
            name: name.to_owned(),
            value: latest.map(|value| value.value),
            of: latest.map(|value| value.date),
            lag_days: lags.get(lags.len() / 2).copied().unwrap_or(0),
            known_at: seen.len(),
            distinct: seen.iter().map(|value| value.to_bits()).collect::<BTreeSet<u64>>().len(),
            needed: NEEDED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;
    use crate::money::Money;
    use crate::table::row::Transaction;

    /// A monthly series that is published `lag` days after the day it is of, and orders from day 0 to `last`.
    fn history(lag: Option<i32>, last: i32) -> History {
        let mut builder = History::builder(&Account::default()).unwrap();
        for day in [0, last] {
            let time = i64::from(day) * 86_400_000_000;
            builder.transaction(&Transaction::order("a", time, Money::from_cents(100)));
        }
        for (line, month) in (0..20).enumerate() {
            let date = Day(month * 30);
            let published_at = lag.map(|days| date + days);
            let name = "inflation".to_owned();
            builder.indicator(&Indicator { date, name, value: f64::from(month), published_at, line: line as u64 });
        }
        for name in ["rate:EUR/USD", "revenue", "revenue:shop"] {
            builder.indicator(&Indicator {
                date: Day(1),
                name: name.to_owned(),
                value: 1.0,
                published_at: None,
                line: 1,
            });
        }
        builder.finish()
    }

    fn cutoffs() -> Vec<Cutoff> {
        (4..11).map(|month| Cutoff(Day(month * 30))).collect()
    }

    #[test]
    fn a_cutoff_sees_what_was_published_before_it_and_not_what_it_is_of() {
        let prompt = Signals::of(&history(None, 400), &cutoffs(), Cutoff(Day(400)));
        // the value of day 390 is of month 13
        assert_eq!((prompt.series[0].value, prompt.series[0].of), (Some(13.0), Some(Day(390))));
        let late = Signals::of(&history(Some(45), 400), &cutoffs(), Cutoff(Day(400)));
        // that of day 330 was published on day 375, that of day 360 will be on day 405
        assert_eq!(
            (late.series[0].value, late.series[0].of, late.series[0].lag_days),
            (Some(11.0), Some(Day(330)), 45)
        );
        assert_eq!((late.series[0].known_at, late.series[0].distinct), (7, 7));
        let unpublished = Signals::of(&history(Some(150), 400), &cutoffs(), Cutoff(Day(400)));
        assert_eq!((unpublished.series[0].known_at, unpublished.series[0].distinct), (5, 5));
    }

    #[test]
    fn seven_cutoffs_identify_no_series_and_one_year_no_season_and_both_are_said() {
        let signals = Signals::of(&history(Some(10), 400), &cutoffs(), Cutoff(Day(400)));
        assert!(!signals.season_identified);
        assert_eq!(signals.series.iter().map(|series| series.name.as_str()).collect::<Vec<_>>(), ["inflation"]);
        assert!(signals.series[0].distinct < signals.series[0].needed);
        let said = signals.sentences().join(" ");
        assert!(said.contains("inflation") && said.contains("not identified") && !said.contains("revenue"), "{said}");
        assert!(Signals::of(&history(None, 740), &cutoffs(), Cutoff(Day(740))).season_identified);
        assert!(Signals::default().sentences().is_empty());
    }
}
