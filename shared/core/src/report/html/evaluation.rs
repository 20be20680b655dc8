//! The page's part on the evaluation: in flows a report, out flow the figures of the test window and the windows before
//! it, candidate by candidate, tenth by tenth, band by band.
use super::super::chart;
use super::{Report, amount, count, escape, heading, paragraph, sentence, table};
use crate::model::card::{optional, shown};
use crate::model::metrics::bootstrap::Range;
use crate::model::training::{RollingSpread, Spread};
use std::fmt::Write;

pub(super) fn quality(report: &Report, page: &mut String) {
    let evaluation = &report.card.evaluation;
    heading(page, "How good it is");
    paragraph(
        page,
        "quiet",
        &format!(
            "Measured once, on the {} from {}, by a fit that had seen nothing of those days. Customers who had bought \
             at most once before are shown apart, because little is known of them.",
            evaluation.horizon, evaluation.cutoff
        ),
    );
    let all = shown(&evaluation.metrics);
    let (known, cold) = (shown(&evaluation.known.metrics), shown(&evaluation.cold.metrics));
    let rows = (0..all.len())
        .map(|at| (false, [all[at].0.to_owned(), all[at].1.clone(), known[at].1.clone(), cold[at].1.clone()]));
    table(page, ["", "all customers", "bought more than once", "at most once"], rows);
}

pub(super) fn candidates(report: &Report, page: &mut String) {
    let evaluation = &report.card.evaluation;
    heading(page, "What it was compared with");
    let rows = evaluation.candidates.iter().map(|one| {
        let [gini, r2, rmse, mae, spearman, level, top] = shown(&one.metrics).map(|(_, value)| value);
        let gini = format!("{gini}{}", range(one.ranges.gini, 3));
        let r2 = format!("{r2}{}", range(one.ranges.r2, 2));
        (one.recipe == evaluation.subject, [one.recipe.title(), gini, r2, rmse, mae, spearman, level, top])
    });
    let heads = ["candidate", "Gini", "R²", "RMSE", "MAE", "Spearman", "predicted ÷ actual", "top 10 % hold"];
    table(page, heads, rows);
    page.push_str("<ul>\n");
    for reason in &evaluation.verdict.reasons {
        let _ = writeln!(page, "<li>{}</li>", escape(&sentence(reason)));
    }
    page.push_str("</ul>\n");
}

pub(super) fn deciles(report: &Report, page: &mut String) {
    let deciles = &report.card.evaluation.deciles;
    heading(page, "Tenths of the customers, the most valuable first");
    paragraph(page, "quiet", "Mean spend a customer: predicted (blue) and actual (amber).");
    let labels: Vec<String> = deciles.iter().map(|row| row.decile.to_string()).collect();
    let predicted: Vec<f64> = deciles.iter().map(|row| row.mean_predicted).collect();
    let actual: Vec<f64> = deciles.iter().map(|row| row.mean_actual).collect();
    page.push_str(&chart::pairs(&labels, &predicted, &actual));
    let rows = deciles.iter().map(|row| {
        let cells = [
            row.decile.to_string(),
            count(row.customers),
            amount(row.mean_predicted),
            amount(row.mean_actual),
            format!("{:.0} %", row.buyers * 100.0),
        ];
        (false, cells)
    });
    table(page, ["tenth", "customers", "mean predicted", "mean actual", "bought"], rows);
}

pub(super) fn intervals(report: &Report, page: &mut String) {
    let coverage = &report.card.evaluation.coverage;
    heading(page, "How far the intervals can be trusted");
    paragraph(
        page,
        "quiet",
        &format!(
            "{:.1} % of the test window's customers stayed inside their 80 % interval, {:.1} % spent more than its upper end.",
            coverage.inside * 100.0,
            coverage.above * 100.0
        ),
    );
    let rows = coverage.bands.iter().map(|band| {
        let cells = [
            amount(band.up_to),
            count(band.customers),
            format!("{:.0} %", band.zeros * 100.0),
            format!("{:.1} %", band.inside * 100.0),
            format!("{:.1} %", band.above * 100.0),
        ];
        (false, cells)
    });
    table(page, ["predicted up to", "customers", "spent nothing", "inside", "above"], rows);
}

pub(super) fn windows(report: &Report, page: &mut String) {
    heading(page, "Other windows");
    let rows = report.card.evaluation.rolling.iter().map(|one| {
        let [gini, r2, rmse, _, _, level, _] = shown(&one.metrics).map(|(_, value)| value);
        let note = if one.chosen_on { "chosen on" } else { "test" };
        (false, [one.cutoff.to_string(), note.to_owned(), gini, r2, rmse, level])
    });
    let RollingSpread { gini, r2, rmse, sum_ratio } = report.card.evaluation.rolling_spread;
    let together = |note: &str, figure: fn(Spread) -> f64| {
        let text = |spread: Option<Spread>, digits: usize| optional(spread.map(figure), digits);
        (false, [String::new(), note.to_owned(), text(gini, 3), text(r2, 3), text(rmse, 2), text(sum_ratio, 2)])
    };
    let several = rmse.is_some();
    let both = [together("mean", |spread| spread.mean), together("standard deviation", |spread| spread.deviation)];
    let rows = rows.chain(both.into_iter().filter(|_| several));
    table(page, ["from", "", "Gini", "R²", "RMSE", "predicted ÷ actual"], rows);
}

fn range(range: Option<Range>, digits: usize) -> String {
    range.map_or(String::new(), |range| format!(" ({:.digits$} – {:.digits$})", range.low, range.high))
}
