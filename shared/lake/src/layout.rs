//! Every key of the lake, in one file: in go ids, out come keys, and back. Nothing else in the bundle spells a key.
//!
//! ```text
//! format.json                                                        version of this layout
//! adapters/<name>.json                                               the user's own adapters, written by people
//! sources/<source id>.json                                           commit record of one upload
//! tables/<table>/<source id>.<generation>.<etag>.<attempt>.parquet   immutable parts
//! rejected/<source id>.<generation>.<etag>.<attempt>.csv             refused rows
//! erased/<customer hash>.json                                        tombstones
//! models/<model id>/<artifact>                                       model.bin, model.json, card.json, …
//! predictions/run_date=<date>/run=<run id>/part-<n>.parquet          nothing but Parquet: Athena reads every file
//! exports/<run id>/<name>.csv.gz                                     the CSV twins
//! served/<run id>/<file>                                             what the API answers from
//! training/lease.json, training/<run id>/<checkpoint>.json           the training that runs
//! current.json                                                       the pointer, flipped last
//! ```
//! `<attempt>` is random: no attempt ever writes under a name that an earlier one may have left behind, so that what
//! the sweep judged to be unused cannot come back into use before it is removed.
mod attempt;
pub mod grant;
mod id;

pub(crate) use attempt::{Attempt, attempt_of};
pub use id::{IdError, ModelId, RunId, SourceId};

use jiff::civil::Date;
use ltv_core::customer::CustomerHash;

/// The version of this layout; a lake of a newer one is refused.
pub const FORMAT: u32 = 1;
/// Where the layout's version is written, once.
pub const FORMAT_KEY: &str = "format.json";
/// The pointer to what is live.
pub const CURRENT_KEY: &str = "current.json";
/// Who trains.
pub const LEASE_KEY: &str = "training/lease.json";
/// The user's own adapters.
pub const ADAPTERS: &str = "adapters/";
/// Commit records.
pub const SOURCES: &str = "sources/";
/// Parts of all tables.
pub const TABLES: &str = "tables/";
/// Refused rows.
pub const REJECTED: &str = "rejected/";
/// Tombstones of erased customers.
pub const ERASED: &str = "erased/";
/// Model artifacts.
pub const MODELS: &str = "models/";
/// Scored runs as Parquet.
pub const PREDICTIONS: &str = "predictions/";
/// Scored runs as gzip CSV.
pub const EXPORTS: &str = "exports/";
/// What the API answers from.
pub const SERVED: &str = "served/";
/// Lease and checkpoints.
pub const TRAINING: &str = "training/";

/// A file of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Artifact {
    /// The model as the API loads it.
    ModelBin,
    /// Its description: what it was trained on, format and size.
    ModelJson,
    /// Everything recorded about training and evaluation.
    CardJson,
    /// The card for people.
    ReportHtml,
    /// What the gate decided and why.
    DecisionJson,
    /// Customer, actual, predicted, interval and cold of the test window.
    TestPredictions,
}

impl Artifact {
    /// The file's name under the model's prefix.
    pub fn name(self) -> &'static str {
        match self {
            Artifact::ModelBin => "model.bin",
            Artifact::ModelJson => "model.json",
            Artifact::CardJson => "card.json",
            Artifact::ReportHtml => "report.html",
            Artifact::DecisionJson => "decision.json",
            Artifact::TestPredictions => "test_predictions.parquet",
        }
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Artifact::ModelBin => "application/octet-stream",
            Artifact::ModelJson | Artifact::CardJson | Artifact::DecisionJson => JSON,
            Artifact::ReportHtml => "text/html; charset=utf-8",
            Artifact::TestPredictions => PARQUET,
        }
    }
}

/// A file that the API answers from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Served {
    /// One record a customer, sorted by customer hash.
    Customers,
    /// Segments and the rules that state them.
    Segments,
    /// Spend, new customers, CAC and ROAS by channel.
    Channels,
    /// The budget recommendation.
    Budget,
    /// What past scorings predicted and what came true.
    Track,
    /// What the newest training came to, whichever model it left live.
    Training,
    /// The values of outside series that everyone was scored by; none where the model uses no series.
    Signals,
}

impl Served {
    /// The file's name under the run's prefix.
    pub fn name(self) -> &'static str {
        match self {
            Served::Customers => "customers.parquet",
            Served::Segments => "segments.json",
            Served::Channels => "channels.json",
            Served::Budget => "budget.json",
            Served::Track => "track.json",
            Served::Training => "training.json",
            Served::Signals => "signals.json",
        }
    }
}

pub(crate) const JSON: &str = "application/json";
pub(crate) const PARQUET: &str = "application/vnd.apache.parquet";
pub(crate) const CSV: &str = "text/csv; charset=utf-8";
pub(crate) const GZIP: &str = "application/gzip";

/// The commit record of a source.
pub fn source(id: &SourceId) -> String {
    format!("{SOURCES}{id}.json")
}

/// The source that the key of a commit record names.
pub(crate) fn source_of(key: &str) -> Option<SourceId> {
    key.strip_prefix(SOURCES)?.strip_suffix(".json")?.parse().ok()
}

/// The tombstone of an erased customer.
pub fn erased(customer: &CustomerHash) -> String {
    format!("{ERASED}{}.json", customer.to_hex())
}

/// A model's file.
pub fn model(id: &ModelId, artifact: Artifact) -> String {
    format!("{MODELS}{id}/{}", artifact.name())
}

/// The prefix of a run's predictions.
pub fn predictions(run_date: Date, run: &RunId) -> String {
    format!("{PREDICTIONS}run_date={run_date}/run={run}/")
}

/// The `number`th file of a run's predictions.
pub fn predictions_part(run_date: Date, run: &RunId, number: usize) -> String {
    format!("{}part-{number:05}.parquet", predictions(run_date, run))
}

/// The run that a file of predictions is of.
pub(crate) fn run_of_predictions(key: &str) -> Option<RunId> {
    let (_, run) = key.strip_prefix(PREDICTIONS)?.split_once("/run=")?;
    run.split_once('/')?.0.parse().ok()
}

/// The CSV twin of a run's predictions.
pub fn predictions_export(run: &RunId) -> String {
    export(run, "predictions")
}

/// A run's CSV twin called `name`.
pub fn export(run: &RunId, name: &str) -> String {
    format!("{EXPORTS}{run}/{name}.csv.gz")
}

/// A file that the API answers from.
pub fn served(run: &RunId, file: Served) -> String {
    format!("{SERVED}{run}/{}", file.name())
}

/// The prefix of a training's checkpoints.
pub fn checkpoints(run: &RunId) -> String {
    format!("{TRAINING}{run}/")
}

/// A training's checkpoint called `name`.
pub fn checkpoint(run: &RunId, name: &str) -> String {
    format!("{}{name}.json", checkpoints(run))
}
