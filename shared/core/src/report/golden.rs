//! Golden files of the report: what a made-up training looks like as HTML and as text.
use super::Report;
use crate::feature::availability::Availability;
use crate::feature::signal::{Series, Signals};
use crate::model::Recipe;
use crate::model::card::{Card, Caveat, FeatureEntry, Provenance, Splits};
use crate::model::gate::{Comparison, Decision, Gain, Verdict};
use crate::model::interval::{Band, BandCoverage, Coverage, Intervals};
use crate::model::level::Level;
use crate::model::metrics::Metrics;
use crate::model::metrics::bootstrap::Range;
use crate::model::metrics::decile::Decile;
use crate::model::recipe::{Baseline, Btyd};
use crate::model::search::TrialResult;
use crate::model::training::{Candidate, Evaluation, Population, Ranges, Role, Rolling, RollingSpread};
use crate::money::Money;
use crate::table::merge::Overlap;
use crate::time::{Cutoff, Day, Horizon};
use crate::value::Segment;
use crate::value::drift::series::{Seen, SeriesShift};
use crate::value::drift::{Drift, SegmentShift, Shift};
use crate::value::rules::{Condition, Rule, Rules};
use crate::value::total::{SegmentTotal, Total};
use crate::value::track::{Booked, Realised, Scoring, TrackRecord};

fn metrics() -> Metrics {
    Metrics {
        rmse: Some(33.21),
        mae: Some(11.4),
        r2: Some(0.503),
        spearman: Some(0.41),
        gini: Some(0.783),
        sum_ratio: Some(1.02),
        top10: Some(0.66),
    }
}

fn total(customers: usize, predicted: f64) -> Total {
    Total {
        customers,
        cold: customers / 2,
        predicted_spend: predicted,
        low: predicted * 0.8,
        high: predicted * 1.25,
        level_included: true,
        spend_to_date: predicted * 5.0,
        ltv: predicted * 6.0,
        contribution_ltv: None,
    }
}

fn evaluation(test: Cutoff, horizon: Horizon) -> Evaluation {
    let subject = Recipe::Btyd(Btyd::BgNbd);
    let gain = Gain { lower: 0.01, median: 0.18, upper: 0.2 };
    let comparison = Comparison { opponent: "past spend".to_owned(), gini: Some(gain), rmse: Some(gain), passed: true };
    let population = Population { customers: 100, actual: 900.0, predicted: 950.0, metrics: metrics() };
    let candidate = |recipe, role| Candidate {
        recipe,
        role,
        validation: Some(0.1),
        metrics: metrics(),
        ranges: Ranges { gini: Some(Range { low: 0.76, high: 0.8 }), ..Ranges::default() },
        seconds: 0.5,
    };
    Evaluation {
        cutoff: test,
        horizon,
        candidates: vec![
            candidate(subject.clone(), Role::Challenger),
            candidate(Recipe::Baseline(Baseline::PastSpend), Role::Baseline),
        ],
        verdict: Verdict::of(vec![comparison], Some(1.02)),
        champion_verdict: None,
        decision: Decision::Promote,
        reason: "BG/NBD with Gamma-Gamma passed the gate".to_owned(),
        subject,
        level: Level::of(&[(0.87, 1.0), (1.17, 1.0)]),
        intervals: Intervals {
            bands: vec![Band { up_to: 300.0, low: 0.0, high: 2.5, zeros: 0.8, deviation: 2.0, customers: 200 }],
            floor: 0.1,
        },
        metrics: metrics(),
        deciles: (1..=10)
            .map(|decile| Decile {
                decile,
                customers: 20,
                mean_predicted: 100.0 / f64::from(decile),
                mean_actual: 90.0 / f64::from(decile),
                buyers: 0.5 / f64::from(decile),
            })
            .collect(),
        coverage: Coverage {
            inside: 0.89,
            above: 0.1,
            bands: vec![BandCoverage { up_to: 300.0, customers: 200, zeros: 0.8, inside: 0.89, above: 0.1 }],
            pinball: 4.0,
            pinball_unconditional: 5.0,
        },
        cold: population,
        known: population,
        later_arrivals: 12.5,
        floored: 3.0,
        winsorised: 250.0,
        rolling: vec![Rolling { cutoff: test, metrics: metrics(), chosen_on: false }],
        rolling_spread: RollingSpread::default(),
        seen: Vec::new(),
    }
}

fn signals(end: Day) -> Signals {
    Signals {
        cutoffs: 7,
        windows: 3,
        season_identified: false,
        held_back: Vec::new(),
        series: vec![Series {
            name: "<inflation>".to_owned(),
            value: Some(2.4),
            of: Some(end - 31),
            lag_days: 14,
            known_at: 3,
            publication_unknown: false,
            distinct: 2,
            needed: 10,
            columns: Vec::new(),
        }],
    }
}

/// A report in which every text that comes from data tries to be markup.
fn report() -> Report {
    let hostile = "<script>alert('&')</script>".to_owned();
    let (start, end) = (Day(9_862), Day(10_407));
    let (horizon, test) = (Horizon::try_from(90).unwrap(), Cutoff(end - 90));
    let card = Card {
        model_id: Some("0123456789abcdef".to_owned()),
        provenance: Provenance {
            snapshot: hostile.clone(),
            trained_at: "2026-11-21T12:00:00Z".to_owned(),
            program: "0.1.0".to_owned(),
            overlap: Overlap { superseded: 1_234, ..Overlap::default() },
        },
        splits: Splits {
            start,
            end,
            horizon,
            test,
            validation: vec![Cutoff(end - 180)],
            evaluation_training: vec![Cutoff(end - 180)],
            deployment_training: vec![test],
        },
        planned_trials: 2,
        trials: vec![TrialResult {
            number: 0,
            configuration: 0,
            rung: 0,
            share: 1.0,
            recipe: Recipe::Linear { ridge: 0.001 },
            score: None,
            folds: Vec::new(),
            seconds: 0.1,
            fault: Some(hostile.clone()),
        }],
        evaluation: evaluation(test, horizon),
        scored_customers: 23_570,
        floored: 0.0,
        note: None,
        features: vec![FeatureEntry {
            name: "recency_days".to_owned(),
            unit: "days".to_owned(),
            description: "Days since the last purchase day.".to_owned(),
            importance: 0.4,
        }],
        caveats: vec![Caveat("there is a single validation window: choices rest on one season".to_owned())],
    };
    let condition = Condition {
        feature: "spend_90d".to_owned(),
        words: "net spend of the last 90 days".to_owned(),
        unit: "currency".to_owned(),
        at_least: Some(41.2),
        below: None,
    };
    let rule = Rule { segment: Segment::VeryHigh, conditions: vec![condition], share: 0.2, precision: 0.9 };
    let scoring = Scoring { run: "first".to_owned(), model_id: "<b>".to_owned(), cutoff: Cutoff(end - 97), horizon };
    let realised = Realised {
        scoring: scoring.clone(),
        customers: 23_000,
        unknown: 2,
        predicted: 61_200.0,
        realised: 60_000.0,
        metrics: metrics(),
        inside: Some(0.87),
        above: Some(0.09),
        booked: Booked { lines: 3_100, net: Money::from_cents(7_000_000) },
    };
    let segments = Segment::ALL.into_iter().zip([60_000.0, 900.5, 50.25, 0.0]);
    Report {
        card,
        currency: Some("USD".to_owned()),
        total: total(23_570, 60_950.75),
        segments: segments
            .map(|(segment, predicted)| SegmentTotal {
                segment,
                from: predicted / 100.0,
                total: total(5_892, predicted),
            })
            .collect(),
        rules: Rules { rules: vec![rule], accuracy: 0.81 },
        profile: None,
        drift: Some(Drift {
            since: Cutoff(end - 7),
            predicted: Shift { name: "predicted_spend".to_owned(), psi: 0.041 },
            features: vec![Shift { name: "recency_days".to_owned(), psi: 0.3 }],
            series: vec![SeriesShift {
                seen: Seen {
                    name: "indicator:inflation".to_owned(),
                    lowest: 1.8,
                    highest: 3.1,
                    mean: 2.5,
                    deviation: Some(0.5),
                },
                now: Some(4.25),
                standardised: Some(3.5),
            }],
            segments: vec![SegmentShift { segment: Segment::VeryHigh, before: 10.0, now: 11.5 }],
        }),
        track_record: Some(TrackRecord { scorings: vec![realised], runs: vec![scoring] }),
        signals: Some(signals(end)),
        availability: Some(Availability { features: 70, cutoffs: vec![test], rows: 1_000 }),
    }
}

#[test]
fn the_page_is_as_it_was() {
    insta::assert_snapshot!(report().html());
}

#[test]
fn the_text_is_as_it_was() {
    insta::assert_snapshot!(report().text());
}

#[test]
fn text_from_data_never_becomes_markup_and_nothing_is_fetched() {
    let page = report().html();
    assert!(page.contains("&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;"));
    for forbidden in ["<script", "http", "src=", "@import", "url("] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn a_stored_card_is_read_back_as_it_was() {
    let text = serde_json::to_string_pretty(&report()).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report());
}
