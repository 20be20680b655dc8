//! The books of one conversion. In flow rows kept and rows refused; out flow the part and a report that balances: no row
//! and no cent is missing.
use super::part_row::PartRow;
use super::record::Record;
use super::reject::Reject;
use super::report::{Rule, Tally};
use super::sink::{Sink, count_repeats};
use super::{Part, Source, UploadError, UploadReport, outlier};
use crate::money::Money;
use crate::table::encode::Provenance;
use crate::table::row::Kind;
use crate::time::Day;
use jiff::tz::TimeZone;
use std::hash::{DefaultHasher, Hasher};

/// Keeps the books: what was kept and rejected, in rows and money.
pub(super) struct Ledger<R> {
    sink: Sink<R>,
    outliers: outlier::Outliers,
    /// Fingerprints of refused lines, for counting doubles.
    refused: Vec<(u64, Money)>,
    span: Option<(i64, i64)>,
}

impl<R: PartRow> Ledger<R> {
    pub(super) fn new(sink: Sink<R>) -> Ledger<R> {
        Ledger { sink, outliers: outlier::Outliers::default(), refused: Vec::new(), span: None }
    }

    pub(super) fn keep(
        &mut self,
        rows: &mut Vec<R>,
        fingerprint: u64,
        report: &mut UploadReport,
    ) -> Result<(), UploadError> {
        let money: Money = rows.iter().map(PartRow::money).sum();
        report.kept += 1;
        report.money_in += money;
        report.money_kept += money;
        if let Some(first) = rows.first() {
            let currency = first.currency().unwrap_or_default();
            match report.currencies.get_mut(currency) {
                Some(tally) => tally.add(money),
                None => {
                    report.currencies.insert(currency.to_owned(), Tally { rows: 1, money });
                }
            }
        }
        for row in rows.iter() {
            if row.kind() == Some(Kind::Order) {
                self.outliers.take(row.money());
            }
            if let Some(at) = row.at() {
                let (first, last) = self.span.unwrap_or((at, at));
                self.span = Some((first.min(at), last.max(at)));
            }
        }
        self.sink.push(rows, fingerprint)
    }

    pub(super) fn reject(&mut self, reject: &Reject, fingerprint: u64, report: &mut UploadReport) {
        report.rejected += 1;
        report.money_in += reject.money;
        report.rejects.entry(reject.reason).or_default().add(reject.money);
        self.refused.push((fingerprint, reject.money));
    }

    /// Writes the part and balances the books.
    pub(super) fn finish(
        mut self,
        source: &Source,
        zone: &TimeZone,
        report: &mut UploadReport,
    ) -> Result<Vec<Part>, UploadError> {
        let (rows, money) = self.outliers.above();
        if rows > 0 {
            report.rules.insert(Rule::Outlier, Tally { rows, money });
        }
        count_repeats(&mut self.refused, report);
        if let Some((first, last)) = self.span {
            let zone = if R::TABLE.is_by_customer() { zone } else { &TimeZone::UTC };
            report.first_day = Some(Day::of(first, zone));
            report.last_day = Some(Day::of(last, zone));
        }
        let provenance = Provenance { source_id: source.source_id.clone(), uploaded_at: source.uploaded_at };
        let path = self.sink.finish(&provenance, report)?;
        balanced(report)?;
        Ok(path.map(|path| Part { table: R::TABLE, path, rows: report.table_rows }).into_iter().collect())
    }
}

/// Every row is kept, rejected or merged, and every amount is kept or rejected.
fn balanced(report: &UploadReport) -> Result<(), UploadError> {
    let UploadReport { rows, kept, rejected, merged, .. } = *report;
    let money_rejected: Money = report.rejects.values().map(|tally| tally.money).sum();
    let rows_rejected: u64 = report.rejects.values().map(|tally| tally.rows).sum();
    let is_balanced = rows == kept + rejected + merged
        && rows_rejected == rejected
        && report.money_in == report.money_kept + money_rejected;
    if is_balanced {
        return Ok(());
    }
    Err(UploadError::Unbalanced { key: report.key.clone(), rows, kept, rejected, merged })
}

/// Equal lines have equal fingerprints; of ten million different lines, two share one with a probability of about three
/// in a million.
pub(super) fn fingerprint(record: &Record) -> u64 {
    let mut hasher = DefaultHasher::new();
    for cell in &record.cells {
        hasher.write(cell.as_bytes());
        hasher.write_u8(0xff);
    }
    hasher.finish()
}
