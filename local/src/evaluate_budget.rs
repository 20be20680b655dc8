//! How good is the budget advice? In flow a number of businesses and a seed; out flows one JSON object: simulated
//! businesses whose truth is known are put through the same code that the training uses, from series to advice, and
//! the advice is judged by what it would truly have earned. Nothing is read or written.
//!
//! Every business is asked twice: (a) with customers labelled by channel, (b) knowing only the total. Half of the
//! businesses follow other families of response and carry-over than those that are fitted.
mod business;
mod constants;
mod judge;
mod truth;

use business::Business;
use judge::{Judged, Mode};
use ltv_core::channel::media::MediaError;
use serde::Serialize;
use std::collections::BTreeMap;

/// What to evaluate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::Args)]
pub struct Config {
    /// Businesses to simulate, 1 to 10000.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub businesses: u32,
    /// Another seed is another set of businesses; the same one gives the same answer.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Judge the advice of past periods too, by later curves and by the truth; that takes about four times as long.
    #[arg(long)]
    pub backtest: bool,
}

/// The judgement. Shares and gains are parts of what the best split under the same caps and locks would gain, or of
/// what spend brings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// Share of channels whose true marginal return lies inside the stated 80 % interval; customers labelled.
    pub coverage_80: f64,
    /// Median over channels of the interval's width ÷ the true marginal return; customers labelled.
    pub width_ratio: f64,
    /// (a) Σ gain of the advice ÷ Σ best gain.
    pub share_labelled: f64,
    /// (b) The same, of the same businesses.
    pub share_totals: f64,
    /// (a) The least gain of one business, as a part of what spend brings it.
    pub worst_labelled: f64,
    /// (b) The same.
    pub worst_totals: f64,
    /// Share of businesses that were told to go on as before, by mode.
    pub no_change: BTreeMap<&'static str, f64>,
    /// Σ best gain of these ÷ Σ best gain of all, by mode.
    pub missed_gain: BTreeMap<&'static str, f64>,
    /// Σ gain of a split proportional to observed ROAS under the same caps and locks ÷ Σ best gain.
    pub control_share: f64,
    /// Coverage apart: by mode, and there by whether the fitted families are the true ones.
    pub coverage: BTreeMap<&'static str, Apart>,
    /// Median width apart, likewise.
    pub width: BTreeMap<&'static str, Apart>,
    /// Share apart, likewise.
    pub share: BTreeMap<&'static str, Apart>,
    /// Share of paid channels about which something is advised, by mode.
    pub identified: BTreeMap<&'static str, f64>,
    /// Advice of past periods, by mode; absent unless asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backtest: Option<BTreeMap<&'static str, Backtested>>,
    /// Mean over businesses of the best gain, as a part of what spend brings.
    pub best_gain: f64,
    /// Businesses refused any advice, by mode.
    pub refused: BTreeMap<&'static str, usize>,
    /// How many businesses.
    pub businesses: u32,
    /// The seed.
    pub seed: u64,
}

/// What past advice would have earned a period. Gains are means, as parts of what spend brought; absent where there is
/// nothing to take the mean of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Backtested {
    /// Past recommendations.
    pub recommendations: usize,
    /// To change something.
    pub changes: usize,
    /// To go on as before.
    pub no_changes: usize,
    /// Refused.
    pub refusals: usize,
    /// Changes that later data do not judge.
    pub changes_unjudged: usize,
    /// Other recommendations that they do not.
    pub others_unjudged: usize,
    /// What the judged changes gain under the curves of later data.
    pub gained_by_later_curves: Option<f64>,
    /// And truly.
    pub gained_by_truth: Option<f64>,
    /// What the best split would have gained under the curves of later data where nothing was to be changed and they
    /// judge it.
    pub missed_by_later_curves: Option<f64>,
    /// And truly.
    pub missed_by_truth: Option<f64>,
    /// Σ true gain of all recommendations ÷ Σ true gain of the best splits.
    pub share: Option<f64>,
}

/// One figure for businesses of the fitted families, and for the others.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Apart {
    /// True response and carry-over are of the fitted families.
    pub well_specified: f64,
    /// They are of other families.
    pub misspecified: f64,
}

/// Simulates, fits, advises and judges. `progress` is called with the number of businesses done.
///
/// # Errors
/// Series that cannot be fitted, which no simulated business has.
pub fn evaluate(config: &Config, mut progress: impl FnMut(u32)) -> Result<Verdict, MediaError> {
    let mut all: BTreeMap<Mode, Vec<Judged>> = BTreeMap::new();
    for number in 0..config.businesses {
        let business = Business::draw(config.seed, number);
        for mode in Mode::ALL {
            all.entry(mode).or_default().push(judge::judge(&business, mode, config.backtest)?);
        }
        progress(number + 1);
    }
    let by = |of: &dyn Fn(&[&Judged]) -> f64| -> BTreeMap<&'static str, f64> {
        all.iter().map(|(mode, judged)| (mode.name(), of(&judged.iter().collect::<Vec<_>>()))).collect()
    };
    let apart = |of: &dyn Fn(&[&Judged]) -> f64| -> BTreeMap<&'static str, Apart> {
        let half = |judged: &[Judged], well: bool| of(&judged.iter().filter(|j| j.well == well).collect::<Vec<_>>());
        all.iter()
            .map(|(mode, judged)| {
                (mode.name(), Apart { well_specified: half(judged, true), misspecified: half(judged, false) })
            })
            .collect()
    };
    let of = |mode: Mode| all[&mode].iter().collect::<Vec<&Judged>>();
    let (labelled, totals) = (of(Mode::Labelled), of(Mode::Totals));
    let refused = all.iter().map(|(mode, judged)| (mode.name(), judged.iter().filter(|j| j.refused).count()));
    Ok(Verdict {
        coverage_80: judge::coverage(&labelled),
        width_ratio: judge::width(&labelled),
        share_labelled: judge::share(&labelled),
        share_totals: judge::share(&totals),
        worst_labelled: judge::worst(&labelled),
        worst_totals: judge::worst(&totals),
        no_change: by(&judge::no_change),
        missed_gain: by(&judge::missed),
        control_share: judge::control(&labelled),
        coverage: apart(&judge::coverage),
        width: apart(&judge::width),
        share: apart(&judge::share),
        identified: by(&judge::identified),
        backtest: config
            .backtest
            .then(|| all.iter().map(|(mode, judged)| (mode.name(), judge::backtested(judged))).collect()),
        best_gain: judge::best_gain(&labelled),
        refused: refused.collect(),
        businesses: config.businesses,
        seed: config.seed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_verdict_and_the_best_split_is_never_beaten() {
        let config = Config { businesses: 2, seed: 5, backtest: false };
        let verdict = evaluate(&config, |_| {}).unwrap();
        assert_eq!(serde_json::to_string(&verdict).unwrap(), {
            serde_json::to_string(&evaluate(&config, |_| {}).unwrap()).unwrap()
        });
        for share in [verdict.share_labelled, verdict.share_totals, verdict.control_share] {
            assert!(share <= 1.0 + 1e-6, "{verdict:?}");
        }
    }

    #[test]
    fn past_advice_is_judged_by_later_curves_and_by_the_truth() {
        let verdict = evaluate(&Config { businesses: 1, seed: 5, backtest: true }, |_| {}).unwrap();
        let past = verdict.backtest.unwrap();
        for (mode, past) in &past {
            // Two years hold three quarters with a year before and half a year behind them.
            assert_eq!(past.recommendations, 3, "{mode}");
            assert_eq!(past.changes + past.no_changes + past.refusals, 3, "{mode}");
            assert!(past.changes_unjudged <= past.changes && past.others_unjudged <= 3 - past.changes, "{mode}");
            assert!(past.share <= Some(1.0 + 1e-6), "{mode}: {past:?}");
        }
        // Labelled customers tell enough to move something, and later data agree that it gains.
        let labelled = past["labelled"];
        assert!(labelled.changes > 0 && labelled.share > Some(0.0), "{labelled:?}");
        assert!(labelled.gained_by_later_curves > Some(0.0) && labelled.gained_by_truth > Some(0.0), "{labelled:?}");
    }

    #[test]
    fn no_business_is_easy() {
        let (mut pairs, mut seasonal) = (Vec::new(), Vec::new());
        for number in 0..30 {
            let business = Business::draw(3, number);
            let (between, with_season) = business.correlations();
            pairs.push(between);
            seasonal.push(with_season);
            assert!(business.daily_noise() >= 0.2);
            assert_eq!(business.media(Mode::Labelled).periods(), 730);
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        assert!((mean(&pairs) - 0.5).abs() < 0.1, "{}", mean(&pairs));
        assert!((mean(&seasonal) - 0.5).abs() < 0.1, "{}", mean(&seasonal));
    }
}
