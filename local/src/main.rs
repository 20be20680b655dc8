//! The `ltv` program: arguments in; JSON on stdout, progress and messages on stderr, an exit code out.
//!
//! 0: done (a file that could not be read is a report, said on stderr and in the JSON). 1: not done, or done without
//! the predictions that were asked for; the reason is on stderr. 2: arguments that make no sense. 130: interrupted.

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use ltv_local::cloud::{open as proxy, smoke};
use ltv_local::command::{Cli, Cloud, Command};
use ltv_local::job::{self, Outcome};
use ltv_local::progress::Progress;
use ltv_local::site::{LAKE, Options, Site, UPLOADS};
use ltv_local::{evaluate_budget, matrix, simulate, stack, upkeep};
use serde_json::{Value, json};
use tracing_subscriber::EnvFilter;

/// What is logged unless `RUST_LOG` says otherwise. s3s reports every 404 as an error of its own.
const LOGGED: &str = "warn,s3s=off";

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOGGED));
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter).init();
    // Handlers compute on the runtime's threads now and then: the S3 must still answer meanwhile.
    let threads = std::thread::available_parallelism().map_or(1, usize::from).max(4);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => {
            let outcome = runtime.block_on(until_interrupted(cli));
            // A computation that was interrupted is not waited for: the lake needs no goodbye.
            runtime.shutdown_timeout(Duration::from_secs(1));
            outcome
        }
        Err(error) => Err(error.into()),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("{}", stack::with_causes(error.as_ref()));
        ExitCode::FAILURE
    })
}

type Done = Result<ExitCode, Box<dyn Error>>;

async fn until_interrupted(cli: Cli) -> Done {
    if cli.command.is_none() {
        return stack(&cli).await;
    }
    tokio::select! {
        done = command(cli) => done,
        () = interrupted() => {
            eprintln!("interrupted; what is committed stays, and the same command goes on from there");
            Ok(ExitCode::from(130))
        }
    }
}

async fn stack(cli: &Cli) -> Done {
    let site = tokio::select! {
        site = open(cli, None, cli.ports.s3_port, None) => site?,
        () = interrupted() => return Ok(ExitCode::from(130)),
    };
    site.require_uploads()?;
    let progress = Progress::on_stderr();
    let ended = stack::run(&site, &cli.ports, &progress, interrupted()).await;
    site.close().await;
    ended?;
    eprintln!("stopped");
    Ok(ExitCode::SUCCESS)
}

async fn s3(cli: &Cli) -> Done {
    let site = open(cli, None, cli.ports.s3_port, None).await?;
    print(&json!({"endpoint": site.s3.endpoint(), "uploads": UPLOADS, "lake": LAKE}))?;
    // Until the process is interrupted: a client may be at work at any time.
    std::future::pending().await
}

async fn command(cli: Cli) -> Done {
    let progress = Progress::on_stderr();
    let Some(command) = &cli.command else { return Ok(ExitCode::SUCCESS) };
    match command {
        Command::S3 => s3(&cli).await,
        Command::Open { api } => {
            proxy::serve(api, cli.ports.api_port).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Cloud(Cloud::Smoke { stack }) => print(&smoke::run(stack, &progress).await?),
        Command::Run { uploads, training } => {
            let site = open(&cli, Some(uploads), 0, training.horizon).await?;
            print_outcome(job::run(&site, &training.into(), &progress).await?)
        }
        Command::Preprocess { uploads } => {
            let site = open(&cli, Some(uploads), 0, None).await?;
            print_outcome(job::preprocess(&site, &progress).await?)
        }
        Command::Train { training } => {
            let site = open(&cli, None, 0, training.horizon).await?;
            print_outcome(job::train(&site, training.into(), &progress).await?)
        }
        Command::Reconcile { uploads } => {
            let site = open(&cli, uploads.as_ref(), 0, None).await?;
            site.require_uploads()?;
            print(&upkeep::reconcile(&site.lake).await?)
        }
        Command::Rollback => {
            let site = open(&cli, None, 0, None).await?;
            print(&upkeep::rollback(&site.lake).await?)
        }
        Command::Erase { id } => {
            let site = open(&cli, None, 0, None).await?;
            print(&upkeep::erase(&site.lake, id).await?)
        }
        Command::Adapters => {
            let site = open(&cli, None, 0, None).await?;
            print(&upkeep::adapters(&site.lake).await?)
        }
        Command::Matrix { out, horizon } => {
            let site = open(&cli, None, 0, *horizon).await?;
            print(&matrix::write(&site.lake, out).await?)
        }
        Command::Simulate(config) => {
            let task = progress.counted("simulate", u64::from(config.customers));
            let simulated = tokio::task::block_in_place(|| {
                simulate::simulate(config, |progress| task.reach(u64::from(progress.done)))
            });
            let summary = simulated?;
            task.done(format!("simulate: {} files in {}", summary.files, config.out.display()));
            print(&serde_json::to_value(&summary)?)
        }
        Command::EvaluateBudget(config) => {
            let task = progress.counted("evaluate", u64::from(config.businesses));
            let verdict =
                tokio::task::block_in_place(|| evaluate_budget::evaluate(config, |done| task.reach(u64::from(done))))?;
            task.done(format!("evaluate: {} businesses", config.businesses));
            print(&serde_json::to_value(&verdict)?)
        }
    }
}

async fn open(
    cli: &Cli,
    uploads: Option<&std::path::PathBuf>,
    s3_port: u16,
    horizon: Option<u16>,
) -> Result<Site, ltv_local::site::SiteError> {
    Site::open(Options { data: cli.data.clone(), uploads: uploads.cloned(), s3_port, horizon }).await
}

fn print(answer: &Value) -> Done {
    writeln!(std::io::stdout(), "{answer}")?;
    Ok(ExitCode::SUCCESS)
}

fn print_outcome(outcome: Outcome) -> Done {
    print(&outcome.answer)?;
    let Some(lacking) = outcome.lacking else { return Ok(ExitCode::SUCCESS) };
    eprintln!("{lacking}");
    Ok(ExitCode::FAILURE)
}

/// Returns when a person (Ctrl-C) or the system (SIGTERM) wants this process to end.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without signals to wait for, the process ends when it is done.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
