//! What an operator watches: in go numbers with a name and a unit, out goes one line on stdout in CloudWatch's embedded
//! metric format, which the log turns into metrics. Where the process is no Lambda function nobody watches, and nothing
//! is written: stdout then belongs to the program.
//!
//! The format: "Specification: Embedded metric format", Amazon CloudWatch user guide.
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::io::Write;
use std::sync::OnceLock;

/// The namespace of all metrics.
pub const NAMESPACE: &str = "ltv";

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Seconds.
    Seconds,
    /// Neither; the name says what.
    None,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Unit::Count => "Count",
            Unit::Seconds => "Seconds",
            Unit::None => "None",
        }
    }
}

/// A number that is watched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    name: &'static str,
    unit: Unit,
    value: f64,
}

impl Metric {
    /// The number `value`, called `name`.
    pub const fn new(name: &'static str, unit: Unit, value: f64) -> Metric {
        Metric { name, unit, value }
    }
}

/// Is this process a Lambda function, whose stdout is read?
pub fn is_watched() -> bool {
    function().is_some()
}

/// Writes the numbers, with `properties` beside them that are searchable and no dimensions. A number that is none is
/// left out.
pub fn tell(metrics: &[Metric], properties: &[(&'static str, &str)]) {
    let Some(function) = function() else { return };
    let Some(line) = line(function, metrics, properties, Timestamp::now()) else { return };
    // Whoever does not read its log does not miss a line.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

fn function() -> Option<&'static str> {
    static FUNCTION: OnceLock<Option<String>> = OnceLock::new();
    FUNCTION.get_or_init(|| std::env::var("AWS_LAMBDA_FUNCTION_NAME").ok().filter(|name| !name.is_empty())).as_deref()
}

fn line(function: &str, metrics: &[Metric], properties: &[(&'static str, &str)], now: Timestamp) -> Option<Value> {
    let metrics: Vec<&Metric> = metrics.iter().filter(|metric| metric.value.is_finite()).collect();
    if metrics.is_empty() {
        return None;
    }
    let named = |metric: &&Metric| json!({"Name": metric.name, "Unit": metric.unit.name()});
    let defined: Vec<Value> = metrics.iter().map(named).collect();
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [["FunctionName"]], "Metrics": defined}],
        }),
    );
    line.insert("FunctionName".to_owned(), json!(function));
    line.extend(properties.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
    line.extend(metrics.iter().map(|metric| (metric.name.to_owned(), json!(metric.value))));
    Some(Value::Object(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_every_number_with_its_unit_and_the_function_as_the_only_dimension() {
        let metrics = [Metric::new("Rows", Unit::Count, 3.0), Metric::new("SumRatio", Unit::None, 0.98)];
        let line = line("stack-train", &metrics, &[("key", "a.csv")], Timestamp::UNIX_EPOCH).unwrap();
        let expected = json!({
            "_aws": {"Timestamp": 0, "CloudWatchMetrics": [{
                "Namespace": "ltv", "Dimensions": [["FunctionName"]],
                "Metrics": [{"Name": "Rows", "Unit": "Count"}, {"Name": "SumRatio", "Unit": "None"}],
            }]},
            "FunctionName": "stack-train", "key": "a.csv", "Rows": 3.0, "SumRatio": 0.98,
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn what_is_no_number_is_left_out_and_nothing_at_all_is_no_line() {
        let metrics = [Metric::new("SumRatio", Unit::None, f64::NAN), Metric::new("Rows", Unit::Count, 1.0)];
        let found = line("f", &metrics, &[], Timestamp::UNIX_EPOCH).unwrap();
        assert!(found.get("SumRatio").is_none() && found["Rows"] == 1.0);
        assert!(line("f", &metrics[..1], &[], Timestamp::UNIX_EPOCH).is_none());
    }
}
