//! The training as a whole, on a small business made up here.
use super::*;
use crate::account::Account;
use crate::feature::signal::identified;
use crate::feature::{Context, History, Protocol, windows};
use crate::model::fitted::Model;
use crate::model::gate::Decision;
use crate::model::metrics::Metrics;
use crate::money::Money;
use crate::table::row::Transaction;
use crate::time::{Day, Horizon};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const DAYS: i32 = 400;
const START: Day = Day(18_000);

/// Customers who come at any time, buy at their own rate and amount, and leave.
pub(super) fn history(customers: u32, seed: u64) -> History {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut exponential = |mean: f64| -mean * (1.0 - rng.random::<f64>()).ln();
    let mut builder = History::builder(&Account::default()).unwrap();
    for customer in 0..customers {
        let (gap, typical) = (10.0 + exponential(40.0), 5.0 + exponential(30.0));
        let mut day = f64::from(customer % 300) * f64::from(DAYS) / 330.0;
        let end = day + exponential(250.0);
        while day < end.min(f64::from(DAYS)) {
            let amount = typical * (0.5 + exponential(0.5));
            let time = i64::from(START.0 + day as i32) * 86_400_000_000;
            builder.transaction(&Transaction::order(&customer.to_string(), time, Money::from_f64(amount).unwrap()));
            day += exponential(gap).max(1.0);
        }
    }
    builder.finish()
}

pub(super) struct Business {
    pub(super) plan: Plan,
    pub(super) windows: Vec<Window>,
    pub(super) context: Context,
}

impl Business {
    pub(super) fn of(history: &History, horizon: u16, trials: usize, champion: Option<Recipe>) -> Business {
        let (first, last) = history.span().unwrap();
        let protocol = Protocol::new(first, last, Some(Horizon::try_from(horizon).unwrap())).unwrap();
        let protocol = identified::reaching_back(history, protocol);
        let context = Context::learn(history, protocol.horizon, &Account::default()).unwrap();
        let mut context = context.with_signals(identified::identified(history, &protocol));
        let windows = windows(history, &mut context, &protocol.cutoffs()).unwrap();
        let settings = Settings { trials, ..Settings::default() };
        Business { plan: Plan::new(protocol, settings, history.len(), champion), windows, context }
    }

    pub(super) fn train(&self) -> (Vec<TrialResult>, Evaluation, TestPredictions, Deployment) {
        let mut training = Training::new(&self.plan, &self.windows);
        let results = searched(&self.plan, &mut training);
        let (evaluation, predictions) = training.evaluate(&results).unwrap();
        let deployment = training.deploy(&evaluation, &self.context, quartiles).unwrap();
        (results, evaluation, predictions, deployment)
    }
}

/// The results of every trial, each rung's following from the one before.
pub(super) fn searched(plan: &Plan, training: &mut Training<'_>) -> Vec<TrialResult> {
    let mut results = Vec::new();
    while let Some(trial) = plan.pending(&results).first() {
        results.push(training.run_trial(trial).unwrap());
    }
    results
}

pub(super) fn quartiles(predicted: &[f64]) -> [f64; 3] {
    [0.25, 0.5, 0.75].map(|q| crate::model::metrics::bootstrap::quantile(predicted, q).unwrap_or(0.0))
}

/// The same record without what the clock says, and without the last bits that JSON may lose of a stored score.
fn timeless(mut evaluation: Evaluation) -> Evaluation {
    for candidate in &mut evaluation.candidates {
        candidate.seconds = 0.0;
        candidate.validation = candidate.validation.map(|score| (score * 1e9).round() / 1e9);
    }
    evaluation.seen.clear();
    evaluation
}

#[test]
fn no_fit_scores_a_window_it_saw() {
    let business = Business::of(&history(400, 3), 60, 4, Some(Recipe::Linear { ridge: 0.5 }));
    let mut training = Training::new(&business.plan, &business.windows);
    let results = searched(&business.plan, &mut training);
    let (mut evaluation, _) = training.evaluate(&results).unwrap();
    evaluation.decision = Decision::Promote;
    training.deploy(&evaluation, &business.context, quartiles).unwrap();
    let protocol = &business.plan.protocol;
    let mut scored = vec![protocol.test(), protocol.deployment()];
    scored.extend(protocol.validation());
    assert_eq!(training.seen().count(), scored.len());
    for seen in training.seen() {
        assert!(scored.contains(&seen.cutoff) && seen.cutoff.is_after(seen.last_label), "{seen:?}");
    }
}

#[test]
fn a_window_that_ends_behind_the_cutoff_is_refused() {
    let business = Business::of(&history(200, 4), 60, 1, None);
    let test = business.plan.protocol.test();
    // a protocol that claims a later end asks for training windows that overlap the test window
    let careless = Protocol { start: START, horizon: Horizon::try_from(20).unwrap(), ..business.plan.protocol.clone() };
    let error = Fold::new(&business.windows, &careless, test, 1_000, 1).err().unwrap();
    assert!(matches!(error, ModelError::Leak { .. } | ModelError::MissingWindow { .. }), "{error}");
}

#[test]
fn a_feature_that_holds_the_target_fails_the_run_by_name() {
    let mut business = Business::of(&history(800, 21), 60, 1, None);
    let trial = business.plan.pending(&[]).remove(0);
    assert!(Training::new(&business.plan, &business.windows).run_trial(&trial).is_ok(), "honest features pass");
    let validation = business.plan.protocol.validation()[0];
    let window = business.windows.iter_mut().find(|window| window.cutoff == validation).unwrap();
    let column = window.features.column_of("tenure_days").unwrap();
    for (row, spent) in window.target.iter().enumerate() {
        // the answer in other units, the wrong way round, and with a little noise
        window.features.values[[row, column]] = -(*spent as f32) * 0.01 + (row % 7) as f32 * 1e-3;
    }
    let error = Training::new(&business.plan, &business.windows).run_trial(&trial).unwrap_err();
    assert!(matches!(error, ModelError::LeakingFeature { feature: "tenure_days", .. }), "{error}");
}

#[test]
fn a_code_that_holds_the_target_fails_the_run_by_name() {
    let mut business = Business::of(&history(800, 21), 60, 1, None);
    let trial = business.plan.pending(&[]).remove(0);
    let validation = business.plan.protocol.validation()[0];
    let window = business.windows.iter_mut().find(|window| window.cutoff == validation).unwrap();
    let column = window.features.column_of("country").unwrap();
    let mut spent = window.target.clone();
    spent.sort_by(f64::total_cmp);
    for (row, target) in window.target.iter().enumerate() {
        // which twelfth of the customers by what they will spend, under numbers without an order
        let twelfth = spent.partition_point(|other| other < target) * 12 / spent.len();
        window.features.values[[row, column]] = (twelfth * 5 % 12) as f32;
    }
    let error = Training::new(&business.plan, &business.windows).run_trial(&trial).unwrap_err();
    assert!(matches!(error, ModelError::LeakingFeature { feature: "country", .. }), "{error}");
}

#[test]
fn what_is_chosen_does_not_depend_on_the_test_window() {
    let history = history(400, 5);
    let mut business = Business::of(&history, 60, 3, None);
    let (results, evaluation, _, _) = business.train();
    let test = business.plan.protocol.test();
    let window = business.windows.iter_mut().find(|window| window.cutoff == test).unwrap();
    window.target.reverse();
    let (other_results, other, _, _) = business.train();
    let scores = |results: &[TrialResult]| results.iter().map(|result| result.score).collect::<Vec<_>>();
    assert_eq!(scores(&results), scores(&other_results));
    assert_eq!(evaluation.candidates[0].recipe, other.candidates[0].recipe);
    assert_ne!(evaluation.candidates[0].metrics, other.candidates[0].metrics);
}

#[test]
fn a_training_stopped_after_every_step_comes_to_the_same_model() {
    let business = Business::of(&history(500, 6), 60, 4, None);
    let (_, evaluation, _, deployment) = business.train();
    let mut stored: Vec<String> = Vec::new();
    loop {
        let results: Vec<TrialResult> = stored.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        let Some(trial) = business.plan.pending(&results).into_iter().next() else { break };
        assert_eq!(business.plan.next(&results, false), Step::Trial(trial.number));
        let result = Training::new(&business.plan, &business.windows).run_trial(&trial).unwrap();
        stored.insert(0, serde_json::to_string(&result).unwrap());
    }
    let results: Vec<TrialResult> = stored.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    let needed = |step: Step| -> Vec<Window> {
        let cutoffs = business.plan.cutoffs(step);
        business.windows.iter().filter(|window| cutoffs.contains(&window.cutoff)).cloned().collect()
    };
    let windows = needed(Step::Evaluate);
    let (again, _) = Training::new(&business.plan, &windows).evaluate(&results).unwrap();
    assert_eq!(timeless(again.clone()), timeless(evaluation));
    let windows = needed(Step::Deploy);
    let redeployed = Training::new(&business.plan, &windows).deploy(&again, &business.context, quartiles).unwrap();
    assert_eq!(redeployed.model, deployment.model);
}

#[test]
fn metrics_follow_from_the_test_predictions() {
    let business = Business::of(&history(400, 7), 60, 3, None);
    let (_, evaluation, predictions, _) = business.train();
    assert_eq!(Metrics::of(&predictions.actual, &predictions.predicted), evaluation.metrics);
    assert_eq!(evaluation.cold.customers + evaluation.known.customers, predictions.customers.len());
    assert_eq!(evaluation.rolling[0].metrics, evaluation.metrics);
    let windows: Vec<f64> = evaluation.rolling.iter().filter_map(|window| window.metrics.rmse).collect();
    let (n, rmse) = (windows.len() as f64, evaluation.rolling_spread.rmse.unwrap());
    let mean = windows.iter().sum::<f64>() / n;
    let mean_square = windows.iter().map(|rmse| rmse * rmse).sum::<f64>() / n;
    let variance = (mean_square - mean * mean) * n / (n - 1.0);
    assert!((rmse.mean - mean).abs() < 1e-9 && (rmse.deviation.powi(2) - variance).abs() < 1e-6, "{rmse:?}");
}

#[test]
fn a_stored_model_predicts_the_same_row_by_row() {
    let business = Business::of(&history(400, 8), 60, 8, None);
    let mut training = Training::new(&business.plan, &business.windows);
    let results = searched(&business.plan, &mut training);
    let (mut evaluation, _) = training.evaluate(&results).unwrap();
    evaluation.decision = Decision::Promote;
    let deployed = business.windows.iter().find(|w| w.cutoff == business.plan.protocol.deployment()).unwrap();
    for trial in &results {
        evaluation.subject = trial.recipe.clone();
        let deployment = training.deploy(&evaluation, &business.context, quartiles).unwrap();
        let stored = deployment.model.unwrap().to_bytes().unwrap();
        let model = Model::from_bytes(&stored).unwrap();
        for row in (0..deployed.len()).step_by(17) {
            let features = deployed.features.values.row(row).to_vec();
            let one = model.predict_row(&features, &deployed.summaries[row]);
            assert_eq!(one, deployment.predictions[row], "{}", trial.recipe.name());
            assert!(one.low <= one.high && one.predicted_spend >= 0.0);
        }
    }
}

#[test]
fn on_an_empty_lake_something_goes_live_whatever_the_gate_says() {
    let business = Business::of(&history(60, 9), 60, 2, None);
    let (_, evaluation, _, deployment) = business.train();
    assert!(matches!(evaluation.decision, Decision::Promote | Decision::Baseline));
    assert_eq!(evaluation.decision == Decision::Baseline, evaluation.subject.is_baseline());
    assert!(deployment.model.is_some());
}

#[test]
fn a_recipe_that_is_live_already_is_refreshed_and_not_promoted_over_itself() {
    let history = history(600, 10);
    let (_, first, _, _) = Business::of(&history, 60, 3, None).train();
    let (_, second, _, _) = Business::of(&history, 60, 3, Some(first.subject.clone())).train();
    assert!(second.decision == Decision::Refresh, "{:?}: {}", second.decision, second.reason);
    assert_eq!(second.subject, first.subject);
}

#[test]
fn an_unfinished_search_is_not_evaluated() {
    let business = Business::of(&history(100, 11), 60, 2, None);
    let error = Training::new(&business.plan, &business.windows).evaluate(&[]).unwrap_err();
    assert_eq!(error.to_string(), "2 of 2 trials have no result yet");
}
