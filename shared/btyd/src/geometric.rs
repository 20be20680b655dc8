//! BG/NBD and MBG/NBD: after a purchase a customer leaves with a probability that is beta-distributed between customers.
//!
//! In flow summaries and four parameters; out flow likelihoods, P(alive) and expected purchases. The two models differ
//! in one number: how many occasions to leave came before the end, x in the BG/NBD and x+1 in the MBG/NBD.
use crate::counts::Density;
use crate::purchase::{Family, Times};
use crate::special::{lifetime, ln_add_exp, ln_rising};
use crate::{PurchaseKind, PurchaseParams, Summary};
use serde::{Deserialize, Serialize};

/// Beta-geometric/NBD (Fader, Hardie & Lee 2005, "Counting your customers the easy way", Marketing Science 24(2)): a
/// customer buys at a Poisson rate λ ~ Gamma(r, α) and leaves after each *repeat* purchase with probability
/// p ~ Beta(a, b). Without a repeat nobody can have left: P(alive) is 1 there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BgNbd {
    /// Shape of the purchase rates, positive.
    pub r: f64,
    /// Rate parameter of the purchase rates, positive, in units of time.
    pub alpha: f64,
    /// First parameter of the probability of leaving, positive: its mean is a/(a+b).
    pub a: f64,
    /// Second parameter of the probability of leaving, positive.
    pub b: f64,
}

/// Modified BG/NBD (Batislam, Denizel & Filiztekin 2007, International Journal of Research in Marketing 24(3)): as
/// [`BgNbd`], but a customer may leave after the first purchase too, so that those without a repeat may be gone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MbgNbd {
    /// Shape of the purchase rates, positive.
    pub r: f64,
    /// Rate parameter of the purchase rates, positive, in units of time.
    pub alpha: f64,
    /// First parameter of the probability of leaving, positive: its mean is a/(a+b).
    pub a: f64,
    /// Second parameter of the probability of leaving, positive.
    pub b: f64,
}

impl BgNbd {
    /// Settings of a fit.
    pub fn params() -> PurchaseParams {
        PurchaseParams::new(PurchaseKind::BgNbd)
    }

    /// Probability that the customer has not left by the end of observation (Fader, Hardie & Lee 2008, "Computing
    /// P(alive) using the BG/NBD model").
    pub fn p_alive(&self, customer: &Summary) -> f64 {
        self.geometric().p_alive(customer)
    }

    /// Purchases expected in the next `t`, in units of [`Summary::age`] (paper, equation 10).
    pub fn expected_purchases(&self, customer: &Summary, t: f64) -> f64 {
        self.geometric().expected_purchases(customer, t)
    }

    fn geometric(&self) -> Geometric {
        Geometric { r: self.r, alpha: self.alpha, a: self.a, b: self.b, extra: 0.0 }
    }
}

impl MbgNbd {
    /// Settings of a fit.
    pub fn params() -> PurchaseParams {
        PurchaseParams::new(PurchaseKind::MbgNbd)
    }

    /// Probability that the customer has not left by the end of observation.
    pub fn p_alive(&self, customer: &Summary) -> f64 {
        self.geometric().p_alive(customer)
    }

    /// Purchases expected in the next `t`, in units of [`Summary::age`].
    pub fn expected_purchases(&self, customer: &Summary, t: f64) -> f64 {
        self.geometric().expected_purchases(customer, t)
    }

    fn geometric(&self) -> Geometric {
        Geometric { r: self.r, alpha: self.alpha, a: self.a, b: self.b, extra: 1.0 }
    }
}

/// Both models. A customer of x repeats has had n = x + `extra` occasions to leave.
struct Geometric {
    r: f64,
    alpha: f64,
    a: f64,
    b: f64,
    extra: f64,
}

/// What customers of one frequency share.
pub(crate) struct Shared {
    x: f64,
    constant: f64,
    by_r: f64,
    by_a: f64,
    by_b: f64,
    /// a/(b+n−1): odds of having left at the last occasion rather than never, by the beta distribution alone; none
    /// where there was no occasion.
    odds: Option<f64>,
    ln_odds: f64,
}

impl Geometric {
    /// `a/(b+n−1) · ((α+T)/(α+t_x))^(r+x)` is the ratio of the likelihood of having left to that of staying.
    fn p_alive(&self, customer: &Summary) -> f64 {
        let x = customer.x();
        let occasions = x + self.extra;
        if occasions == 0.0 {
            return 1.0;
        }
        let silence = ((customer.age - customer.last()) / (self.alpha + customer.last())).ln_1p();
        let odds = (self.a / (self.b + occasions - 1.0)).ln() + (self.r + x) * silence;
        (1.0 + odds.exp()).recip()
    }

    fn expected_purchases(&self, customer: &Summary, t: f64) -> f64 {
        let x = customer.x();
        let shape = self.r + x;
        let rate = self.alpha + customer.age;
        self.p_alive(customer) * lifetime::expected_purchases(shape, rate, self.a, self.b + x + self.extra, t)
    }

    /// `L = (r)ₓ αʳ · (b)ₙ/(a+b)ₙ · { (α+T)^−(r+x) + [n > 0] a/(b+n−1) (α+t_x)^−(r+x) }`, with rising factorials for
    /// the quotients of gamma and beta functions in the paper (equation 6).
    fn shared(&self, x: f64) -> Shared {
        let occasions = x + self.extra;
        let (purchases, purchases_by_r) = ln_rising(self.r, x);
        let (stays, stays_by_b) = ln_rising(self.b, occasions);
        let (all, all_by_sum) = ln_rising(self.a + self.b, occasions);
        let odds = (occasions > 0.0).then(|| self.a / (self.b + occasions - 1.0));
        Shared {
            x,
            constant: purchases + self.r * self.alpha.ln() + stays - all,
            by_r: purchases_by_r + self.alpha.ln(),
            by_a: -all_by_sum,
            by_b: stays_by_b - all_by_sum,
            odds,
            ln_odds: odds.map_or(f64::NEG_INFINITY, f64::ln),
        }
    }

    fn customer(&self, shared: &Shared, row: &Times) -> (f64, [f64; 4]) {
        let shape = self.r + shared.x;
        let observed = self.alpha + row.age;
        let log_observed = observed.ln();
        let stayed = -shape * log_observed;
        let slope = self.r / self.alpha;
        let Some(odds) = shared.odds else {
            let gradient = [shared.by_r - log_observed, slope - shape / observed, shared.by_a, shared.by_b];
            return (shared.constant + stayed, gradient);
        };
        let active = self.alpha + row.recency;
        let log_active = active.ln();
        let (ln, alive) = ln_add_exp(stayed, shared.ln_odds - shape * log_active);
        let left = 1.0 - alive;
        let gradient = [
            shared.by_r - alive * log_observed - left * log_active,
            slope - shape * (alive / observed + left / active),
            shared.by_a + left / self.a,
            shared.by_b - left * odds / self.a,
        ];
        (shared.constant + ln, gradient)
    }
}

impl Density<4> for BgNbd {
    type Row = Times;
    type Shared = Shared;

    fn shared(&self, x: f64) -> Shared {
        self.geometric().shared(x)
    }

    fn customer(&self, shared: &Shared, row: &Times) -> (f64, [f64; 4]) {
        self.geometric().customer(shared, row)
    }
}

impl Density<4> for MbgNbd {
    type Row = Times;
    type Shared = Shared;

    fn shared(&self, x: f64) -> Shared {
        self.geometric().shared(x)
    }

    fn customer(&self, shared: &Shared, row: &Times) -> (f64, [f64; 4]) {
        self.geometric().customer(shared, row)
    }
}

impl Family<4> for BgNbd {
    fn from_parameters([r, alpha, a, b]: [f64; 4]) -> Self {
        Self { r, alpha, a, b }
    }

    fn in_units(self, unit: f64) -> Self {
        Self { alpha: self.alpha * unit, ..self }
    }
}

impl Family<4> for MbgNbd {
    fn from_parameters([r, alpha, a, b]: [f64; 4]) -> Self {
        Self { r, alpha, a, b }
    }

    fn in_units(self, unit: f64) -> Self {
        Self { alpha: self.alpha * unit, ..self }
    }
}
