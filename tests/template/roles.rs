//! What the roles allow, against the code's own list of what it does.
use super::{resources, text, texts};
use ltv_lake::layout::grant::{Function, GRANTS, LIST, Room};
use serde_json::Value;
use std::collections::BTreeSet;

/// An action on a resource, both as the template writes them.
type Right = (String, String);

fn statements(role: &str) -> Vec<Value> {
    let (_, properties) = resources("AWS::IAM::Role").into_iter().find(|(name, _)| name == role).unwrap();
    assert!(properties.get("ManagedPolicyArns").is_none(), "{role}: what a managed policy allows, no test sees");
    let policies = properties["Policies"].as_array().unwrap();
    policies.iter().flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap().clone()).collect()
}

fn rights(role: &str) -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    for statement in statements(role) {
        assert_eq!(statement["Effect"], "Allow", "{statement}");
        let known = ["Sid", "Effect", "Action", "Resource"];
        assert!(statement.as_object().unwrap().keys().all(|field| known.contains(&field.as_str())), "{statement}");
        for action in texts(&statement["Action"]) {
            rights.extend(texts(&statement["Resource"]).into_iter().map(|resource| (action.clone(), resource)));
        }
    }
    rights
}

fn bucket(room: Room) -> &'static str {
    match room {
        Room::Uploads => "${UploadsBucket.Arn}",
        Room::Lake => "${LakeBucket.Arn}",
    }
}

/// What the code does as `function`, as rights: a prefix that ends in a slash, or is empty, is all that lies below it.
fn done_by(function: Function) -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    for grant in GRANTS.iter().filter(|grant| grant.function == function) {
        let star = if grant.prefix.is_empty() || grant.prefix.ends_with('/') { "*" } else { "" };
        let resource = format!("{}/{}{star}", bucket(grant.room), grant.prefix);
        rights.extend(grant.actions.iter().map(|action| ((*action).to_owned(), resource.clone())));
        rights.insert((LIST.to_owned(), bucket(grant.room).to_owned()));
    }
    rights
}

#[test]
fn every_function_may_do_in_the_buckets_what_its_code_does_and_nothing_more() {
    for (function, role) in
        [(Function::Preprocess, "PreprocessRole"), (Function::Train, "TrainRole"), (Function::Predict, "PredictRole")]
    {
        let allowed: BTreeSet<Right> =
            rights(role).into_iter().filter(|(action, _)| action.starts_with("s3:")).collect();
        let done = done_by(function);
        let lacking: Vec<&Right> = done.difference(&allowed).collect();
        let excessive: Vec<&Right> = allowed.difference(&done).collect();
        assert!(
            lacking.is_empty() && excessive.is_empty(),
            "{role} lacks {lacking:#?} and has {excessive:#?} too many"
        );
    }
}

#[test]
fn besides_the_buckets_a_role_reaches_its_queue_its_log_and_its_traces() {
    let right = |(action, resource): (&str, &str)| (action.to_owned(), resource.to_owned());
    let trace = [("xray:PutTraceSegments", "*"), ("xray:PutTelemetryRecords", "*")];
    let log = |group| [("logs:CreateLogStream", group), ("logs:PutLogEvents", group)];
    let queue = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
    let sampling = [("xray:GetSamplingRules", "*"), ("xray:GetSamplingTargets", "*")];
    let invoke = ["${PreprocessFunction.Arn}", "${TrainFunction.Arn}"].map(|name| ("lambda:InvokeFunction", name));
    let expected: [(&str, Vec<(&str, &str)>); 5] = [
        (
            "PreprocessRole",
            [&log("${PreprocessLogs.Arn}")[..], &queue.map(|action| (action, "${UploadsQueue.Arn}")), &trace].concat(),
        ),
        ("TrainRole", [&log("${TrainLogs.Arn}")[..], &trace].concat()),
        ("PredictRole", [&log("${PredictLogs.Arn}")[..], &trace].concat()),
        ("TrainingRole", [&invoke[..], &trace, &sampling].concat()),
        (
            "SchedulerRole",
            vec![("states:StartExecution", "${Training}"), ("sqs:SendMessage", "${TriggersDeadLetters.Arn}")],
        ),
    ];
    let named: BTreeSet<&str> = expected.iter().map(|(role, _)| *role).collect();
    let roles = resources("AWS::IAM::Role");
    assert_eq!(roles.iter().map(|(name, _)| name.as_str()).collect::<BTreeSet<_>>(), named);
    for (role, others) in expected {
        let found: BTreeSet<Right> =
            rights(role).into_iter().filter(|(action, _)| !action.starts_with("s3:")).collect();
        assert_eq!(found, others.into_iter().map(right).collect(), "{role}");
    }
}

#[test]
fn every_function_has_the_role_that_is_named_after_it_and_no_policy_besides() {
    for (name, properties) in resources("AWS::Serverless::Function") {
        assert_eq!(text(&properties["Role"]), format!("${{{}.Arn}}", name.replace("Function", "Role")));
        assert!(properties.get("Policies").is_none(), "{name}");
    }
}
