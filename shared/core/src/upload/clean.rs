//! Cleaning, table by table: in flows one record, out flow the rows it is, or the reason for which it is refused. What a
//! source's files are like stands in its adapter; here stands what is true of a table whatever the source.
pub(crate) mod acquisition;
pub(crate) mod customer;
pub(crate) mod indicator;
pub(crate) mod lift_test;
pub(crate) mod spend;
pub(crate) mod transaction;
pub(crate) mod wide;

use super::cells::Cells;
use super::reject::Reject;

/// What became of a record that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is one or several rows of the table.
    Kept,
    /// It belongs to the row of an earlier record.
    Merged,
}

/// Turns records into rows. Every thread has one of its own.
pub(crate) trait Clean: Clone + Send + Sync {
    /// The records to come are those of another chunk: what was given out for the one before is not given out for this.
    fn begin_chunk(&mut self) {}

    /// Gives out the rows of one record.
    ///
    /// # Errors
    /// The reason for which the record is refused; nothing is given out then.
    fn clean(&mut self, cells: &mut Cells<'_, '_>) -> Result<Verdict, Reject>;
}
