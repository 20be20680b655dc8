//! The state machine's requests and loops, against what the functions understand.
use super::file;
use ltv_train::Request;
use serde_json::{Value, json};

fn states() -> Value {
    let machine: Value = serde_json::from_str(&file("training.asl.json")).unwrap();
    machine["States"].clone()
}

#[test]
fn what_the_machine_asks_of_train_is_a_request_of_it() {
    let states = states();
    let mut score = states["Ask for scores"]["Result"].clone();
    score["holder"] = json!("an execution");
    assert!(matches!(Request::of(score).unwrap(), Request::Score(_)));
    for input in [json!({"action": "train"}), json!({"action": "train", "horizon_days": 90, "force": true})] {
        let mut request = input;
        request["holder"] = json!("an execution");
        let Request::Train(options) = Request::of(request).unwrap() else { panic!("no training") };
        assert_eq!(options.holder.as_deref(), Some("an execution"));
    }
}

#[test]
fn a_step_is_repeated_until_it_is_done_and_waits_longer_than_its_function_may_take() {
    let states = states();
    for (task, question) in [("Reconcile", "Reconciled?"), ("Train", "Trained?")] {
        assert_eq!(states[task]["Next"], question);
        assert_eq!(states[question]["Default"], task);
        assert!(states[task]["TimeoutSeconds"].as_u64().unwrap() > 900);
        assert_eq!(states[task]["Retry"][0]["ErrorEquals"], json!(["States.ALL"]));
    }
}

#[test]
fn the_samples_of_events_are_requests_of_train() {
    let request =
        |name: &str| Request::of(serde_json::from_str(&file(&format!("events/{name}.json"))).unwrap()).unwrap();
    assert!(matches!(request("train"), Request::Train(_)) && matches!(request("schedule"), Request::Train(_)));
    assert!(matches!(request("score"), Request::Score(_)));
    assert_eq!(request("erase"), Request::Erase { customer_id: "17850".to_owned() });
    assert_eq!(request("rollback"), Request::Rollback);
}
