//! The program as people and scripts meet it: exit codes, JSON on stdout and nothing else there, messages on stderr.

#![allow(clippy::panic, reason = "what the tests share fails them in the same way")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn ltv(arguments: &[&str], data: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ltv"));
    command.args(arguments).arg("--data").arg(data);
    // Settings of whoever runs the tests must not change them.
    for name in ["LTV_HORIZON_DAYS", "LTV_CURRENCY", "LTV_TIMEZONE", "LTV_MARGIN", "LTV_DISCOUNT_RATE", "RUST_LOG"] {
        command.env_remove(name);
    }
    command.output().expect("the program starts")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {:?}", String::from_utf8_lossy(&output.stdout)))
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn preprocess_tells_of_every_file_and_an_unreadable_one_is_a_report() {
    let (uploads, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(uploads.path().join("transactions")).unwrap();
    let orders = "order_id,customer_id,order_date,amount,currency\n\
                  1,a,2026-01-02,10.00,EUR\n2,b,2026-01-03,oops,EUR\n3,b,2026-02-01,5.50,EUR\n";
    fs::write(uploads.path().join("transactions/my orders+1.csv"), orders).unwrap();
    fs::write(uploads.path().join("transactions/photo.csv"), [0x89, b'P', b'N', b'G', 0, 1, 2, 0xff]).unwrap();

    let folder = uploads.path().to_str().unwrap();
    let output = ltv(&["preprocess", "--uploads", folder], data.path());
    assert!(output.status.success(), "{}", stderr(&output));
    let answer = json(&output);
    let found: Vec<(&str, &Value, u64, u64, u64)> = answer["uploads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|upload| {
            let count = |name: &str| upload[name].as_u64().unwrap();
            (upload["key"].as_str().unwrap(), &upload["table"], count("rows"), count("kept"), count("rejected"))
        })
        .collect();
    let transactions = Value::from("transactions");
    assert_eq!(found[0], ("transactions/my orders+1.csv", &transactions, 3, 2, 1));
    assert_eq!(found[1].0, "transactions/photo.csv");
    assert!(answer["uploads"][1]["unreadable"].is_string());
    assert!(stderr(&output).contains("photo.csv could not be read"), "{}", stderr(&output));
    assert!(answer["seconds"].as_f64().is_some());

    // The file that is gone is gone from the answer, and the other one is not read again.
    fs::remove_file(uploads.path().join("transactions/photo.csv")).unwrap();
    let output = ltv(&["preprocess", "--uploads", folder], data.path());
    assert!(output.status.success(), "{}", stderr(&output));
    let again = json(&output);
    assert_eq!(again["uploads"].as_array().unwrap().len(), 1);
    assert_eq!(again["uploads"][0]["kept"], 2);
    // Reconcile remembers which folder the uploads are, and finds nothing to do.
    let output = ltv(&["reconcile"], data.path());
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(json(&output)["ingested"], Value::Array(Vec::new()));
    assert_eq!(fs::read_dir(uploads.path().join("transactions")).unwrap().count(), 1);
}

#[test]
fn a_training_without_data_prints_why_and_fails() {
    let data = tempfile::tempdir().unwrap();
    let output = ltv(&["train"], data.path());
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let answer = json(&output);
    assert_eq!(answer["training"]["promoted"], false);
    assert!(answer["training"]["reason"].is_string());
    assert_eq!(answer["predictions"], Value::Null);
}

#[test]
fn what_cannot_be_done_is_said_on_stderr_with_an_exit_code() {
    let data = tempfile::tempdir().unwrap();
    let output = ltv(&["run", "--uploads", "/no/such/folder"], data.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("/no/such/folder"), "{}", stderr(&output));
    assert!(output.stdout.is_empty());

    let output = ltv(&["run"], data.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--uploads"));
}

#[test]
fn a_folder_in_use_is_not_opened_twice() {
    let data = tempfile::tempdir().unwrap();
    let lock = fs::File::create(data.path().join("lock")).unwrap();
    lock.try_lock().unwrap();
    let output = ltv(&["reconcile"], data.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("in use by another ltv"), "{}", stderr(&output));
}
