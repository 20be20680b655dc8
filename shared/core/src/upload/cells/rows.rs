//! Which records are rows at all. In flows a record; out flows why it is none: a total, a footer, the header once more, or
//! one whose cells may stand under headers that are not theirs.
use super::Cells;
use crate::upload::number::are_digits;
use crate::upload::record::trim;
use crate::upload::reject::Reject;
use crate::upload::report::Reason;

impl Cells<'_, '_> {
    /// Refuses totals, summaries, headers, rows that are wider than the header, and those whose cells may have shifted or
    /// whose quotes are not closed.
    pub(crate) fn is_a_row(&self) -> Result<(), Reject> {
        if self.record.unbalanced {
            return Err(Reject::of(Reason::UnbalancedQuote));
        }
        let adapter = &self.reading.adapter;
        let first = self.record.cells.iter().map(|cell| trim(cell)).find(|cell| !cell.is_empty()).unwrap_or_default();
        let is_total = self.names_total(first)
            || adapter.blank_in_totals.iter().any(|field| self.text(*field).is_none())
            || self.is_footer(adapter.footer_cells);
        if is_total {
            return Err(Reject::of(Reason::SummaryRow));
        }
        if self.reading.header.first().is_some_and(|name| name == first) && self.is_header() {
            return Err(Reject::of(Reason::RepeatedHeader));
        }
        let surplus = self.record.cells.iter().skip(self.reading.width).any(|cell| !trim(cell).is_empty());
        if surplus {
            return Err(Reject::of(Reason::TooManyCells));
        }
        if self.reading.padded && self.record.cells.len() < self.reading.width {
            return Err(Reject::of(Reason::TooFewCells));
        }
        Ok(())
    }

    /// Does a cell say that its row is a total?
    pub(crate) fn names_total(&self, cell: &str) -> bool {
        self.reading.totals.iter().any(|mark| is_total(cell, mark))
    }

    /// Does the header stand here once more, as in files that were put together of several?
    fn is_header(&self) -> bool {
        self.reading.header.iter().enumerate().all(|(place, name)| trim(self.record.cell(place)) == name)
    }

    /// Are no more than `most` cells of many filled?
    fn is_footer(&self, most: usize) -> bool {
        most > 0
            && self.reading.width > most
            && self.record.cells.iter().filter(|cell| !trim(cell).is_empty()).count() <= most
    }
}

/// Is it this mark of totals, alone or before a colon, a bracket or a year: `Total: Account`, `Grand Totals (3 records)`,
/// `Subtotal 2025`?
fn is_total(cell: &str, mark: &str) -> bool {
    let Some((start, behind)) = cell.split_at_checked(mark.len()) else { return false };
    if !start.eq_ignore_ascii_case(mark) {
        return false;
    }
    let rest = behind.trim_start();
    let is_year = || rest.len() < behind.len() && rest.len() == 4 && are_digits(rest);
    rest.is_empty() || rest.starts_with([':', '(']) || is_year()
}
