//! The evaluation: whether the test window lets the chosen recipe go live. In flow trial results; out flows a record
//! with everything a card says about the choice. The test window is scored here, once, after everything is chosen.
use super::assess::{Calibration, Chosen};
use super::evaluation::{Candidate, Evaluation, Population, Ranges, Role, Rolling, RollingSpread, TestPredictions};
use super::{Training, plan::Plan};
use crate::model::gate::{Comparison, Decision, Verdict};
use crate::model::interval::Coverage;
use crate::model::metrics::bootstrap::{self, Draws};
use crate::model::metrics::{Metrics, decile::deciles};
use crate::model::recipe::Baseline;
use crate::model::search::{self, TrialResult};
use crate::model::{ModelError, Recipe};
use std::collections::BTreeSet;
use std::time::Instant;

/// A recipe's predictions of the test window.
struct Scored {
    recipe: Recipe,
    role: Role,
    validation: Option<f64>,
    predicted: Vec<f64>,
    seconds: f64,
}

impl Training<'_> {
    /// Chooses by the validation windows, scores the test window, and decides. Also hands back the predictions from
    /// which every metric of the subject can be computed again.
    ///
    /// # Errors
    /// Trials without a result, no trial that succeeded, a window that is missing or would leak.
    pub fn evaluate(&mut self, results: &[TrialResult]) -> Result<(Evaluation, TestPredictions), ModelError> {
        let missing = self.plan.pending(results).len();
        if missing > 0 {
            return Err(ModelError::Unfinished { missing, planned: self.plan.search.planned() });
        }
        let challenger = self.choose(results)?;
        let calibration = self.calibrate(&challenger.recipe)?;
        let scored = self.score_test(&challenger, &calibration, results)?;
        let actual = self.actual(self.plan.protocol.test());
        let predictions: Vec<&[f64]> = scored.iter().map(|one| one.predicted.as_slice()).collect();
        let seed = self.plan.settings.seed;
        let draws = bootstrap::paired(actual, &predictions, bootstrap::draws_for(actual.len()), seed);

        let metrics: Vec<Metrics> = predictions.iter().map(|predicted| Metrics::of(actual, predicted)).collect();
        let ruling = Ruling::of(&scored, &metrics, &draws, self.plan);
        let subject = self.subject(&ruling, &scored)?;
        // the level of a baseline is not part of the gate, but of what goes live
        let calibration = if subject == challenger.recipe { calibration } else { self.calibrate(&subject)? };
        let candidates = scored
            .iter()
            .zip(&metrics)
            .zip(&draws)
            .map(|((one, metrics), draws)| Candidate {
                recipe: one.recipe.clone(),
                role: one.role,
                validation: one.validation,
                metrics: *metrics,
                ranges: Ranges::of(draws),
                seconds: one.seconds,
            })
            .collect();
        self.describe(candidates, ruling, subject, calibration)
    }

    /// Predictions of the test window: the challenger's first, then the champion's recipe, the baselines, and the best
    /// of every other kind for comparison.
    fn score_test(
        &mut self,
        challenger: &Chosen,
        calibration: &Calibration,
        results: &[TrialResult],
    ) -> Result<Vec<Scored>, ModelError> {
        let mut scored = vec![self.score_one(
            &challenger.recipe,
            Role::Challenger,
            Some(challenger.score),
            calibration.level.factor,
        )?];
        if let Some(champion) = self.plan.champion.clone().filter(|champion| *champion != challenger.recipe) {
            let (score, level) = (self.validation_score(&champion)?, self.calibrate(&champion)?.level);
            scored.push(self.score_one(&champion, Role::Champion, Some(score), level.factor)?);
        }
        for baseline in Baseline::ALL.map(Recipe::Baseline) {
            let score = self.validation_score(&baseline)?;
            scored.push(self.score_one(&baseline, Role::Baseline, Some(score), 1.0)?);
        }
        let names: BTreeSet<&str> = results.iter().map(|result| result.recipe.name()).collect();
        for name in names {
            let Some(best) = search::best(results.iter().filter(|result| result.recipe.name() == name)) else {
                continue;
            };
            if best.recipe != challenger.recipe {
                scored.push(self.score_one(&best.recipe, Role::Other, best.score, 1.0)?);
            }
        }
        Ok(scored)
    }

    fn score_one(
        &mut self,
        recipe: &Recipe,
        role: Role,
        validation: Option<f64>,
        factor: f64,
    ) -> Result<Scored, ModelError> {
        let started = Instant::now();
        let mut predicted = self.predicted(recipe, self.plan.protocol.test())?;
        for amount in &mut predicted {
            *amount *= factor;
        }
        let seconds = started.elapsed().as_secs_f64();
        Ok(Scored { recipe: recipe.clone(), role, validation, predicted, seconds })
    }

    /// Whose figures the evaluation shows.
    fn subject(&mut self, ruling: &Ruling, scored: &[Scored]) -> Result<Recipe, ModelError> {
        match (ruling.decision, &self.plan.champion) {
            (Decision::Refresh, Some(champion)) => Ok(champion.clone()),
            (Decision::Baseline, _) => {
                let baselines = scored.iter().filter(|one| one.role == Role::Baseline);
                let best = baselines
                    .max_by(|a, b| a.validation.unwrap_or(f64::MIN).total_cmp(&b.validation.unwrap_or(f64::MIN)));
                best.map(|one| one.recipe.clone()).ok_or(ModelError::NothingFitted { reason: "no baseline".to_owned() })
            }
            _ => Ok(scored[0].recipe.clone()),
        }
    }

    fn describe(
        &mut self,
        candidates: Vec<Candidate>,
        ruling: Ruling,
        subject: Recipe,
        calibration: Calibration,
    ) -> Result<(Evaluation, TestPredictions), ModelError> {
        let test = self.plan.protocol.test();
        let predicted: Vec<f64> =
            self.predicted(&subject, test)?.iter().map(|amount| amount * calibration.level.factor).collect();
        let mut rolling = Vec::new();
        for cutoff in self.plan.protocol.rolling_tests() {
            let of_window = if cutoff == test { predicted.clone() } else { self.predicted(&subject, cutoff)? };
            let metrics = Metrics::of(self.actual(cutoff), &of_window);
            rolling.push(Rolling { cutoff, metrics, chosen_on: cutoff != test });
        }
        let fold = &self.folds[&test];
        let window = fold.window();
        let actual = window.target.as_slice();
        let (low, high) = predicted.iter().map(|amount| calibration.intervals.around(*amount)).unzip();
        let evaluation = Evaluation {
            cutoff: test,
            horizon: window.horizon,
            candidates,
            verdict: ruling.verdict,
            champion_verdict: ruling.champion_verdict,
            decision: ruling.decision,
            reason: ruling.reason,
            subject,
            metrics: Metrics::of(actual, &predicted),
            deciles: deciles(actual, &predicted),
            coverage: Coverage::measure(&calibration.intervals, actual, &predicted, calibration.unconditional),
            level: calibration.level,
            intervals: calibration.intervals,
            cold: apart(actual, &predicted, &window.cold, true),
            known: apart(actual, &predicted, &window.cold, false),
            later_arrivals: window.later_arrivals,
            floored: fold.floored(),
            winsorised: fold.winsorised(),
            rolling_spread: RollingSpread::of(&rolling),
            rolling,
            seen: self.seen.iter().copied().collect(),
        };
        let predictions = TestPredictions {
            customers: window.customers.clone(),
            actual: actual.to_vec(),
            predicted,
            low,
            high,
            cold: window.cold.clone(),
        };
        Ok((evaluation, predictions))
    }
}

/// Customers whose `cold` is `wanted`, apart.
fn apart(actual: &[f64], predicted: &[f64], cold: &[bool], wanted: bool) -> Population {
    let rows = || (0..cold.len()).filter(|row| cold[*row] == wanted);
    let (y, p): (Vec<f64>, Vec<f64>) = rows().map(|row| (actual[row], predicted[row])).unzip();
    Population { customers: y.len(), actual: y.iter().sum(), predicted: p.iter().sum(), metrics: Metrics::of(&y, &p) }
}

/// What the gate makes of the test window.
struct Ruling {
    verdict: Verdict,
    champion_verdict: Option<Verdict>,
    decision: Decision,
    reason: String,
}

impl Ruling {
    fn of(scored: &[Scored], metrics: &[Metrics], draws: &[Draws], plan: &Plan) -> Ruling {
        let judge = |who: usize, against: &[Role]| {
            let opponents = (0..scored.len()).filter(|other| *other != who && against.contains(&scored[*other].role));
            let compare = |other: usize| Comparison::of(&scored[other].recipe.title(), &draws[who], &draws[other]);
            Verdict::of(opponents.map(compare).collect(), metrics[who].sum_ratio)
        };
        let verdict = judge(0, &[Role::Baseline, Role::Champion]);
        let name = scored[0].recipe.title();
        let champion = scored.iter().position(|one| one.role == Role::Champion);
        let same_recipe = plan.champion.is_some() && champion.is_none();
        // a baseline that is live has nothing to prove: the challenger failed to beat it
        let champion_is_baseline = plan.champion.as_ref().is_some_and(Recipe::is_baseline);
        let champion_verdict = champion.filter(|_| !verdict.passed).map(|who| judge(who, &[Role::Baseline]));
        let champion_holds = champion_is_baseline || champion_verdict.as_ref().is_some_and(|verdict| verdict.passed);
        let (decision, reason) = match &plan.champion {
            _ if verdict.passed && same_recipe => {
                (Decision::Refresh, format!("{name} is live already and passed the gate again: refitted on newer days"))
            }
            _ if verdict.passed => (Decision::Promote, format!("{name} passed the gate")),
            None => (
                Decision::Baseline,
                format!("{name} did not pass the gate and nothing is live yet: the best baseline goes live"),
            ),
            Some(live) if champion_holds => (
                Decision::Refresh,
                format!("{name} did not pass the gate: the live recipe, {}, is refitted on newer days", live.title()),
            ),
            Some(_) => (Decision::Keep, format!("{name} did not pass the gate: what is live stays as it is")),
        };
        Ruling { verdict, champion_verdict, decision, reason }
    }
}
