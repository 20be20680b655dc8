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
