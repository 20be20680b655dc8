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
fn customers_in_canonical_names_keep_the_ids_that_their_orders_have() {
    let done = upload("customers/list.csv", "customer_id,email,country\nC1,ada@example.org,DE\n");
    assert_eq!(done.adapter(), "customers");
    let batch = done.batch();
    assert_eq!(CustomerColumns::of(&batch).unwrap().customer_id.value(0), "C1");
}

#[test]
fn payments_that_nobody_knows_are_no_customers_for_their_addresses() {
    for header in ["id,Amount,Currency,When,Customer Email", "number,status,total,billing_email,since"] {
        let reason = upload("payments/x.csv", &format!("{header}\n1,2,3,4,5\n")).report.unreadable.unwrap();
        assert!(reason.ends_with("as transactions they lack occurred_at."), "{reason}");
    }
}

#[test]
fn a_customer_who_is_repeated_word_for_word_is_one_row_of_the_table() {
    let done = upload("customers/list.csv", "customer_id,country\nC1,DE\nC2,FR\nC1,DE\nC1,NL\n");
    let report = &done.report;
    assert_eq!((report.rows, report.kept, report.table_rows), (4, 4, 3));
    assert_eq!((done.parts[0].rows, report.rule(Rule::DuplicateLine).rows), (3, 1));
}

#[test]
fn an_order_tells_of_its_customer_what_an_erasure_looks_for_once_a_stretch() {
    let orders = "order_id,customer_id,email,phone,country,order_date,amount\n\
         1,C1,Ada@example.org,,DE,2025-01-01,5\n2,C1,Ada@example.org,,DE,2025-01-02,5\n\
         3,C2,,+1 (555) 123-4567,,2025-01-02,5\n4,C3,no address,,,2025-01-02,5\n5,,bob@example.org,,,2025-01-02,5\n\
         6,C1,Ada@example.org,,DE,2025-01-03,5\n7,carl@example.org,carl@example.org,,,2025-01-03,5\n";
    let done = upload("orders/o.csv", orders);
    assert_eq!((done.report.kept, done.report.table_rows), (7, 7));
    let part = done.parts.iter().find(|part| part.table == Table::Customers).unwrap();
    let batches = done.batches(part);
    let batch = concat_batches(&batches[0].schema(), &batches).unwrap();
    let view = CustomerColumns::of(&batch).unwrap();
    let rows = (0..view.len()).map(|row| {
        let texts = [view.email_sha256, view.phone_sha256].map(|column| text_at(column, row).map(str::to_owned));
        (view.customer_id.value(row), view.country.get(row), texts)
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort();
    let (email, phone) = (identity::email_sha256("ada@example.org"), identity::phone_sha256("15551234567"));
    assert_eq!(rows, [("C1", Some("DE"), [email, None]), ("C2", None, [None, phone])]);
}
