//! Fits BG/NBD, Pareto/NBD and Gamma-Gamma to a table of customers and prints one JSON line a model.
//!
//! `fit SUMMARY.csv` reads the columns `frequency`, `recency`, `T` and, for Gamma-Gamma, `monetary_value` (the mean of
//! the repeat orders), in any unit of time. A fit that ends at a boundary names it.
use ltv_btyd::{BgNbd, Boundary, Fitted, GammaGamma, ParetoNbd, PurchaseModel, Summary};
use serde::{Deserialize, Serialize, Serializer};
use std::{error::Error, time::Instant};

#[derive(Serialize)]
struct Line {
    model: &'static str,
    seconds: f64,
    #[serde(serialize_with = "as_map")]
    params: Vec<(&'static str, f64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    boundary: Option<Boundary>,
}

/// Keeps the order of the parameters.
fn as_map<S: Serializer>(params: &[(&'static str, f64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(params.iter().copied())
}

#[derive(Deserialize)]
struct Row {
    frequency: f64,
    recency: f64,
    #[serde(rename = "T")]
    age: f64,
    monetary_value: Option<f64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("usage: fit SUMMARY.csv")?;
    let mut has_amounts = false;
    let mut customers = Vec::new();
    for row in csv::Reader::from_path(file)?.deserialize() {
        let row: Row = row?;
        has_amounts |= row.monetary_value.is_some();
        customers.push(Summary {
            frequency: row.frequency as u32,
            recency: row.recency,
            age: row.age,
            monetary: row.monetary_value.unwrap_or(0.0),
        });
    }
    for params in [BgNbd::params(), ParetoNbd::params()] {
        let start = Instant::now();
        let fitted: Fitted<PurchaseModel> = params.fit_summaries(&customers)?;
        print(fitted.model.kind().name(), start, &fitted.model.parameters(), fitted.boundary)?;
    }
    if has_amounts {
        let start = Instant::now();
        let fitted = GammaGamma::params().fit_summaries(&customers)?;
        print("gamma-gamma", start, &fitted.model.parameters(), fitted.boundary)?;
    }
    Ok(())
}

fn print(
    model: &'static str,
    start: Instant,
    parameters: &[(&'static str, f64)],
    boundary: Option<Boundary>,
) -> Result<(), serde_json::Error> {
    let seconds = (start.elapsed().as_secs_f64() * 1e4).round() / 1e4;
    let params = parameters.iter().map(|(name, value)| (*name, (value * 1e4).round() / 1e4)).collect();
    println!("{}", serde_json::to_string(&Line { model, seconds, params, boundary })?);
    Ok(())
}
