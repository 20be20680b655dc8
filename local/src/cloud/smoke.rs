//! Is a deployment well? In flows the name of a stack; out flow an upload, its trace through the functions, and a
//! prediction, all of it taken away again. Stacks and buckets are asked through the AWS CLI, which knows every way of
//! logging in; the API is asked as its users ask it.

use std::process::Command;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use ltv_lake::layout::SourceId;
use serde_json::{Value, json};

use super::signed::{SignedApi, SignedError};
use crate::progress::Progress;

/// How long an upload may take to its record.
const PATIENCE: Duration = Duration::from_mins(5);
/// Between two looks.
const LOOK: Duration = Duration::from_secs(3);

/// What is wrong with a deployment, or with asking it.
#[derive(Debug, thiserror::Error)]
pub enum SmokeError {
    /// The AWS CLI is not there.
    #[error("the AWS CLI (`aws`) cannot be started")]
    NoCli(#[source] std::io::Error),
    /// The AWS CLI failed.
    #[error("aws {command} failed: {said}")]
    Cli {
        /// What it was asked.
        command: String,
        /// What it said.
        said: String,
    },
    /// The stack is not one of ours.
    #[error("stack {stack} has no output {output}: it was not deployed from template.yaml")]
    Output {
        /// The stack.
        stack: String,
        /// The output.
        output: &'static str,
    },
    /// The API cannot be asked.
    #[error(transparent)]
    Api(#[from] SignedError),
    /// The API answers something else.
    #[error("{method} {path} was answered with {status}: {body}")]
    Answer {
        /// How it was asked.
        method: Method,
        /// What for.
        path: String,
        /// What it answered.
        status: StatusCode,
        /// And with which words.
        body: String,
    },
    /// An upload has no effect.
    #[error("{what} within {} minutes; look at the queue's dead letters and at the log of preprocess", PATIENCE.as_secs() / 60)]
    Silent {
        /// What did not happen.
        what: &'static str,
    },
    /// A temporary file.
    #[error("cannot write the file to upload")]
    File(#[from] std::io::Error),
}

/// Uploads three orders to `stack`, waits until they are read, asks for a prediction and removes them again.
///
/// # Errors
/// [`SmokeError`], the first thing that is not as it should be.
pub async fn run(stack: &str, progress: &Progress) -> Result<Value, SmokeError> {
    let begun = Instant::now();
    let outputs = aws(&["cloudformation", "describe-stacks", "--stack-name", stack, "--output", "json"])?;
    let outputs: Value = serde_json::from_str(&outputs).unwrap_or_default();
    let output = |name: &'static str| {
        let all = outputs["Stacks"][0]["Outputs"].as_array();
        let found = all.and_then(|all| all.iter().find(|output| output["OutputKey"] == name));
        let found = found.and_then(|output| output["OutputValue"].as_str());
        found.map(str::to_owned).ok_or(SmokeError::Output { stack: stack.to_owned(), output: name })
    };
    let (bucket, address) = (output("UploadsBucket")?, output("ApiUrl")?);
    let api = SignedApi::connect(&address).await?;
    ask(&api, Method::GET, "/healthz", None).await?;
    progress.say(format!("{address} answers"));

    let customer = format!("ltv-smoke-{}", jiff::Timestamp::now().as_second());
    let key = format!("transactions/{customer}.csv");
    let record = format!("/uploads/{}", SourceId::of(&key));
    let object = format!("s3://{bucket}/{key}");
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), orders(&customer))?;
    aws(&["s3", "cp", "--only-show-errors", &file.path().display().to_string(), &object])?;
    let outcome = follow(&api, &record, &customer, progress).await;
    // Whatever came of it, the orders of nobody are taken away.
    aws(&["s3", "rm", "--only-show-errors", &object])?;
    let (rows, predicted) = outcome?;
    wait(&api, &record, "deleted", "the removed upload kept its rows").await?;
    progress.say("the upload is taken away again".to_owned());
    Ok(json!({
        "stack": stack, "api": address, "rows": rows, "predicted_spend": predicted,
        "seconds": begun.elapsed().as_secs_f64(),
    }))
}

async fn follow(
    api: &SignedApi,
    record: &str,
    customer: &str,
    progress: &Progress,
) -> Result<(Value, Value), SmokeError> {
    let read = wait(api, record, "live", "the upload was not read").await?;
    progress.say(format!("the upload was read: {} rows", read["rows"]));
    let body = json!({"transactions": [
        {"customer_id": customer, "transaction_id": "1", "occurred_at": "2026-04-02", "amount": 41.50},
        {"customer_id": customer, "transaction_id": "2", "occurred_at": "2026-05-11", "amount": 28.00},
    ]});
    let answer = ask(api, Method::POST, "/predict", Some(&body)).await?;
    Ok((read["rows"].clone(), answer["customers"][0]["predicted_spend"].clone()))
}

fn orders(customer: &str) -> String {
    let line = |n: u32| format!("{customer}-{n},{customer},2026-0{n}-11,{n}0.50\n");
    (1..=3).map(line).fold("order_id,customer_id,order_date,amount\n".to_owned(), |file, line| file + &line)
}

/// Waits until the record at `path` is in `state`.
async fn wait(api: &SignedApi, path: &str, state: &str, what: &'static str) -> Result<Value, SmokeError> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        match ask(api, Method::GET, path, None).await {
            Ok(record) if record["state"] == state => return Ok(record),
            Ok(_) | Err(SmokeError::Answer { status: StatusCode::NOT_FOUND, .. }) => {}
            Err(error) => return Err(error),
        }
        tokio::time::sleep(LOOK).await;
    }
    Err(SmokeError::Silent { what })
}

async fn ask(api: &SignedApi, method: Method, path: &str, body: Option<&Value>) -> Result<Value, SmokeError> {
    let mut headers = HeaderMap::new();
    if body.is_some() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    let body = body.map(Value::to_string).unwrap_or_default();
    let answer = api.ask(&method, path, &headers, Bytes::from(body)).await?;
    if answer.status() == StatusCode::OK {
        return Ok(serde_json::from_slice(answer.body()).unwrap_or_default());
    }
    let (status, body) = (answer.status(), String::from_utf8_lossy(answer.body()).into_owned());
    Err(SmokeError::Answer { method, path: path.to_owned(), status, body })
}

/// What the AWS CLI answers. Blocks, which the runtime's other threads do not notice.
fn aws(arguments: &[&str]) -> Result<String, SmokeError> {
    let output =
        tokio::task::block_in_place(|| Command::new("aws").args(arguments).output()).map_err(SmokeError::NoCli)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(SmokeError::Cli { command: arguments.join(" "), said })
}
