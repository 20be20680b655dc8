//! Recipes: how a model is made, as data. A recipe is what is searched, compared and promoted; a fit of one is
//! [`super::fitted`]. Nothing here trains.
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What needs no training, and what everything else has to beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// A customer spends what they spent in the last horizon.
    LastHorizonSpend,
    /// A customer spends as they always have: net spend to date, brought to the level of the training windows.
    PastSpend,
    /// Everyone spends the same: the mean of the training windows.
    Mean,
}

impl Baseline {
    /// Every baseline.
    pub const ALL: [Baseline; 3] = [Baseline::LastHorizonSpend, Baseline::PastSpend, Baseline::Mean];
}

/// What a boosting minimises.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Squared error.
    Squared,
    /// Tweedie deviance of the given variance power in (1, 2), log link.
    Tweedie(f64),
    /// Probability of a purchase (log loss) × amount if there is one (Tweedie, power 1.5, on buyers only).
    Hurdle {
        /// Trees of the amount; the search replaces it by what early stopping on the validation windows chose.
        amount_rounds: u32,
    },
}

/// Parameters of a gradient boosting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Boosting {
    /// What is minimised.
    pub loss: Loss,
    /// Trees at most; the search replaces it by what early stopping on the validation windows chose.
    pub rounds: u32,
    /// Step length in (0, 1].
    pub learning_rate: f64,
    /// Leaves of a tree.
    pub leaves: u32,
    /// Customers in a leaf at least.
    pub min_leaf: u32,
    /// Share of rows that a tree sees.
    pub row_share: f64,
    /// Share of columns that a tree sees.
    pub column_share: f64,
    /// Ridge penalty on leaf values.
    pub l2: f64,
}

/// Parameters of a random forest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forest {
    /// Trees.
    pub trees: u32,
    /// Customers in a leaf at least.
    pub min_leaf: u32,
    /// Share of columns that a split sees.
    pub column_share: f64,
    /// Share of rows that a tree sees.
    pub row_share: f64,
}

/// Which buy-till-you-die model counts the purchases; Gamma-Gamma values them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Btyd {
    /// BG/NBD (Fader, Hardie & Lee 2005).
    BgNbd,
    /// Pareto/NBD (Schmittlein, Morrison & Colombo 1987).
    ParetoNbd,
}

/// How a model is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipe {
    /// No training.
    Baseline(Baseline),
    /// Least squares on standardised features with a ridge penalty, as a share of the rows.
    Linear {
        /// Ridge penalty per row.
        ridge: f64,
    },
    /// A random forest.
    Forest(Forest),
    /// Gradient boosting.
    Boosting(Boosting),
    /// A buy-till-you-die model with Gamma-Gamma.
    Btyd(Btyd),
    /// `weight` × a tree recipe + (1 − `weight`) × a buy-till-you-die model.
    Blend {
        /// The tree recipe.
        tree: Box<Recipe>,
        /// The buy-till-you-die model.
        btyd: Btyd,
        /// Share of the tree recipe, from the validation windows.
        weight: f64,
    },
}

/// The family of a recipe: the best tree and the best buy-till-you-die model are blended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Baseline,
    Linear,
    Tree,
    Btyd,
    Blend,
}

impl Recipe {
    /// The recipe's name in cards, answers and the JSON of a run.
    pub fn name(&self) -> &'static str {
        match self {
            Recipe::Baseline(Baseline::LastHorizonSpend) => "last_horizon_spend",
            Recipe::Baseline(Baseline::PastSpend) => "past_spend",
            Recipe::Baseline(Baseline::Mean) => "mean",
            Recipe::Linear { .. } => "linear",
            Recipe::Forest(_) => "random_forest",
            Recipe::Boosting(Boosting { loss: Loss::Squared, .. }) => "boosting_squared",
            Recipe::Boosting(Boosting { loss: Loss::Tweedie(_), .. }) => "boosting_tweedie",
            Recipe::Boosting(Boosting { loss: Loss::Hurdle { .. }, .. }) => "boosting_hurdle",
            Recipe::Btyd(Btyd::BgNbd) => "bg_nbd",
            Recipe::Btyd(Btyd::ParetoNbd) => "pareto_nbd",
            Recipe::Blend { .. } => "blend",
        }
    }

    /// The recipe's name for readers of a report.
    pub fn title(&self) -> String {
        match self {
            Recipe::Baseline(Baseline::LastHorizonSpend) => "spend of the last horizon".to_owned(),
            Recipe::Baseline(Baseline::PastSpend) => "past spend".to_owned(),
            Recipe::Baseline(Baseline::Mean) => "the mean".to_owned(),
            Recipe::Linear { .. } => "linear regression".to_owned(),
            Recipe::Forest(_) => "random forest".to_owned(),
            Recipe::Boosting(Boosting { loss: Loss::Squared, .. }) => "gradient boosting, squared error".to_owned(),
            Recipe::Boosting(Boosting { loss: Loss::Tweedie(_), .. }) => "gradient boosting, Tweedie".to_owned(),
            Recipe::Boosting(Boosting { loss: Loss::Hurdle { .. }, .. }) => "gradient boosting, hurdle".to_owned(),
            Recipe::Btyd(Btyd::BgNbd) => "BG/NBD with Gamma-Gamma".to_owned(),
            Recipe::Btyd(Btyd::ParetoNbd) => "Pareto/NBD with Gamma-Gamma".to_owned(),
            Recipe::Blend { tree, btyd, weight } => format!(
                "{:.0} % {} and {:.0} % {}",
                weight * 100.0,
                tree.title(),
                (1.0 - weight) * 100.0,
                Recipe::Btyd(*btyd).title()
            ),
        }
    }

    /// The recipe's parameters as the card and the JSON of a run show them: one flat object.
    pub fn params(&self) -> Value {
        match self {
            Recipe::Baseline(_) | Recipe::Btyd(_) => json!({}),
            Recipe::Linear { ridge } => json!({ "ridge": ridge }),
            Recipe::Forest(f) => json!({
                "trees": f.trees, "min_leaf": f.min_leaf, "column_share": f.column_share, "row_share": f.row_share,
            }),
            Recipe::Boosting(b) => {
                let mut params = json!({
                    "rounds": b.rounds, "learning_rate": b.learning_rate, "leaves": b.leaves, "min_leaf": b.min_leaf,
                    "row_share": b.row_share, "column_share": b.column_share, "l2": b.l2,
                });
                match b.loss {
                    Loss::Tweedie(power) => params["power"] = json!(power),
                    Loss::Hurdle { amount_rounds } => params["amount_rounds"] = json!(amount_rounds),
                    Loss::Squared => {}
                }
                params
            }
            Recipe::Blend { tree, btyd, weight } => json!({
                "weight": weight, "tree": tree.name(), "tree_params": tree.params(), "btyd": Recipe::Btyd(*btyd).name(),
            }),
        }
    }

    pub(crate) fn family(&self) -> Family {
        match self {
            Recipe::Baseline(_) => Family::Baseline,
            Recipe::Linear { .. } => Family::Linear,
            Recipe::Forest(_) | Recipe::Boosting(_) => Family::Tree,
            Recipe::Btyd(_) => Family::Btyd,
            Recipe::Blend { .. } => Family::Blend,
        }
    }

    /// Is this a recipe without training?
    pub fn is_baseline(&self) -> bool {
        self.family() == Family::Baseline
    }
}
