//! The whole job, or a half of it, once: an open site in, one JSON object out. No server is left behind, and nothing
//! is done here but to call the two halves and to put their answers together.

use std::time::Instant;

use serde_json::{Value, json};

use crate::answer::Preprocessed;
use crate::intake::{self, IntakeError};
use crate::progress::Progress;
use crate::site::Site;
use crate::training::{self, Options, Trained, TrainingError};

/// Why a job ended early.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The first half.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// The second half.
    #[error(transparent)]
    Training(#[from] TrainingError),
}

/// What a job came to: the object to print, and whether what was asked for is there.
#[derive(Debug)]
pub struct Outcome {
    /// The object.
    pub answer: Value,
    /// Why there is neither model nor predictions, in a sentence; `None` when all went well.
    pub lacking: Option<String>,
}

/// Processes every upload.
///
/// # Errors
/// [`JobError::Intake`].
pub async fn preprocess(site: &Site, progress: &Progress) -> Result<Outcome, JobError> {
    let started = Instant::now();
    let uploads = intake::everything(&site.lake, progress).await?;
    let answer = Preprocessed { uploads, seconds: started.elapsed().as_secs_f64() };
    Ok(Outcome { answer: json!(answer), lacking: None })
}

/// Trains, promotes and scores, also on what was trained on before: somebody asked for it.
///
/// # Errors
/// [`JobError::Training`].
pub async fn train(site: &Site, options: Options, progress: &Progress) -> Result<Outcome, JobError> {
    let started = Instant::now();
    let trained = training::train(&site.lake, &Options { force: true, ..options }, progress).await?;
    Ok(outcome(json!({}), trained, started))
}

/// Both.
///
/// # Errors
/// [`JobError`].
pub async fn run(site: &Site, options: &Options, progress: &Progress) -> Result<Outcome, JobError> {
    let started = Instant::now();
    let uploads = intake::everything(&site.lake, progress).await?;
    let trained = training::train(&site.lake, options, progress).await?;
    Ok(outcome(json!({ "uploads": uploads }), trained, started))
}

fn outcome(mut answer: Value, trained: Trained, started: Instant) -> Outcome {
    answer["training"] = trained.training;
    answer["predictions"] = json!(trained.predictions);
    answer["budget"] = trained.budget;
    answer["seconds"] = json!(started.elapsed().as_secs_f64());
    Outcome { answer, lacking: trained.lacking }
}
