//! The page's part on drift: in flows a report, out flow its tables, or nothing at a first training.
use super::{Report, heading, money, table};
use crate::model::card::optional;

/// Features that the page names at most.
const MOST_MOVED: usize = 10;

pub(super) fn moved(report: &Report, page: &mut String) {
    let Some(drift) = &report.drift else { return };
    heading(page, &format!("What has moved since {}", drift.since));
    let shifts = std::iter::once(&drift.predicted).chain(drift.features.iter().take(MOST_MOVED));
    let rows = shifts.map(|shift| (false, [shift.name.clone(), format!("{:.3}", shift.psi)]));
    table(page, ["", "population stability index"], rows);
    let rows = drift
        .segments
        .iter()
        .map(|shift| (false, [shift.segment.name().to_owned(), money(report, shift.before), money(report, shift.now)]));
    table(page, ["segment", "mean predicted spend then", "now"], rows);
    if drift.series.is_empty() {
        return;
    }
    let rows = drift.series.iter().map(|shift| {
        let range = format!("{} to {}", shift.seen.lowest, shift.seen.highest);
        let now = shift.now.map_or("–".to_owned(), |now| now.to_string());
        (false, [shift.seen.name.clone(), range, now, optional(shift.standardised, 1)])
    });
    table(
        page,
        ["outside series", "at the last training's cutoffs", "now", "standard deviations from their mean"],
        rows,
    );
}
