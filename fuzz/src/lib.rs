//! What must hold of every upload, whatever its bytes. In flow bytes that stand for a file; nothing flows out but a panic
//! where a file breaks the program, makes it fail as if the machine were at fault, or leaves a row or a cent out of its
//! report.
use ltv_core::account::Account;
use ltv_core::money::Total;
use ltv_core::upload::{Source, convert};

/// An upload of these bytes under `key` becomes parts and a report that adds up, or a reason why it cannot be read.
///
/// # Panics
/// Where it does not.
pub fn upload(key: &str, bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("there is a scratch folder");
    let (file, scratch) = (folder.path().join("upload"), folder.path().join("scratch"));
    std::fs::write(&file, bytes).expect("the scratch folder takes a file");
    std::fs::create_dir(&scratch).expect("the scratch folder takes a folder");
    let source = Source { key: key.to_owned(), source_id: "fuzz".to_owned(), uploaded_at: 1_782_820_800_000_000 };
    let converted = match convert(&file, &source, &Account::default(), &scratch) {
        Ok(converted) => converted,
        Err(fault) => panic!("bytes of an upload look like a fault of the machine: {fault}"),
    };
    let report = &converted.report;
    assert_eq!(report.rows, report.kept + report.rejected + report.merged, "every row is somewhere");
    let mut kept_and_rejected: Total = report.rejects.values().map(|tally| tally.money).sum();
    kept_and_rejected += report.money_kept;
    assert_eq!(report.money_in, kept_and_rejected, "every cent is somewhere");
    let rows: u64 = converted.parts.iter().map(|part| part.rows).sum();
    assert!(rows >= report.table_rows, "every row of the table is in a part: {rows} of {}", report.table_rows);
}
