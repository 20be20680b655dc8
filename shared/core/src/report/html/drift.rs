//! The page's part on drift: in flows a report, out flow two tables, or nothing at a first training.
use super::{Report, heading, money, table};

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
}
