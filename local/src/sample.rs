//! A small simulated business for a first start on an empty folder: its exports become the uploads, and what nobody
//! in a business knows stays beside them, in `sample/truth/`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::progress::Progress;
use crate::simulate::{self, SimulateError};
use crate::site::{Site, UPLOADS};

/// Customers of the sample: enough for every candidate to have something to learn, few enough for a minute.
const CUSTOMERS: u32 = 2_500;
/// Its months: four horizons of 180 days.
const MONTHS: u32 = 24;
const SEED: u64 = 1;

/// The name of the example of an upload, in the sample's folder.
const EXAMPLE: &str = "example-orders.csv";
/// A few more orders of the sample's customers, on its last day.
const EXAMPLE_ORDERS: &str = "\
order_id,customer_id,order_date,amount,currency,status
EXAMPLE-1,C0000001,2026-06-30 10:15:00,49.90,USD,completed
EXAMPLE-2,C0000002,2026-06-30 11:40:00,120.00,USD,completed
EXAMPLE-3,C0000003,2026-06-30 18:05:00,not a number,USD,completed
";

/// Why there is no sample.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// The simulation.
    #[error(transparent)]
    Simulate(#[from] SimulateError),
    /// A file of it.
    #[error("cannot make {} part of the sample", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Simulates the sample and makes its exports the site's uploads.
///
/// The files are moved into the bucket's folder with the times they were exported at, rather than PUT now: which of
/// two overlapping exports is the newer one is part of the sample.
///
/// # Errors
/// [`SampleError`].
pub fn create(site: &Site, progress: &Progress) -> Result<(), SampleError> {
    let out = site.data.join("sample");
    let config = simulate::Config { customers: CUSTOMERS, months: MONTHS, seed: SEED, out: out.clone() };
    let task = progress.counted("simulate", u64::from(CUSTOMERS));
    let summary = simulate::simulate(&config, |progress| task.reach(u64::from(progress.done)))?;
    move_files(&out.join("uploads"), &site.data.join("s3").join(UPLOADS))?;
    let example = out.join(EXAMPLE);
    fs::write(&example, EXAMPLE_ORDERS).map_err(|source| SampleError::File { path: example, source })?;
    task.done(format!(
        "simulate: a business of {} customers, {} files, {} rows",
        summary.customers, summary.files, summary.rows
    ));
    Ok(())
}

/// The sample's example of a file to upload; `None` where the business is not the sample.
pub fn example(site: &Site) -> Option<PathBuf> {
    let path = site.data.join("sample").join(EXAMPLE);
    path.exists().then_some(path)
}

fn move_files(from: &Path, to: &Path) -> Result<(), SampleError> {
    let at = |path: &Path| {
        let path = path.to_path_buf();
        move |source| SampleError::File { path, source }
    };
    fs::create_dir_all(to).map_err(at(to))?;
    for entry in fs::read_dir(from).map_err(at(from))? {
        let source = entry.map_err(at(from))?.path();
        let Some(name) = source.file_name() else { continue };
        let target = to.join(name);
        if source.is_dir() {
            move_files(&source, &target)?;
        } else {
            fs::rename(&source, &target).map_err(at(&source))?;
        }
    }
    fs::remove_dir(from).map_err(at(from))
}
