//! What can be tried: in flows how many rows there are, out flow recipes. Leaves hold a share of the rows, so the space
//! depends on their number; what is in them never enters.
use crate::model::recipe::{Boosting, Btyd, Forest, Loss, Recipe};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Trees of a booster at most: early stopping chooses.
const ROUNDS: u32 = 250;
const LOSSES: [Loss; 4] =
    [Loss::Tweedie(1.5), Loss::Squared, Loss::Hurdle { amount_rounds: ROUNDS }, Loss::Tweedie(1.3)];

/// Customers in a leaf at least: few, and many.
fn leaf_rows(rows: usize) -> (u32, u32) {
    ((rows / 2_000).clamp(5, 40) as u32, (rows / 300).clamp(10, 300) as u32)
}

/// Every point: four losses in six shapes, two forests, two lines, two buy-till-you-die models. One of each family comes
/// first, so that a small budget still tries them all.
pub(super) fn grid(rows: usize) -> Vec<Recipe> {
    let (fine, coarse) = leaf_rows(rows);
    let boosting = |loss, (leaves, min_leaf, column_share)| {
        let (rounds, learning_rate, row_share, l2) = (ROUNDS, 0.1, 0.5, 2.0);
        Recipe::Boosting(Boosting { loss, rounds, learning_rate, leaves, min_leaf, row_share, column_share, l2 })
    };
    let forest = |column_share, share_of_rows: usize| {
        let min_leaf = (rows / share_of_rows).clamp(5, 400) as u32;
        Recipe::Forest(Forest { trees: 40, min_leaf, column_share, row_share: 0.6 })
    };
    let middle = (16, fine, 0.5);
    let mut recipes = vec![
        Recipe::Linear { ridge: 0.1 },
        Recipe::Btyd(Btyd::BgNbd),
        boosting(LOSSES[0], middle),
        boosting(LOSSES[1], middle),
        Recipe::Btyd(Btyd::ParetoNbd),
        boosting(LOSSES[2], middle),
        forest(0.2, 1_000),
        boosting(LOSSES[3], middle),
    ];
    for shape in [(31, fine, 0.3), (16, fine, 0.3), (8, fine, 0.5), (8, coarse, 0.5), (31, coarse, 0.3)] {
        recipes.extend(LOSSES.map(|loss| boosting(loss, shape)));
    }
    recipes.extend([forest(0.33, 2_000), Recipe::Linear { ridge: 0.01 }]);
    recipes
}

/// `trees` boosters drawn at random with `seed`, behind what needs no search: lines and buy-till-you-die models.
pub(super) fn random(rows: usize, trees: usize, seed: u64) -> Vec<Recipe> {
    let (fine, coarse) = leaf_rows(rows);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut recipes: Vec<Recipe> =
        grid(rows).into_iter().filter(|recipe| !matches!(recipe, Recipe::Boosting(_) | Recipe::Forest(_))).collect();
    // drawn evenly by order of size where twice as much is the same step everywhere
    let mut between = |low: f64, high: f64| low * (high / low).powf(rng.random::<f64>());
    for number in 0..trees {
        recipes.push(Recipe::Boosting(Boosting {
            loss: LOSSES[number % LOSSES.len()],
            rounds: ROUNDS,
            learning_rate: between(0.05, 0.2),
            leaves: between(6.0, 48.0).round() as u32,
            min_leaf: between(f64::from(fine), f64::from(coarse)).round() as u32,
            row_share: 0.5,
            column_share: between(0.25, 0.8),
            l2: between(0.5, 10.0),
        }));
    }
    recipes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::recipe::Family;

    #[test]
    fn a_small_budget_still_tries_every_family() {
        let names: Vec<&str> = grid(50_000).iter().take(7).map(Recipe::name).collect();
        for name in ["linear", "bg_nbd", "pareto_nbd", "boosting_squared", "boosting_tweedie", "boosting_hurdle"] {
            assert!(names.contains(&name), "{name}");
        }
        assert!(names.contains(&"random_forest"));
    }

    #[test]
    fn no_point_is_there_twice() {
        let recipes = grid(50_000);
        for (at, recipe) in recipes.iter().enumerate() {
            assert!(!recipes[..at].contains(recipe), "{recipe:?}");
        }
        assert!(recipes.iter().filter(|recipe| recipe.family() == Family::Tree).count() >= 24);
    }

    #[test]
    fn a_random_space_is_the_same_for_a_seed_and_another_for_another() {
        assert_eq!(random(9_000, 12, 1), random(9_000, 12, 1));
        assert_ne!(random(9_000, 12, 1), random(9_000, 12, 2));
    }
}
