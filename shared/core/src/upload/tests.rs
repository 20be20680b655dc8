//! Whole uploads of the shapes that people really export, written for these tests: from bytes to rows, rejects and report.
mod customers;
mod evidence;
mod kinds;
mod orders;
mod personal;
mod spend;
mod workbooks;

use super::report::{Reason, Rule};
use super::*;
use crate::money::Money;
use crate::table::columns::{
    AcquisitionColumns, IndicatorColumns, SpendColumns, TransactionColumns, day_at, kind_at, money_at, text_at,
};
use crate::table::read::read_all;
use crate::time::Day;
use arrow::array::{Array, RecordBatch};
use arrow::compute::concat_batches;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use std::fmt::Write;
use std::fs::File;

/// 2026-06-30T12:00:00Z.
const UPLOADED_AT: i64 = 1_782_820_800_000_000;

pub(super) struct Done {
    scratch: tempfile::TempDir,
    pub(super) parts: Vec<Part>,
    pub(super) report: UploadReport,
    rejects: String,
}

impl Done {
    /// What a part holds.
    pub(super) fn batches(&self, part: &Part) -> Vec<RecordBatch> {
        let file = Folder::new(self.scratch.path()).file(Output::Part(part.table));
        read_all(File::open(file).unwrap(), part.table).unwrap()
    }

    /// The part of the adapter's own table, as one batch.
    fn batch(&self) -> RecordBatch {
        let Some(part) = self.parts.first() else { panic!("{}", self.report.text()) };
        let batches = self.batches(part);
        concat_batches(&batches[0].schema(), &batches).unwrap()
    }

    fn reasons(&self) -> Vec<(Reason, u64)> {
        self.report.rejects.iter().map(|(reason, tally)| (*reason, tally.rows)).collect()
    }

    pub(super) fn adapter(&self) -> &str {
        self.report.read_by.as_ref().map_or("", |by| by.adapter.as_str())
    }
}

pub(super) fn upload_as(key: &str, bytes: &[u8], account: &Account) -> Done {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("the upload");
    std::fs::write(&file, bytes).unwrap();
    let source = Source { key: key.to_owned(), source_id: "s".to_owned(), uploaded_at: UPLOADED_AT };
    let Converted { parts, rejected, report } = convert(&file, &source, account, scratch.path()).unwrap();
    let rejects = Folder::new(scratch.path()).file(Output::Rejected);
    let rejects = if rejected { std::fs::read_to_string(rejects).unwrap() } else { String::new() };
    Done { scratch, parts, report, rejects }
}

fn upload(key: &str, text: &str) -> Done {
    upload_as(key, text.as_bytes(), &Account::default())
}

/// Customer, id, day, amount and kind of every row, by line.
fn purchases(done: &Done) -> Vec<String> {
    let batch = done.batch();
    let view = TransactionColumns::of(&batch).unwrap();
    let mut rows: Vec<(i64, String)> = (0..view.len())
        .map(|row| {
            let text = format!(
                "{} {} {} {} {}",
                view.customer_id.value(row),
                text_at(view.transaction_id, row).unwrap_or("-"),
                Day::of(view.occurred_at.value(row), &TimeZone::UTC),
                money_at(view.amount, row).unwrap(),
                kind_at(view.kind, row).name(),
            );
            (view.provenance.line.value(row), text)
        })
        .collect();
    rows.sort();
    rows.into_iter().map(|(_, text)| text).collect()
}

const SHOP: &str = "\
order_id,customer_id,order_date,amount,currency,status,product_id,quantity,channel,refund_of
O1,C1,2025-01-03 10:00:00,20.50,EUR,completed,P1,1,google_ads,
O2,C2,2025-01-04,30.00,EUR,completed,P2,2,meta,
O3,C1,2025-02-01,-20.50,EUR,refunded,P1,-1,google_ads,O1
O4,C2,2025-02-02,30.00,EUR,cancelled,P2,2,meta,
O5,,2025-02-03,10.00,EUR,completed,P3,1,,
O6,C3,03/04/2025,10.00,EUR,completed,P3,1,,
O7,C3,not a date,10.00,EUR,completed,P3,1,,
O8,C3,2025-02-05,ten,EUR,completed,P3,1,,
O9,C3,2025-02-05,12.00,USD,completed,P3,1,,
O10,C3,2027-02-05,12.00,EUR,completed,P3,1,,
O11,ada@example.org,2025-02-06,0.00,EUR,completed,P3,1,,
O2,C2,2025-01-04,30.00,EUR,completed,P2,2,meta,
";

#[test]
fn canonical_orders_are_kept_or_rejected_with_a_reason() {
    let done = upload("orders/shop.csv", SHOP);
    assert_eq!(done.adapter(), "transactions");
    assert_eq!((done.report.rows, done.report.kept, done.report.rejected), (12, 5, 7));
    assert_eq!(
        done.reasons(),
        [
            (Reason::MissingCustomer, 1),
            (Reason::UnparsableDate, 1),
            (Reason::AmbiguousDate, 1),
            (Reason::FutureDate, 1),
            (Reason::UnparsableAmount, 1),
            (Reason::OtherCurrency, 1),
            (Reason::TakenBack, 1),
        ]
    );
    let found = purchases(&done);
    assert_eq!(
        found[..3],
        [
            "C1 shop:O1 2025-01-03 20.50 order",
            "C2 shop:O2 2025-01-04 30.00 order",
            "C1 shop:O3 2025-02-01 -20.50 refund",
        ]
    );
    assert_eq!(done.report.rule(Rule::DuplicateLine).rows, 1);
    assert_eq!(done.report.rule(Rule::CustomerHashed).rows, 1);
    assert_eq!(done.report.money_in.to_string(), "144.00");
    assert_eq!(done.report.money_kept.to_string(), "60.00");
    let batch = done.batch();
    let view = TransactionColumns::of(&batch).unwrap();
    let cancels: Vec<&str> = (0..view.len()).filter_map(|row| text_at(view.cancels, row)).collect();
    assert_eq!(cancels, ["shop:O1"]);
}

#[test]
fn the_report_of_an_upload_reads_like_this() {
    insta::assert_snapshot!(upload("orders/shop.csv", SHOP).report.text());
}

#[test]
fn the_report_of_an_upload_is_this_json() {
    insta::assert_json_snapshot!(upload("orders/shop.csv", SHOP).report);
}

#[test]
fn rejects_are_kept_with_line_reason_and_value_and_without_personal_data() {
    let done = upload(
        "orders/x.csv",
        "customer_id,email,full name,date,amount\n7,ada@example.org,Ada Lovelace,2025-01-32,5\nbob@example.org,,Bob,nope,5\n",
    );
    insta::assert_snapshot!(done.rejects);
    for trace in ["ada@", "Ada", "bob@", "Bob"] {
        assert!(!done.rejects.contains(trace), "{trace}");
    }
}

#[test]
fn day_and_month_are_decided_by_the_files_own_dates() {
    let day_first = upload("orders/x.csv", "customer_id,date,amount\n1,03/04/2025,5\n2,25/12/2025,5\n");
    assert_eq!(purchases(&day_first), ["1 - 2025-04-03 5.00 order", "2 - 2025-12-25 5.00 order"]);
    let month_first = upload("orders/x.csv", "customer_id,date,amount\n1,03/04/2025,5\n2,12/25/2025,5\n");
    assert_eq!(purchases(&month_first)[0], "1 - 2025-03-04 5.00 order");
    let silent = upload("orders/x.csv", "customer_id,date,amount\n1,03/04/2025,5\n2,05/05/2025,5\n");
    assert_eq!(silent.reasons(), [(Reason::AmbiguousDate, 1)]);
    let torn = upload("orders/x.csv", "customer_id,date,amount\n1,03/04/2025,5\n2,25/12/2025,5\n3,12/25/2025,5\n");
    assert_eq!(torn.reasons(), [(Reason::AmbiguousDate, 1)]);
}

#[test]
fn a_proof_of_the_date_order_is_found_at_the_end_of_a_long_file() {
    let mut text = "customer_id,date,amount\n".to_owned();
    for number in 1..=12_000 {
        writeln!(text, "{number},03/04/2025,5").unwrap();
    }
    text.push_str("x,31/01/2025,5\n");
    let done = upload("orders/x.csv", &text);
    assert_eq!((done.report.kept, done.report.rejected), (12_001, 0));
    assert_eq!(done.report.first_day.unwrap().to_string(), "2025-01-31");
    assert_eq!(done.report.last_day.unwrap().to_string(), "2025-04-03");
}

#[test]
fn semicolons_decimal_commas_and_windows_1252_are_understood() {
    let text = b"Customer ID;Order Date;Amount;Product\n1;31.12.2024;1.234,56 \x80;K\xe4se\n2;01.01.2025;0,25;Tee\n";
    let done = upload_as("sales/x.csv", text, &Account::default());
    assert_eq!(purchases(&done), ["1 - 2024-12-31 1234.56 order", "2 - 2025-01-01 0.25 order"]);
    assert_eq!(done.report.rule(Rule::Windows1252).rows, 1);
    let batch = done.batch();
    let view = TransactionColumns::of(&batch).unwrap();
    assert!((0..2).any(|row| text_at(view.product_id, row) == Some("Käse")));
}

#[test]
fn amounts_whose_sum_no_amount_could_hold_are_summed_exactly_and_their_report_is_read_back() {
    let mut text = "customer_id,order_id,order_date,amount\n".to_owned();
    for number in 1..=30 {
        writeln!(text, "{number},o{number},2025-01-01,999999999999.99").unwrap();
    }
    let report = upload("orders/x.csv", &text).report;
    assert_eq!((report.kept, report.money_kept.to_string()), (30, "29999999999999.70".to_owned()));
    assert_eq!(report.currencies[""].money.to_string(), "29999999999999.70");
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<UploadReport>(&json).unwrap(), report);
}

#[test]
fn times_without_a_zone_are_read_in_the_accounts() {
    let account = Account { timezone: "Europe/Berlin".to_owned(), ..Account::default() };
    let done = upload_as("orders/x.csv", b"customer_id,date,amount\n1,2025-07-01 00:30:00,5\n", &account);
    assert_eq!(purchases(&done), ["1 - 2025-06-30 5.00 order"]);
    assert_eq!(done.report.first_day.unwrap().to_string(), "2025-07-01");
}

#[test]
fn a_cross_section_is_recognised_and_its_shares_checked() {
    let done = upload(
        "acquisition/notebook.csv",
        "customer_id,channel,cost,conversion_rate,revenue\nC1,email,8.32,0.043,4199\nC2,meta,5,4.3%,10\nC3,meta,5,43,10\n",
    );
    assert_eq!(done.adapter(), "acquisition");
    let batch = done.batch();
    let view = AcquisitionColumns::of(&batch).unwrap();
    assert!((0..2).all(|row| (view.conversion_rate.value(row) - 0.043).abs() < 1e-12));
    assert_eq!(done.reasons(), [(Reason::ShareOutOfRange, 1)]);
}

#[test]
fn indicators_keep_the_day_on_which_they_were_known() {
    let done = upload("indicators/cpi.csv", "date,name,value,published_at\n2025-01,inflation,2.4%,2025-02-12\n");
    let batch = done.batch();
    let view = IndicatorColumns::of(&batch).unwrap();
    assert_eq!((view.name.get(0), view.value.value(0)), (Some("inflation"), 2.4));
    assert_eq!(day_at(view.published_at, 0).unwrap().to_string(), "2025-02-12");
}

#[test]
fn what_nobody_knows_is_a_report_that_says_what_is_lacking() {
    let done = upload("orders/x.csv", "customer_id,when,how much\n1,2,3\n");
    assert!(done.parts.is_empty());
    insta::assert_snapshot!(done.report.text());
    let torn = upload_as("orders/x.xlsx", b"PK\x03\x04 torn", &Account::default());
    assert!(torn.report.unreadable.unwrap().starts_with("The zip archive is damaged"));
}

#[test]
fn a_header_without_rows_is_an_upload_without_parts() {
    let done = upload("orders/x.csv", "customer_id,date,amount\n");
    assert_eq!((done.parts.len(), done.report.rows, done.report.unreadable), (0, 0, None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_bytes_are_an_error_and_no_row_is_lost(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let done = upload_as("orders/x.csv", &bytes, &Account::default());
        prop_assert_eq!(done.report.rows, done.report.kept + done.report.rejected + done.report.merged);
    }

    #[test]
    fn cells_of_any_kind_are_kept_or_rejected_and_their_money_adds_up(
        rows in proptest::collection::vec(
            ("(C[0-9]|[a-z]@b\\.de|)", "(2025-0[1-9]-1[0-9]|0[1-9]/0[1-9]/2025|x)", "-?[0-9]{1,4}(\\.[0-9]{1,3})?|\\$[0-9]|y"),
            0..40,
        )
    ) {
        let mut text = "customer_id,date,amount\n".to_owned();
        for (customer, date, amount) in &rows {
            writeln!(text, "{customer},{date},{amount}").unwrap();
        }
        let done = upload("orders/x.csv", &text);
        prop_assert_eq!(done.report.rows, rows.len() as u64);
        let money: Money = rows
            .iter()
            .filter_map(|(_, _, amount)| Money::parse(amount.trim_start_matches('$')).ok())
            .sum();
        prop_assert_eq!(done.report.money_in, money);
        let mut in_table = Money::ZERO;
        if !done.parts.is_empty() {
            let batch = done.batch();
            let view = TransactionColumns::of(&batch).unwrap();
            in_table = (0..view.len()).map(|row| money_at(view.amount, row).unwrap()).sum();
        }
        prop_assert_eq!(done.report.money_kept, in_table);
    }
}
