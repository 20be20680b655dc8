//! Every feature: its name, its unit, a sentence of documentation and its formula, side by side, so that none of them
//! can drift from the others. In flows what is `Known` of a customer at a cutoff; out flows one row of the matrix.
//! Missing values are `NaN`.
mod amounts;
mod arrival;
mod pace;
mod recent;

use super::known::Known;
use super::life::LIFE;
use super::matrix::{Feature, Scale};
use super::signal::joined::{Measure, UNIT};

/// A feature and how it is computed.
pub(crate) struct Definition {
    pub(crate) feature: Feature,
    formula: fn(&Known<'_>) -> Option<f64>,
}

const fn numeric(
    name: &'static str,
    unit: &'static str,
    description: &'static str,
    formula: fn(&Known<'_>) -> Option<f64>,
) -> Definition {
    Definition { feature: Feature { name, unit, description, scale: Scale::Numeric }, formula }
}

const fn categorical(
    name: &'static str,
    description: &'static str,
    formula: fn(&Known<'_>) -> Option<f64>,
) -> Definition {
    Definition { feature: Feature { name, unit: "code", description, scale: Scale::Categorical }, formula }
}

const GROUPS: [&[Definition]; 4] = [pace::PACE, amounts::AMOUNTS, recent::RECENT, arrival::ARRIVAL];
/// How many features a customer's own row yields; those of fitted models follow behind them.
pub(crate) const OWN: usize = {
    let (mut count, mut group) = (0, 0);
    while group < GROUPS.len() {
        count += GROUPS[group].len();
        group += 1;
    }
    count
};
const COUNT: usize = OWN + LIFE.len();

/// Every feature, in the order of the matrix's columns.
pub static FEATURES: [Feature; COUNT] = {
    let mut all = [pace::PACE[0].feature; COUNT];
    let (mut place, mut group) = (0, 0);
    while group < GROUPS.len() {
        let mut within = 0;
        while within < GROUPS[group].len() {
            all[place] = GROUPS[group][within].feature;
            place += 1;
            within += 1;
        }
        group += 1;
    }
    let mut model = 0;
    while model < LIFE.len() {
        all[OWN + model] = LIFE[model];
        model += 1;
    }
    all
};

/// Computes a customer's own features in the order of [`FEATURES`]. Adding 0 turns the −0 of empty sums into 0.
pub(crate) fn own_features(known: &Known<'_>) -> impl Iterator<Item = f32> {
    GROUPS
        .into_iter()
        .flatten()
        .map(|definition| (definition.formula)(known).map_or(f32::NAN, |value| (value + 0.0) as f32))
}

/// The catalogue as a page of documentation, in Markdown.
pub fn page() -> String {
    let head = "# Features\n\n\
        Every feature is computed from events before the cutoff only, by the same code for training and for prediction.\n\
        Missing values stay missing. H is the horizon, in days. This page is written from the catalogue in\n\
        `shared/core/src/feature/catalogue`; a test fails when they differ.\n\n\
        Channel, campaign and country of the customers file are taken as known from the day of acquisition (`acquired_at`,\n\
        or the first order), for a row does not tell when it was written, and the time of its upload is not that: the first\n\
        export of a shop holds years. What a shop learns of a customer some days later, or changes, is therefore seen too\n\
        early in training; a feature that says more than an honest one can fails the run.\n\n\
        | feature | unit | what it is |\n| --- | --- | --- |\n";
    let row = |feature: &Feature| format!("| `{}` | {} | {} |\n", feature.name, feature.unit, feature.description);
    let of_series =
        |measure: Measure| format!("| `{}` | {UNIT} | {} |\n", measure.column("NAME"), measure.description("NAME"));
    let series = "\n## Outside series\n\n\
        Businesses that upload dated series (`indicators`), with a history long enough to tell their effect from chance,\n\
        have these besides, behind the others. **Only daily series, and series of which every row has the day of its\n\
        publication (`published_at`), enter the model.** All others are shown beside the predictions, and the card names\n\
        them.\n\n\
        A series is the same for every customer of a cutoff, so its observations are training windows that do not\n\
        overlap: each column takes ten with different values, in every fit. **Fourteen horizons of history hold ten, for\n\
        one column**; twenty-four hold twenty, for two: the values of two series, or the value and the change of one.\n\
        Fourteen horizons of 30, 90, 180 and 365 days are 14 months and 3½, 7 and 14 years. The default horizon is the\n\
        longest of which history holds four, so with it a series enters only from 14 years on: businesses with less give\n\
        a shorter horizon (`--horizon`, `horizon_days`).\n\n\
        | feature | unit | what it is |\n| --- | --- | --- |\n";
    let own = FEATURES.iter().map(row).fold(head.to_owned(), |page, row| page + &row) + series;
    Measure::ALL.into_iter().map(of_series).fold(own, |page, row| page + &row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_features_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/features.md");
        if std::env::var_os("LTV_WRITE_DOCS").is_some() {
            std::fs::write(path, page()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(written, page(), "docs/features.md is stale: run this test with LTV_WRITE_DOCS=1");
    }

    #[test]
    fn every_feature_has_its_own_name_and_a_whole_sentence() {
        for (place, feature) in FEATURES.iter().enumerate() {
            assert!(FEATURES[..place].iter().all(|other| other.name != feature.name), "{} twice", feature.name);
            assert!(feature.description.ends_with('.') && !feature.unit.is_empty(), "{}", feature.name);
        }
    }
}
