//! The report as a page of HTML for people who never open a terminal: one file, no scripts, nothing fetched. Whatever
//! comes from data passes through [`escape`].
mod drift;
mod evaluation;
mod signal;
mod track;

use super::{Report, amount, count};
use std::fmt::Write;

const STYLE: &str = "\
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2.2rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .6rem;border-bottom:1px solid #d8dee4;text-align:right}
th:first-child,td:first-child{text-align:left}
.lead{font-size:1.1rem}.chosen{font-weight:600}.quiet{color:#57606a}
.predicted{fill:#2f6f9f}.actual{fill:#e0a030}.axis{font-size:11px;fill:#57606a}
li{margin:.3rem 0}
";

pub(super) fn page(report: &Report) -> String {
    let title = format!("Customer value: {}", report.card.recipe().title());
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{0}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{0}</h1>\n",
        escape(&title)
    );
    let parts = [
        lead,
        segments,
        rules,
        evaluation::quality,
        evaluation::candidates,
        evaluation::deciles,
        evaluation::intervals,
        evaluation::windows,
        track::held,
        drift::moved,
        signal::seen,
        trials,
        features,
        provenance,
    ];
    for part in parts {
        part(report, &mut page);
    }
    page.push_str("</body>\n</html>\n");
    page
}

/// Text as it may stand in HTML, in elements and in quoted attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn heading(page: &mut String, text: &str) {
    let _ = writeln!(page, "<h2>{}</h2>", escape(text));
}

fn paragraph(page: &mut String, class: &str, text: &str) {
    let _ = writeln!(page, "<p class=\"{class}\">{}</p>", escape(text));
}

fn table<const N: usize>(page: &mut String, heads: [&str; N], rows: impl Iterator<Item = (bool, [String; N])>) {
    page.push_str("<table>\n<tr>");
    for head in heads {
        let _ = write!(page, "<th>{}</th>", escape(head));
    }
    page.push_str("</tr>\n");
    for (chosen, cells) in rows {
        page.push_str(if chosen { "<tr class=\"chosen\">" } else { "<tr>" });
        for cell in cells {
            let _ = write!(page, "<td>{}</td>", escape(&cell));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
}

fn money(report: &Report, value: f64) -> String {
    match &report.currency {
        Some(code) => format!("{} {code}", amount(value)),
        None => amount(value),
    }
}

fn lead(report: &Report, page: &mut String) {
    let (card, total) = (&report.card, &report.total);
    paragraph(
        page,
        "lead",
        &format!(
            "{} customers are expected to spend {} in the {} from {}, between {} and {} with a chance of 80 %.",
            count(total.customers),
            money(report, total.predicted_spend),
            card.splits.horizon,
            card.splits.end,
            money(report, total.low),
            money(report, total.high)
        ),
    );
    paragraph(page, "", &format!("{}.", sentence(&card.evaluation.reason)));
    if !card.caveats.is_empty() {
        heading(page, "Read this first");
        page.push_str("<ul>\n");
        for caveat in &card.caveats {
            let _ = writeln!(page, "<li>{}</li>", escape(&format!("{}.", sentence(&caveat.0))));
        }
        page.push_str("</ul>\n");
    }
}

fn segments(report: &Report, page: &mut String) {
    heading(page, "Segments");
    paragraph(page, "quiet", "Quarters of all customers by what they are expected to spend.");
    let rows = report.segments.iter().map(|part| {
        let total = &part.total;
        let cells = [
            part.segment.name().to_owned(),
            count(total.customers),
            amount(part.from),
            amount(total.predicted_spend),
            format!("{} – {}", amount(total.low), amount(total.high)),
            amount(total.spend_to_date),
            amount(total.ltv),
        ];
        (false, cells)
    });
    let heads = ["segment", "customers", "from", "predicted spend", "80 % interval", "spent so far", "lifetime value"];
    table(page, heads, rows);
}

fn rules(report: &Report, page: &mut String) {
    if report.rules.rules.is_empty() {
        return;
    }
    heading(page, "What makes a segment");
    let share = report.rules.accuracy * 100.0;
    paragraph(
        page,
        "quiet",
        &format!("A simplification for readers: these rules name the right segment for {share:.0} % of the customers."),
    );
    page.push_str("<ul>\n");
    for rule in &report.rules.rules {
        let text = format!(
            "{}: {} ({:.0} % of all customers; right for {:.0} % of them)",
            rule.segment,
            rule.sentence(),
            rule.share * 100.0,
            rule.precision * 100.0
        );
        let _ = writeln!(page, "<li>{}</li>", escape(&text));
    }
    page.push_str("</ul>\n");
}

fn trials(report: &Report, page: &mut String) {
    heading(page, "Everything that was tried");
    let rows = report.card.trials.iter().map(|trial| {
        let score = trial.score.map_or_else(|| trial.fault.clone().unwrap_or_default(), |score| format!("{score:.4}"));
        let params = trial.recipe.params().to_string();
        let rows = format!("{:.0} %", trial.share * 100.0);
        (false, [trial.recipe.title(), rows, score, format!("{:.1}", trial.seconds), params])
    });
    table(page, ["recipe", "rows", "validation score", "seconds", "parameters"], rows);
}

fn features(report: &Report, page: &mut String) {
    heading(page, "What is known of a customer");
    let rows = report.card.features.iter().map(|feature| {
        let share = format!("{:.1} %", feature.importance * 100.0);
        (false, [feature.name.clone(), share, feature.unit.clone(), feature.description.clone()])
    });
    table(page, ["feature", "importance", "unit", "what it is"], rows);
}

fn provenance(report: &Report, page: &mut String) {
    let card = &report.card;
    heading(page, "Where it comes from");
    let seen = |floor: f64| money(report, floor);
    let audited = report.availability.as_ref().map_or("not audited".to_owned(), |done| {
        let (features, rows, cutoffs) = (done.features, count(done.rows), done.cutoffs.len());
        format!("{features} features of {rows} rows at {cutoffs} cutoffs computed again from earlier rows alone: equal")
    });
    let rows = [
        ("model", card.model_id.clone().unwrap_or_else(|| "none goes live".to_owned())),
        ("data snapshot", card.provenance.snapshot.clone()),
        ("rows that a newer upload replaced", count(card.provenance.overlap.superseded as usize)),
        ("trained at", card.provenance.trained_at.clone()),
        ("program", card.provenance.program.clone()),
        ("feature availability", audited),
        ("history", format!("{} to {}", card.splits.start, card.splits.end)),
        ("refunds beyond spend, floored in training", seen(card.evaluation.floored)),
        ("training targets far above the others, cut off", seen(card.evaluation.winsorised)),
        ("spent by customers acquired inside the test window", seen(card.evaluation.later_arrivals)),
    ];
    table(page, ["", ""], rows.into_iter().map(|(name, value)| (false, [name.to_owned(), value])));
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
