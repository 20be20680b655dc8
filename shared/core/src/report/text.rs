//! The report as text for a terminal: the shortest account of what was chosen, how good it is, and what is wanting.
use super::{Report, amount};
use crate::model::card::{percent, shown};

/// Past scorings that are named at most.
const SCORINGS: usize = 3;

pub(super) fn page(report: &Report) -> String {
    let (card, evaluation) = (&report.card, &report.card.evaluation);
    let mut page = String::new();
    let mut line = |text: String| {
        page.push_str(&text);
        page.push('\n');
    };
    line(format!("{}: {}", card.recipe().title(), evaluation.reason));
    line(format!(
        "predicts {} from {}; tested on {} to {}",
        card.splits.horizon,
        card.splits.end,
        evaluation.cutoff,
        evaluation.cutoff.end(evaluation.horizon) - 1
    ));
    let metrics: Vec<String> = shown(&evaluation.metrics).map(|(name, value)| format!("{name} {value}")).into();
    line(format!("test window: {}", metrics.join(", ")));
    line(String::new());
    line(format!("{:<44} {:>7} {:>7} {:>10} {:>7}", "candidate", "Gini", "R²", "RMSE", "level"));
    for one in &evaluation.candidates {
        let [gini, r2, rmse, _, _, level, _] = shown(&one.metrics).map(|(_, value)| value);
        let title: String = one.recipe.title().chars().take(44).collect();
        line(format!("{title:<44} {gini:>7} {r2:>7} {rmse:>10} {level:>7}"));
    }
    line(String::new());
    line(format!(
        "{:<10} {:>10} {:>16} {:>30} {:>16}",
        "segment", "customers", "predicted", "80 % interval", "spent so far"
    ));
    for part in &report.segments {
        let total = &part.total;
        line(format!(
            "{:<10} {:>10} {:>16} {:>30} {:>16}",
            part.segment,
            total.customers,
            amount(total.predicted_spend),
            format!("{} – {}", amount(total.low), amount(total.high)),
            amount(total.spend_to_date)
        ));
    }
    for rule in report.rules.rules.iter().take(6) {
        line(format!("{:.0} % of {}: {}", rule.precision * 100.0, rule.segment, rule.sentence()));
    }
    for past in report.track_record.iter().flat_map(|record| record.scorings.iter().take(SCORINGS)) {
        line(format!(
            "scored from {}: predicted {}, realised {}, {} inside their 80 % intervals",
            past.scoring.cutoff,
            amount(past.predicted),
            amount(past.realised),
            percent(past.inside, 0)
        ));
    }
    for caveat in &card.caveats {
        line(format!("note: {}", caveat.0));
    }
    page
}
