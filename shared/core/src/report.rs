//! What people look at: the model's card with its segments, as JSON, as a page of HTML that needs no other file, and
//! as text. In flow records of [`crate::model`] and [`crate::value`]; out flows text. Nothing is computed here.
mod chart;
#[cfg(test)]
mod golden;
mod html;
mod newest;
mod text;

pub use newest::NewestTraining;

use crate::feature::availability::Availability;
use crate::feature::signal::Signals;
use crate::model::card::{Card, Caveat};
use crate::value::drift::{Drift, Profile};
use crate::value::rules::Rules;
use crate::value::total::{SegmentTotal, Total};
use crate::value::track::TrackRecord;
use serde::{Deserialize, Serialize};

/// A training's report: what `card.json` holds, and what `report.html` and the text are made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The model's card.
    #[serde(flatten)]
    pub card: Card,
    /// ISO 4217 code of all amounts.
    pub currency: Option<String>,
    /// Everyone scored, together.
    pub total: Total,
    /// The segments, the most valuable first.
    pub segments: Vec<SegmentTotal>,
    /// The segments stated as rules.
    pub rules: Rules,
    /// What everyone scored looks like, for the next training to compare itself with.
    #[serde(default)]
    pub profile: Option<Profile>,
    /// What has moved since the last training, where there was one.
    #[serde(default)]
    pub drift: Option<Drift>,
    /// What past scorings predicted and what came true.
    #[serde(default)]
    pub track_record: Option<TrackRecord>,
    /// What of the features was computed again from rows dated before their cutoff, and was equal.
    #[serde(default)]
    pub availability: Option<Availability>,
    /// Uploaded series, and what the training cutoffs can tell of them.
    #[serde(default)]
    pub signals: Option<Signals>,
}

impl Report {
    /// Adds what was audited of the features, and what of outside signals cannot be told, also as a caveat.
    pub fn audited(&mut self, availability: Availability, signals: Signals) {
        self.card.caveats.extend(signals.sentences().into_iter().map(Caveat));
        self.availability = Some(availability);
        self.signals = Some(signals);
    }

    /// The report as a page of HTML, self-contained and without scripts. Everything that comes from data is escaped.
    pub fn html(&self) -> String {
        html::page(self)
    }

    /// The report as text for a terminal.
    pub fn text(&self) -> String {
        text::page(self)
    }
}

/// An amount with thousands separated: `12,345`, `1.50`. Two decimals below 100.
fn amount(value: f64) -> String {
    let digits = usize::from(value.abs() < 100.0) * 2;
    let plain = format!("{:.*}", digits, value.abs());
    let (whole, decimals) = plain.split_once('.').unwrap_or((&plain, ""));
    let grouped = grouped(whole);
    let zero = plain.chars().all(|c| matches!(c, '0' | '.'));
    let sign = if value < 0.0 && !zero { "-" } else { "" };
    let point = if decimals.is_empty() { "" } else { "." };
    format!("{sign}{grouped}{point}{decimals}")
}

/// A number of things with thousands separated: `23,570`.
fn count(things: usize) -> String {
    grouped(&things.to_string())
}

fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_by_thousands() {
        assert_eq!(amount(1_234_567.4), "1,234,567");
        assert_eq!(amount(-999.6), "-1,000");
        assert_eq!(amount(12.345), "12.35");
        assert_eq!(amount(-0.001), "0.00");
    }
}
