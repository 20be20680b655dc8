//! The fitted model as it is stored and served: a fit with its level, intervals, segment thresholds and the feature
//! context. In flow features and summaries; out flow predictions with intervals. It is read by programs of later
//! versions, so its bytes begin with a magic word and a format version, and every past format is kept by a test.
use super::Prediction;
use super::fit::Fit;
use super::interval::Intervals;
use super::level::Level;
use super::recipe::Recipe;
use crate::feature::matrix::Matrix;
use crate::feature::signal::joined::Signal;
use crate::feature::{Context, ContextError};
use crate::time::{Cutoff, Horizon};
use ltv_btyd::Summary;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Bytes of a stored model at most; a larger candidate is not promotable.
pub const LARGEST_MODEL: usize = 8 * 1024 * 1024;
const MAGIC: &[u8; 4] = b"LTVM";
/// Version of the stored format that this program writes. What it reads is decided in [`Model::from_bytes`].
///
/// 1: the first. 2: leaves of trees name how many training rows they hold; earlier ones read as holding none, so that
/// their models predict as ever but cannot be explained. 3: the context ends with outside series; earlier ones had none.
pub const FORMAT: u8 = 3;
/// The first format whose models name outside series, at the end of their bytes.
const WITH_SIGNALS: u8 = 3;

/// A fitted model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// What was fitted.
    pub recipe: Recipe,
    /// The fit.
    pub fit: Fit,
    /// The level, from validation windows.
    pub level: Level,
    /// The intervals, from validation windows.
    pub intervals: Intervals,
    /// Where the segments Medium, High and Very High begin, in currency.
    pub segments: [f64; 3],
    /// E: the first day predicted for everyone scored with the training.
    pub cutoff: Cutoff,
    /// How many days are predicted.
    pub horizon: Horizon,
    /// What features need besides a customer's own events.
    pub context: Context,
}

/// Bytes that are no model of this program.
#[derive(Debug, thiserror::Error)]
pub enum StoredModelError {
    /// Not a stored model at all.
    #[error("{bytes} bytes that do not begin as a stored model does")]
    NotAModel {
        /// How many bytes there are.
        bytes: usize,
    },
    /// Written by a later program.
    #[error("stored model format {found} is newer than {FORMAT}, the newest that this program reads")]
    Newer {
        /// The format found.
        found: u8,
    },
    /// Damaged.
    #[error("stored model of format {format} cannot be decoded")]
    Damaged {
        /// The format found.
        format: u8,
        /// Why.
        source: postcard::Error,
    },
    /// Made for other features.
    #[error(transparent)]
    Features(#[from] ContextError),
    /// Too large to be served.
    #[error("a model of {bytes} bytes is larger than {LARGEST_MODEL}")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
}

impl Model {
    /// The model as it is stored: magic, format version, postcard.
    ///
    /// # Errors
    /// A model larger than [`LARGEST_MODEL`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, StoredModelError> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(FORMAT);
        let bytes =
            postcard::to_extend(self, bytes).map_err(|source| StoredModelError::Damaged { format: FORMAT, source })?;
        if bytes.len() > LARGEST_MODEL {
            return Err(StoredModelError::TooLarge { bytes: bytes.len() });
        }
        Ok(bytes)
    }

    /// Reads a stored model of any format up to [`FORMAT`].
    ///
    /// # Errors
    /// Bytes of another kind, of a newer format, damaged, or made for other features than this program computes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Model, StoredModelError> {
        let mut model = Model::decode(bytes)?;
        model.context = model.context.checked()?;
        Ok(model)
    }

    /// Reads a stored model, whatever features it was made for.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Model, StoredModelError> {
        let stored = bytes.strip_prefix(MAGIC).and_then(<[u8]>::split_first);
        let Some((format, body)) = stored else { return Err(StoredModelError::NotAModel { bytes: bytes.len() }) };
        if *format > FORMAT {
            return Err(StoredModelError::Newer { found: *format });
        }
        let none = postcard::to_stdvec(&Vec::<Signal>::new());
        let none = none.map_err(|source| StoredModelError::Damaged { format: *format, source })?;
        let missing = if *format < WITH_SIGNALS { none.as_slice() } else { &[] };
        let decoded = postcard::from_bytes(&[body, missing].concat());
        decoded.map_err(|source| StoredModelError::Damaged { format: *format, source })
    }

    /// The id of a stored model: the first 16 hexadecimal digits of its bytes' SHA-256. Equal models have equal ids.
    pub fn id_of(bytes: &[u8]) -> String {
        hex::encode(&Sha256::digest(bytes)[..8])
    }

    /// Predictions of every row of `matrix`; `summaries` correspond to its rows.
    pub fn predict(&self, matrix: &Matrix, summaries: &[Summary]) -> Vec<Prediction> {
        let raw = self.fit.predict(matrix.values.view(), summaries);
        raw.into_par_iter().map(|raw| self.finish(raw)).collect()
    }

    /// The prediction of one customer: the same as [`Model::predict`], for one row of features in the model's order.
    pub fn predict_row(&self, row: &[f32], customer: &Summary) -> Prediction {
        self.finish(self.fit.predict_row(row, customer))
    }

    fn finish(&self, raw: f64) -> Prediction {
        let predicted_spend = raw * self.level.factor;
        let (low, high) = self.intervals.around(predicted_spend);
        Prediction { predicted_spend, low, high }
    }
}
