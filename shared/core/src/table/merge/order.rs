//! Which upload is newer, and whose rows are erased: what every merging rule asks.
use super::Erased;
use crate::customer::CustomerHash;
use crate::table::columns::ProvenanceColumns;
use arrow::array::StringArray;
use std::cmp::Ordering;

/// An upload's rank: a greater one is newer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UploadRank<'a> {
    pub(super) uploaded_at: i64,
    pub(super) source_id: &'a str,
}

/// The upload that `row` came from.
pub(super) fn rank_at<'a>(provenance: &ProvenanceColumns<'a>, row: usize) -> UploadRank<'a> {
    UploadRank {
        uploaded_at: provenance.uploaded_at.value(row),
        source_id: provenance.source_id.get(row).unwrap_or_default(),
    }
}

/// Orders rows by upload, then by line.
pub(super) fn by_origin(
    left: &ProvenanceColumns<'_>,
    left_row: usize,
    right: &ProvenanceColumns<'_>,
    right_row: usize,
) -> Ordering {
    rank_at(left, left_row)
        .cmp(&rank_at(right, right_row))
        .then_with(|| left.line.value(left_row).cmp(&right.line.value(right_row)))
}

/// Tells erased customers; consecutive rows of one customer are hashed once.
pub(super) struct Eraser<'a> {
    erased: &'a Erased,
    last: Option<(&'a str, bool)>,
}

impl<'a> Eraser<'a> {
    pub(super) fn new(erased: &'a Erased) -> Eraser<'a> {
        Eraser { erased, last: None }
    }

    pub(super) fn holds(&mut self, customers: &'a StringArray, row: usize) -> bool {
        if self.erased.is_empty() {
            return false;
        }
        let id = customers.value(row);
        match self.last {
            Some((known, is_erased)) if known == id => is_erased,
            _ => {
                let is_erased = self.erased.contains(&CustomerHash::of(id));
                self.last = Some((id, is_erased));
                is_erased
            }
        }
    }
}
