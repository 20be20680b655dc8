//! Lists of customers: ids, contacts and dates.
use super::*;
use crate::table::columns::CustomerColumns;

#[test]
fn customers_are_hashed_and_unreadable_dates_left_out() {
    let done = upload(
        "customers/list.csv",
        "customer_id,acquired_at,acquisition_channel,acquisition_campaign,country,email\n\
         C1,2025-01-03,google_ads,Brand,NA,Ada@Example.org\nC2,soon,meta,,DE,no address\n",
    );
    assert_eq!(done.adapter(), "customers");
    let batch = done.batch();
    let view = CustomerColumns::of(&batch).unwrap();
    let first = (0..2).find(|row| view.customer_id.value(*row) == "C1").unwrap();
    assert_eq!(view.country.get(first), Some("NA"), "Namibia is a country");
    assert_eq!(text_at(view.email_sha256, first), identity::email_sha256("ada@example.org").as_deref());
    assert!(view.acquired_at.is_null(1 - first));
    assert_eq!((done.report.rule(Rule::DateLeftOut).rows, done.report.rule(Rule::ContactLeftOut).rows), (1, 1));
}

#[test]
fn a_customer_who_is_repeated_word_for_word_is_one_row_of_the_table() {
    let done = upload("customers/list.csv", "customer_id,country\nC1,DE\nC2,FR\nC1,DE\nC1,NL\n");
    let report = &done.report;
    assert_eq!((report.rows, report.kept, report.table_rows), (4, 4, 3));
    assert_eq!((done.parts[0].rows, report.rule(Rule::DuplicateLine).rows), (3, 1));
}
