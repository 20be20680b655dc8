//! Samples against the sums they stand for.
use super::*;
use proptest::prelude::*;

fn draw(sampling: Sampling, fraction: f64, pairs: &[(f32, f32)], seed: u32) -> Sample {
    let values = ndarray::Array2::from_shape_fn((pairs.len(), 9), |(row, column)| ((row * (column + 1)) % 251) as f32);
    let matrix = BinnedMatrix::from_columns(values.view(), &[false; 9], 256).unwrap();
    let mut sample = Sample::default();
    sample.draw(sampling, fraction, pairs, &matrix, seed);
    for (column, &(stripe, at)) in matrix.columns.iter().zip(&matrix.layout.slots) {
        let bytes = sample.stripes[stripe].iter().map(|bytes| bytes[at]);
        assert!(bytes.eq(sample.rows.iter().map(|&row| column[row as usize])));
    }
    sample
}

/// Gradients of spend: mostly small, a few very large.
fn gradients(rows: u32) -> Vec<(f32, f32)> {
    (0..rows).map(|row| ((hash(0x5bd1_e995, row) as f32 / 4_294_967_296.0).powi(9) * 1e4 - 3.0, 1.0)).collect()
}

#[test]
fn about_the_share_asked_for_is_drawn_in_ascending_order() {
    for sampling in [Sampling::Uniform, Sampling::Gradient] {
        let sample = draw(sampling, 0.3, &gradients(50_000), 7);
        assert!(sample.rows.windows(2).all(|pair| pair[0] < pair[1]));
        let share = sample.rows.len() as f64 / 50_000.0;
        assert!((share - 0.3).abs() < 0.01, "{sampling:?}: {share}");
    }
}

#[test]
fn weighted_gradients_estimate_the_sums_of_all_rows_better_than_even_ones() {
    let pairs = gradients(40_000);
    let exact: f64 = pairs.iter().map(|pair| f64::from(pair.0)).sum();
    let error = |sampling, scale: f64| -> f64 {
        let sums = (0..40).map(|seed| draw(sampling, 0.1, &pairs, seed).pairs.iter().map(|p| f64::from(p.0)).sum());
        (sums.map(|sum: f64| (sum * scale - exact).powi(2)).sum::<f64>() / 40.0).sqrt()
    };
    let (uniform, gradient) = (error(Sampling::Uniform, 10.0), error(Sampling::Gradient, 1.0));
    assert!(gradient < 0.02 * exact, "{gradient} of {exact}");
    assert!(1.5 * gradient < uniform, "{gradient} {uniform}");
}

proptest! {
    #[test]
    fn the_threshold_makes_the_chances_add_up(
        mut sizes in prop::collection::vec(0.01f64..1e4, 1..200), fraction in 0.01f64..0.99,
    ) {
        sizes.sort_unstable_by(|a, b| b.total_cmp(a));
        let threshold = threshold(&sizes, fraction);
        let sum: f64 = sizes.iter().map(|size| (size / threshold).min(1.0)).sum();
        prop_assert!((sum / sizes.len() as f64 - fraction).abs() < 1e-6, "{}", sum);
    }

    #[test]
    fn there_is_always_a_row(g in prop::sample::select(vec![0.0f32, 1e-30, 5.0]), rows in 1usize..40, seed: u32) {
        let sample = draw(Sampling::Gradient, 0.05, &vec![(g, 1.0); rows], seed);
        prop_assert!(!sample.rows.is_empty());
        prop_assert!(sample.pairs.iter().all(|pair| pair.0.is_finite() && pair.1.is_finite()));
    }
}
