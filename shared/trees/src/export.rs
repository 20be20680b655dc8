//! Trees in the JSON format of XGBoost models, which `xgboost.Booster(model_file=…)` reads: from an ensemble to text. It
//! never reads such a file.
//!
//! The schema is XGBoost's `doc/model.schema`. Three things differ from how trees stand here. A value goes left there if
//! it is *less* than the threshold, so that thresholds move up to the next number. The categories that are listed go
//! *right* there, and all others left, so that the two children change places where unseen codes go right. And scores
//! begin at a value that is given as a prediction; a first tree of a single leaf keeps it exact.
use crate::objective::Objective;
use crate::tree::{Condition, Ensemble};
use serde::Serialize;
use serde_json::{Value, json};

/// XGBoost's mark of a root's parent.
const NO_PARENT: i32 = i32::MAX;

/// One tree, an entry a node.
#[derive(Default, Serialize)]
struct Tree {
    base_weights: Vec<f32>,
    categories: Vec<u32>,
    categories_nodes: Vec<usize>,
    categories_segments: Vec<usize>,
    categories_sizes: Vec<usize>,
    default_left: Vec<u8>,
    id: usize,
    left_children: Vec<i32>,
    loss_changes: Vec<f32>,
    parents: Vec<i32>,
    right_children: Vec<i32>,
    split_conditions: Vec<f32>,
    split_indices: Vec<usize>,
    split_type: Vec<u8>,
    sum_hessian: Vec<f64>,
    #[serde(rename = "tree_param")]
    sizes: Value,
}

/// What a node asks there, and whether its two children change places.
struct Asked {
    below: f32,
    missing_left: bool,
    swapped: bool,
    right_codes: Vec<u32>,
}

impl Asked {
    fn of(condition: &Condition<'_>) -> Self {
        let numeric = |below, missing_left| Self { below, missing_left, swapped: false, right_codes: Vec::new() };
        match condition {
            Condition::AtMost { bound, missing } => numeric(bound.next_up(), *missing),
            Condition::Present => numeric(f32::MAX, false),
            Condition::Set(set) => {
                let right_codes = set.exceptions();
                let (swapped, missing_left) = (!set.unseen, set.missing == set.unseen);
                Self { below: if right_codes.is_empty() { f32::MAX } else { 0.0 }, missing_left, swapped, right_codes }
            }
        }
    }
}

impl Tree {
    /// A tree of one leaf.
    fn leaf(features: usize, value: f32, rows: f64) -> Self {
        let mut tree = Self::default();
        tree.add(NO_PARENT, rows);
        tree.split_conditions[0] = value;
        tree.base_weights[0] = value;
        tree.finish(0, features)
    }

    /// The tree that begins at `root`, its leaves times `scale`.
    fn of(trees: &Ensemble, root: usize, number: usize, features: usize, scale: f64) -> Self {
        let mut tree = Self::default();
        tree.add(NO_PARENT, trees.rows(root));
        let mut open = vec![(root, 0)];
        while let Some((at, node)) = open.pop() {
            let (Some(children), Some(condition)) = (trees.children(at), trees.condition_of(at)) else {
                let value = (trees.value(at) * scale) as f32;
                (tree.split_conditions[node], tree.base_weights[node]) = (value, value);
                continue;
            };
            let asked = Asked::of(&condition);
            let [left, right] = if asked.swapped { [children[1], children[0]] } else { children };
            let next = tree.parents.len();
            for child in [left, right] {
                tree.add(node as i32, trees.rows(child));
            }
            (tree.left_children[node], tree.right_children[node]) = (next as i32, next as i32 + 1);
            tree.split_indices[node] = trees.feature(at);
            tree.split_conditions[node] = asked.below;
            tree.default_left[node] = u8::from(asked.missing_left);
            if !asked.right_codes.is_empty() {
                tree.split_type[node] = 1;
                tree.categories_nodes.push(node);
                tree.categories_segments.push(tree.categories.len());
                tree.categories_sizes.push(asked.right_codes.len());
                tree.categories.extend(asked.right_codes);
            }
            open.extend([(right, next + 1), (left, next)]);
        }
        tree.finish(number, features)
    }

    fn add(&mut self, parent: i32, rows: f64) {
        self.parents.push(parent);
        self.sum_hessian.push(rows);
        self.base_weights.push(0.0);
        self.loss_changes.push(0.0);
        self.split_conditions.push(0.0);
        self.split_indices.push(0);
        self.split_type.push(0);
        self.default_left.push(0);
        self.left_children.push(-1);
        self.right_children.push(-1);
    }

    fn finish(mut self, number: usize, features: usize) -> Self {
        self.id = number;
        // Segments belong to nodes in ascending order.
        let mut order: Vec<usize> = (0..self.categories_nodes.len()).collect();
        order.sort_unstable_by_key(|&at| self.categories_nodes[at]);
        let ordered = |values: &[usize]| order.iter().map(|&at| values[at]).collect();
        let (nodes, sizes) = (ordered(&self.categories_nodes), ordered(&self.categories_sizes));
        let segments = ordered(&self.categories_segments);
        (self.categories_nodes, self.categories_sizes, self.categories_segments) = (nodes, sizes, segments);
        self.sizes = json!({
            "num_deleted": "0",
            "num_feature": features.to_string(),
            "num_nodes": self.parents.len().to_string(),
            "size_leaf_vector": "1",
        });
        self
    }
}

/// A model whose scores are `start` and the sum of `trees`, times `scale`, answered as `objective` says.
pub(crate) fn to_json(
    trees: &Ensemble,
    features: usize,
    start: f32,
    scale: f64,
    objective: Objective,
) -> serde_json::Result<String> {
    let rows = trees.roots().next().map_or(0.0, |root| trees.rows(root));
    let mut all = vec![Tree::leaf(features, start, rows)];
    all.extend(trees.roots().enumerate().map(|(at, root)| Tree::of(trees, root, at + 1, features, scale)));
    let (neutral, objective) = described(objective);
    let model = json!({
        "learner": {
            "attributes": {},
            "feature_names": [],
            "feature_types": [],
            "gradient_booster": {
                "model": {
                    "gbtree_model_param": { "num_parallel_tree": "1", "num_trees": all.len().to_string() },
                    "iteration_indptr": (0..=all.len()).collect::<Vec<_>>(),
                    "tree_info": vec![0; all.len()],
                    "trees": all,
                },
                "name": "gbtree",
            },
            "learner_model_param": {
                "base_score": neutral,
                "boost_from_average": "0",
                "num_class": "0",
                "num_feature": features.to_string(),
                "num_target": "1",
            },
            "objective": objective,
        },
        "version": [2, 1, 0],
    });
    serde_json::to_string(&model)
}

/// The prediction that stands for a score of 0, and the objective as XGBoost names it.
fn described(objective: Objective) -> (&'static str, Value) {
    let plain = |name| json!({ "name": name, "reg_loss_param": { "scale_pos_weight": "1" } });
    match objective {
        Objective::Squared => ("0E0", plain("reg:squarederror")),
        Objective::Logistic => ("5E-1", plain("binary:logistic")),
        Objective::Tweedie { power } if power >= 2.0 => ("1E0", json!({ "name": "reg:gamma" })),
        Objective::Tweedie { power } => {
            let param = json!({ "tweedie_variance_power": power.to_string() });
            ("1E0", json!({ "name": "reg:tweedie", "tweedie_regression_param": param }))
        }
        // The form of its own parameter differs between versions; predictions do not depend on it.
        Objective::Quantile { .. } => ("0E0", json!({ "name": "reg:absoluteerror" })),
    }
}
