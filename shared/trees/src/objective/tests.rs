//! Every gradient is checked against the loss it belongs to.
use super::*;
use proptest::prelude::*;

fn smooth() -> impl Strategy<Value = (Objective, f32)> {
    prop_oneof![
        (-50.0f32..50.0).prop_map(|y| (Objective::Squared, y)),
        (1.05f32..1.95, 0.0f32..100.0).prop_map(|(power, y)| (Objective::Tweedie { power }, y)),
        (0.1f32..100.0).prop_map(|y| (Objective::Tweedie { power: 2.0 }, y)),
        (0.0f32..=1.0).prop_map(|y| (Objective::Logistic, y)),
    ]
}

proptest! {
    #[test]
    fn gradients_and_hessians_are_the_derivatives_of_the_loss((objective, y) in smooth(), score in -4.0f32..4.0) {
        // The squared loss is reported as (y - f)², twice what is differentiated.
        let scale = if objective == Objective::Squared { 0.5 } else { 1.0 };
        let step = 1.0 / 128.0;
        let loss = |score: f32| scale * objective.loss(score, y);
        let (gradient, hessian) = objective.gradient(score, y);
        let first = (loss(score + step) - loss(score - step)) / (2.0 * f64::from(step));
        let second = (loss(score + step) + loss(score - step) - 2.0 * loss(score)) / f64::from(step * step);
        let size = 1.0 + first.abs() + second.abs();
        prop_assert!((f64::from(gradient) - first).abs() < 2e-3 * size, "{} {}", gradient, first);
        prop_assert!((f64::from(hessian) - second).abs() < 2e-3 * size, "{} {}", hessian, second);
    }

    #[test]
    fn no_constant_beats_the_start(
        y in prop::collection::vec(0.0f32..50.0, 1..40),
        w in prop::collection::vec(0.1f32..3.0, 40),
        level in 0.05f32..0.95,
        shift in -0.5f32..0.5,
    ) {
        for objective in [Objective::Squared, Objective::Tweedie { power: 1.5 }, Objective::Quantile { level }] {
            let start = objective.start(&y, Some(&w[..y.len()]));
            let loss = |score: f32| -> f64 {
                y.iter().zip(&w).map(|(&y, &w)| f64::from(w) * objective.loss(score, y)).sum()
            };
            prop_assert!(loss(start) <= loss(start + shift) * (1.0 + 1e-5) + 1e-5, "{:?}", objective);
        }
    }
}

#[test]
fn pinball_gradients_balance_at_the_quantile() {
    let objective = Objective::Quantile { level: 0.9 };
    let targets: Vec<f32> = (1..=1_000).map(|y| y as f32).collect();
    assert_eq!(objective.start(&targets, None).to_bits(), 900.0f32.to_bits());
    let sum: f32 = targets.iter().map(|&y| objective.gradient(900.0, y).0).sum();
    assert!(sum.abs() < 1e-2, "{sum}");
}

#[test]
fn targets_outside_of_the_objectives_range_are_refused() {
    let tweedie = Objective::Tweedie { power: 1.5 };
    assert!(tweedie.allows(0.0) && !tweedie.allows(-0.1) && !tweedie.allows(f32::NAN));
    assert!(!Objective::Tweedie { power: 2.0 }.allows(0.0));
    assert!(Objective::Logistic.allows(1.0) && !Objective::Logistic.allows(1.1));
    assert!(Objective::Squared.allows(-5.0) && !Objective::Squared.allows(f32::INFINITY));
    assert!(Objective::Tweedie { power: 1.0 }.check().is_err());
    assert!(Objective::Quantile { level: 1.0 }.check().is_err());
}
