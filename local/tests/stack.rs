//! The first thing a newcomer does, done: start on an empty folder, paste the two commands, stop, start again.
#![cfg(unix)]
#![allow(clippy::panic, clippy::unwrap_used, reason = "what the tests share fails them in the same way")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};

use serde_json::Value;

/// A running stack and what it says.
struct Stack {
    process: Child,
    stderr: BufReader<ChildStderr>,
}

impl Stack {
    fn start(data: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ltv"));
        command.arg("--data").arg(data).args(["--api-port", "0", "--s3-port", "0"]);
        for name in ["LTV_HORIZON_DAYS", "LTV_CURRENCY", "LTV_TIMEZONE", "LTV_MARGIN", "LTV_DISCOUNT_RATE", "RUST_LOG"]
        {
            command.env_remove(name);
        }
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        Self { process, stderr }
    }

    /// Everything it says up to the line that starts with `until`.
    fn hear(&mut self, until: &str) -> Vec<String> {
        let mut heard = Vec::new();
        loop {
            let mut line = String::new();
            assert!(self.stderr.read_line(&mut line).unwrap() > 0, "it ended before {until:?}; it said {heard:#?}");
            let found = line.starts_with(until);
            heard.push(line.trim_end().to_owned());
            if found {
                return heard;
            }
        }
    }

    /// Presses Ctrl-C.
    fn interrupt(mut self) -> ExitStatus {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        self.hear("stopped");
        self.process.wait().unwrap()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // It has ended by itself unless a test failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs a command line as it is printed, and returns what it answers.
fn paste(line: &str) -> String {
    let output = Command::new("sh").args(["-c", line.trim()]).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{line}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn is_installed(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let installed = found.is_ok_and(|status| status.success());
    assert!(installed || std::env::var_os("LTV_REQUIRE_TOOLS").is_none(), "{program} is not installed");
    installed
}

#[test]
fn the_commands_it_prints_work_and_a_second_start_goes_on() {
    if !is_installed("aws") || !is_installed("curl") {
        eprintln!("skipped: the AWS CLI or curl is not installed");
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let mut stack = Stack::start(data.path());
    let said = stack.hear("Ctrl-C");
    assert!(said.iter().any(|line| line.starts_with("simulate: a business of")), "{said:#?}");
    let command = |name: &str| said.iter().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{said:#?}"));

    let answer: Value = serde_json::from_str(&paste(command("curl -s"))).unwrap();
    let spend = answer["customers"][0]["predicted_spend"].as_f64();
    assert!(spend.is_some_and(|spend| spend > 0.0), "{answer}");

    paste(command("s3 cp"));
    stack.hear("uploads: 1 files, 3 rows, 1 of them rejected");
    stack.hear("train: ");
    let api = said.iter().find_map(|line| line.strip_prefix("API")).unwrap().split_whitespace().next().unwrap();
    let uploads: Value = serde_json::from_str(&paste(&format!("curl -s {api}/uploads"))).unwrap();
    let example = uploads["uploads"].as_array().unwrap().iter();
    let example = example.filter(|upload| upload["key"] == "transactions/example-orders.csv").count();
    assert_eq!(example, 1, "{uploads}");
    assert!(stack.interrupt().success());

    let mut again = Stack::start(data.path());
    let said = again.hear("Ctrl-C");
    assert!(!said.iter().any(|line| line.starts_with("simulate") || line.starts_with("train")), "{said:#?}");
    assert!(again.interrupt().success());
}
