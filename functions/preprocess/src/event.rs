//! The forms that one fact comes in: in goes JSON, out come the keys that it hints at. EventBridge details carry keys
//! as they are, S3 notifications form-encode them; either may be bare or the body of a queue's message. Never looks at
//! the objects themselves.
use aws_lambda_events::s3::{S3Event, S3EventRecord};
use aws_lambda_events::sqs::SqsEvent;
use ltv_lake::ingest::Removal;
use serde::Deserialize;
use serde_json::Value;

/// An upload to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Its key, decoded.
    pub key: String,
    /// What the event says of its removal, should it be gone.
    pub removal: Removal,
}

/// A queue's message.
#[derive(Debug)]
pub struct Message {
    /// Its id, by which a failure is named.
    pub id: String,
    /// What it hints at.
    pub hints: Result<Vec<Hint>, EventError>,
}

/// What an event asks for.
#[derive(Debug)]
pub enum Request {
    /// Nothing: S3 only tries out a notification.
    Nothing,
    /// To look at uploads.
    Hints(Vec<Hint>),
    /// To look at the uploads of each message.
    Batch(Vec<Message>),
    /// To find out what no event told.
    Reconcile,
}

/// An event that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// It has none of the known forms.
    #[error("the event is neither of S3, EventBridge or SQS nor an action: it has the fields {0:?}")]
    Unknown(Vec<String>),
    /// It has a known form, but not its fields.
    #[error("the {form} cannot be read: {source}")]
    Malformed {
        /// The form.
        form: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// It lacks a field.
    #[error("the {form} has no {field}")]
    Lacks {
        /// The form.
        form: &'static str,
        /// The field.
        field: &'static str,
    },
    /// Its key is not UTF-8 once decoded.
    #[error("the key {0:?} is not UTF-8 once decoded")]
    Key(String),
    /// It is of another bucket than the uploads'.
    #[error("the event is of bucket {found:?}, uploads are in {expected:?}")]
    OtherBucket {
        /// The event's bucket.
        found: String,
        /// The uploads' bucket.
        expected: String,
    },
    /// An action that this function does not have.
    #[error("this function has no action {0:?}, only \"reconcile\"")]
    Action(String),
}

#[derive(Deserialize)]
struct ObjectEvent {
    #[serde(rename = "detail-type")]
    detail_type: String,
    detail: Detail,
}

#[derive(Deserialize)]
struct Detail {
    bucket: Bucket,
    object: Object,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
struct Object {
    key: String,
    #[serde(default)]
    sequencer: Option<String>,
}

/// Reads an event about the bucket `uploads`.
///
/// # Errors
/// What is wrong with it. What is wrong with a message of a batch stands beside the message.
pub fn read(event: Value, uploads: &str) -> Result<Request, EventError> {
    if let Some(action) = event.get("action") {
        return match action.as_str() {
            Some("reconcile") => Ok(Request::Reconcile),
            _ => Err(EventError::Action(action.as_str().map_or_else(|| action.to_string(), str::to_owned))),
        };
    }
    let is_batch = event.pointer("/Records/0/messageId").is_some();
    if !is_batch {
        return Ok(match hints(event, uploads)? {
            None => Request::Nothing,
            Some(hints) => Request::Hints(hints),
        });
    }
    let batch: SqsEvent = parsed("batch of messages", event)?;
    let message = |message: aws_lambda_events::sqs::SqsMessage| {
        let hints = message_hints(message.body.as_deref().unwrap_or_default(), uploads);
        Message { id: message.message_id.unwrap_or_default(), hints }
    };
    Ok(Request::Batch(batch.records.into_iter().map(message).collect()))
}

fn message_hints(body: &str, uploads: &str) -> Result<Vec<Hint>, EventError> {
    let event = serde_json::from_str(body).map_err(|source| EventError::Malformed { form: "message", source })?;
    Ok(hints(event, uploads)?.unwrap_or_default())
}

/// The hints of one event that is no batch; `None` for S3's test event.
fn hints(event: Value, uploads: &str) -> Result<Option<Vec<Hint>>, EventError> {
    if event.get("Event").and_then(Value::as_str) == Some("s3:TestEvent") {
        return Ok(None);
    }
    if event.get("detail-type").is_some() {
        let event: ObjectEvent = parsed("EventBridge event", event)?;
        return Ok(Some(vec![object_hint(event, uploads)?]));
    }
    if event.get("Records").is_some() {
        let event: S3Event = parsed("S3 notification", event)?;
        let hints = event.records.into_iter().map(|record| record_hint(record, uploads));
        return hints.collect::<Result<Vec<_>, _>>().map(Some);
    }
    let fields = event.as_object().map(|fields| fields.keys().cloned().collect());
    Err(EventError::Unknown(fields.unwrap_or_default()))
}

fn object_hint(event: ObjectEvent, uploads: &str) -> Result<Hint, EventError> {
    same_bucket(&event.detail.bucket.name, uploads)?;
    let removed = event.detail_type == "Object Deleted";
    let expired = removed && event.detail.reason.as_deref() == Some("Lifecycle Expiration");
    let Object { key, sequencer } = event.detail.object;
    Ok(Hint { key, removal: Removal { expired, sequencer: sequencer.filter(|_| removed) } })
}

fn record_hint(record: S3EventRecord, uploads: &str) -> Result<Hint, EventError> {
    const FORM: &str = "S3 notification";
    let lacks = |field| EventError::Lacks { form: FORM, field };
    same_bucket(&record.s3.bucket.name.ok_or_else(|| lacks("bucket name"))?, uploads)?;
    let encoded = record.s3.object.key.ok_or_else(|| lacks("object key"))?;
    let name = record.event_name.unwrap_or_default();
    let name = name.strip_prefix("s3:").unwrap_or(&name);
    let expired = name.starts_with("LifecycleExpiration:");
    let removed = expired || name.starts_with("ObjectRemoved:");
    let sequencer = record.s3.object.sequencer.filter(|_| removed);
    Ok(Hint { key: decoded(&encoded)?, removal: Removal { expired, sequencer } })
}

/// Takes the form-encoding off: `my+file%2B1.csv` is `my file+1.csv`.
fn decoded(encoded: &str) -> Result<String, EventError> {
    let spaced = encoded.replace('+', " ");
    let key = percent_encoding::percent_decode_str(&spaced).decode_utf8();
    key.map(std::borrow::Cow::into_owned).map_err(|_| EventError::Key(encoded.to_owned()))
}

fn same_bucket(found: &str, expected: &str) -> Result<(), EventError> {
    if found == expected {
        return Ok(());
    }
    Err(EventError::OtherBucket { found: found.to_owned(), expected: expected.to_owned() })
}

fn parsed<T: serde::de::DeserializeOwned>(form: &'static str, event: Value) -> Result<T, EventError> {
    serde_json::from_value(event).map_err(|source| EventError::Malformed { form, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(name: &str) -> Value {
        let path = format!("{}/../../events/{name}.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    fn hints_of(name: &str) -> Vec<Hint> {
        match read(sample(name), "uploads").unwrap() {
            Request::Hints(hints) => hints,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_key_reads_the_same_in_every_form() {
        assert_eq!(hints_of("s3-upload"), hints_of("s3-notification")[..1]);
        let keys: Vec<String> = hints_of("s3-notification").into_iter().map(|hint| hint.key).collect();
        assert_eq!(keys, ["transactions/my file+1.csv", "transactions/你好/😊.csv"]);
    }

    #[test]
    fn a_removal_carries_its_sequencer_and_whether_a_lifecycle_rule_did_it() {
        let removal = |name: &str| hints_of(name).remove(0).removal;
        let by_hand = Removal { expired: false, sequencer: Some("00617F0837B476E463".to_owned()) };
        assert_eq!(removal("s3-removed"), by_hand);
        assert_eq!(removal("s3-notification-removed"), by_hand);
        assert!(removal("s3-expired").expired);
        assert_eq!(removal("s3-upload"), Removal::default());
    }

    #[test]
    fn s3_trying_out_a_notification_asks_for_nothing() {
        assert!(matches!(read(sample("s3-test-event"), "uploads"), Ok(Request::Nothing)));
        assert!(matches!(read(sample("reconcile"), "uploads"), Ok(Request::Reconcile)));
    }

    #[test]
    fn each_message_of_a_batch_is_read_by_itself() {
        let Ok(Request::Batch(messages)) = read(sample("sqs-batch-with-poison"), "uploads") else { panic!() };
        let read: Vec<(String, Option<usize>)> =
            messages.into_iter().map(|message| (message.id, message.hints.ok().map(|hints| hints.len()))).collect();
        let expected = [Some(1), None, Some(2), Some(0), Some(1)];
        let expected = (1..).zip(expected).map(|(n, hints)| (format!("message-{n}"), hints));
        assert_eq!(read, expected.collect::<Vec<_>>());
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let error = |event: &str| read(serde_json::from_str(event).unwrap(), "uploads").unwrap_err().to_string();
        assert!(error(r#"{"foo": 1}"#).contains("foo"));
        assert!(error(r#"{"action": "train"}"#).contains("train"));
        assert!(error(r#"{"action": 5}"#).contains('5'));
        assert!(error("[]").contains("fields"));
        assert!(error(r#"{"detail-type": "Object Created", "detail": {}}"#).contains("EventBridge"));
        assert!(error(r#"{"Records": [{"eventName": "x"}]}"#).contains("S3 notification"));
        let mut event = sample("s3-upload");
        event["detail"]["bucket"]["name"] = "lake".into();
        assert!(matches!(read(event, "uploads"), Err(EventError::OtherBucket { .. })));
        let mut event = sample("s3-notification");
        event["Records"][0]["s3"]["object"]["key"] = "%FF".into();
        assert!(matches!(read(event, "uploads"), Err(EventError::Key(_))));
    }

    proptest::proptest! {
        #[test]
        fn every_key_survives_the_form_encoding_of_notifications(key in "\\PC{1,40}") {
            let encoded: String = form_urlencoded::byte_serialize(key.as_bytes()).collect();
            proptest::prop_assert_eq!(decoded(&encoded).unwrap(), key);
        }

        #[test]
        fn no_event_makes_it_panic(text in "\\PC{0,60}", name in "Records|detail-type|Event|action|body") {
            for value in [Value::from(text.clone()), serde_json::json!([{ "messageId": text, "body": text }])] {
                let _ = read(serde_json::json!({ name.clone(): value }), "uploads");
            }
        }
    }
}
