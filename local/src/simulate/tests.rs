//! Whole simulated businesses, read back by a small reader of its own that knows only the rules of the lake.
use super::*;
use jiff::civil::DateTime;
use ltv_core::account::Account;
use ltv_core::money::Money;
use ltv_core::table::columns::{SpendColumns, TransactionColumns, money_at};
use ltv_core::table::merge::{self, Erased};
use ltv_core::table::{Table, read};
use ltv_core::upload::report::{Reason, Rule};
use ltv_core::upload::{Folder, Output, Source, convert};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

fn config(folder: &Path, seed: u64) -> Config {
    Config { customers: 3_000, months: 7, seed, out: folder.to_owned() }
}

fn simulated(customers_per_shop: u32) -> (tempfile::TempDir, Summary) {
    let folder = tempfile::tempdir().unwrap();
    let summary = simulate_shops(&config(folder.path(), 5), customers_per_shop, |_| ()).unwrap();
    (folder, summary)
}

/// Every file, by its name below the folder.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// A table of the truth: rows by column name.
fn table(folder: &Path, name: &str) -> Vec<HashMap<String, String>> {
    csv::Reader::from_path(folder.join(name)).unwrap().deserialize().collect::<Result<_, _>>().unwrap()
}

fn time(text: &str, format: &str) -> Option<DateTime> {
    let format = match format {
        "YYYY-MM-DD hh:mm:ss" => "%Y-%m-%d %H:%M:%S",
        "YYYY-MM-DDThh:mm:ssZ" => "%Y-%m-%dT%H:%M:%SZ",
        "DD/MM/YYYY hh:mm" => "%d/%m/%Y %H:%M",
        "MM/DD/YYYY hh:mm" => "%m/%d/%Y %H:%M",
        "DD.MM.YYYY hh:mm" => "%d.%m.%Y %H:%M",
        _ => return None,
    };
    DateTime::strptime(format, text).ok()
}

fn cents(text: &str) -> Option<i64> {
    let (whole, rest) = text.split_once('.')?;
    let value = whole.trim_start_matches('-').parse::<i64>().ok()? * 100 + rest.parse::<i64>().ok()?;
    (rest.len() == 2).then_some(if whole.starts_with('-') { -value } else { value })
}

#[test]
fn a_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let run = |threads: usize, seed: u64| {
        let folder = tempfile::tempdir().unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| simulate_shops(&config(folder.path(), seed), 1_100, |_| ())).unwrap();
        files(folder.path())
    };
    let first = run(1, 5);
    assert!(first.len() > 20);
    assert!(first == run(3, 5) && first == run(2, 5), "files differ between runs");
    let other = run(2, 6);
    assert!(first.keys().eq(other.keys()));
    for (name, bytes) in first.iter().filter(|(name, _)| name.starts_with("uploads")) {
        assert!(other[name] != *bytes, "{} does not depend on the seed", name.display());
    }
}

#[test]
fn the_number_of_shops_changes_no_customer() {
    let customers = |per_shop: u32| {
        let (folder, summary) = simulated(per_shop);
        let rows = fs::read_to_string(folder.path().join("uploads/customers/customers.csv")).unwrap();
        let mut rows: Vec<String> = rows.lines().map(str::to_owned).collect();
        rows.sort();
        (rows, summary.merged, summary.entries)
    };
    assert_eq!(customers(700), customers(3_000));
}

#[test]
fn every_row_of_the_order_exports_is_accounted_for() {
    let (folder, summary) = simulated(1_600);
    let mut newest: HashMap<String, (String, u64, i64)> = HashMap::new();
    let accounts = table(folder.path(), "truth/uploads.csv");
    for account in accounts.iter().filter(|account| account["table"] == "transactions") {
        let mut counted: BTreeMap<&str, i64> = BTreeMap::new();
        let mut before = csv::StringRecord::new();
        let mut of_file: HashMap<String, (u64, i64)> = HashMap::new();
        for row in csv::Reader::from_path(folder.path().join("uploads").join(&account["key"])).unwrap().records() {
            let row = row.unwrap();
            *counted.entry("rows").or_default() += 1;
            *counted.entry("duplicates").or_default() += i64::from(row == before);
            let amount = cents(&row[3]);
            if row[1].is_empty() {
                *counted.entry("missing_customer").or_default() += 1;
            } else if time(&row[2], &account["date_format"]).is_none() {
                *counted.entry("garbage_date").or_default() += 1;
            } else if let Some(amount) = amount {
                *counted.entry("kept").or_default() += 1;
                *counted.entry("kept_cents").or_default() += amount;
                let order = of_file.entry(row[0].to_owned()).or_default();
                *order = (order.0 + 1, order.1 + amount);
            } else {
                *counted.entry("garbage_amount").or_default() += 1;
            }
            assert_eq!(&row[5] == "completed", row[9].is_empty());
            before = row;
        }
        for column in ["rows", "duplicates", "missing_customer", "garbage_date", "garbage_amount", "kept", "kept_cents"]
        {
            let stated: i64 = account[column].parse().unwrap();
            assert_eq!(counted.get(column).copied().unwrap_or(0), stated, "{column} of {}", account["key"]);
        }
        for (order, (rows, cents)) in of_file {
            let found = newest.entry(order).or_insert_with(|| (account["key"].clone(), rows, cents));
            if found.0 < account["key"] {
                *found = (account["key"].clone(), rows, cents);
            }
        }
    }
    assert_eq!(newest.values().map(|order| order.1).sum::<u64>(), summary.merged.transactions);
    assert_eq!(newest.values().map(|order| order.2).sum::<i64>(), summary.merged.transactions_cents);
    let sum = |column: &str| accounts.iter().map(|a| a[column].parse::<u64>().unwrap()).sum::<u64>();
    for column in ["missing_customer", "garbage_date", "garbage_amount", "duplicates", "superseded"] {
        assert!(sum(column) > 0, "no {column} at all");
    }
}

#[test]
fn no_upload_knows_anything_of_the_future() {
    let (folder, _) = simulated(3_000);
    let export: DateTime = "2026-06-30T12:00:00".parse().unwrap();
    let mut last = DateTime::MIN;
    for account in table(folder.path(), "truth/uploads.csv") {
        let bytes = fs::read(folder.path().join("uploads").join(&account["key"])).unwrap();
        let text = if bytes.starts_with(&[0xff, 0xfe]) {
            let units = bytes.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).collect::<Result<String, _>>().unwrap()
        } else {
            String::from_utf8(bytes).unwrap()
        };
        for cell in text.split([',', '\t', '\n']) {
            let day = || {
                jiff::civil::Date::strptime("%Y-%m-%d", cell).ok().map(|date| date.to_datetime(jiff::civil::Time::MIN))
            };
            if let Some(at) = time(cell, &account["date_format"]).or_else(day) {
                assert!(at < export, "{cell} in {}", account["key"]);
                last = last.max(at);
            }
        }
    }
    assert_eq!(last.date(), export.date());
}

#[test]
fn a_second_run_replaces_the_first_and_no_other_business() {
    let (folder, _) = simulated(3_000);
    let before = files(folder.path());
    simulate(&config(folder.path(), 5), |_| ()).unwrap();
    assert_eq!(before, files(folder.path()));
    let shorter = Config { months: 3, ..config(folder.path(), 5) };
    assert!(matches!(simulate(&shorter, |_| ()), Err(SimulateError::Occupied { .. })));
    assert_eq!(before, files(folder.path()));
}

#[test]
fn progress_ends_when_all_customers_are_done() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    simulate_shops(&config(folder.path(), 1), 900, |progress| seen.push(progress.done)).unwrap();
    assert!(seen.is_sorted());
    assert_eq!(seen.last(), Some(&3_000));
}

#[test]
fn arguments_out_of_range_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let none = Config { customers: 0, ..config(folder.path(), 1) };
    assert!(matches!(simulate(&none, |_| ()), Err(SimulateError::Customers(0))));
    let ages = Config { months: 121, ..config(folder.path(), 1) };
    assert!(matches!(simulate(&ages, |_| ()), Err(SimulateError::Months(121))));
}

#[test]
fn a_business_of_one_customer_and_one_month_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let summary =
        simulate(&Config { customers: 1, months: 1, seed: 1, out: folder.path().to_owned() }, |_| ()).unwrap();
    assert_eq!(summary.customers, 1);
    let truth = table(folder.path(), "truth/uploads.csv");
    assert_eq!(truth.iter().filter(|account| account["table"] == "transactions").count(), 1);
}

/// What the pipeline keeps, refuses and supersedes is what the truth says.
#[test]
fn the_pipeline_makes_of_every_upload_what_the_truth_says() {
    check_pipeline(5_000, 36, 4);
}

#[test]
fn the_pipeline_reads_a_business_too_small_to_tell_days_from_months() {
    check_pipeline(20, 3, 5);
}

fn check_pipeline(customers: u32, months: u32, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let summary = simulate(&Config { customers, months, seed, out: folder.path().to_owned() }, |_| ()).unwrap();
    let account = Account::default();
    let (mut transactions, mut spend) = (Vec::new(), Vec::new());
    for (number, truth) in table(folder.path(), "truth/uploads.csv").iter().enumerate() {
        let file = folder.path().join("uploads").join(&truth["key"]);
        let modified = fs::metadata(&file).unwrap().modified().unwrap();
        let uploaded_at = modified.duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as i64;
        let source = Source { key: truth["key"].clone(), source_id: format!("{number:03}"), uploaded_at };
        let scratch = tempfile::tempdir().unwrap();
        let converted = convert(&file, &source, &account, scratch.path()).unwrap();
        let report = &converted.report;
        assert_eq!(report.unreadable, None, "{}", truth["key"]);
        let stated = |column: &str| truth[column].parse::<u64>().unwrap();
        let found = [
            ("rows", report.rows - report.reject(Reason::SummaryRow).rows),
            ("kept", report.kept),
            ("missing_customer", report.reject(Reason::MissingCustomer).rows),
            ("garbage_date", report.reject(Reason::UnparsableDate).rows),
            ("garbage_amount", report.reject(Reason::UnparsableAmount).rows),
            ("totals_rows", report.reject(Reason::SummaryRow).rows),
            ("duplicates", report.rule(Rule::DuplicateLine).rows),
        ];
        for (column, count) in found {
            assert_eq!(count, stated(column), "{column}: {}", report.text());
        }
        assert_eq!(
            report.money_kept.micros() / 10_000,
            truth["kept_cents"].parse::<i128>().unwrap(),
            "{}",
            report.text()
        );
        let parts = Folder::new(scratch.path());
        for part in converted.parts {
            let batches =
                read::read_all(fs::File::open(parts.file(Output::Part(part.table))).unwrap(), part.table).unwrap();
            match part.table {
                Table::Transactions => transactions.extend(batches),
                Table::Spend => spend.extend(batches),
                _ => {}
            }
        }
    }
    let (mut rows, mut micros) = (0, 0);
    for batch in merge::transactions(&transactions, &Erased::new()).unwrap().batches {
        let columns = TransactionColumns::of(&batch).unwrap();
        rows += columns.len() as u64;
        micros += (0..columns.len()).filter_map(|row| money_at(columns.amount, row)).map(Money::micros).sum::<i64>();
    }
    assert_eq!((rows, micros / 10_000), (summary.merged.transactions, summary.merged.transactions_cents));
    let (mut rows, mut micros) = (0, 0);
    for batch in merge::spend(&spend).unwrap().batches {
        let columns = SpendColumns::of(&batch).unwrap();
        rows += columns.len() as u64;
        micros += (0..columns.len()).filter_map(|row| money_at(columns.spend, row)).map(Money::micros).sum::<i64>();
    }
    assert_eq!((rows, micros / 10_000), (summary.merged.spend, summary.merged.spend_cents));
}
