//! What each function may do where: the code's own list, which the deployment's policies are tested against.
use super::{
    ADAPTERS, CURRENT_KEY, ERASED, EXPORTS, FORMAT_KEY, MODELS, PREDICTIONS, REJECTED, SERVED, SOURCES, TABLES,
    TRAINING,
};

/// A function of the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Makes tables of uploads.
    Preprocess,
    /// Trains, scores, erases.
    Train,
    /// Answers.
    Predict,
}

/// One of the two buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Written by people and connectors.
    Uploads,
    /// Written by the bundle.
    Lake,
}

/// IAM actions of the object operations that the store uses. Conditions of a PUT need no action of their own, and
/// HEAD is `s3:GetObject`; multipart uploads are `s3:PutObject`, their abortion is not.
pub const READ: &[&str] = &["s3:GetObject"];
/// Reading and writing.
pub const WRITE: &[&str] = &["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"];
/// Reading, writing and removing.
pub const OWN: &[&str] = &["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"];
/// Listing, on the bucket itself. Without it S3 answers 403, not 404, where an object is missing.
pub const LIST: &str = "s3:ListBucket";

/// What `function` does in `room` under `prefix`. Every function may also list both rooms that it reads ([`LIST`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Who.
    pub function: Function,
    /// In which bucket.
    pub room: Room,
    /// Under which prefix; a whole key for single objects, empty for all of the bucket.
    pub prefix: &'static str,
    /// What, as IAM actions.
    pub actions: &'static [&'static str],
}

const fn grant(function: Function, room: Room, prefix: &'static str, actions: &'static [&'static str]) -> Grant {
    Grant { function, room, prefix, actions }
}

/// Everything that the code does, and nothing more.
pub const GRANTS: &[Grant] = &[
    grant(Function::Preprocess, Room::Uploads, "", READ),
    grant(Function::Preprocess, Room::Lake, FORMAT_KEY, WRITE),
    grant(Function::Preprocess, Room::Lake, ADAPTERS, READ),
    grant(Function::Preprocess, Room::Lake, SOURCES, WRITE),
    grant(Function::Preprocess, Room::Lake, TABLES, OWN),
    grant(Function::Preprocess, Room::Lake, REJECTED, OWN),
    grant(Function::Preprocess, Room::Lake, ERASED, WRITE),
    // A reconcile takes up erasures that were interrupted.
    grant(Function::Preprocess, Room::Lake, MODELS, WRITE),
    grant(Function::Preprocess, Room::Lake, PREDICTIONS, WRITE),
    grant(Function::Preprocess, Room::Lake, EXPORTS, WRITE),
    grant(Function::Preprocess, Room::Lake, SERVED, WRITE),
    grant(Function::Train, Room::Lake, FORMAT_KEY, WRITE),
    grant(Function::Train, Room::Lake, SOURCES, WRITE),
    grant(Function::Train, Room::Lake, TABLES, OWN),
    grant(Function::Train, Room::Lake, REJECTED, OWN),
    grant(Function::Train, Room::Lake, ERASED, WRITE),
    grant(Function::Train, Room::Lake, MODELS, WRITE),
    grant(Function::Train, Room::Lake, PREDICTIONS, WRITE),
    grant(Function::Train, Room::Lake, EXPORTS, WRITE),
    grant(Function::Train, Room::Lake, SERVED, WRITE),
    grant(Function::Train, Room::Lake, TRAINING, OWN),
    grant(Function::Train, Room::Lake, CURRENT_KEY, WRITE),
    grant(Function::Predict, Room::Lake, FORMAT_KEY, READ),
    grant(Function::Predict, Room::Lake, SOURCES, READ),
    grant(Function::Predict, Room::Lake, ERASED, READ),
    grant(Function::Predict, Room::Lake, MODELS, READ),
    grant(Function::Predict, Room::Lake, SERVED, READ),
    grant(Function::Predict, Room::Lake, CURRENT_KEY, READ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_that_answers_the_internet_writes_nothing_and_sees_no_upload_or_table() {
        let grants: Vec<&Grant> = GRANTS.iter().filter(|grant| grant.function == Function::Predict).collect();
        assert!(grants.iter().all(|grant| grant.actions == READ && grant.room == Room::Lake));
        assert!(grants.iter().all(|grant| ![TABLES, REJECTED, TRAINING].contains(&grant.prefix)));
    }

    #[test]
    fn nothing_of_the_bundle_writes_an_upload() {
        assert!(GRANTS.iter().filter(|grant| grant.room == Room::Uploads).all(|grant| grant.actions == READ));
    }

    #[test]
    fn every_prefix_of_the_lake_has_a_writer() {
        for prefix in
            [FORMAT_KEY, CURRENT_KEY, SOURCES, TABLES, REJECTED, ERASED, MODELS, PREDICTIONS, EXPORTS, SERVED, TRAINING]
        {
            assert!(GRANTS.iter().any(|grant| grant.prefix == prefix && grant.actions != READ), "{prefix}");
        }
    }
}
