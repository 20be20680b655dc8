//! Workbooks, and keys that ask for a table.
use super::*;

/// A workbook whose second sheet holds the table, under a line of title.
fn workbook(rows: &[&[&str]]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().set_name("Notes").unwrap().write(0, 0, "Exported by hand").unwrap();
    let date = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    let sheet = book.add_worksheet().set_name("Data").unwrap();
    sheet.write(0, 0, "My shop").unwrap();
    for (row, cells) in rows.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            let (row, column) = (row as u32 + 2, column as u16);
            match (cell.parse::<f64>(), rust_xlsxwriter::ExcelDateTime::parse_from_str(cell)) {
                (Ok(number), _) => sheet.write(row, column, number).unwrap(),
                (_, Ok(day)) if cell.contains('-') => sheet.write_with_format(row, column, &day, &date).unwrap(),
                _ => sheet.write(row, column, *cell).unwrap(),
            };
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn the_notebooks_workbooks_are_read_from_the_sheet_that_holds_the_table() {
    let bytes = workbook(&[
        &["transaction_id", "customer_id", "transaction_date", "purchase_amount"],
        &["T001", "1", "2024-01-15", "100.5"],
        &["T002", "2", "2024-02-20", "0.1"],
    ]);
    let done = upload_as("transactions/transactions.xlsx", &bytes, &Account::default());
    assert_eq!(purchases(&done), ["1 shop:T001 2024-01-15 100.50 order", "2 shop:T002 2024-02-20 0.10 order"]);
    let format = &done.report.read_by.as_ref().unwrap().format;
    assert_eq!((format.sheet.as_deref(), format.header_line), (Some("Data"), Some(3)));

    let bytes =
        workbook(&[&["customer_id", "name", "email", "join_date"], &["1", "Ada", "ada@example.org", "2023-12-01"]]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &bytes).unwrap();
    let done = upload_as("customers/customers.xlsx.gz", &gzip.finish().unwrap(), &Account::default());
    assert_eq!(done.report.first_day.unwrap().to_string(), "2023-12-01");
    assert_eq!(done.report.read_by.unwrap().ignored, ["name"]);
}

#[test]
fn the_key_asks_for_a_table_and_the_header_has_the_last_word() {
    let both = "customer_id,email,created_at,total,source\nC1,,2025-01-01,5,meta\n";
    assert_eq!(upload("orders/x.csv", both).adapter(), "transactions");
    assert_eq!(upload("customers/x.csv", both).adapter(), "customers");
    assert_eq!(upload("spend/x.csv", both).adapter(), "transactions");
}

#[test]
fn a_header_of_orders_and_of_customers_is_taken_as_the_key_says_and_told_where_it_says_nothing() {
    let both = "customer_id,email,created_at,total\nC1,ada@example.org,2025-01-01,5\n";
    for (key, adapter) in [
        ("customers/x.csv", "customers"),
        ("shop/2025/customers/x.csv", "customers"),
        ("orders/x.csv", "transactions"),
        ("customers/orders/x.csv", "transactions"),
        ("customers_export.csv", "customers"),
        ("orders_export.csv", "transactions"),
        ("x.csv", "transactions"),
    ] {
        assert_eq!(upload(key, both).adapter(), adapter, "{key}");
    }
    let why = |key| upload(key, both).report.read_by.unwrap().why;
    assert!(why("x.csv").ends_with("it could be of customers as well: put it into a folder customers/ if it is"));
    assert!(why("orders/x.csv").ends_with("its key asks for this table"));
    let orders = "customer_id,order_id,created_at,total\nC1,O1,2025-01-01,5\n";
    assert_eq!(upload("customers.csv", orders).adapter(), "transactions", "a name does not overrule a header");
}

#[test]
fn of_sheets_of_several_tables_the_one_that_the_key_asks_for_is_read() {
    let mut book = rust_xlsxwriter::Workbook::new();
    for (name, header, row) in [
        ("People", ["customer_id", "email", "join_date"], ["C1", "ada@example.org", "2025-01-01"]),
        ("Sales", ["customer_id", "order_date", "amount"], ["C1", "2025-01-01", "5"]),
    ] {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        for column in 0..3 {
            sheet.write(0, column, header[usize::from(column)]).unwrap();
            sheet.write(1, column, row[usize::from(column)]).unwrap();
        }
    }
    let bytes = book.save_to_buffer().unwrap();
    for (key, adapter, left) in [("orders/x.xlsx", "transactions", "People"), ("x.xlsx", "customers", "Sales")] {
        let done = upload_as(key, &bytes, &Account::default());
        assert_eq!((done.adapter(), done.report.kept), (adapter, 1));
        assert_eq!(done.report.read_by.unwrap().format.sheets_left, [left]);
    }
}

#[test]
fn rows_of_several_sheets_are_told_by_their_sheet_and_never_share_a_line() {
    let mut book = rust_xlsxwriter::Workbook::new();
    for (name, rows) in [("North", ["C1", ""]), ("South", ["C1", ""])] {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        for (column, cell) in (0..).zip(["customer_id", "order_date", "amount"]) {
            sheet.write(0, column, cell).unwrap();
        }
        for (row, customer) in (1..).zip(rows) {
            sheet.write(row, 0, customer).unwrap().write(row, 1, "2025-01-01").unwrap().write(row, 2, 5).unwrap();
        }
    }
    let done = upload_as("orders/x.xlsx", &book.save_to_buffer().unwrap(), &Account::default());
    assert_eq!((done.report.kept, done.reasons()), (2, vec![(Reason::MissingCustomer, 2)]));
    let rejects: Vec<&str> = done.rejects.lines().collect();
    assert!(rejects[0].starts_with("line,reason,column,value,customer_hash,sheet,customer_id"), "{}", rejects[0]);
    assert!(rejects[1].starts_with("3,missing_customer,customer_id,,,North,"), "{}", rejects[1]);
    assert!(rejects[2].starts_with("3,missing_customer,customer_id,,,South,"), "{}", rejects[2]);
    let batch = done.batch();
    let lines = TransactionColumns::of(&batch).unwrap().provenance.line;
    assert_eq!(lines.values(), &[2, 10_000_002]);
}

#[test]
fn sheets_with_the_same_header_are_read_one_behind_the_other_and_the_others_named() {
    let header = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"];
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().set_name("Read me").unwrap().write(0, 0, "A gift shop").unwrap();
    for (name, first, rows) in [("Year 2009-2010", 489_434, 1), ("Year 2010-2011", 536_365, 2)] {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        for (column, cell) in (0..).zip(header) {
            sheet.write(0, column, cell).unwrap();
        }
        for row in 0..rows {
            let invoice = (first + row).to_string();
            for (column, cell) in
                (0..).zip([invoice.as_str(), "85048", "LIGHTS", "2", "2010-12-01 07:45:00", "6.95", "13085", "France"])
            {
                sheet.write(row + 1, column, cell).unwrap();
            }
        }
    }
    let done = upload_as("orders/retail.xlsx", &book.save_to_buffer().unwrap(), &Account::default());
    assert_eq!((done.adapter(), done.report.kept, done.report.rejected), ("uci_online_retail", 3, 0));
    let format = &done.report.read_by.as_ref().unwrap().format;
    assert_eq!(format.sheet.as_deref(), Some("Year 2009-2010"));
    assert_eq!(
        (&format.sheets_alike[..], &format.sheets_left[..]),
        (&["Year 2010-2011".to_owned()][..], &["Read me".to_owned()][..])
    );
    assert!(done.report.text().contains("sheets not read: Read me"));
}

#[test]
fn a_cell_in_the_far_corner_of_a_sheet_costs_its_own_row_only() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, header) in (2..).zip(["customer_id", "order_date", "amount"]) {
        sheet.write(3, column, header).unwrap();
    }
    for (column, cell) in (2..).zip(["7", "2025-01-01", "5.00"]) {
        sheet.write(4, column, cell).unwrap();
    }
    sheet.write(1_048_575, 16_383, "ada@example.org").unwrap();
    let done = upload_as("orders/x.xlsx", &book.save_to_buffer().unwrap(), &Account::default());
    assert_eq!(purchases(&done), ["7 - 2025-01-01 5.00 order"]);
    assert_eq!((done.report.rows, done.report.rejected), (2, 1), "{}", done.report.text());
    assert!(done.rejects.lines().nth(1).unwrap().starts_with("1048576,"), "{}", &done.rejects[..200]);
    assert!(!done.rejects.contains("ada"));
}
