//! A business with known truth. In flow a number of customers, a number of months and a seed; out flow, below one
//! folder, `uploads/<table>/…` as a shop's systems would export them, dirt included, and `truth/…` with everything that
//! nobody in the business knows: parameters, futures, response curves, and what a reader must make of every file.
//!
//! The same arguments give the same bytes, on any number of threads: every entity has a random stream of its own.
//! Customers are simulated shop by shop, so memory does not grow with their number. Nothing here reads an upload, and
//! nothing else in the bundle reads the truth.
mod basket;
mod calendar;
mod constants;
mod customer;
mod customers;
mod demand;
mod dirt;
mod folder;
mod future;
mod indicators;
mod ledger;
mod orders;
mod response;
mod shop;
mod spend;
pub(crate) mod stream;
mod truth;

#[cfg(test)]
mod tests;

pub use constants::{CHANNELS, Channel, PROPORTIONS, Proportions, Quality, Response};
pub use ledger::FileAccount;
pub use truth::Merged;

use calendar::Calendar;
use demand::Demand;
use folder::Folder;
use serde::Serialize;
use shop::{Shared, World};
use std::collections::BTreeSet;
use std::path::PathBuf;
use stream::Streams;

/// What to simulate.
#[derive(Clone, Debug, PartialEq, clap::Args)]
pub struct Config {
    /// Customers acquired during the observed period, 1 to 20000000.
    #[arg(long, default_value_t = 10_000)]
    pub customers: u32,
    /// Months observed, up to 2026-06-30; 1 to 120.
    #[arg(long, default_value_t = 24)]
    pub months: u32,
    /// Another seed is another business; the same one gives the same bytes.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The folder to write uploads/ and truth/ into; made where it is missing.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// What was simulated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Customers acquired.
    pub customers: u32,
    /// Orders, refunds and cancellations that happened before the exports.
    pub entries: u64,
    /// Files below `uploads/`.
    pub files: u64,
    /// Data rows in them.
    pub rows: u64,
    /// What merging them must yield.
    pub merged: Merged,
}

/// How far a simulation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Customers whose life is simulated and written.
    pub done: u32,
    /// All customers.
    pub of: u32,
}

/// Why a simulation ended early.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// Too few or too many customers.
    #[error("{0} customers are not between 1 and 20000000")]
    Customers(u32),
    /// Too few or too many months.
    #[error("{0} months are not between 1 and 120")]
    Months(u32),
    /// The folder holds uploads of another business, which would be mixed with this one's.
    #[error("{0} holds {1}, which this simulation does not write; name an empty folder", .path.display(), .file.display())]
    Occupied {
        /// The folder asked for.
        path: PathBuf,
        /// A file in it.
        file: PathBuf,
    },
    /// A file or folder cannot be read or written.
    #[error("cannot write {}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A table of the truth cannot be encoded.
    #[error("cannot encode {}", .path.display())]
    Encode {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Simulates a business and writes it to `config.out`. `progress` is called on this thread, now and then.
///
/// # Errors
/// Arguments out of range, a folder that holds something else, or a file that cannot be written.
pub fn simulate(config: &Config, progress: impl FnMut(Progress)) -> Result<Summary, SimulateError> {
    simulate_shops(config, constants::CUSTOMERS_PER_SHOP, progress)
}

fn simulate_shops(
    config: &Config,
    customers_per_shop: u32,
    mut progress: impl FnMut(Progress),
) -> Result<Summary, SimulateError> {
    if !(1..=20_000_000).contains(&config.customers) {
        return Err(SimulateError::Customers(config.customers));
    }
    if !(1..=120).contains(&config.months) {
        return Err(SimulateError::Months(config.months));
    }
    let (streams, calendar) = (Streams::new(config.seed), Calendar::new(config.months));
    let demand = Demand::draw(&streams, &calendar, config.customers);
    let world = World { streams, calendar, demand, customers: config.customers, customers_per_shop };
    let folder = Folder::take(&config.out, &names(&world))?;
    let mut accounts = write_media(&world, &folder)?;
    let mut shared = Shared::create(&folder)?;
    let (mut done, mut entries) = (0, 0);
    for shop in 1..=world.shops() {
        let count = |customers: u32| {
            done += customers;
            progress(Progress { done, of: config.customers });
        };
        let (happened, orders) = shop::run(&world, &folder, shop, &mut shared, count)?;
        entries += happened;
        accounts.extend(orders);
    }
    accounts.push(shared.finish(&folder, world.calendar.export_at())?);
    accounts.sort_by(|a, b| a.key.cmp(&b.key));
    let merged = Merged::of(&accounts);
    write_truth(&world, &folder, config.seed, merged, &accounts)?;
    let rows = accounts.iter().map(|account| account.rows).sum();
    Ok(Summary { customers: config.customers, entries, files: accounts.len() as u64, rows, merged })
}

/// Every file that a simulation of this world may write.
fn names(world: &World) -> BTreeSet<PathBuf> {
    let months = &world.calendar.months[..world.calendar.months.len() - 1];
    let orders = (1..=world.shops()).flat_map(|shop| months.iter().map(move |&month| orders::key(shop, month)));
    let media = spend::keys(&world.calendar).into_iter().chain([indicators::KEY.to_owned(), customers::KEY.to_owned()]);
    let uploads = orders.chain(media).map(|key| format!("uploads/{key}"));
    let truth = [shop::TRUTH, shop::TRUTH_CSV, CHANNEL_DAYS, UPLOADS, BUSINESS, GUIDE].map(str::to_owned);
    uploads.chain(truth).map(PathBuf::from).collect()
}

const CHANNEL_DAYS: &str = "truth/channel_days.csv";
const UPLOADS: &str = "truth/uploads.csv";
const BUSINESS: &str = "truth/business.json";
const GUIDE: &str = "truth/README.md";

/// Writes the uploads that do not come from the shops: ad spend and economic series.
fn write_media(world: &World, folder: &Folder) -> Result<Vec<FileAccount>, SimulateError> {
    let encode =
        |name: &str, error: csv::Error| SimulateError::Encode { path: folder.path(name), source: error.into() };
    let (bytes, account) =
        indicators::file(&world.streams, &world.calendar).map_err(|error| encode(indicators::KEY, error))?;
    folder.write(&format!("uploads/{}", indicators::KEY), &bytes, world.calendar.export_at())?;
    let mut accounts = vec![account];
    let files = spend::files(&world.streams, &world.calendar, &world.demand);
    for file in files.map_err(|error| encode("uploads/spend", error))? {
        folder.write(&format!("uploads/{}", file.account.key), &file.bytes, file.exported_at)?;
        accounts.push(file.account);
    }
    Ok(accounts)
}

/// Writes the truth about the business, its channels and its files; the customers' is written with the shops.
fn write_truth(
    world: &World,
    folder: &Folder,
    seed: u64,
    merged: Merged,
    accounts: &[FileAccount],
) -> Result<(), SimulateError> {
    let at = world.calendar.export_at();
    let encode =
        |name: &str, error: csv::Error| SimulateError::Encode { path: folder.path(name), source: error.into() };
    let days = truth::channel_days(&world.calendar, &world.demand).map_err(|error| encode(CHANNEL_DAYS, error))?;
    folder.write(CHANNEL_DAYS, &days, at)?;
    folder.write(UPLOADS, &truth::uploads(accounts).map_err(|error| encode(UPLOADS, error))?, at)?;
    let business = truth::Business::of(&world.calendar, &world.demand, seed, merged);
    let json = serde_json::to_vec_pretty(&business);
    let json = json.map_err(|error| SimulateError::Encode { path: folder.path(BUSINESS), source: error.into() })?;
    folder.write(BUSINESS, &json, at)?;
    folder.write(GUIDE, include_str!("simulate/truth.md").as_bytes(), at)
}
