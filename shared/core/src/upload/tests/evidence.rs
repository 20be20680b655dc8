//! What a file proves about itself, early or late, and what is refused where it proves nothing.
use super::*;

#[test]
fn a_number_that_could_be_a_thousand_or_one_is_refused_where_nothing_tells() {
    let silent =
        upload("orders/x.csv", "customer_id;order_id;order_date;amount\n1;a;2025-01-01;1.234\n2;b;2025-01-01;5\n");
    assert_eq!((silent.report.kept, silent.reasons()), (1, vec![(Reason::AmbiguousNumber, 1)]));
    let told =
        upload("orders/x.csv", "customer_id;order_id;order_date;amount\n1;a;2025-01-01;1.234\n2;b;2025-01-01;5,5\n");
    assert_eq!(told.report.money_kept.to_string(), "1239.50");
    let tabs = upload("orders/x.csv", "customer_id\torder_id\torder_date\tamount\n1\ta\t2025-01-01\t1.234\n");
    assert_eq!(tabs.reasons(), [(Reason::AmbiguousNumber, 1)]);
    let commas = upload("orders/x.csv", "customer_id,order_id,order_date,amount\n1,a,2025-01-01,1.234\n");
    assert_eq!(commas.report.money_kept.to_string(), "1.234");
}

#[test]
fn a_decimal_comma_at_the_end_of_a_long_file_is_found() {
    let mut text = "customer_id;order_date;amount\n".to_owned();
    for number in 1..=10_050 {
        writeln!(text, "{number};2025-01-01;1.234").unwrap();
    }
    text.push_str("x;2025-01-01;1.234,50\n");
    assert_eq!(upload("orders/x.csv", &text).report.money_kept.to_string(), "12402934.50");
}

#[test]
fn dates_that_contradict_each_other_late_in_a_file_decide_nothing() {
    let mut text = "customer_id,date,amount\n".to_owned();
    for number in 1..=10_050 {
        writeln!(text, "{number},25/03/2025,5").unwrap();
    }
    text.push_str("x,03/25/2025,5\ny,03/04/2025,5\n");
    let done = upload("orders/x.csv", &text);
    assert_eq!((done.report.kept, done.reasons()), (10_051, vec![(Reason::AmbiguousDate, 1)]));
    assert_eq!(done.report.read_by.unwrap().conventions.date_order, None);
}

#[test]
fn a_row_of_padded_columns_that_lacks_a_cell_is_refused() {
    let done = upload(
        "orders/x.txt",
        "customer_id order_date amount quantity\n1 2025-01-01 5.00 2\n2 2025-01-01      3\n3 2025-01-02 7.00 1\n",
    );
    assert_eq!((done.report.kept, done.reasons()), (2, vec![(Reason::TooFewCells, 1)]));
}

#[test]
fn one_stray_line_does_not_hide_a_header_in_another_language() {
    let mut bytes = "Início dos relatórios,Término dos relatórios,Nome da campanha,Valor usado (BRL)\n\
        2025-07-01,2025-07-01,Verão,10.50\n"
        .as_bytes()
        .to_vec();
    bytes.extend_from_slice(b"2025-07-02,2025-07-02,Promo\xe7\xe3o,5.00\n");
    let done = upload_as("spend/m.csv", &bytes, &Account::default());
    assert_eq!((done.adapter(), done.report.kept), ("meta_ads", 2));
    assert_eq!(done.report.rule(Rule::Windows1252).money.to_string(), "5.00");
}

#[test]
fn a_column_of_decimal_commas_beside_one_of_points_is_read_by_its_own_numbers() {
    let done = upload(
        "orders/x.csv",
        "customer_id,order_date,amount,quantity\n1,2025-01-01,\"1.234,50\",0.5\n2,2025-01-01,\"1.234\",1.5\n\
         3,2025-01-01,\"12,30\",2.5\n4,2025-01-01,7,10.5\n5,2025-01-01,8,0.5\n",
    );
    assert_eq!((done.report.kept, done.report.money_kept.to_string()), (5, "2495.80".to_owned()));
    assert_eq!(done.report.rule(Rule::NumberLeftOut).rows, 0);
    let marks = done.report.read_by.unwrap().conventions;
    assert_eq!(marks.decimal_mark, DecimalMark::Point);
    assert_eq!(marks.decimal_marks, [(field::Field::Amount, DecimalMark::Comma)].into());
}

#[test]
fn customers_that_are_counted_from_0_have_a_customer_0_and_guests_have_none() {
    let header = "customer_id,order_date,amount\n";
    let counted =
        upload("orders/x.csv", &format!("{header}0,2025-01-01,5\n1,2025-01-01,6\n2,2025-01-01,7\n3,2025-01-02,8\n"));
    assert_eq!((counted.report.kept, counted.report.money_kept.to_string()), (4, "26.00".to_owned()));
    assert!(counted.report.text().contains("customers are counted from 0"));
    let guests = upload(
        "orders/x.csv",
        &format!("{header}0,2025-01-01,5\n0,2025-01-01,5\n1,2025-01-01,6\n2,2025-01-01,7\n3,2025-01-02,8\n"),
    );
    assert_eq!(guests.reasons(), [(Reason::MissingCustomer, 2)]);
}

#[test]
fn dates_that_a_spreadsheet_left_as_numbers_are_read_and_told() {
    let done = upload("orders/x.csv", "customer_id,order_date,amount\n1,45658,5\n2,45658.5,5\n3,456580,5\n");
    assert_eq!(purchases(&done), ["1 - 2025-01-01 5.00 order", "2 - 2025-01-01 5.00 order"]);
    assert!(done.report.text().contains("as a spreadsheet counts days"));
    assert_eq!(done.reasons(), [(Reason::UnparsableDate, 1)]);
}

#[test]
fn a_line_that_is_no_json_object_is_rejected_with_its_number_and_masked() {
    let row = |id: u32| format!("{{\"customer_id\":\"C{id}\",\"order_date\":\"2025-01-01\",\"amount\":\"5.10\"}}\n");
    let torn = "{\"customer_id\":\"ada@example.org\",\"order_date\":\"2025-01-01\",\"amou\n";
    let done = upload("orders/x.ndjson", &format!("{}{torn}\n{}", row(1), row(2)));
    assert_eq!((done.report.rows, done.report.kept, done.reasons()), (3, 2, vec![(Reason::TornObject, 1)]));
    assert_eq!(done.report.money_kept.to_string(), "10.20");
    let told: Vec<&str> = done.rejects.lines().nth(1).unwrap().split(',').collect();
    assert_eq!((&told[..4], told[5]), (&["2", "torn_object", "", ""][..], "***"));
    let hash = crate::customer::CustomerHash::of(&identity::ids_of("ada@example.org")[0]).to_hex();
    assert_eq!(told[4], hash, "whom an erasure finds");
    let none = upload("orders/x.ndjson", &torn.repeat(3));
    assert!(none.report.unreadable.is_some() && none.report.rows == 0, "{}", none.report.text());
}

#[test]
fn a_line_of_json_that_is_no_utf_8_is_read_as_windows_1252_and_noticed() {
    let mut bytes = "{\"customer_id\":\"Zoë\",\"order_date\":\"2025-01-01\",\"amount\":5}\n".as_bytes().to_vec();
    bytes.extend_from_slice(b"{\"customer_id\":\"M\xfcller\",\"order_date\":\"2025-01-01\",\"amount\":6}\n");
    let done = upload_as("orders/x.ndjson", &bytes, &Account::default());
    assert_eq!(purchases(&done), ["Zoë - 2025-01-01 5.00 order", "Müller - 2025-01-01 6.00 order"]);
    assert_eq!(done.report.rule(Rule::Windows1252).money.to_string(), "6.00");
}

#[test]
fn json_in_windows_1252_is_read() {
    let done = upload_as(
        "orders/x.json",
        b"[{\"customer_id\":\"M\xfcller\",\"order_date\":\"2025-01-01\",\"amount\":5}]",
        &Account::default(),
    );
    assert_eq!(purchases(&done), ["Müller - 2025-01-01 5.00 order"]);
}

#[test]
fn a_german_report_of_one_period_is_spread_over_the_days_of_its_banner() {
    let done = upload(
        "spend/g.csv",
        "Kampagnenbericht\n1. Juli 2025 - 31. Juli 2025\nKampagne,Währungscode,Kosten,Impr.\nMarke,EUR,31.00,100\n",
    );
    assert_eq!((done.adapter(), done.report.kept, done.report.table_rows), ("google_ads", 1, 31));
}

#[test]
fn a_users_adapter_goes_before_one_that_knows_more_columns() {
    let own = br#"{"name":"till","version":1,"title":"Our till","table":"transactions","system":"till",
        "columns":{"customer_id":["customer_id"],"occurred_at":["order_date"],"amount":["net"]},
        "required":[["customer_id"],["occurred_at"],["amount"]]}"#;
    let adapters = adapter::Adapters::built_in().with(vec![adapter::Adapter::from_json(own).unwrap()]);
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("the upload");
    std::fs::write(&file, "customer_id,order_id,order_date,amount,net\n1,a,2025-01-01,11.90,10.00\n").unwrap();
    let source = Source { key: "orders/x.csv".to_owned(), source_id: "s".to_owned(), uploaded_at: UPLOADED_AT };
    let known = Known { adapters, ..Known::default() };
    let (file, folder) = (Incoming::here(&file), Folder::new(scratch.path()));
    let done = convert_with(&file, &source, &Account::default(), &known, scratch.path(), &folder).unwrap();
    assert_eq!(
        (done.report.read_by.unwrap().adapter, done.report.money_kept.to_string()),
        ("till".to_owned(), "10.00".to_owned())
    );
}

#[test]
fn rows_behind_a_quote_that_is_not_closed_are_read_and_its_own_is_refused() {
    let done = upload(
        "orders/x.csv",
        "customer_id,order_id,product,order_date,amount\n1,a,\"17 inch screen,2025-01-01,10\n\
         2,b,cable,2025-01-01,100\n3,c,\"19 inch screen,2025-01-01,30\n",
    );
    assert_eq!((done.report.rows, done.reasons()), (3, vec![(Reason::UnbalancedQuote, 2)]));
    assert_eq!(purchases(&done), ["2 shop:b 2025-01-01 100.00 order"]);
    assert_eq!(
        (done.report.money_in.to_string(), done.report.money_kept.to_string()),
        ("140.00".into(), "100.00".into())
    );
    assert!(!done.rejects.contains("inch"));
}

#[test]
fn a_quote_that_is_never_closed_costs_its_own_row() {
    let mut text = "customer_id,order_date,amount,note\nc0,2025-01-01,1,\"never closed\n".to_owned();
    for number in 1..=1000 {
        writeln!(text, "c{number},2025-01-01,1,").unwrap();
    }
    let done = upload("orders/x.csv", &text);
    assert_eq!((done.report.kept, done.reasons()), (1000, vec![(Reason::UnbalancedQuote, 1)]));
}
