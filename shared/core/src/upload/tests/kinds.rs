//! What a row of orders is: a sale, money given back, a test, a total, an amount of some currency.
use super::*;
use std::collections::BTreeMap;

fn orders(header: &str, rows: &[&str]) -> Done {
    upload("orders/x.csv", &format!("{header}\n{}\n", rows.join("\n")))
}

fn kept(done: &Done) -> Vec<String> {
    if done.parts.is_empty() { Vec::new() } else { purchases(done) }
}

#[test]
fn a_row_of_totals_is_no_customer() {
    let done = orders(
        "customer_id,order_id,order_date,amount",
        &["a,o1,2025-01-01,7.00", "b,o2,2025-01-02,5.00", "Total,,2025-01-02,12", "grand total,,,12", ",,Total,12.00"],
    );
    assert_eq!((done.report.kept, done.report.reject(Reason::SummaryRow).rows), (2, 3));
    assert_eq!(done.report.money_kept.to_string(), "12.00");
}

#[test]
fn what_names_the_order_it_takes_back_is_a_refund_whatever_its_sign() {
    let done = orders(
        "customer_id,order_id,order_date,amount,refund_of,status",
        &["a,o1,2025-01-01,50,,completed", "a,r1,2025-01-02,50,o1,completed", "a,o2,2025-01-03,5,0,completed"],
    );
    assert_eq!(
        kept(&done),
        ["a shop:o1 2025-01-01 50.00 order", "a shop:r1 2025-01-02 -50.00 refund", "a shop:o2 2025-01-03 5.00 order",]
    );
    let renewals = orders(
        "customer_id,order_id,order_date,amount,parent_order_id",
        &["a,o1,2025-01-01,50,", "a,o2,2025-02-01,50,o1"],
    );
    assert_eq!(renewals.report.money_kept.to_string(), "100.00", "a renewal names its first order, too");
}

#[test]
fn kinds_of_other_languages_are_known_and_unknown_ones_noticed_with_their_money() {
    let done = orders(
        "customer_id,order_id,order_date,amount,kind",
        &[
            "a,o1,2025-01-01,5,chargeback",
            "a,o2,2025-01-02,6,Reembolso",
            "a,o3,2025-01-03,7,void",
            "a,o4,2025-01-04,8,raffle",
        ],
    );
    assert_eq!(
        kept(&done),
        ["a shop:o1 2025-01-01 -5.00 refund", "a shop:o2 2025-01-02 -6.00 refund", "a shop:o4 2025-01-04 8.00 order"]
    );
    assert_eq!(done.reasons(), [(Reason::Incomplete, 1)]);
    let unknown = done.report.rule(Rule::UnknownKind);
    assert_eq!((unknown.rows, unknown.money.to_string()), (1, "8.00".to_owned()));
}

#[test]
fn a_status_that_says_that_no_money_came_is_no_order() {
    let statuses = ["declined", "Expired", "abandoned", "rejected", "failed", "voided"];
    let rows: Vec<String> = statuses.iter().map(|status| format!("a,{status},2025-01-01,5,{status}")).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let done = orders("customer_id,order_id,order_date,amount,status", &rows);
    assert_eq!(done.reasons(), [(Reason::Incomplete, 6)]);
    let odd = orders("customer_id,order_id,order_date,amount,status", &["a,o1,2025-01-01,5,gift-wrapped"]);
    assert_eq!(odd.report.rule(Rule::UnknownStatus).money.to_string(), "5.00");
}

#[test]
fn an_order_refunded_without_an_amount_is_given_back_as_a_whole() {
    let stripe = "id,Created (UTC),Amount,Amount Refunded,Currency,Status,Customer ID";
    let done = orders(stripe, &["ch_1,2025-01-01 10:00,20.00,,eur,Refunded,cus_1"]);
    assert_eq!((done.report.table_rows, done.report.money_kept.to_string()), (2, "0.00".to_owned()));
    let shopify = "Name,Email,Financial Status,Paid at,Currency,Total,Cancelled at,Payment Method,Tags";
    let done = orders(
        shopify,
        &[
            "#1,ada@example.org,refunded,2025-01-01 11:13:25 -0500,EUR,12.00,,Shopify Payments,",
            "#2,ada@example.org,paid,2025-01-01 11:13:25 -0500,EUR,12.00,,bogus,",
            "#3,ada@example.org,paid,2025-01-01 11:13:25 -0500,EUR,12.00,,Shopify Payments,\"vip, test\"",
        ],
    );
    assert_eq!((done.report.kept, done.report.money_kept.to_string()), (1, "0.00".to_owned()));
    assert_eq!(done.reasons(), [(Reason::Test, 2)]);
}

#[test]
fn a_column_that_says_test_is_believed() {
    let done = orders(
        "customer_id,order_id,order_date,amount,test",
        &["a,o1,2025-01-01,5,true", "a,o2,2025-01-01,5,false", "a,o3,2025-01-01,5,1"],
    );
    assert_eq!((done.report.kept, done.reasons()), (1, vec![(Reason::Test, 2)]));
}

#[test]
fn a_currency_beside_an_amount_is_read_like_one_in_a_column() {
    let header = "customer_id,order_id,order_date,amount";
    let rows =
        ["a,o1,2025-01-01,12.50 USD", "a,o2,2025-01-01,12.50 EUR", "a,o3,2025-01-01,€100", "a,o4,2025-01-01,1500 JPY"];
    let done = orders(header, &rows);
    assert_eq!(kept(&done), ["a shop:o1 2025-01-01 12.50 order"]);
    assert_eq!(done.reasons(), [(Reason::OtherCurrency, 3)]);
    let account = Account { currency: Some("EUR".to_owned()), ..Account::default() };
    let done = upload_as("orders/x.csv", format!("{header}\n{}\n", rows.join("\n")).as_bytes(), &account);
    assert_eq!(done.report.money_kept.to_string(), "112.50");
    let dollars = orders(header, &["a,o1,2025-01-01,$5", "a,o2,2025-01-01,5.00"]);
    assert_eq!(dollars.report.kept, 2);
    let torn = orders(
        "AccountId,CloseDate,Amount,Amount Currency,StageName",
        &["A1,2025-01-01,\"USD 300,00\",EUR,Closed Won", "A1,2025-01-01,\"EUR 300,00\",EUR,Closed Won"],
    );
    assert_eq!((torn.report.kept, torn.reasons()), (1, vec![(Reason::OtherCurrency, 1)]));
    let letters = orders(header, &["a,o1,2025-01-01,1.5 Mio", "a,o2,2025-01-01,A12", "a,o3,2025-01-01,100 CR"]);
    assert_eq!(letters.reasons(), [(Reason::UnparsableAmount, 3)]);
}

#[test]
fn what_was_spent_on_ads_is_no_revenue() {
    let ads = "date,account_id,channel,spend\n2025-01-01,77,meta,120\n";
    assert_eq!(upload("x.csv", ads).adapter(), "spend");
    assert_eq!(upload("orders/x.csv", ads).adapter(), "transactions", "the key asks for it");
    assert_eq!(upload("x.csv", "date,account_id,spend\n2025-01-01,77,120\n").adapter(), "transactions");
}

#[test]
fn hours_as_ga4_writes_them_are_no_seconds() {
    let done = orders(
        "Transaction ID,Effective user ID,Date + hour (YYYYMMDDHH),Currency,Purchase revenue",
        &["T1,u-1,2025070811,EUR,100.25"],
    );
    assert_eq!((done.adapter(), kept(&done)), ("ga4_purchases", vec!["u-1 ga4:T1 2025-07-08 100.25 order".to_owned()]));
}

#[test]
fn rates_that_contradict_each_other_are_told_and_those_that_are_none_refused() {
    let done = upload(
        "rates/r.csv",
        "date,base,quote,rate\n2025-01-01,USD,EUR,0.9\n2025-01-01,GBP,EUR,1.2\n2025-01-01,USD,EUR,9.9\n\
         2025-01-01,GBP,EUR,1.2\n2025-01-02,USD,EUR,0\n2025-01-03,USD,EUR,-1\n",
    );
    assert_eq!((done.report.kept, done.reasons()), (4, vec![(Reason::RateOutOfRange, 2)]));
    assert_eq!(done.report.rule(Rule::ValueReplaced).rows, 1);
}

#[test]
fn totals_are_no_rows_whatever_stands_behind_the_word() {
    for total in ["Grand Totals (1 records)", "Total général :", "Gesamtergebnis", "Subtotal 2025", "total: all"] {
        let done = upload("x.csv", &format!("customer_id,join_date,country\n7,2025-01-01,DE\n{total},2025-01-01,10\n"));
        assert_eq!((done.report.kept, done.reasons()), (1, vec![(Reason::SummaryRow, 1)]), "{total}");
    }
    let done = upload(
        "x.csv",
        "customer_id,join_date,country\nSummers,2025-01-01,DE\nTotal7,2025-01-01,DE\nSum 7,2025-01-01,DE\n",
    );
    assert_eq!(done.report.kept, 3);
}

#[test]
fn a_column_of_currencies_may_hold_their_names() {
    let account = Account { currency: Some("EUR".to_owned()), ..Account::default() };
    let text = "customer_id,order_date,amount,currency\n1,2025-01-01,5,€\n2,2025-01-01,5,Euro\n3,2025-01-01,5,euros?\n";
    let done = upload_as("orders/x.csv", text.as_bytes(), &account);
    assert_eq!((done.report.kept, done.reasons()), (2, vec![(Reason::UnparsableCurrency, 1)]));
}

#[test]
fn a_cross_section_that_counts_its_customers_from_0_has_a_customer_0() {
    let done =
        upload("a.csv", "customer_id,channel,cost,conversion_rate,revenue\n0,email,5,0.1,500\n1,paid,6,0.2,600\n");
    assert_eq!((done.adapter(), done.report.kept, done.report.rejected), ("acquisition", 2, 0));
    let by_id = upload("a.csv", "id,channel,cost,conversion_rate,revenue\n7,email,5,0.1,500\n");
    assert_eq!((by_id.adapter(), by_id.report.money_kept.to_string()), ("acquisition", "500.00".to_owned()));
}

#[test]
fn a_header_that_stands_in_the_middle_is_no_row_and_no_mark_before_it_is_part_of_an_id() {
    let orders = "customer_id,order_id,order_date,amount\n1,a,2025-01-01,5\n";
    let done = upload("orders/x.csv", &format!("\u{feff}{orders}\u{feff}{orders}\u{feff}2,b,2025-01-02,6\n"));
    assert_eq!((done.report.kept, done.reasons()), (3, vec![(Reason::RepeatedHeader, 1)]));
    assert_eq!(purchases(&done)[2], "2 shop:b 2025-01-02 6.00 order");
    let customers = "customer_id,email,join_date\n7,ada@example.org,2025-01-01\n";
    let done = upload("customers/x.csv", &customers.repeat(2));
    assert_eq!((done.report.kept, done.reasons()), (2, vec![(Reason::RepeatedHeader, 1)]));
}

#[test]
fn orders_are_known_by_headers_of_other_languages() {
    for (header, row) in [
        ("Kundennummer;Bestellnummer;Bestelldatum;Betrag;Währung", "7;a;13.02.2025;1.234,50 €;EUR"),
        ("Numéro client;Numéro de commande;Date de commande;Montant;Devise", "7;a;13/02/2025;1 234,50 €;EUR"),
        ("ID de cliente;Número de pedido;Fecha;Importe;Moneda", "7;a;13/02/2025;1.234,50 €;EUR"),
        ("ID do cliente;Número do pedido;Data do pedido;Valor total;Moeda", "7;a;13/02/2025;1.234,50;EUR"),
    ] {
        let done = orders(header, &[row]);
        assert_eq!(kept(&done), ["7 shop:a 2025-02-13 1234.50 order"], "{header}");
    }
}

#[test]
fn a_file_that_nobody_knows_is_refused_by_its_own_columns() {
    let reason = |text: &str| upload("orders/x.csv", text).report.unreadable.unwrap();
    let ledger =
        reason("\"Day\",\"Type\",\"Gross\",\"From Email Address\"\n\"01/13/2025\",\"x\",\"5\",\"ada@example.org\"\n");
    assert!(ledger.starts_with("No known source has the columns") && !ledger.contains('"'), "{ledger}");
    let nested = reason("{\"customer_id\":1,\"date\":\"2025-01-01\",\"amount\":{\"sum\":5,\"currency\":\"EUR\"}}");
    assert!(nested.ends_with("as transactions they lack amount or unit_price."), "{nested}");
    let behind_a_banner = reason("# Start date: 20260501\nSession campaign,Ads cost\nBrand,5\n");
    assert!(behind_a_banner.contains("has the columns Session campaign, Ads cost; "), "{behind_a_banner}");
    assert!(reason("1,2\n3,4\n").contains("it begins with 2 cells that are no known header"));
    assert_eq!(reason("{\"data\":[]}"), "The file holds nothing that could be a row.");
    assert!(reason("[[1,2]]").starts_with("The file cannot be read: it is JSON of something other than objects"));
}

#[test]
fn a_refund_beside_an_order_lends_its_order_to_no_line_behind_it() {
    let done = upload(
        "orders/ga4.csv",
        "Transaction ID,User ID,Date,Purchase revenue,Refund amount\n\
         T1,U1,20250101,10.00,3.00\nT1,U1,20250101,-5.00,0\n",
    );
    let batch = done.batch();
    let view = TransactionColumns::of(&batch).unwrap();
    let rows = (0..view.len()).map(|row| {
        let amount = money_at(view.amount, row).unwrap().to_string();
        (amount, kind_at(view.kind, row).name(), text_at(view.cancels, row).map(str::to_owned))
    });
    let found: BTreeMap<String, (&str, Option<String>)> =
        rows.map(|(amount, kind, cancels)| (amount, (kind, cancels))).collect();
    assert_eq!(view.len(), 3);
    assert_eq!(found["10.00"].0, "order");
    assert_eq!((found["-3.00"].0, found["-3.00"].1.is_some()), ("refund", true));
    assert_eq!(found["-5.00"], ("refund", None));
}
