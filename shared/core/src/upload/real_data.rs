//! The real sets, whose counts two independent copies agree on (README of the data): skipped by name without them.
use super::report::{Reason, Rule};
use super::*;
use crate::money::Money;
use crate::table::columns::{TransactionColumns, kind_at, money_at, text_at};
use crate::table::read::read_all;
use crate::table::row::Kind;
use std::collections::HashSet;
use std::fs::File;

fn convert_real(name: &str, test: &str) -> Option<(tempfile::TempDir, Converted)> {
    let Ok(data) = std::env::var("LTV_DATA_DIR") else {
        eprintln!("skipped: {test}, as LTV_DATA_DIR is not set");
        return None;
    };
    let scratch = tempfile::tempdir().unwrap();
    let source = Source {
        key: format!("transactions/{name}"),
        source_id: "real".to_owned(),
        uploaded_at: 1_760_000_000_000_000,
    };
    let path = Path::new(&data).join(name);
    let converted = convert(&path, &source, &Account::default(), scratch.path()).unwrap();
    Some((scratch, converted))
}

#[test]
fn every_row_of_online_retail_is_kept_or_rejected_and_counted_as_known() {
    let name = "every_row_of_online_retail_is_kept_or_rejected_and_counted_as_known";
    let Some((scratch, converted)) = convert_real("online_retail.csv.gz", name) else { return };
    let report = &converted.report;
    assert_eq!(report.unreadable, None);
    assert_eq!((report.rows, report.kept, report.rejected, report.merged), (541_909, 406_829, 135_080, 0));
    assert_eq!((report.reject(Reason::MissingCustomer).rows, report.reject(Reason::BadDebt).rows), (135_077, 3));
    for (rule, rows) in [
        (Rule::Cancellation, 9_288),
        (Rule::NegativeQuantity, 10_624),
        (Rule::StockWriteOff, 1_336),
        (Rule::ZeroPrice, 2_515),
        (Rule::NegativePrice, 2),
        (Rule::BadDebt, 3),
        (Rule::DuplicateLine, 5_268),
        (Rule::CustomerTidied, 406_829),
    ] {
        assert_eq!(report.rule(rule).rows, rows, "{rule:?}");
    }
    assert_eq!(report.rule(Rule::BadDebt).money, Money::parse("-11062.06").unwrap());
    assert_eq!(
        (report.first_day.unwrap().to_string().as_str(), report.last_day.unwrap().to_string().as_str()),
        ("2010-12-01", "2011-12-09")
    );
    let file = File::open(Folder::new(scratch.path()).file(Output::Part(converted.parts[0].table))).unwrap();
    let (mut customers, mut buyers, mut invoices) = (HashSet::new(), HashSet::new(), HashSet::new());
    let (mut rows, mut total, mut linked) = (0, Money::ZERO, 0);
    for batch in read_all(file, Table::Transactions).unwrap() {
        let view = TransactionColumns::of(&batch).unwrap();
        for row in 0..view.len() {
            let customer = view.customer_id.value(row);
            assert!(customer.bytes().all(|byte| byte.is_ascii_digit()), "{customer}");
            let amount = money_at(view.amount, row).unwrap();
            customers.insert(customer.to_owned());
            linked += usize::from(text_at(view.cancels, row).is_some());
            if kind_at(view.kind, row) == Kind::Order && amount.is_positive() {
                rows += 1;
                total += amount;
                buyers.insert(customer.to_owned());
                invoices.insert(text_at(view.transaction_id, row).unwrap().to_owned());
            }
        }
    }
    assert_eq!(customers.len(), 4_372);
    assert_eq!((rows, buyers.len(), invoices.len()), (397_884, 4_338, 18_532));
    assert_eq!(total.to_string(), "8911407.904");
    assert_eq!(linked as u64, report.rule(Rule::CancellationLinked).rows);
}

#[test]
fn the_master_file_of_cdnow_is_read_whole() {
    let Some((_scratch, converted)) = convert_real("CDNOW_master.txt", "the_master_file_of_cdnow_is_read_whole") else {
        return;
    };
    let report = &converted.report;
    assert_eq!((report.rows, report.kept, report.rejected), (69_659, 69_659, 0));
    assert_eq!(report.money_kept, Money::parse("2500315.63").unwrap());
    assert_eq!(report.rule(Rule::ZeroAmount).rows, 80);
    assert_eq!(report.rule(Rule::DuplicateLine).rows, 255);
    assert_eq!(report.read_by.as_ref().unwrap().format.delimiter, Some(Delimiter::Spaces));
}

#[test]
fn the_sample_file_of_cdnow_is_known_without_a_header() {
    let name = "the_sample_file_of_cdnow_is_known_without_a_header";
    let Some((scratch, converted)) = convert_real("CDNOW_sample.txt", name) else { return };
    let report = &converted.report;
    assert_eq!(report.read_by.as_ref().unwrap().format.header_line, None);
    assert_eq!((report.rows, report.rejected), (6_919, 0));
    let file = File::open(Folder::new(scratch.path()).file(Output::Part(converted.parts[0].table))).unwrap();
    let mut customers = HashSet::new();
    for batch in read_all(file, Table::Transactions).unwrap() {
        let view = TransactionColumns::of(&batch).unwrap();
        customers.extend((0..view.len()).map(|row| view.customer_id.value(row).to_owned()));
    }
    assert_eq!(customers.len(), 2_357);
}
