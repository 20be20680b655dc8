//! Segments stated as rules a person can read: a shallow decision tree that imitates the segments. In flow features
//! and segments of a sample of customers; out flow conditions, with how well they hold on customers that the tree has
//! not seen. The rules explain; nobody is put into a segment by them.
//!
//! The tree is linfa-trees'. It breaks ties by hash-map order, so the same data may give different rules that hold
//! equally well; it cannot take missing values, which are replaced by the median beforehand; and its time grows with
//! nodes × rows × features, so it is kept shallow and on a sample.
use super::Segment;
use crate::feature::matrix::{Feature, Matrix, Scale};
use linfa::Dataset;
use linfa::prelude::Fit;
use linfa_trees::{DecisionTree, TreeNode};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const SAMPLE: usize = 3_000;
const DEPTH: usize = 4;
/// Units whose amounts a reader can picture.
const READABLE: [&str; 7] = ["currency", "days", "orders", "units", "products", "share", "days per year"];

/// A bound on one feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = SegmentCondition))]
pub struct Condition {
    /// The feature.
    pub feature: String,
    /// The feature in words.
    pub words: String,
    /// Its unit.
    pub unit: String,
    /// The value is at least this.
    pub at_least: Option<f64>,
    /// The value is below this.
    pub below: Option<f64>,
}

/// Conditions that together mean a segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The segment that customers who meet them are mostly in.
    pub segment: Segment,
    /// All of them hold.
    pub conditions: Vec<Condition>,
    /// Share of all customers that meet them.
    pub share: f64,
    /// Share of those that are in the segment.
    pub precision: f64,
}

/// Rules for all segments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// The most valuable segment first; within a segment the rule that most customers meet.
    pub rules: Vec<Rule>,
    /// Share of customers whose segment the rules name; measured on customers they were not made from.
    pub accuracy: f64,
}

/// What cannot be stated as rules.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// The tree could not be fitted.
    #[error("no decision tree for the segments of {customers} customers")]
    Tree {
        /// How many customers it was fitted to.
        customers: usize,
        /// Why.
        source: linfa::Error,
    },
}

impl Rules {
    /// Rules for `segments`, which correspond to the rows of `matrix`. None where all customers are alike.
    ///
    /// # Errors
    /// What the tree's library refuses.
    pub fn of(matrix: &Matrix, segments: &[Segment]) -> Result<Rules, RulesError> {
        let columns = readable(matrix);
        let medians: Vec<f64> = columns.iter().map(|column| median(matrix, *column)).collect();
        let step = (matrix.rows() / SAMPLE).max(2);
        let (seen, unseen): (Vec<usize>, Vec<usize>) =
            ((0..matrix.rows()).step_by(step).collect(), (1..matrix.rows()).step_by(step).collect());
        if seen.len() < 20 || columns.is_empty() {
            return Ok(Rules::default());
        }
        let rows = |of: &[usize]| {
            Array2::from_shape_fn((of.len(), columns.len()), |(row, at)| {
                value(matrix, of[row], columns[at], medians[at])
            })
        };
        let labels: Array1<usize> = seen.iter().map(|row| segments[*row] as usize).collect();
        let tree = DecisionTree::params()
            .max_depth(Some(DEPTH))
            .min_weight_leaf(seen.len() as f32 / 100.0)
            .fit(&Dataset::new(rows(&seen), labels))
            .map_err(|source| RulesError::Tree { customers: seen.len(), source })?;
        let mut leaves = Vec::new();
        walk(tree.root_node(), &mut Vec::new(), &mut leaves);
        let unseen_rows = rows(&unseen);
        let mut rules: Vec<Rule> = Vec::new();
        let mut right = 0;
        for (path, segment) in leaves {
            let met: Vec<usize> = (0..unseen.len())
                .filter(|row| path.iter().all(|split| split.holds(unseen_rows[[*row, split.column]])))
                .collect();
            let hits = met.iter().filter(|row| segments[unseen[**row]] == segment).count();
            right += hits;
            rules.push(Rule {
                segment,
                conditions: conditions(&path, &columns, matrix.features),
                share: met.len() as f64 / unseen.len().max(1) as f64,
                precision: hits as f64 / met.len().max(1) as f64,
            });
        }
        rules.retain(|rule| rule.share > 0.0 && !rule.conditions.is_empty());
        rules.sort_by(|a, b| b.segment.cmp(&a.segment).then(b.share.total_cmp(&a.share)));
        Ok(Rules { rules, accuracy: right as f64 / unseen.len().max(1) as f64 })
    }
}

impl Rule {
    /// The rule's conditions as words, without its segment.
    pub fn sentence(&self) -> String {
        self.conditions.iter().map(Condition::sentence).collect::<Vec<String>>().join(" and ")
    }
}

impl Condition {
    /// The condition as words: `net spend of the last 90 days at least 41.2`.
    pub fn sentence(&self) -> String {
        let number = |value: f64| {
            let unit = match self.unit.as_str() {
                "currency" | "share" => String::new(),
                _ if self.words.starts_with(self.unit.as_str()) => String::new(),
                unit => format!(" {unit}"),
            };
            format!("{}{unit}", three_digits(value))
        };
        match (self.at_least, self.below) {
            (Some(low), Some(high)) => format!("{} from {} to below {}", self.words, number(low), number(high)),
            (Some(low), None) => format!("{} at least {}", self.words, number(low)),
            (None, Some(high)) => format!("{} below {}", self.words, number(high)),
            (None, None) => self.words.clone(),
        }
    }
}

/// One turn on the way to a leaf.
#[derive(Clone, Copy)]
struct Split {
    column: usize,
    at: f64,
    below: bool,
}

impl Split {
    fn holds(&self, value: f64) -> bool {
        (value < self.at) == self.below
    }
}

fn walk(node: &TreeNode<f64, usize>, path: &mut Vec<Split>, leaves: &mut Vec<(Vec<Split>, Segment)>) {
    if let Some(label) = node.prediction() {
        let segment = Segment::ALL.into_iter().find(|segment| *segment as usize == label);
        leaves.extend(segment.map(|segment| (path.clone(), segment)));
        return;
    }
    let (column, at, _) = node.split();
    for (child, below) in node.children().into_iter().zip([true, false]) {
        if let Some(child) = child {
            path.push(Split { column, at, below });
            walk(child, path, leaves);
            path.pop();
        }
    }
}

/// The bounds of a path, one condition a feature, in the order of the turns.
fn conditions(path: &[Split], columns: &[usize], features: &[Feature]) -> Vec<Condition> {
    let mut order: Vec<usize> = Vec::new();
    let mut bounds: BTreeMap<usize, (Option<f64>, Option<f64>)> = BTreeMap::new();
    for split in path {
        if !order.contains(&split.column) {
            order.push(split.column);
        }
        let (low, high) = bounds.entry(split.column).or_default();
        if split.below {
            *high = Some(high.map_or(split.at, |known| known.min(split.at)));
        } else {
            *low = Some(low.map_or(split.at, |known| known.max(split.at)));
        }
    }
    order
        .into_iter()
        .map(|column| {
            let feature = &features[columns[column]];
            let (at_least, below) = bounds[&column];
            Condition {
                feature: feature.name.to_owned(),
                words: words(feature.description),
                unit: feature.unit.to_owned(),
                at_least,
                below,
            }
        })
        .collect()
}

/// A description up to its first pause, as part of a sentence.
fn words(description: &str) -> String {
    let part = description.split([':', ';', '.', ',']).next().unwrap_or(description).trim();
    let mut letters = part.chars();
    letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect())
}

fn readable(matrix: &Matrix) -> Vec<usize> {
    let kept = |(column, feature): (usize, &Feature)| {
        let values = matrix.values.column(column);
        let varies = values.iter().any(|v| v.is_finite() && Some(v) != values.first());
        (feature.scale == Scale::Numeric && READABLE.contains(&feature.unit) && varies).then_some(column)
    };
    matrix.features.iter().enumerate().filter_map(kept).collect()
}

fn value(matrix: &Matrix, row: usize, column: usize, median: f64) -> f64 {
    let value = f64::from(matrix.values[[row, column]]);
    if value.is_finite() { value } else { median }
}

fn median(matrix: &Matrix, column: usize) -> f64 {
    let step = (matrix.rows() / SAMPLE).max(1);
    let mut known: Vec<f32> =
        matrix.values.column(column).iter().step_by(step).copied().filter(|value| value.is_finite()).collect();
    known.sort_by(f32::total_cmp);
    known.get(known.len() / 2).map_or(0.0, |value| f64::from(*value))
}

fn three_digits(value: f64) -> String {
    let digits = if value == 0.0 { 0 } else { (2 - value.abs().log10().floor() as i32).clamp(0, 4) };
    format!("{value:.*}", digits as usize)
}

#[cfg(test)]
mod tests;
