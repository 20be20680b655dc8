//! Orders as shops and payment services export them.
use super::*;
use crate::money::Total;

#[test]
fn online_retail_is_priced_linked_and_freed_of_codes_that_are_no_products() {
    let done = upload(
        "transactions/retail.csv",
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
         536365,85123A,HOLDER,6.0,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n\
         536365,POST,POSTAGE,1.0,2010-12-01 08:26:00,18.0,17850.0,United Kingdom\n\
         C536379,85123A,HOLDER,-6.0,2010-12-02 09:41:00,2.55,17850.0,United Kingdom\n\
         536589,21777,,-10.0,2010-12-01 16:50:00,0.0,,United Kingdom\n\
         A563186,B,Adjust bad debt,1.0,2011-08-12 14:51:00,-11062.06,,United Kingdom\n",
    );
    assert_eq!(done.adapter(), "uci_online_retail");
    assert_eq!(
        purchases(&done),
        [
            "17850 online_retail:536365 2010-12-01 15.30 order",
            "17850 online_retail:536365 2010-12-01 18.00 order",
            "17850 online_retail:C536379 2010-12-02 -15.30 cancellation",
        ]
    );
    let batch = done.batch();
    let view = TransactionColumns::of(&batch).unwrap();
    let linked: Vec<&str> = (0..3).filter_map(|row| text_at(view.cancels, row)).collect();
    assert_eq!(linked, ["online_retail:536365"]);
    assert_eq!((0..3).filter(|row| view.product_id.is_valid(*row)).count(), 2);
    for (rule, rows) in [(Rule::StockWriteOff, 1), (Rule::BadDebt, 1), (Rule::NonProduct, 1), (Rule::NegativePrice, 1)]
    {
        assert_eq!(done.report.rule(rule).rows, rows, "{rule:?}");
    }
    assert_eq!(done.reasons(), [(Reason::MissingCustomer, 1), (Reason::BadDebt, 1)]);
}

#[test]
fn what_was_bought_to_try_the_shop_out_is_no_order() {
    let done = upload(
        "transactions/retail.csv",
        "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n\
         489434,85048,BALL,12,2009-12-01 07:45:00,6.95,13085.0,United Kingdom\n\
         491725,TEST001,This is a test product.,10,2009-12-14 08:34:00,4.5,12346.0,United Kingdom\n",
    );
    assert_eq!(done.reasons(), [(Reason::Test, 1)]);
    assert_eq!(done.report.reject(Reason::Test).money.to_string(), "45.00");
    assert_eq!((done.report.kept, done.report.money_kept.to_string()), (1, "83.40".to_owned()));
}

#[test]
fn a_shopify_order_of_several_rows_is_one_order() {
    let done = upload(
        "orders/shopify.csv",
        "Name,Email,Financial Status,Paid at,Currency,Subtotal,Total,Refunded Amount,Lineitem name,Cancelled at\n\
         #1001,ada@example.org,partially_refunded,2025-01-01 11:13:25 -0500,EUR,50.00,55.00,5.00,Mug,\n\
         #1001,ada@example.org,,,,,,,Plate,\n\
         #1002,bob@example.org,pending,2025-01-02 11:13:25 -0500,EUR,10.00,12.00,0.00,Mug,\n\
         #1003,bob@example.org,paid,2025-01-02 11:13:25 -0500,EUR,10.00,12.00,0.00,Mug,2025-01-03 09:00:00 -0500\n",
    );
    assert_eq!(done.adapter(), "shopify_orders");
    let report = &done.report;
    assert_eq!((report.rows, report.kept, report.merged, report.rejected, report.table_rows), (4, 1, 1, 2, 2));
    assert_eq!(done.reasons(), [(Reason::Incomplete, 1), (Reason::TakenBack, 1)]);
    let amounts: Vec<String> = purchases(&done).iter().map(|row| row[65..].to_owned()).collect();
    assert_eq!(amounts, ["shopify:#1001 2025-01-01 -5.00 refund", "shopify:#1001 2025-01-01 55.00 order"]);
}

#[test]
fn stripe_charges_count_when_paid_and_carry_their_refund() {
    let done = upload(
        "payments/stripe.csv",
        "id,Created (UTC),Amount,Amount Refunded,Currency,Status,Customer ID,Customer Email\n\
         ch_1,2025-01-01 10:00,\"0,25\",\"0,00\",eur,Paid,cus_1,ada@example.org\n\
         ch_2,2025-01-01 10:00,\"20,00\",\"20,00\",eur,Refunded,,bob@example.org\n\
         ch_3,2025-01-01 10:00,\"20,00\",\"0,00\",eur,Failed,cus_1,ada@example.org\n",
    );
    assert_eq!(done.adapter(), "stripe_payments");
    assert_eq!((done.report.kept, done.report.table_rows), (2, 3));
    assert_eq!(done.report.money_kept.to_string(), "0.25");
    assert_eq!(done.reasons(), [(Reason::Incomplete, 1)]);
    assert_eq!(purchases(&done)[0], "cus_1 stripe:ch_1 2025-01-01 0.25 order");
}

#[test]
fn times_of_a_source_that_writes_utc_are_not_those_of_the_account() {
    let account = Account { timezone: "America/New_York".to_owned(), ..Account::default() };
    let done = upload_as(
        "payments/stripe.csv",
        b"id,Created (UTC),Amount,Amount Refunded,Currency,Status,Customer ID\n\
          ch_1,2025-07-01 02:00,10.00,0.00,eur,Paid,cus_A\n",
        &account,
    );
    let batch = done.batch();
    let micros = TransactionColumns::of(&batch).unwrap().occurred_at.value(0);
    assert_eq!(jiff::Timestamp::from_microsecond(micros).unwrap().to_string(), "2025-07-01T02:00:00Z");
    assert_eq!(done.report.first_day.unwrap().to_string(), "2025-06-30", "days are the account's");
}

#[test]
fn shopify_orders_and_customers_meet_by_address_whether_an_id_is_there_or_not() {
    let orders = upload(
        "orders/shopify.csv",
        "Name,Email,Customer ID,Financial Status,Paid at,Currency,Total,Refunded Amount\n\
         #1,Ada@x.org,'6001,paid,2025-01-01 11:13:25 -0500,EUR,5.00,0.00\n\
         #2,ada@x.org,,paid,2025-01-02 11:13:25 -0500,EUR,5.00,0.00\n",
    );
    let customers = upload("customers/s.csv", "Customer ID,Email,Default Address Country Code\n'6001,ada@x.org,DE\n");
    assert_eq!((orders.adapter(), customers.adapter()), ("shopify_orders", "shopify_customers"));
    let (batch, known) = (orders.batch(), customers.batch());
    let buyers = TransactionColumns::of(&batch).unwrap().customer_id;
    let known = crate::table::columns::CustomerColumns::of(&known).unwrap().customer_id;
    assert_eq!([buyers.value(0), buyers.value(1)], [known.value(0); 2]);
    assert_eq!(Some(known.value(0)), identity::email_sha256("ada@x.org").as_deref());
}

#[test]
fn a_shopify_order_that_is_not_paid_yet_has_the_day_it_was_placed() {
    let done = upload(
        "orders/shopify.csv",
        "Name,Email,Financial Status,Paid at,Created at,Currency,Total,Refunded Amount\n\
         #1,ada@x.org,paid,2025-01-02 11:13:25 -0500,2025-01-01 11:13:25 -0500,EUR,5.00,0.00\n\
         #2,ada@x.org,partially_paid,,2025-01-03 11:13:25 -0500,EUR,6.00,0.00\n\
         #3,ada@x.org,pending,,2025-01-04 11:13:25 -0500,EUR,7.00,0.00\n",
    );
    let found: Vec<String> = purchases(&done).iter().map(|row| row[65..].to_owned()).collect();
    assert_eq!(found, ["shopify:#1 2025-01-02 5.00 order", "shopify:#2 2025-01-03 6.00 order"]);
    assert_eq!(done.reasons(), [(Reason::Incomplete, 1)]);
    assert_eq!(done.report.read_by.unwrap().columns[&field::Field::OccurredAt], "Paid at");
}

#[test]
fn guests_are_known_by_their_addresses_or_are_no_customer() {
    let done = upload(
        "orders/x.csv",
        "order_id,customer_id,email,order_date,order_total\n1,0,a@x.org,2025-01-01,50\n2,0,b@x.org,2025-01-01,60\n\
         3,Guest,,2025-01-01,70\n4,-1,a@x.org,2025-01-01,80\n5,10,a@x.org,2025-01-01,90\n",
    );
    let id = |address| identity::email_sha256(address).unwrap();
    let (a, b) = (id("a@x.org"), id("b@x.org"));
    assert_eq!(
        purchases(&done),
        [
            format!("{a} shop:1 2025-01-01 50.00 order"),
            format!("{b} shop:2 2025-01-01 60.00 order"),
            format!("{a} shop:4 2025-01-01 80.00 order"),
            "10 shop:5 2025-01-01 90.00 order".to_owned(),
        ]
    );
    assert_eq!(done.reasons(), [(Reason::MissingCustomer, 1)]);
}

#[test]
fn orders_whose_amount_is_called_otherwise_are_no_list_of_customers() {
    let known = upload("x.csv", "order_id,customer_id,email,created_at,total_price\n1001,7,a@x.org,2025-01-01,50.00\n");
    assert_eq!((known.adapter(), known.report.money_kept.to_string()), ("transactions", "50.00".to_owned()));
    let unknown = upload("x.csv", "order_id,customer_id,email,created_at,gross\n1001,7,a@x.org,2025-01-01,50.00\n");
    let reason = unknown.report.unreadable.unwrap();
    assert!(reason.ends_with("as transactions they lack amount or unit_price."), "{reason}");
}

#[test]
fn orders_of_an_interface_count_once_they_are_paid() {
    let done = upload(
        "orders/api.json",
        r#"{"orders":[
            {"id":1,"order_number":1001,"email":"ada@x.org","created_at":"2025-01-01T10:00:00Z","currency":"EUR",
             "total_price":"598.94","financial_status":"paid","cancelled_at":null,"test":false},
            {"id":2,"order_number":1002,"email":"ada@x.org","created_at":"2025-01-02T10:00:00Z","currency":"EUR",
             "total_price":"10.00","financial_status":"voided","cancelled_at":null,"test":false}]}"#,
    );
    assert_eq!((done.adapter(), done.report.money_kept.to_string()), ("transactions", "598.94".to_owned()));
    assert_eq!(done.reasons(), [(Reason::Incomplete, 1)]);
}

#[test]
fn a_stage_names_its_pipeline_behind_it() {
    let done = upload(
        "orders/h.csv",
        "Record ID,Associated Contact IDs,Close Date,Amount,Deal Stage\n\
         1,7,2025-01-01,100,Closed Won (Sales Pipeline)\n2,7,2025-01-02,50,Closed Lost (Sales Pipeline)\n",
    );
    assert_eq!((done.adapter(), done.report.kept, done.reasons()), ("hubspot_deals", 1, vec![(Reason::Incomplete, 1)]));
}

#[test]
fn more_given_back_than_was_paid_is_kept_and_told() {
    let done = upload(
        "payments/p.csv",
        "id,Created (UTC),Amount,Amount Refunded,Currency,Status,Customer ID\n\
         ch_1,2025-07-01 02:00,5.00,10.00,eur,Paid,cus_A\nch_2,2025-07-01 02:00,5.00,5.00,eur,Paid,cus_A\n",
    );
    assert_eq!((done.report.rule(Rule::Refund).rows, done.report.rule(Rule::RefundAboveOrder).rows), (2, 1));
    assert_eq!(done.report.rule(Rule::RefundAboveOrder).money.to_string(), "-10.00");
}

#[test]
fn a_refused_row_of_orders_takes_its_money_with_it() {
    let done = upload("orders/x.csv", "customer_id,order_id,order_date,amount\n1,a,2025-01-01,10\nTotal,,,10\n");
    assert_eq!(done.report.reject(Reason::SummaryRow).money.to_string(), "10.00");
    assert_eq!(done.report.money_in.to_string(), "20.00");
}

/// Rows of which many repeat the one before in all but a cell.
fn rows_alike() -> impl Strategy<Value = Vec<String>> {
    let one_of = |choices: &'static [&'static str]| proptest::sample::select(choices).boxed();
    let cells = vec![
        one_of(&["O1", "O2", "C1E+17", ""]),
        one_of(&["17850.0", "7", "ada@example.org", "", "1.2E+17"]),
        one_of(&["2025-01-03 10:00:00", "2025-01-04", "2027-01-01", "soon"]),
        one_of(&["20.50", "-3", "0", "USD 4", "x"]),
        one_of(&["completed", "refunded", "odd", "bad debt", "pending", ""]),
        one_of(&["P1", "'P2", "ada@example.org", ""]),
        one_of(&["google", "bob@example.org", ""]),
        one_of(&["", "0", "O1"]),
        one_of(&["DE", "FR", ""]),
    ];
    let changes = proptest::collection::vec(0..cells.len(), 1..7);
    (cells.clone(), cells, changes).prop_map(|(mut row, others, changes)| {
        let mut rows = vec![row.join(",")];
        for place in changes {
            row[place] = others[place];
            rows.push(row.join(","));
        }
        rows
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn a_row_means_the_same_whatever_stands_before_it(rows in rows_alike()) {
        let account = Account { currency: Some("EUR".to_owned()), ..Account::default() };
        let told = |rows: &[String]| {
            let header = "order_id,customer_id,order_date,amount,status,product_id,channel,refund_of,country\n";
            let done = upload_as("orders/shop.csv", [header, &rows.join("\n")].concat().as_bytes(), &account);
            let mut tallies: Vec<String> = Vec::new();
            for (rule, tally) in &done.report.rules {
                // These are of rows among others.
                if ![Rule::DuplicateLine, Rule::CancellationLinked].contains(rule) {
                    tallies.extend((0..tally.rows).map(|_| format!("{rule:?}")));
                }
            }
            for (reason, tally) in &done.report.rejects {
                tallies.extend((0..tally.rows).map(|_| format!("{reason:?}")));
            }
            if done.report.kept > 0 {
                tallies.extend(purchases(&done));
            }
            tallies.sort();
            (tallies, done.report.money_in, done.report.money_kept)
        };
        let (together, money_in, money_kept) = told(&rows);
        let apart: Vec<_> = rows.iter().map(|row| told(std::slice::from_ref(row))).collect();
        let mut alone: Vec<String> = apart.iter().flat_map(|(tallies, ..)| tallies.clone()).collect();
        alone.sort();
        prop_assert_eq!(together, alone);
        prop_assert_eq!(money_in, apart.iter().map(|(_, money, _)| *money).sum::<Total>());
        prop_assert_eq!(money_kept, apart.iter().map(|(.., money)| *money).sum::<Total>());
    }
}

#[test]
fn rows_that_repeat_the_total_of_their_order_are_one_order() {
    let rows = "a,o1,2025-01-01,50.00,mug\na,o1,2025-01-01,50.00,plate\na,o1,2025-01-01,50.00,mug\n\
         a,o2,2025-01-01,50.00,mug\nb,o2,2025-01-02,50.00,mug\nb,o2,2025-01-02,-50.00,mug\n";
    let done = upload("orders/x.csv", &format!("customer_id,order_id,order_date,order_total,item\n{rows}"));
    assert_eq!((done.report.kept, done.report.merged), (4, 2));
    assert_eq!(done.report.money_kept.to_string(), "100.00");
    let lines = upload("orders/x.csv", &format!("customer_id,order_id,order_date,amount,item\n{rows}"));
    assert_eq!((lines.report.kept, lines.report.merged), (6, 0), "amounts of lines add up");
}
