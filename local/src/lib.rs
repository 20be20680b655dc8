//! The whole of ltv on one machine. In flow the command line and a folder; out flow a running stack, a finished job or
//! a simulated business. The domain and the handlers live in their own crates; nothing of them is written again here.

mod answer;
pub mod cloud;
pub mod command;
pub mod evaluate_budget;
mod event;
pub mod intake;
pub mod job;
pub mod matrix;
pub mod progress;
pub mod s3;
pub mod sample;
pub mod simulate;
pub mod site;
pub mod stack;
pub mod training;
pub mod upkeep;
mod watch;
mod welcome;
