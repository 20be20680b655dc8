//! Nodes as they are walked and kept.
use super::*;
use crate::split::Split;

/// A tree on three features: a threshold, then categories on the left and the end of the range on the right.
fn small() -> Ensemble {
    let cuts = [
        Cuts::Numeric(vec![1.0, 2.0]),
        Cuts::Categorical { codes: vec![5, 3, 70], other: true },
        Cuts::Numeric(vec![0.0]),
    ];
    let node = |split: Option<(usize, Test, usize)>| GrownNode {
        split: split.map(|(feature, test, left)| (Split { feature, test, gain: 1.0, left: 0 }, left)),
        range: 0..1,
        total: 0,
    };
    let nodes = [
        node(Some((0, Test::Threshold { last: 2, missing: true }, 1))),
        node(Some((1, Test::Set([0b10100, 0, 0, 0]), 3))),
        node(Some((2, Test::Threshold { last: 2, missing: false }, 5))),
        node(None),
        node(None),
        node(None),
        node(None),
    ];
    let mut ensemble = Ensemble::default();
    ensemble.push(&nodes, &[0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0], &[0, 0, 0, 5, 6, 7, 8], &cuts);
    ensemble
}

#[test]
fn rows_follow_thresholds_sets_and_missing_values() {
    let tree = small();
    let nan = f32::NAN;
    // Bins of the categorical feature: 5 → 1, 3 → 2, 70 → 3, others → 4; those of 3 and of others go left.
    let expected = [
        ([2.0, 3.0, 0.0], 1.0),
        ([nan, 3.0, 0.0], 1.0),
        ([2.0, 5.0, 0.0], 2.0),
        ([2.0, 4.0, 0.0], 1.0),
        ([2.0, 900.0, 0.0], 1.0),
        ([2.0, 70.0, 0.0], 2.0),
        ([2.0, nan, 0.0], 2.0),
        ([2.1, 3.0, 1e30], 3.0),
        ([2.1, 3.0, f32::INFINITY], 3.0),
        ([2.1, 3.0, nan], 4.0),
    ];
    for (row, value) in expected {
        assert_eq!(tree.sum_row(&row, 10.0).to_bits(), (10.0f32 + value).to_bits(), "{row:?}");
    }
}

#[test]
fn side_by_side_walks_equal_one_after_the_other() {
    let one = small();
    let mut many = Ensemble::default();
    for _ in 0..LANES + 3 {
        many.roots.push(many.nodes.len() as u32);
        many.nodes.extend(&one.nodes);
        many.covers.extend(&one.covers);
    }
    many.sets.clone_from(&one.sets);
    let rows = ndarray::Array2::from_shape_fn((41, 3), |(row, column)| ((row * (column + 2)) % 7) as f32 - 1.0);
    let sums = many.sum(rows.view(), 0.5);
    for (row, sum) in rows.rows().into_iter().zip(sums) {
        let value = one.leaf(0, &row.to_vec());
        assert_eq!(sum.to_bits(), (0.5 + (LANES + 3) as f32 * value).to_bits());
        assert_eq!(many.sum_row(&row.to_vec(), 0.5).to_bits(), sum.to_bits());
    }
}

#[test]
fn dropping_later_trees_drops_their_sets() {
    let mut trees = small();
    let (nodes, sets, covers) = (trees.nodes.clone(), trees.sets.clone(), trees.covers.clone());
    trees.roots.push(nodes.len() as u32);
    trees.nodes.extend(&nodes);
    trees.covers.extend(covers);
    trees.sets.extend(sets);
    trees.truncate(1);
    assert_eq!(trees, small());
}

#[test]
fn a_tree_survives_its_serialisation_to_the_bit() {
    let tree = small();
    let text = serde_json::to_string(&tree).unwrap();
    assert_eq!(serde_json::from_str::<Ensemble>(&text).unwrap(), tree);
}

#[test]
fn rows_of_inner_nodes_are_those_of_their_leaves() {
    assert_eq!(small().covers, [26, 11, 15, 5, 6, 7, 8]);
}
