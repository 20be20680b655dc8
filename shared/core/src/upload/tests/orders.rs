//! Orders as shops and payment services export them.
use super::*;

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
