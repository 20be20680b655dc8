//! The fit of a purchase model: from customers to a model, whatever they did.
//!
//! In flow checked settings and summaries; out flows a [`Fitted`] model. It decides where a model with dropout gives way
//! to the one without, and never fails over what customers did.
use crate::counts::Counts;
use crate::maximise::{Maximum, maximise};
use crate::purchase::{Family, Times, times};
use crate::summary::check_all;
use crate::{
    BgNbd, Boundary, BtydError, Fitted, MbgNbd, Nbd, ParetoNbd, PurchaseKind, PurchaseModel, PurchaseValidParams,
    Summary, start,
};

/// A model with dropout must be likelier than the one without by more than this to be worth its name. Twice the
/// difference is χ²-like where nobody leaves; this is far below any level of significance, and above rounding.
const GAIN: f64 = 1e-2;
/// Beyond this shape, customers' rates differ by less than 3 % of their mean.
const EQUAL: f64 = 1e3;
/// Below this sum of a and b, over 99.9 % of the customers would leave at once or never.
const SPLIT: f64 = 1e-3;
impl PurchaseValidParams {
    /// Fits the model to customers.
    ///
    /// # Errors
    /// For customers that cannot exist.
    pub fn fit_summaries(&self, customers: &[Summary]) -> Result<Fitted<PurchaseModel>, BtydError> {
        check_all(customers)?;
        let observed: f64 = customers.iter().map(|customer| customer.age).sum();
        if observed <= 0.0 {
            let idle = Nbd { r: 0.5, alpha: f64::MAX.sqrt() };
            return Ok(placeholder(idle, customers, Boundary::NoData));
        }
        // In units of the mean age all parameters are of the order of 1.
        let unit = observed / customers.len() as f64;
        let counts = times(customers, unit);
        if counts.frequency_sum() == 0.0 {
            return Ok(placeholder(Nbd { r: 0.5, alpha: observed }, customers, Boundary::NoRepeats));
        }
        let without = self.fit_family::<Nbd, 2>(&counts, &[start::rates(&counts)], unit);
        let PurchaseModel::Nbd(nbd) = without.model else { return Ok(without) };
        let rates = [nbd.r, nbd.alpha / unit];
        let fitted = match self.kind {
            PurchaseKind::Nbd => return Ok(without),
            PurchaseKind::BgNbd => self.fit_family::<BgNbd, 4>(&counts, &start::beta_dropout(rates), unit),
            PurchaseKind::MbgNbd => self.fit_family::<MbgNbd, 4>(&counts, &start::beta_dropout(rates), unit),
            PurchaseKind::ParetoNbd => self.fit_family::<ParetoNbd, 4>(&counts, &start::gamma_dropout(rates), unit),
        };
        let evaluations = without.evaluations + fitted.evaluations;
        if fitted.log_likelihood < without.log_likelihood + GAIN {
            return Ok(Fitted { boundary: Some(Boundary::NoDropout), evaluations, ..without });
        }
        Ok(Fitted { without_dropout: Some(without.log_likelihood), evaluations, ..fitted })
    }

    fn fit_family<M, const N: usize>(
        &self,
        counts: &Counts<Times>,
        starts: &[[f64; N]],
        unit: f64,
    ) -> Fitted<PurchaseModel>
    where
        M: Family<N> + Into<PurchaseModel>,
    {
        let customers = counts.customers() as f64;
        let likelihood = |parameters: [f64; N]| {
            let (value, gradient) = counts.log_likelihood(&M::from_parameters(parameters));
            (value / customers, gradient.map(|g| g / customers))
        };
        let best: Maximum<N> = maximise(likelihood, starts, self.effort);
        let scaled = M::from_parameters(best.parameters);
        // A density of x purchases has the dimension of time^−x.
        let log_likelihood = counts.log_likelihood(&scaled).0 - counts.frequency_sum() * unit.ln();
        let model: PurchaseModel = scaled.in_units(unit).into();
        let boundary = edge(&model);
        let standard_errors = best.covariance.filter(|_| boundary.is_none()).map(|covariance| {
            // A standard error of a logarithm is a relative one, in any unit.
            let variances = covariance.diag().mapv(|v| v / customers);
            model.parameters().iter().zip(variances).map(|((_, value), v)| value * v.sqrt()).collect()
        });
        Fitted {
            model,
            log_likelihood,
            converged: best.converged,
            boundary,
            standard_errors,
            without_dropout: matches!(model, PurchaseModel::Nbd(_)).then_some(log_likelihood),
            customers: counts.customers(),
            evaluations: best.evaluations,
        }
    }
}

/// Where a maximum lies at the edge of what the model can tell apart.
fn edge(model: &PurchaseModel) -> Option<Boundary> {
    let (r, leaving) = match *model {
        PurchaseModel::Nbd(Nbd { r, .. }) => (r, None),
        PurchaseModel::BgNbd(BgNbd { r, a, b, .. }) | PurchaseModel::MbgNbd(MbgNbd { r, a, b, .. }) => (r, Some(a + b)),
        PurchaseModel::ParetoNbd(ParetoNbd { r, s, .. }) => (r, Some(s)),
    };
    match leaving {
        _ if r > EQUAL => Some(Boundary::EqualRates),
        Some(shape) if shape > EQUAL => Some(Boundary::EqualDropout),
        Some(shape) if shape < SPLIT => Some(Boundary::SplitDropout),
        _ => None,
    }
}

/// The answer where nothing can be maximised.
fn placeholder(nbd: Nbd, customers: &[Summary], boundary: Boundary) -> Fitted<PurchaseModel> {
    let model = PurchaseModel::Nbd(nbd);
    let log_likelihood = model.log_likelihood(customers);
    Fitted {
        model,
        log_likelihood,
        converged: false,
        boundary: Some(boundary),
        standard_errors: None,
        without_dropout: Some(log_likelihood),
        customers: customers.len() as u64,
        evaluations: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, Exp, Gamma};

    const KINDS: [PurchaseKind; 4] =
        [PurchaseKind::BgNbd, PurchaseKind::MbgNbd, PurchaseKind::ParetoNbd, PurchaseKind::Nbd];

    fn fit(kind: PurchaseKind, customers: &[Summary]) -> Fitted<PurchaseModel> {
        PurchaseModel::params(kind).fit_summaries(customers).expect("possible customers")
    }

    /// Customers who buy at gamma-distributed rates and leave at exponential times (`beta` 0: never).
    fn simulated(count: u32, truth: ParetoNbd) -> Vec<Summary> {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let rates = Gamma::new(truth.r, truth.alpha.recip()).expect("positive");
        let leaving = Gamma::new(truth.s, truth.beta.recip()).expect("positive");
        (0..count)
            .map(|i| {
                let age = 26.0 + f64::from(i % 27);
                let life = Exp::new(leaving.sample(&mut rng)).expect("positive").sample(&mut rng).min(age);
                let purchases = Exp::new(rates.sample(&mut rng)).expect("positive");
                let mut customer = Summary { frequency: 0, recency: 0.0, age, monetary: 0.0 };
                let mut at = purchases.sample(&mut rng);
                while at < life {
                    customer.frequency += 1;
                    customer.recency = at;
                    at += purchases.sample(&mut rng);
                }
                customer
            })
            .collect()
    }

    #[test]
    fn known_parameters_are_recovered_within_their_standard_errors() {
        let truth = ParetoNbd { r: 0.8, alpha: 8.0, s: 0.7, beta: 12.0 };
        let fitted = fit(PurchaseKind::ParetoNbd, &simulated(20_000, truth));
        assert!(fitted.converged && fitted.boundary.is_none(), "{fitted:?}");
        let errors = fitted.standard_errors.clone().expect("an inner maximum has curvature");
        let true_values = PurchaseModel::from(truth).parameters();
        for (((name, value), (_, truth)), error) in fitted.model.parameters().iter().zip(true_values).zip(errors) {
            assert!(error > 0.0 && (value - truth).abs() < 3.5 * error, "{name}: {value} ± {error}, truth {truth}");
        }
    }

    #[test]
    fn customers_who_never_leave_make_every_model_an_nbd() {
        let staying = simulated(3_000, ParetoNbd { r: 0.8, alpha: 8.0, s: 1.0, beta: 1e9 });
        let nbd = fit(PurchaseKind::Nbd, &staying);
        assert!(nbd.converged && nbd.boundary.is_none() && nbd.standard_errors.is_some(), "{nbd:?}");
        for kind in &KINDS[..3] {
            let fitted = fit(*kind, &staying);
            // Chance may leave a trace of dropout, never one that matters.
            assert!(fitted.log_likelihood - nbd.log_likelihood < 2.0, "{fitted:?}");
            assert_eq!(fitted.model.kind() == PurchaseKind::Nbd, fitted.boundary == Some(Boundary::NoDropout));
            let loyal = Summary { frequency: 9, recency: 38.0, age: 40.0, monetary: 0.0 };
            assert!(fitted.model.p_alive(&loyal) > 0.95, "{fitted:?}");
        }
    }

    #[test]
    fn too_little_to_learn_from_is_an_answer() {
        let silent = Summary { frequency: 0, recency: 0.0, age: 10.0, monetary: 0.0 };
        for kind in KINDS {
            for (customers, boundary) in [
                (vec![], Boundary::NoData),
                (vec![Summary { age: 0.0, ..silent }; 3], Boundary::NoData),
                (vec![silent; 3], Boundary::NoRepeats),
            ] {
                let fitted = fit(kind, &customers);
                assert_eq!((fitted.boundary, fitted.converged), (Some(boundary), false));
                let expected = fitted.model.expected_purchases(&silent, 13.0);
                assert!(fitted.log_likelihood.is_finite() && (0.0..1.0).contains(&expected), "{fitted:?}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn whatever_customers_did_a_fit_answers_with_numbers(
            raw in prop::collection::vec((0_u32..60, 0.0..1.0_f64, 0.0..400.0_f64), 1..40),
        ) {
            let customers: Vec<Summary> = raw
                .iter()
                .map(|(frequency, part, age)| Summary { frequency: *frequency, recency: age * part, age: *age, monetary: 0.0 })
                .collect();
            for kind in KINDS {
                let fitted = fit(kind, &customers);
                prop_assert!(fitted.log_likelihood.is_finite(), "{:?}", fitted);
                prop_assert!(fitted.model.parameters().iter().all(|(_, v)| v.is_finite() && *v > 0.0), "{:?}", fitted);
                let again = fitted.model.log_likelihood(&customers);
                prop_assert!((again - fitted.log_likelihood).abs() < 1e-6 * again.abs().max(1.0), "{:?}", fitted);
                for c in &customers {
                    let (alive, expected) = (fitted.model.p_alive(c), fitted.model.expected_purchases(c, 90.0));
                    prop_assert!((0.0..=1.0).contains(&alive) && expected.is_finite() && expected >= 0.0);
                }
            }
        }
    }

    #[test]
    fn the_unit_of_time_does_not_matter_to_a_fit() {
        let weeks = simulated(1_000, ParetoNbd { r: 0.8, alpha: 8.0, s: 0.7, beta: 12.0 });
        let days: Vec<Summary> =
            weeks.iter().map(|c| Summary { recency: c.recency * 7.0, age: c.age * 7.0, ..*c }).collect();
        let (weekly, daily) = (fit(PurchaseKind::BgNbd, &weeks), fit(PurchaseKind::BgNbd, &days));
        let (week, day) = (weekly.model.parameters(), daily.model.parameters());
        assert!((7.0 * week[1].1 / day[1].1 - 1.0).abs() < 1e-5, "{week:?} {day:?}");
        let repeats: f64 = weeks.iter().map(|c| f64::from(c.frequency)).sum();
        assert!((weekly.log_likelihood - daily.log_likelihood - repeats * 7.0_f64.ln()).abs() < 1e-6);
    }

    #[test]
    fn a_stored_fit_reads_back() {
        let fitted = fit(PurchaseKind::BgNbd, &simulated(500, ParetoNbd { r: 0.8, alpha: 8.0, s: 0.7, beta: 12.0 }));
        let text = serde_json::to_string(&fitted).expect("finite numbers");
        let read: Fitted<PurchaseModel> = serde_json::from_str(&text).expect("what was written");
        for ((name, written), (_, read)) in fitted.model.parameters().iter().zip(read.model.parameters()) {
            assert!((written / read - 1.0).abs() < 1e-12, "{name}: {written} {read}");
        }
        assert_eq!(read.boundary, fitted.boundary);
    }
}
