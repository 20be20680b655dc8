//! Events exactly as the deployment's functions receive them: an S3 event on EventBridge, queued in SQS.
//!
//! Bucket → EventBridge rule → queue → function is the path of template.yaml, so the local stack sends that form.
//! Nothing here is sent anywhere; a handler is called with the value.

use jiff::Timestamp;
use serde_json::{Value, json};

/// What became of an upload.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Change {
    /// It is there, new or with other content.
    Created(String),
    /// It is gone.
    Removed(String),
}

impl Change {
    /// The upload's key.
    pub(crate) fn key(&self) -> &str {
        match self {
            Self::Created(key) | Self::Removed(key) => key,
        }
    }
}

/// An SQS batch of one message about `change` in `bucket`, at `now`. `number` counts the messages of this process.
pub(crate) fn queued(bucket: &str, change: &Change, number: u64, now: Timestamp) -> Value {
    let (detail_type, reason, fate) = match change {
        Change::Created(_) => ("Object Created", "PutObject", None),
        Change::Removed(_) => ("Object Deleted", "DeleteObject", Some("Permanently Deleted")),
    };
    let mut detail = json!({
        "version": "0",
        "bucket": {"name": bucket},
        "object": {"key": change.key(), "sequencer": format!("{:016X}", now.as_nanosecond())},
        "request-id": format!("local-{number}"),
        "requester": ACCOUNT,
        "source-ip-address": "127.0.0.1",
        "reason": reason,
    });
    if let Some(fate) = fate {
        detail["deletion-type"] = fate.into();
    }
    let event = json!({
        "version": "0",
        "id": format!("local-{number}"),
        "detail-type": detail_type,
        "source": "aws.s3",
        "account": ACCOUNT,
        "time": now.round(jiff::Unit::Second).unwrap_or(now).to_string(),
        "region": crate::s3::REGION,
        "resources": [format!("arn:aws:s3:::{bucket}")],
        "detail": detail,
    });
    json!({"Records": [{
        "messageId": message_id(number),
        "receiptHandle": "local",
        "body": event.to_string(),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:{}:{ACCOUNT}:uploads", crate::s3::REGION),
        "awsRegion": crate::s3::REGION,
    }]})
}

/// Whether a handler's answer to [`queued`] says that the message is done with.
pub(crate) fn is_done(answer: &Value) -> bool {
    answer["batchItemFailures"].as_array().is_none_or(Vec::is_empty)
}

/// The account of events that come from no account.
const ACCOUNT: &str = "000000000000";

fn message_id(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_travels_unencoded_inside_two_envelopes() {
        let change = Change::Created("my table/a b+c.csv".to_owned());
        let event = queued("uploads", &change, 7, Timestamp::UNIX_EPOCH);
        let record = &event["Records"][0];
        assert_eq!(record["messageId"], "00000000-0000-4000-8000-000000000007");
        let body: Value = serde_json::from_str(record["body"].as_str().unwrap()).unwrap();
        assert_eq!(body["source"], "aws.s3");
        assert_eq!(body["detail-type"], "Object Created");
        assert_eq!(body["time"], "1970-01-01T00:00:00Z");
        assert_eq!(body["detail"]["object"]["key"], "my table/a b+c.csv");
        assert_eq!(body["detail"]["bucket"]["name"], "uploads");
    }

    #[test]
    fn an_answer_without_failures_is_done() {
        assert!(is_done(&json!({"batchItemFailures": []})));
        assert!(is_done(&Value::Null));
        assert!(!is_done(&json!({"batchItemFailures": [{"itemIdentifier": message_id(1)}]})));
    }
}
