//! What people write where an id is expected, and what of it the lake and the rejects may hold.
use super::*;

fn holds(done: &Done, traces: &[&str]) -> bool {
    let batch = if done.parts.is_empty() { String::new() } else { format!("{:?}", done.batch().columns()) };
    let report = serde_json::to_string(&done.report).unwrap();
    traces.iter().any(|trace| [&batch, &report, &done.rejects].iter().any(|text| text.contains(trace)))
}

#[test]
fn whoever_is_known_by_address_or_phone_is_a_hash_however_it_is_written() {
    let done = upload(
        "orders/x.csv",
        "customer_id,email,phone,date,amount\n\
         Ada Lovelace <ada@example.org>,,,2025-01-01,5\n06 12 34 56 78,,,2025-01-01,5\n,Walk-In,,2025-01-01,5\n\
         ,,15551234567,2025-01-01,5\n,,+1 (555) 123-4567 ext 5,2025-01-01,5\n",
    );
    let rows = purchases(&done);
    assert_eq!(rows.len(), 5, "{}", done.report.text());
    assert!(rows.iter().all(|row| row.find(' ') == Some(64)), "{rows:?}");
    assert_eq!(rows[0][..64], identity::email_sha256("ada@example.org").unwrap());
    assert_eq!(rows[3][..64], rows[4][..64]);
    assert_eq!(done.report.rule(Rule::CustomerHashed).rows, 5);
    assert!(!holds(&done, &["Ada", "ada@", "06 12", "Walk-In", "walk-in", "1555"]));
}

#[test]
fn addresses_and_phones_in_other_texts_are_hashed_and_noticed() {
    let done = upload(
        "orders/x.csv",
        "customer_id,order_id,date,amount,channel,product\n\
         1,ada@example.org-7,2025-01-01,5,ref:ada@example.org,+1 555 123 4567\n2,8,2025-01-01,5,Sale @ Berlin,Tea\n",
    );
    assert_eq!(done.report.rule(Rule::TextHashed).rows, 2);
    assert!(!holds(&done, &["ada@", "555 123"]));
    assert!(holds(&done, &["Sale @ Berlin"]));
    let spend = upload("spend/x.csv", "date,channel,campaign,spend\n2025-01-01,email,to ada@example.org,5\n");
    assert!(!holds(&spend, &["ada@"]), "{}", spend.report.text());
}

#[test]
fn a_row_whose_cells_may_be_shifted_is_masked_wholly() {
    let head = "customer_id,order_id,date,amount\n";
    for row in ["Lovelace, Ada,1001,2025-01-01,5", "Ada,1001", "\"Ada\nLovelace\",1001,2025-01-32,5"] {
        let done = upload("orders/x.csv", &format!("{head}{row}\n1,1,2025-01-01,5\n"));
        assert_eq!(done.report.rejected, 1, "{row}");
        assert!(!holds(&done, &["Ada", "Lovelace", "1001"]), "{}", done.rejects);
    }
    let kinds = "customer_id,date,amount,status\n1,soon,5,Ada 0171 1234567\n1,soon,5,ada@localhost\n1,soon,5,paid\n";
    let done = upload("orders/x.csv", kinds);
    assert!(!holds(&done, &["Ada", "ada@"]) && done.rejects.contains("soon,5,paid"), "{}", done.rejects);
    let done = upload("orders/x.csv", &format!("{head}06 12 34 56 78,1,soon,5\nAda,2,soon,5\nK42,3,soon,5\n"));
    assert!(!holds(&done, &["06 12", "Ada"]) && done.rejects.contains("K42,3,soon"), "{}", done.rejects);
}

#[test]
fn a_reject_names_everyone_it_could_be_erased_by() {
    let hash = |id: &str| crate::customer::CustomerHash::of(id).to_hex();
    let contact = |text: &str| hash(identity::ids_of(text).last().unwrap());
    let orders = upload(
        "orders/x.csv",
        "customer_id,email,phone,date,amount\nK42,ada@example.org,15551234567,soon,5\n1,2,3,4,5,ada@example.org\n",
    );
    let rows: Vec<&str> = orders.rejects.lines().collect();
    for wanted in [hash("K42"), contact("ada@example.org"), contact("15551234567")] {
        assert!(rows[1].contains(&wanted), "{}", rows[1]);
    }
    assert!(rows[2].contains(&contact("ada@example.org")), "{}", rows[2]);
    let deals = upload(
        "orders/h.csv",
        "Record ID,Deal Name,Amount,Close Date,Deal Stage,Associated Contact IDs\n7,x,5,soon,Closed Won,K42;K43\n",
    );
    assert!(deals.rejects.contains(&hash("K42")) && deals.rejects.contains(&hash("K43")), "{}", deals.rejects);
}

#[test]
fn what_is_no_header_is_not_quoted_as_one() {
    for text in ["ada@example.org,Ada,+44 20 7946 0958\nbob@example.org,Bob,\n", "Ada,Lovelace\nBob,Byron\n"] {
        let reason = upload("orders/x.csv", text).report.unreadable.unwrap();
        assert!(!["ada", "Ada", "7946", "Lovelace"].iter().any(|trace| reason.contains(trace)), "{reason}");
    }
    let reason = upload("orders/x.csv", "customer_id,when\n1,2\n").report.unreadable.unwrap();
    assert!(reason.contains("customer_id, when"), "{reason}");
}

#[test]
fn ids_that_went_through_a_float_are_refused_for_customers_and_blanked_for_transactions() {
    let done = upload(
        "orders/x.csv",
        "customer_id,order_id,date,amount\n\"1,20253E+17\",1,2025-01-01,5\n1E+17,2,2025-01-01,5\n\
         7,1.20253E+17,2025-01-01,5\n8,1.20253E+17,2025-01-01,5\n",
    );
    assert_eq!(done.reasons(), [(Reason::MangledCustomer, 2)]);
    assert_eq!(done.report.rule(Rule::MangledTransaction).rows, 2);
    assert_eq!(purchases(&done), ["7 - 2025-01-01 5.00 order", "8 - 2025-01-01 5.00 order"]);
    let json = "{\"customer_id\":1.20253e17,\"date\":\"2025-01-01\",\"amount\":5}\n\
                {\"customer_id\":120253000000000001,\"date\":\"2025-01-01\",\"amount\":5}\n";
    let done = upload("orders/x.json", json);
    assert_eq!(done.reasons(), [(Reason::MangledCustomer, 1)]);
    assert_eq!(purchases(&done), ["120253000000000001 - 2025-01-01 5.00 order"]);
}

#[test]
fn phones_among_the_words_of_texts_that_enter_tables_are_hashed() {
    let orders = "customer_id,order_id,date,amount,product,channel\n\
         1,1,2025-01-01,5,gift for jane doe +44 20 7946 0958,Mail to 0171 1234567\n2,2,2025-01-01,5,Set 2024-2025,Sale 01.06.2025\n";
    let done = upload("orders/x.csv", orders);
    assert!(!holds(&done, &["7946", "0171"]) && holds(&done, &["Set 2024-2025"]) && holds(&done, &["Sale 01.06.2025"]));
    assert_eq!(done.report.rule(Rule::TextHashed).rows, 2);
    let spend = "date,channel,campaign,spend\n2025-01-01,email,Mail to +44 20 7946 0958,5\n";
    assert!(!holds(&upload("spend/x.csv", spend), &["7946"]));
    let series = "date,name,value\n2025-01-01,calls to +44 20 7946 0958,5\n";
    assert!(!holds(&upload("indicators/x.csv", series), &["7946"]));
}

#[test]
fn headers_and_sheets_that_hold_an_address_or_phone_are_masked_in_reports_and_rejects() {
    let text =
        "customer_id,order_date,amount,ada@x.org,\"Jane Roe +44 20 7946 0958\",note\n1,2025-01-01,5,,,\n1,soon,5,,,\n";
    let done = upload("orders/x.csv", text);
    assert_eq!(done.report.read_by.as_ref().unwrap().ignored, ["***", "***", "note"]);
    assert!(!holds(&done, &["ada@", "7946"]) && done.rejects.starts_with("line,"), "{}", done.rejects);
    let mut book = rust_xlsxwriter::Workbook::new();
    for (name, cells) in [("jane@x.org", ["customer_id", "order_date", "amount"]), ("Notes", ["a", "b", "c"])] {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        for (column, cell) in (0..).zip(cells) {
            sheet.write(0, column, cell).unwrap().write(1, column, "1").unwrap();
        }
    }
    let done = upload_as("orders/x.xlsx", &book.save_to_buffer().unwrap(), &Account::default());
    let format = &done.report.read_by.as_ref().unwrap().format;
    assert_eq!((format.sheet.as_deref(), &format.sheets_left), (Some("***"), &vec!["Notes".to_owned()]));
}
