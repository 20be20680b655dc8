//! Any of the purchase models: what callers hold when the choice is made by data or configuration.
//!
//! In flow summaries; out flow P(alive) and expected purchases of whichever model it is.
use crate::counts::{Counts, Density};
use crate::{BgNbd, MbgNbd, Nbd, ParetoNbd, PurchaseParams, Summary};
use serde::{Deserialize, Serialize};

/// Recency and age of a customer, in the units of a fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) recency: f64,
    pub(crate) age: f64,
}

/// A model with `N` parameters as a fit handles it.
pub(crate) trait Family<const N: usize>: Density<N, Row = Times> {
    /// The model of these parameters, in the order of its fields.
    fn from_parameters(parameters: [f64; N]) -> Self;

    /// The same model with time measured in the caller's units, of which one of the fit's holds `unit`.
    fn in_units(self, unit: f64) -> Self;
}

/// Which model of purchases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PurchaseKind {
    /// [`BgNbd`].
    BgNbd,
    /// [`MbgNbd`].
    MbgNbd,
    /// [`ParetoNbd`].
    ParetoNbd,
    /// [`Nbd`].
    Nbd,
}

impl PurchaseKind {
    /// The name in the literature: `bg/nbd`, `mbg/nbd`, `pareto/nbd` or `nbd`.
    pub fn name(self) -> &'static str {
        match self {
            Self::BgNbd => "bg/nbd",
            Self::MbgNbd => "mbg/nbd",
            Self::ParetoNbd => "pareto/nbd",
            Self::Nbd => "nbd",
        }
    }
}

/// A fitted model of purchases.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum PurchaseModel {
    /// Leaves after repeat purchases.
    BgNbd(BgNbd),
    /// Leaves after any purchase.
    MbgNbd(MbgNbd),
    /// Leaves at any time.
    ParetoNbd(ParetoNbd),
    /// Never leaves.
    Nbd(Nbd),
}

impl PurchaseModel {
    /// Settings of a fit of `kind`.
    pub fn params(kind: PurchaseKind) -> PurchaseParams {
        PurchaseParams::new(kind)
    }

    /// Which model this is; after a fit that fell back, not the one asked for.
    pub fn kind(&self) -> PurchaseKind {
        match self {
            Self::BgNbd(_) => PurchaseKind::BgNbd,
            Self::MbgNbd(_) => PurchaseKind::MbgNbd,
            Self::ParetoNbd(_) => PurchaseKind::ParetoNbd,
            Self::Nbd(_) => PurchaseKind::Nbd,
        }
    }

    /// Names and values of the parameters, in the order of [`crate::Fitted::standard_errors`].
    pub fn parameters(&self) -> Vec<(&'static str, f64)> {
        match *self {
            Self::BgNbd(BgNbd { r, alpha, a, b }) | Self::MbgNbd(MbgNbd { r, alpha, a, b }) => {
                vec![("r", r), ("alpha", alpha), ("a", a), ("b", b)]
            }
            Self::ParetoNbd(ParetoNbd { r, alpha, s, beta }) => {
                vec![("r", r), ("alpha", alpha), ("s", s), ("beta", beta)]
            }
            Self::Nbd(Nbd { r, alpha }) => vec![("r", r), ("alpha", alpha)],
        }
    }

    /// Probability that the customer has not left by the end of observation; 1 for an [`Nbd`].
    pub fn p_alive(&self, customer: &Summary) -> f64 {
        match self {
            Self::BgNbd(model) => model.p_alive(customer),
            Self::MbgNbd(model) => model.p_alive(customer),
            Self::ParetoNbd(model) => model.p_alive(customer),
            Self::Nbd(_) => 1.0,
        }
    }

    /// Purchases expected in the `t` that follow the end of observation, in units of [`Summary::age`].
    pub fn expected_purchases(&self, customer: &Summary, t: f64) -> f64 {
        match self {
            Self::BgNbd(model) => model.expected_purchases(customer, t),
            Self::MbgNbd(model) => model.expected_purchases(customer, t),
            Self::ParetoNbd(model) => model.expected_purchases(customer, t),
            Self::Nbd(model) => model.expected_purchases(customer, t),
        }
    }

    /// Log-likelihood of customers under this model, comparable with [`crate::Fitted::log_likelihood`].
    pub fn log_likelihood(&self, customers: &[Summary]) -> f64 {
        let counts = times(customers, 1.0);
        match self {
            Self::BgNbd(model) => counts.log_likelihood(model).0,
            Self::MbgNbd(model) => counts.log_likelihood(model).0,
            Self::ParetoNbd(model) => counts.log_likelihood(model).0,
            Self::Nbd(model) => counts.log_likelihood(model).0,
        }
    }
}

/// Customers with their times divided by `unit`, identical ones counted.
pub(crate) fn times(customers: &[Summary], unit: f64) -> Counts<Times> {
    let row = |customer: &Summary| Times { recency: customer.last() / unit, age: customer.age / unit };
    Counts::new(customers.iter().map(|c| (c.frequency, row(c))), |row| [row.recency, row.age])
}

impl From<BgNbd> for PurchaseModel {
    fn from(model: BgNbd) -> Self {
        Self::BgNbd(model)
    }
}

impl From<MbgNbd> for PurchaseModel {
    fn from(model: MbgNbd) -> Self {
        Self::MbgNbd(model)
    }
}

impl From<ParetoNbd> for PurchaseModel {
    fn from(model: ParetoNbd) -> Self {
        Self::ParetoNbd(model)
    }
}

impl From<Nbd> for PurchaseModel {
    fn from(model: Nbd) -> Self {
        Self::Nbd(model)
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these answers are exact, not rounded")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The gradient of one customer's log-likelihood against central differences of its value.
    fn check_gradient<M: Family<N>, const N: usize>(at: [f64; N], x: f64, row: Times) -> Result<(), TestCaseError> {
        let likelihood = |parameters| {
            let model = M::from_parameters(parameters);
            model.customer(&model.shared(x), &row)
        };
        let (_, gradient) = likelihood(at);
        for i in 0..N {
            let h = 1e-5 * at[i];
            let [mut above, mut below] = [at, at];
            above[i] += h;
            below[i] -= h;
            let numeric = (likelihood(above).0 - likelihood(below).0) / (2.0 * h);
            let scale = gradient[i].abs().max(1.0 / at[i]);
            prop_assert!((numeric - gradient[i]).abs() < 1e-5 * scale, "parameter {}: {} {}", i, numeric, gradient[i]);
        }
        Ok(())
    }

    prop_compose! {
        fn customer()(frequency in 0_u32..40, age in 0.1..80.0_f64, part in 0.0..1.0_f64) -> Summary {
            Summary { frequency, recency: if frequency == 0 { 0.0 } else { age * part }, age, monetary: 0.0 }
        }
    }

    proptest! {
        #[test]
        fn gradients_are_those_of_the_likelihood(
            c in customer(), r in 0.05..5.0_f64, alpha in 0.2..40.0_f64, u in 0.05..5.0_f64, v in 0.2..40.0_f64,
        ) {
            let row = Times { recency: c.recency, age: c.age };
            check_gradient::<Nbd, 2>([r, alpha], c.x(), row)?;
            check_gradient::<BgNbd, 4>([r, alpha, u, v], c.x(), row)?;
            check_gradient::<MbgNbd, 4>([r, alpha, u, v], c.x(), row)?;
            check_gradient::<ParetoNbd, 4>([r, alpha, u, v], c.x(), row)?;
        }

        #[test]
        fn silence_never_makes_a_customer_more_alive(
            c in customer(), r in 0.05..5.0_f64, alpha in 0.2..40.0_f64, u in 0.05..5.0_f64, v in 0.2..40.0_f64,
        ) {
            let later = Summary { age: c.age * 1.5, ..c };
            for model in models(r, alpha, u, v) {
                let (now, then) = (model.p_alive(&c), model.p_alive(&later));
                prop_assert!((0.0..=1.0).contains(&now) && then <= now + 1e-12, "{:?}: {} {}", model, now, then);
                let expected = model.expected_purchases(&c, 13.0);
                let staying = Nbd { r, alpha }.expected_purchases(&c, 13.0);
                prop_assert!(expected >= 0.0 && expected <= staying * (1.0 + 1e-9), "{:?}: {}", model, expected);
            }
        }

        #[test]
        fn the_unit_of_time_changes_nothing(
            c in customer(), r in 0.05..5.0_f64, alpha in 0.2..40.0_f64, u in 0.05..5.0_f64, v in 0.2..40.0_f64,
        ) {
            let days = Summary { recency: 7.0 * c.recency, age: 7.0 * c.age, ..c };
            let in_days = [
                Nbd { r, alpha }.in_units(7.0).into(),
                BgNbd { r, alpha, a: u, b: v }.in_units(7.0).into(),
                MbgNbd { r, alpha, a: u, b: v }.in_units(7.0).into(),
                ParetoNbd { r, alpha, s: u, beta: v }.in_units(7.0).into(),
            ];
            for (weekly, daily) in models(r, alpha, u, v).iter().zip::<[PurchaseModel; 4]>(in_days) {
                let (week, day) = (weekly.expected_purchases(&c, 13.0), daily.expected_purchases(&days, 91.0));
                prop_assert!((week - day).abs() < 1e-9 * (week + day) + 1e-12, "{:?}: {} {}", weekly, week, day);
                let dimension = c.x() * 7.0_f64.ln();
                let (week, day) = (weekly.log_likelihood(&[c]), daily.log_likelihood(&[days]) + dimension);
                prop_assert!((week - day).abs() < 1e-9 * week.abs().max(1.0), "{:?}: {} {}", weekly, week, day);
            }
        }
    }

    fn models(r: f64, alpha: f64, u: f64, v: f64) -> [PurchaseModel; 4] {
        [
            Nbd { r, alpha }.into(),
            BgNbd { r, alpha, a: u, b: v }.into(),
            MbgNbd { r, alpha, a: u, b: v }.into(),
            ParetoNbd { r, alpha, s: u, beta: v }.into(),
        ]
    }

    #[test]
    fn without_dropout_every_model_is_the_nbd() {
        let customers = [(0, 0.0, 30.0), (3, 22.0, 38.0), (11, 25.0, 26.0)].map(|(frequency, recency, age)| Summary {
            frequency,
            recency,
            age,
            monetary: 0.0,
        });
        let nbd: PurchaseModel = Nbd { r: 0.4, alpha: 6.0 }.into();
        for model in &models(0.4, 6.0, 1e-9, 1e3)[1..] {
            assert!((model.log_likelihood(&customers) - nbd.log_likelihood(&customers)).abs() < 1e-6, "{model:?}");
            for c in &customers {
                let ratio = model.expected_purchases(c, 13.0) / nbd.expected_purchases(c, 13.0);
                assert!((ratio - 1.0).abs() < 1e-6, "{model:?}: {ratio}");
            }
        }
    }

    #[test]
    fn only_the_bg_nbd_is_sure_of_those_who_never_came_back() {
        let silent = Summary { frequency: 0, recency: 0.0, age: 38.0, monetary: 0.0 };
        let [_, bg, mbg, pareto] = models(0.3, 5.0, 0.8, 2.4).map(|model| model.p_alive(&silent));
        assert_eq!(bg, 1.0);
        assert!(mbg < 1.0 && pareto < 1.0);
    }
}
