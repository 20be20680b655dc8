//! The command line: arguments in, a checked [`Cli`] out. It starts nothing.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::training::Options;

/// Customer lifetime value and return on ad spend, on this machine.
///
/// Without a command: the local stack, an S3 for uploads and an API for predictions. On an empty folder it first
/// simulates a small business, processes it, trains and scores it. Settings that belong to the business are read from
/// the environment: `LTV_CURRENCY`, `LTV_TIMEZONE`, `LTV_MARGIN`, `LTV_DISCOUNT_RATE`, `LTV_HORIZON_DAYS`.
#[derive(Debug, Parser)]
#[command(name = "ltv", version)]
pub struct Cli {
    /// The folder that holds everything: uploads, lake, models.
    #[arg(long, global = true, value_name = "DIR", default_value = ".ltv")]
    pub data: PathBuf,
    /// The ports of the stack.
    #[command(flatten)]
    pub ports: Ports,
    /// What to do instead of starting the stack.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Where the stack listens, on 127.0.0.1.
#[derive(Debug, Args)]
pub struct Ports {
    /// The port of the API and the dashboard; 0 for any free one.
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    pub api_port: u16,
    /// The port of the S3; 0 for any free one.
    #[arg(long, value_name = "PORT", default_value_t = 9000)]
    pub s3_port: u16,
}

/// How to train.
#[derive(Debug, Args)]
pub struct Training {
    /// Days ahead to predict; the longest that the data support when left out.
    #[arg(long, value_name = "DAYS")]
    pub horizon: Option<u16>,
    /// How the search spends its trials.
    #[arg(long, value_name = "STRATEGY", value_parser = ["halving", "grid", "random"])]
    pub search: Option<String>,
    /// Recipes that the search tries at most; 40 when left out.
    #[arg(long, value_name = "N")]
    pub trials: Option<NonZeroUsize>,
}

impl From<&Training> for Options {
    fn from(training: &Training) -> Options {
        let Training { horizon, search, trials } = training;
        Options { horizon: *horizon, search: search.clone(), trials: *trials, force: false }
    }
}

/// Everything but the stack.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The whole job once: process every file, train, promote, score. Prints one JSON object.
    Run {
        /// The files, as a bucket of uploads: read where they are, never changed.
        #[arg(long, value_name = "DIR")]
        uploads: PathBuf,
        /// How to train.
        #[command(flatten)]
        training: Training,
    },
    /// The first half of `run`: process every file.
    Preprocess {
        /// The files, as a bucket of uploads: read where they are, never changed.
        #[arg(long, value_name = "DIR")]
        uploads: PathBuf,
    },
    /// The second half of `run`: train on what was processed, promote, score.
    Train {
        /// How to train.
        #[command(flatten)]
        training: Training,
    },
    /// Compares the uploads with the lake, and mends what differs.
    Reconcile {
        /// The files that are the uploads; those of the last run when left out.
        #[arg(long, value_name = "DIR")]
        uploads: Option<PathBuf>,
    },
    /// Makes the model before the present one live again.
    Rollback,
    /// Removes a customer from every table, report, run and export.
    Erase {
        /// The customer's id, as the business writes it.
        id: String,
    },
    /// Lists the sources that uploads are read from: those built in, and those in the lake under `adapters/`.
    Adapters,
    /// Writes the latest out-of-time split as train.parquet and test.parquet, for other tools to compare themselves.
    Matrix {
        /// The folder to write into; made where it is missing.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Days ahead to predict; the longest that the data support when left out.
        #[arg(long, value_name = "DAYS")]
        horizon: Option<u16>,
    },
    /// The S3 alone, for functions that run elsewhere on this machine, as under `cargo lambda watch`.
    S3,
    /// A browser's way to a deployment that IAM guards: signs what comes to `--api-port` with your AWS keys.
    Open {
        /// The address of the API, the stack's output `ApiUrl`.
        #[arg(long, value_name = "URL")]
        api: String,
    },
    /// What concerns a deployment.
    #[command(subcommand)]
    Cloud(Cloud),
    /// Writes a business with known truth: what its systems export, and what nobody in it knows.
    Simulate(crate::simulate::Config),
    /// Judges the budget advice on simulated businesses whose truth is known. Prints one JSON object.
    EvaluateBudget(crate::evaluate_budget::Config),
}

/// What can be done with a deployment.
#[derive(Debug, Subcommand)]
pub enum Cloud {
    /// Uploads three orders, waits until they are read, asks for a prediction and takes the orders away again.
    Smoke {
        /// The stack's name.
        stack: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn the_documented_lines_are_understood() {
        for line in [
            "ltv",
            "ltv --data d --api-port 1 --s3-port 0",
            "ltv run --uploads u --data d",
            "ltv run --uploads u --data d --horizon 90",
            "ltv preprocess --uploads u --data d",
            "ltv train --data d --horizon 30 --search grid --trials 12",
            "ltv rollback --data d",
            "ltv reconcile --data d",
            "ltv erase --data d 17850",
            "ltv adapters --data d",
            "ltv matrix --data d --out o",
            "ltv --data d --s3-port 0 s3",
            "ltv open --api https://a1b2c3.execute-api.eu-central-1.amazonaws.com",
            "ltv --api-port 8081 open --api https://ltv.example.com",
            "ltv cloud smoke ltv",
            "ltv simulate --customers 10 --months 3 --seed 1 --out o",
            "ltv evaluate-budget --businesses 10 --seed 1",
        ] {
            Cli::try_parse_from(line.split(' ')).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }
}
