//! The command line of ltv. In flow arguments; out flows one JSON object on stdout and progress on stderr.
use clap::{Parser, Subcommand};
use indicatif::ProgressBar;
use ltv_local::simulate;
use std::error::Error;
use std::process::ExitCode;

/// Customer lifetime value and return on ad spend, on one machine.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes a business with known truth: what its systems export, and what nobody in it knows.
    Simulate(simulate::Config),
}

fn main() -> ExitCode {
    let Command::Simulate(config) = Arguments::parse().command;
    match run_simulation(&config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", with_causes(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn run_simulation(config: &simulate::Config) -> Result<(), Box<dyn Error>> {
    let bar = ProgressBar::new(u64::from(config.customers));
    let summary = simulate::simulate(config, |progress| bar.set_position(u64::from(progress.done)))?;
    bar.finish_and_clear();
    println!("{}", serde_json::to_string(&summary)?);
    Ok(())
}

fn with_causes(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
