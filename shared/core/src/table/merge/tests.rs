//! The merging rules as properties: no order and no split of the parts shows in the result.
use super::*;
use crate::customer::{Bucket, CustomerHash};
use crate::table::columns::{CustomerColumns, SpendColumns, TransactionColumns, money_at, text_at};
use crate::table::encode::{self, Provenance};
use crate::table::row::{Customer, Spend, Transaction};
use crate::time::Day;
use arrow::compute::concat_batches;
use proptest::prelude::*;

fn source(number: u8) -> Provenance {
    Provenance { source_id: format!("s{number}"), uploaded_at: i64::from(number / 2) }
}

fn transaction() -> impl Strategy<Value = Transaction> {
    (0..6_u8, proptest::option::of(0..5_u8), 0..3_i64, 1..4_i32, 0..3_u8).prop_map(
        |(customer, id, occurred_at, cents, product)| Transaction {
            transaction_id: id.map(|id| format!("shop:{id}")),
            product_id: (product > 0).then(|| format!("p{product}")),
            quantity: Some(1.0),
            line: 0,
            ..Transaction::order(&format!("c{customer}"), occurred_at, Money::from_cents(cents))
        },
    )
}

/// Up to four uploads, each its own list of rows.
fn uploads() -> impl Strategy<Value = Vec<Vec<Transaction>>> {
    proptest::collection::vec(proptest::collection::vec(transaction(), 0..14), 1..5).prop_map(|mut uploads| {
        for rows in &mut uploads {
            for (line, row) in rows.iter_mut().enumerate() {
                row.line = line as u64 + 2;
            }
        }
        uploads
    })
}

/// The parts of all uploads, cut into batches of at most `size` rows and rotated by `shift`.
fn parts(uploads: &[Vec<Transaction>], size: usize, shift: usize) -> Vec<RecordBatch> {
    let mut batches = Vec::new();
    for (number, rows) in uploads.iter().enumerate() {
        for chunk in rows.chunks(size) {
            batches.push(encode::transactions(chunk, &source(number as u8)).unwrap());
        }
    }
    if !batches.is_empty() {
        let shift = shift % batches.len();
        batches.rotate_left(shift);
    }
    batches
}

fn one(merged: &Merged) -> Vec<String> {
    let mut rows = Vec::new();
    for batch in &merged.batches {
        let view = TransactionColumns::of(batch).unwrap();
        for row in 0..view.len() {
            rows.push(format!(
                "{} {:?} {} {:?} {:?} {} {}",
                view.customer_id.value(row),
                text_at(view.transaction_id, row),
                view.occurred_at.value(row),
                money_at(view.amount, row),
                text_at(view.product_id, row),
                view.provenance.source_id.get(row).unwrap(),
                view.provenance.line.value(row),
            ));
        }
    }
    rows
}

proptest! {
    #[test]
    fn neither_order_nor_split_of_the_parts_shows(uploads in uploads(), size in 1_usize..6, shift in 0_usize..20) {
        let erased = Erased::from([CustomerHash::of("c3")]);
        let whole = transactions(&parts(&uploads, usize::MAX, 0), &erased).unwrap();
        let pieces = transactions(&parts(&uploads, size, shift), &erased).unwrap();
        prop_assert_eq!(one(&whole), one(&pieces));
        prop_assert_eq!(whole.overlap, pieces.overlap);
    }

    #[test]
    fn ranges_of_buckets_join_to_the_whole(uploads in uploads(), cut in 0_u16..4095) {
        let batches = parts(&uploads, 4, 1);
        let erased = Erased::new();
        let whole = transactions(&batches, &erased).unwrap();
        let mut builder = NewestBuilder::default();
        for batch in &batches {
            builder.observe(batch, &erased).unwrap();
        }
        let newest = builder.build();
        let low = transactions_of(&(Bucket(0)..=Bucket(cut)), &batches, &newest, &erased).unwrap();
        let high = transactions_of(&(Bucket(cut + 1)..=Bucket(4095)), &batches, &newest, &erased).unwrap();
        let mut joined = one(&low);
        joined.extend(one(&high));
        prop_assert_eq!(one(&whole), joined);
        let mut overlap = low.overlap;
        overlap.add(&high.overlap);
        prop_assert_eq!(whole.overlap, overlap);
    }

    #[test]
    fn merging_what_is_merged_changes_nothing(uploads in uploads()) {
        let once = transactions(&parts(&uploads, 5, 0), &Erased::new()).unwrap();
        let twice = transactions(&once.batches, &Erased::new()).unwrap();
        prop_assert_eq!(one(&once), one(&twice));
        prop_assert_eq!(twice.overlap.superseded, 0);
    }

    #[test]
    fn every_id_has_exactly_the_lines_of_its_newest_upload(uploads in uploads()) {
        let merged = transactions(&parts(&uploads, 3, 2), &Erased::new()).unwrap();
        let mut expected: Vec<(Option<String>, u64, String)> = Vec::new();
        for (number, rows) in uploads.iter().enumerate() {
            for row in rows {
                let newer = uploads[number + 1..]
                    .iter()
                    .any(|later| row.transaction_id.is_some() && later.iter().any(|r| r.transaction_id == row.transaction_id));
                if !newer {
                    expected.push((row.transaction_id.clone(), row.line, source(number as u8).source_id));
                }
            }
        }
        let mut found: Vec<(Option<String>, u64, String)> = Vec::new();
        for batch in &merged.batches {
            let view = TransactionColumns::of(batch).unwrap();
            for row in 0..view.len() {
                let id = text_at(view.transaction_id, row).map(str::to_owned);
                let upload = view.provenance.source_id.get(row).unwrap().to_owned();
                found.push((id, view.provenance.line.value(row) as u64, upload));
            }
        }
        expected.sort();
        found.sort();
        prop_assert_eq!(expected, found);
    }

    #[test]
    fn it_makes_no_difference_whether_an_erased_customers_rows_were_removed_already(uploads in uploads()) {
        let erased = Erased::from([CustomerHash::of("c1")]);
        let filtered = transactions(&parts(&uploads, 9, 0), &erased).unwrap();
        let rewritten: Vec<Vec<Transaction>> =
            uploads.iter().map(|rows| rows.iter().filter(|row| row.customer_id != "c1").cloned().collect()).collect();
        let removed = transactions(&parts(&rewritten, 9, 0), &erased).unwrap();
        prop_assert_eq!(one(&filtered), one(&removed));
    }
}

#[test]
fn a_row_without_an_id_that_two_uploads_have_is_kept_twice_and_counted() {
    let row = Transaction { line: 2, ..Transaction::order("c", 5, Money::from_cents(250)) };
    let twice_in_one_file = [row.clone(), Transaction { line: 3, ..row.clone() }];
    let batches = [
        encode::transactions(&twice_in_one_file, &source(0)).unwrap(),
        encode::transactions(std::slice::from_ref(&row), &source(4)).unwrap(),
    ];
    let merged = transactions(&batches, &Erased::new()).unwrap();
    assert_eq!(one(&merged).len(), 3);
    assert_eq!((merged.overlap.alike_without_id, merged.overlap.alike_money), (1, Money::from_cents(250)));
}

#[test]
fn a_customers_fields_come_each_from_the_newest_upload_that_fills_it() {
    let old = Customer {
        customer_id: "c".to_owned(),
        country: Some("DE".to_owned()),
        acquisition_channel: Some("meta".to_owned()),
        line: 2,
        ..Customer::default()
    };
    let new = Customer { country: None, acquisition_channel: Some("google_ads".to_owned()), ..old.clone() };
    let batches = [encode::customers(&[new], &source(6)).unwrap(), encode::customers(&[old], &source(1)).unwrap()];
    let merged = customers(&batches, &Erased::new()).unwrap();
    let view = CustomerColumns::of(&merged.batches[0]).unwrap();
    assert_eq!(view.len(), 1);
    assert_eq!(view.country.get(0), Some("DE"));
    assert_eq!(view.acquisition_channel.get(0), Some("google_ads"));
    assert_eq!(view.provenance.source_id.get(0), Some("s6"));
    assert!(customers(&batches, &Erased::from([CustomerHash::of("c")])).unwrap().batches.is_empty());
}

#[test]
fn a_campaigns_day_comes_from_the_newest_upload_that_has_it() {
    let day = |date: i32, cents: i32| {
        let row = Spend::of("meta", Day(date), Money::from_cents(cents));
        Spend { campaign_name: Some("Brand".to_owned()), ..row }
    };
    let older = encode::spend(&[day(1, 100), day(2, 200)], &source(0)).unwrap();
    let newer = encode::spend(&[day(2, 250), day(2, 5), day(3, 300)], &source(9)).unwrap();
    let merged = spend(&[newer, older]).unwrap();
    let batch = concat_batches(&merged.batches[0].schema(), &merged.batches).unwrap();
    let view = SpendColumns::of(&batch).unwrap();
    let found: Vec<(i32, Money)> =
        (0..view.len()).map(|row| (view.date.value(row), money_at(view.spend, row).unwrap())).collect();
    let expected = [(1, 100), (2, 250), (2, 5), (3, 300)].map(|(date, cents)| (date, Money::from_cents(cents)));
    assert_eq!(found, expected);
    assert_eq!(merged.overlap.superseded, 1);
}
