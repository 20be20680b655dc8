//! What was taken out of a part, for the books of its upload. In go the rows of erased customers; out comes how many rows
//! of the upload they were made of, and their money. Keeps neither ids nor anything else of them.
use arrow::array::RecordBatch;
use ltv_core::money::{Money, Total};
use ltv_core::table::columns::{AcquisitionColumns, CustomerColumns, TransactionColumns, money_at};
use ltv_core::table::{Table, TableError};
use ltv_core::upload::UploadReport;
use ltv_core::upload::report::Tally;
use std::collections::{BTreeMap, BTreeSet};

/// Rows that were taken out of one part.
#[derive(Debug, Default)]
pub(super) struct Taken {
    rows: u64,
    by_currency: BTreeMap<String, (BTreeSet<i64>, Total)>,
}

impl Taken {
    /// Counts a batch of a table by customer.
    pub(super) fn add(&mut self, table: Table, batch: &RecordBatch) -> Result<(), TableError> {
        self.rows += batch.num_rows() as u64;
        match table {
            Table::Transactions => {
                let view = TransactionColumns::of(batch)?;
                for row in 0..view.len() {
                    let currency = view.currency.get(row).unwrap_or_default();
                    self.line(currency, view.provenance.line.value(row), money_at(view.amount, row));
                }
            }
            Table::Acquisition => {
                let view = AcquisitionColumns::of(batch)?;
                for row in 0..view.len() {
                    self.line("", view.provenance.line.value(row), money_at(view.revenue, row));
                }
            }
            Table::Customers => {
                let view = CustomerColumns::of(batch)?;
                for row in 0..view.len() {
                    self.line("", view.provenance.line.value(row), None);
                }
            }
            Table::Spend | Table::Indicators | Table::LiftTests => {}
        }
        Ok(())
    }

    /// An order and its refund may be of one line.
    fn line(&mut self, currency: &str, line: i64, money: Option<Money>) {
        let (lines, total) = self.by_currency.entry(currency.to_owned()).or_default();
        lines.insert(line);
        *total += money.unwrap_or_default();
    }

    /// Enters them in the report of the upload, where `table` is the one that its rows went to.
    pub(super) fn enter(&self, table: Table, report: &mut UploadReport) {
        if report.read_by.as_ref().is_none_or(|by| by.table != table) {
            return;
        }
        let tally = |(lines, money): &(BTreeSet<i64>, Total)| Tally { rows: lines.len() as u64, money: *money };
        let tallies = self.by_currency.iter().map(|(currency, taken)| (currency.clone(), tally(taken)));
        report.erase(self.rows, &tallies.collect());
    }

    /// Rows of the table.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use crate::ingest::Removal;
    use crate::lake::Lake;
    use crate::layout::SourceId;
    use crate::memory::{Memory, UPLOADS};
    use jiff::Timestamp;
    use ltv_core::account::Account;
    use ltv_core::customer::CustomerHash;
    use ltv_core::upload::UploadReport;

    const HEAD: &str = "id,Created (UTC),Amount,Amount Refunded,Currency,Status,Customer ID\n";

    async fn report(memory: &Memory, lake: &Lake, key: &str, rows: &str) -> UploadReport {
        memory.put(UPLOADS, key, format!("{HEAD}{rows}"));
        lake.ingest(key, &Removal::default()).await.unwrap();
        lake.record(&SourceId::of(key)).await.unwrap().unwrap().value.report
    }

    #[tokio::test]
    async fn the_books_of_an_upload_balance_whether_it_was_read_before_an_erasure_or_after() {
        let memory = Memory::new(0);
        let lake = memory.lake(Account::default());
        let rows = "ch_1,2023-02-01 10:00,9.00,4.00,eur,Paid,K42\nch_2,2023-02-02 10:00,3.00,,eur,Paid,K42\n\
                    ch_3,2023-02-01 10:00,8.00,,eur,Paid,K43\nch_4,soon,7.00,,eur,Paid,K43\n";
        let before = report(&memory, &lake, "orders/before.csv", rows).await;
        lake.erase(&CustomerHash::of("K42"), Timestamp::now()).await.unwrap();
        let settled = lake.record(&SourceId::of("orders/before.csv")).await.unwrap().unwrap().value.report;
        let after = report(&memory, &lake, "orders/after.csv", rows).await;
        assert_eq!((before.kept, before.table_rows, before.erased.rows), (3, 4, 0), "{}", before.text());
        for report in [settled, after] {
            let UploadReport { rows, kept, rejected, table_rows, erased, .. } = report;
            assert_eq!((rows, kept, rejected, erased.rows, table_rows), (4, 1, 1, 2, 1), "{}", report.text());
            let money = [report.money_in, report.money_kept, erased.money, report.currencies["EUR"].money];
            assert_eq!(money.map(|money| money.to_string()), ["23.00", "8.00", "8.00", "8.00"]);
            assert!(report.text().contains("1 kept + 1 rejected + 0 merged + 2 erased, 8.00"), "{}", report.text());
        }
    }
}
