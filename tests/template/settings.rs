//! What the functions are given, against what the code reads and what the platform allows.
use super::{resources, template};
use ltv_lake::config::Config;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// A value that a parameter's pattern lets through, and the variable that it arrives in.
fn given(name: &str) -> Option<&'static str> {
    let values = BTreeMap::from([
        ("LTV_UPLOADS_BUCKET", "uploads"),
        ("LTV_LAKE_BUCKET", "lake"),
        ("LTV_TIMEZONE", "Europe/Berlin"),
        ("LTV_CURRENCY", "EUR"),
        ("LTV_MARGIN", "0.35"),
        ("LTV_DISCOUNT_RATE", "0.08"),
        ("LTV_HORIZON_DAYS", "90"),
    ]);
    values.get(name).copied()
}

#[test]
fn the_environment_is_what_the_code_reads() {
    let read = RefCell::new(BTreeSet::new());
    let lookup = |name: &str| {
        read.borrow_mut().insert(name.to_owned());
        given(name).map(str::to_owned)
    };
    Config::from_lookup(lookup).unwrap();
    let template = template();
    let variables = template["Globals"]["Function"]["Environment"]["Variables"].as_object().unwrap();
    assert_eq!(variables.keys().cloned().collect::<BTreeSet<_>>(), read.into_inner());
}

#[test]
fn defaults_of_parameters_are_defaults_of_the_code() {
    let template = template();
    let default = |parameter: &str| template["Parameters"][parameter]["Default"].as_str().unwrap().to_owned();
    let lookup = |name: &str| match name {
        "LTV_TIMEZONE" => Some(default("Timezone")),
        "LTV_CURRENCY" => Some(default("Currency")),
        "LTV_MARGIN" => Some(default("Margin")),
        "LTV_DISCOUNT_RATE" => Some(default("DiscountRate")),
        "LTV_HORIZON_DAYS" => Some(default("HorizonDays")),
        bucket => given(bucket).map(str::to_owned),
    };
    assert_eq!(Config::from_lookup(lookup).unwrap().account, ltv_core::account::Account::default());
}

#[test]
fn a_new_account_can_deploy_the_defaults() {
    let template = template();
    let parameters = template["Parameters"].as_object().unwrap();
    let memory: Vec<&Value> = parameters.iter().filter(|(name, _)| name.ends_with("Memory")).map(|(_, p)| p).collect();
    assert_eq!(memory.len(), 3);
    assert!(memory.iter().all(|parameter| parameter["Default"].as_u64().unwrap() <= 3008));
    assert_eq!(parameters["PredictConcurrency"]["Default"], "", "nothing is reserved");
    let named: Vec<&String> = template["Resources"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, r)| r["Type"] == "AWS::S3::Bucket")
        .map(|(n, _)| n)
        .collect();
    assert_eq!(named.len(), 2);
    assert!(resources("AWS::S3::Bucket").iter().all(|(_, bucket)| bucket.get("BucketName").is_none()));
}

#[test]
fn no_message_comes_again_while_it_is_still_worked_on() {
    let functions = resources("AWS::Serverless::Function");
    let (_, preprocess) = functions.iter().find(|(name, _)| name == "PreprocessFunction").unwrap();
    let queues = resources("AWS::SQS::Queue");
    let (_, queue) = queues.iter().find(|(name, _)| name == "UploadsQueue").unwrap();
    let timeout = preprocess["Timeout"].as_u64().unwrap();
    assert!(queue["VisibilityTimeout"].as_u64().unwrap() >= 6 * timeout);
}
