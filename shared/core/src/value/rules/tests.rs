//! Rules on customers made up here.
use super::*;

static FEATURES: [Feature; 3] = {
    const fn feature(name: &'static str, unit: &'static str, description: &'static str) -> Feature {
        Feature { name, unit, description, scale: Scale::Numeric }
    }
    [
        feature("spend_90d", "currency", "Net spend of the last 90 days."),
        feature("recency_days", "days", "Days since the last purchase day; missing without a purchase."),
        feature("cutoff_month_sin", "sine", "Month of the cutoff."),
    ]
};

fn business(rows: usize) -> (Matrix, Vec<Segment>) {
    let values = Array2::from_shape_fn((rows, 3), |(row, column)| match column {
        0 => ((row * 7919) % 100) as f32,
        1 if row % 50 == 0 => f32::NAN,
        1 => ((row * 104_729) % 365) as f32,
        _ => 0.5,
    });
    let segments = (0..rows)
        .map(|row| match (values[[row, 0]], values[[row, 1]]) {
            (spend, _) if spend >= 75.0 => Segment::VeryHigh,
            (spend, _) if spend >= 50.0 => Segment::High,
            (_, days) if days < 100.0 => Segment::Medium,
            _ => Segment::Low,
        })
        .collect();
    (Matrix { features: &FEATURES, values }, segments)
}

#[test]
fn segments_that_follow_from_two_features_are_stated_by_them() {
    let (matrix, segments) = business(4_000);
    let rules = Rules::of(&matrix, &segments).unwrap();
    assert!(rules.accuracy > 0.95, "{}", rules.accuracy);
    assert_eq!(rules.rules[0].segment, Segment::VeryHigh);
    assert!((rules.rules.iter().map(|rule| rule.share).sum::<f64>() - 1.0).abs() < 1e-9);
    let first = &rules.rules[0].conditions[0];
    assert_eq!(first.feature, "spend_90d");
    assert!((first.at_least.unwrap() - 75.0).abs() < 1.5);
}

#[test]
fn a_condition_reads_as_words_with_its_unit_said_once() {
    let condition = |words: &str, unit: &str, at_least, below| Condition {
        feature: "f".to_owned(),
        words: words.to_owned(),
        unit: unit.to_owned(),
        at_least,
        below,
    };
    assert_eq!(condition("net spend", "currency", Some(41.234), None).sentence(), "net spend at least 41.2");
    assert_eq!(condition("days since it", "days", None, Some(100.4)).sentence(), "days since it below 100");
    assert_eq!(
        condition("tenure", "days", Some(5.0), Some(7.0)).sentence(),
        "tenure from 5.00 days to below 7.00 days"
    );
    assert_eq!(words(FEATURES[1].description), "days since the last purchase day");
}

#[test]
fn a_business_of_a_handful_of_customers_has_no_rules() {
    let (matrix, segments) = business(12);
    assert_eq!(Rules::of(&matrix, &segments).unwrap(), Rules::default());
}
