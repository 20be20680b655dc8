//! The books of a stretch of an upload. In flow what happens to its rows, with their money; out flows a report in which no
//! row and no cent is missing. Books of several stretches add up to those of the whole, in any grouping.
use super::outlier::Outliers;
use super::reject::Reject;
use super::report::{Reason, Rule, Tally};
use super::{UploadError, UploadReport};
use crate::money::{Money, Total};
use crate::table::Table;
use crate::time::Day;
use jiff::tz::TimeZone;

/// Counts of rows and sums of money.
#[derive(Debug, Default)]
pub(crate) struct Books {
    rows: u64,
    kept: u64,
    rejected: u64,
    merged: u64,
    money_in: Total,
    money_kept: Total,
    table_rows: u64,
    rules: Vec<(Rule, Tally)>,
    rejects: Vec<(Reason, Tally)>,
    currencies: Vec<(String, Tally)>,
    span: Option<(i64, i64)>,
    outliers: Outliers,
}

/// Rules that were set aside, with their tallies.
#[must_use = "they are in no books"]
pub(crate) struct RulesAside(Vec<(Rule, Tally)>);

impl Books {
    /// A row was read.
    pub(crate) fn read(&mut self) {
        self.rows += 1;
    }

    /// The row just read is in the table.
    pub(crate) fn keep(&mut self) {
        self.kept += 1;
    }

    /// The row just read belongs to another.
    pub(crate) fn merge_row(&mut self) {
        self.merged += 1;
    }

    /// The row just read is refused.
    pub(crate) fn reject(&mut self, reject: &Reject) {
        self.rejected += 1;
        self.money_in += reject.money;
        tally(&mut self.rejects, &reject.reason).add(reject.money);
    }

    /// A rule applied to the row just read.
    pub(crate) fn notice(&mut self, rule: Rule, money: Money) {
        tally(&mut self.rules, &rule).add(money);
    }

    /// Takes out the rules that applied so far, so that those of the next steps can be told apart.
    pub(crate) fn set_rules_aside(&mut self) -> RulesAside {
        RulesAside(std::mem::take(&mut self.rules))
    }

    /// Puts back what was set aside, and takes out what applied since: each rule as often as it did.
    pub(crate) fn take_rules_back(&mut self, aside: RulesAside) -> Vec<Rule> {
        let since = std::mem::replace(&mut self.rules, aside.0);
        since.iter().flat_map(|(rule, tally)| (0..tally.rows).map(|_| *rule)).collect()
    }

    /// As [`Books::notice`], for many rows at once.
    pub(crate) fn notice_all(&mut self, rule: Rule, more: Tally) {
        if more.rows > 0 {
            *tally(&mut self.rules, &rule) += more;
        }
    }

    /// A row of the table was made of the row just read: the first of it where it `leads`.
    pub(crate) fn enter(&mut self, money: Money, currency: Option<&str>, at: Option<i64>, leads: bool) {
        self.money_in += money;
        self.money_kept += money;
        let name = currency.unwrap_or_default();
        // Byte by byte, as there are three.
        let is_that = |(known, _): &(String, Tally)| known.bytes().eq(name.bytes());
        let place = self.currencies.iter().position(is_that).unwrap_or_else(|| {
            self.currencies.push((name.to_owned(), Tally::default()));
            self.currencies.len() - 1
        });
        let known = &mut self.currencies[place].1;
        known.rows += u64::from(leads);
        known.money += money;
        if let Some(at) = at {
            let (first, last) = self.span.unwrap_or((at, at));
            self.span = Some((first.min(at), last.max(at)));
        }
    }

    /// How many rows the table has at the end, of which repeated ones were left out.
    pub(crate) fn table_holds(&mut self, rows: u64) {
        self.table_rows = rows;
    }

    /// An order's amount, for telling outliers.
    pub(crate) fn order(&mut self, money: Money) {
        self.outliers.take(money);
    }

    /// Adds the books of another stretch.
    pub(crate) fn add(&mut self, other: Books) {
        self.rows += other.rows;
        self.kept += other.kept;
        self.rejected += other.rejected;
        self.merged += other.merged;
        self.money_in += other.money_in;
        self.money_kept += other.money_kept;
        add_all(&mut self.rules, other.rules);
        add_all(&mut self.rejects, other.rejects);
        add_all(&mut self.currencies, other.currencies);
        self.outliers.add(&other.outliers);
        self.span = match (self.span, other.span) {
            (Some((first, last)), Some((f, l))) => Some((first.min(f), last.max(l))),
            (span, None) | (None, span) => span,
        };
    }

    /// Closes the books of a whole upload into its report.
    ///
    /// # Errors
    /// [`UploadError::Unbalanced`] where a row or an amount is missing.
    pub(crate) fn close(mut self, table: Table, zone: &TimeZone, report: &mut UploadReport) -> Result<(), UploadError> {
        let (rows, money) = self.outliers.above();
        self.notice_all(Rule::Outlier, Tally { rows, money });
        report.rows = self.rows;
        report.kept = self.kept;
        report.rejected = self.rejected;
        report.merged = self.merged;
        report.money_in = self.money_in;
        report.money_kept = self.money_kept;
        report.table_rows = self.table_rows;
        report.rules = self.rules.into_iter().collect();
        report.rejects = self.rejects.into_iter().collect();
        report.currencies = self.currencies.into_iter().collect();
        if let Some((first, last)) = self.span {
            let zone = if table.is_by_customer() { zone } else { &TimeZone::UTC };
            report.first_day = Some(Day::of(first, zone));
            report.last_day = Some(Day::of(last, zone));
        }
        balanced(report)
    }
}

fn tally<'a, K: Copy + PartialEq>(tallies: &'a mut Vec<(K, Tally)>, key: &K) -> &'a mut Tally {
    let place = tallies.iter().position(|(known, _)| known == key).unwrap_or_else(|| {
        tallies.push((*key, Tally::default()));
        tallies.len() - 1
    });
    &mut tallies[place].1
}

fn add_all<K: PartialEq>(tallies: &mut Vec<(K, Tally)>, others: Vec<(K, Tally)>) {
    for (key, more) in others {
        match tallies.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known += more,
            None => tallies.push((key, more)),
        }
    }
}

/// Every row is kept, rejected or merged, and every amount is kept or rejected.
fn balanced(report: &UploadReport) -> Result<(), UploadError> {
    let UploadReport { rows, kept, rejected, merged, .. } = *report;
    let mut rejected_and_kept: Total = report.rejects.values().map(|tally| tally.money).sum();
    rejected_and_kept += report.money_kept;
    let rows_rejected: u64 = report.rejects.values().map(|tally| tally.rows).sum();
    let is_balanced =
        rows == kept + rejected + merged && rows_rejected == rejected && report.money_in == rejected_and_kept;
    if is_balanced {
        return Ok(());
    }
    Err(UploadError::Unbalanced { key: report.key.clone(), rows, kept, rejected, merged })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_nowhere_is_an_error_that_names_the_upload() {
        let mut books = Books::default();
        books.read();
        let mut report = UploadReport { key: "orders/x.csv".to_owned(), ..UploadReport::default() };
        let error = books.close(Table::Transactions, &TimeZone::UTC, &mut report).unwrap_err();
        assert!(error.to_string().starts_with("orders/x.csv: 1 rows are not 0 kept"), "{error}");
    }

    #[test]
    fn rules_that_apply_behind_what_was_set_aside_are_told_apart() {
        let mut books = Books::default();
        books.notice(Rule::ZeroAmount, Money::ZERO);
        let aside = books.set_rules_aside();
        for rule in [Rule::TextHashed, Rule::CustomerTidied, Rule::TextHashed] {
            books.notice(rule, Money::from_cents(1));
        }
        assert_eq!(books.take_rules_back(aside), [Rule::TextHashed, Rule::TextHashed, Rule::CustomerTidied]);
        assert_eq!(books.rules, [(Rule::ZeroAmount, Tally { rows: 1, money: Money::ZERO.into() })]);
    }

    #[test]
    fn books_of_two_stretches_add_up() {
        let stretch = |cents: i32, at: i64| {
            let mut books = Books::default();
            books.read();
            books.keep();
            books.enter(Money::from_cents(cents), Some("EUR"), Some(at), true);
            books.notice(Rule::ZeroAmount, Money::ZERO);
            books
        };
        let (mut whole, mut report) = (stretch(100, 86_400_000_000), UploadReport::default());
        whole.add(stretch(250, 0));
        whole.close(Table::Transactions, &TimeZone::UTC, &mut report).unwrap();
        assert_eq!((report.rows, report.money_kept), (2, Money::from_cents(350).into()));
        assert_eq!(report.currencies["EUR"], Tally { rows: 2, money: Money::from_cents(350).into() });
        assert_eq!(
            (report.rule(Rule::ZeroAmount).rows, report.first_day, report.last_day),
            (2, Some(Day(0)), Some(Day(1)))
        );
    }
}
