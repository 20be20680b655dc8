//! Buy-till-you-die models as features: in flow the summaries of one cutoff; out flow fitted models that can be stored,
//! and, for each customer, what they expect of the horizon. A model fitted for a cutoff has seen what lay before it
//! and nothing else.
use super::known::weeks;
use super::matrix::{Feature, Scale};
use crate::time::{Cutoff, Horizon};
use ltv_btyd::{BgNbd, BtydError, Fitted, GammaGamma, MbgNbd, PurchaseModel, Summary};
use serde::{Deserialize, Serialize};

/// Most customers of one fit. Customers are sorted by hash, so the first ones are a uniform sample; beyond this many
/// the parameters' standard errors are far below what the features could feel.
const FITTED_CUSTOMERS: usize = 50_000;

const fn expected(name: &'static str, unit: &'static str, description: &'static str) -> Feature {
    Feature { name, unit, description, scale: Scale::Numeric }
}

/// What fitted models add to a customer's own features, in the order of [`LifeFit::features`].
pub(crate) const LIFE: [Feature; 4] = [
    expected(
        "expected_purchases",
        "days",
        "Purchase days expected in the next H days: BG/NBD, fitted before the cutoff.",
    ),
    expected(
        "p_alive",
        "probability",
        "Probability that the customer has not left: MBG/NBD, fitted before the cutoff.",
    ),
    expected(
        "expected_amount",
        "currency",
        "Expected amount of a purchase day: Gamma-Gamma, fitted before the cutoff.",
    ),
    expected("expected_spend", "currency", "Expected purchases times their expected amount."),
];

/// Models fitted on everyone known before a cutoff, in weeks and currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LifeFit {
    /// The cutoff whose past the models were fitted on.
    pub cutoff: Cutoff,
    /// How often customers buy; an NBD where nobody can be shown to leave.
    pub purchases: Fitted<PurchaseModel>,
    /// Whether they are still there, judged after the first purchase too.
    pub alive: Fitted<PurchaseModel>,
    /// What they spend.
    pub amounts: Fitted<GammaGamma>,
}

impl LifeFit {
    /// Fits the models on customers with a purchase before `cutoff`.
    ///
    /// # Errors
    /// A summary that no history can produce.
    pub fn new(cutoff: Cutoff, buyers: impl Iterator<Item = Summary>) -> Result<LifeFit, BtydError> {
        let buyers: Vec<Summary> = buyers.take(FITTED_CUSTOMERS).collect();
        Ok(LifeFit {
            cutoff,
            purchases: BgNbd::params().fit_summaries(&buyers)?,
            alive: MbgNbd::params().fit_summaries(&buyers)?,
            amounts: GammaGamma::params().fit_summaries(&buyers)?,
        })
    }

    /// The features of a customer with a purchase, in the order of [`LIFE`].
    pub(crate) fn features(&self, customer: &Summary, horizon: Horizon) -> [f32; LIFE.len()] {
        let purchases = self.purchases.model.expected_purchases(customer, weeks(f64::from(horizon.days())));
        let alive = self.alive.model.p_alive(customer);
        let amount = self.amounts.model.expected_spend(customer);
        [purchases, alive, amount, purchases * amount].map(|value| value as f32)
    }
}
