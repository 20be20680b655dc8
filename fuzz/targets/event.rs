//! The event that starts the preprocess function: the bytes are its JSON, and the key of an object in it.
#![no_main]
use libfuzzer_sys::fuzz_target;
use ltv_preprocess::event::read;
use serde_json::{Value, json};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(event) = serde_json::from_slice::<Value>(bytes) {
        let _ = read(event, "uploads");
    }
    let text = String::from_utf8_lossy(bytes);
    let object = json!({"s3": {"bucket": {"name": "uploads"}, "object": {"key": text, "sequencer": text}}});
    let notification = json!({"Records": [object]});
    let _ = read(notification.clone(), "uploads");
    let bridge = json!({
        "detail-type": text,
        "detail": {"bucket": {"name": "uploads"}, "object": {"key": text, "sequencer": text}, "reason": text},
    });
    let _ = read(bridge.clone(), "uploads");
    let message = |body: String| json!({"Records": [{"messageId": "1", "body": body, "eventSource": "aws:sqs"}]});
    let _ = read(message(notification.to_string()), "uploads");
    let _ = read(message(bridge.to_string()), "uploads");
    let _ = read(message(text.into_owned()), "uploads");
});
