//! The page's part on outside signals: in flows a report, out flows a table of the uploaded series, or nothing where
//! none was uploaded.
use super::{Report, heading, paragraph, table};

pub(super) fn seen(report: &Report, page: &mut String) {
    let Some(signals) = report.signals.as_ref().filter(|signals| !signals.series.is_empty()) else { return };
    heading(page, "Outside signals");
    let season = if signals.season_identified {
        "Every season was seen twice."
    } else {
        "No season was seen twice, so none can be told from a trend."
    };
    let text = format!(
        "As of the day the predictions begin, with the delay of publication. Every customer of a cutoff sees the same \
         value, so only training windows that do not overlap count as observations of a series: {} of {}. {season}",
        signals.windows, signals.cutoffs
    );
    paragraph(page, "quiet", &text);
    let rows = signals.series.iter().map(|series| {
        let cells = [
            series.name.clone(),
            series.value.map_or("–".to_owned(), |value| value.to_string()),
            series.of.map_or("–".to_owned(), |day| day.to_string()),
            if series.publication_unknown { "unknown".to_owned() } else { series.lag_days.to_string() },
            format!("{} of {}", series.distinct, series.needed),
            match (series.columns.is_empty(), series.publication_unknown) {
                (false, _) => series.columns.join(", "),
                (true, true) => "publication unknown, not used".to_owned(),
                (true, false) => "not identified, not used".to_owned(),
            },
        ];
        (false, cells)
    });
    table(
        page,
        ["series", "latest known", "of", "days to publication", "different values of needed ones", "features"],
        rows,
    );
}
